"""Copying a build onto a board with the real mpremote: what comes, what goes, what stays."""

import json
import socket
import subprocess

import pytest
from prompt_port import PromptPort

from pilectl.flashing import copy_files
from pilectl.flashing.copy_files import CopyError, board_in, named


def build(folder, files, manifest="a/manifest.json"):
    """A build's folder with those files, and the manifest that names them beside its own."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    inside = manifest.rpartition("/")[0]
    names = [path.removeprefix(inside).lstrip("/") for path in files if path.startswith(inside)]
    text = json.dumps({"board": "x", "files": [[name, 1, "00"] for name in names]})
    (folder / manifest).write_text(text)
    return folder


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_board_gets_the_build_loses_the_former_one_and_keeps_the_rest(tmp_path):
    board = tmp_path / "board"
    build(
        board,
        {
            "boot.py": b"old",
            "main.py": b"old",
            "a/evse/gone.mpy": b"g",
            "a/evse/stays.mpy": b"old",
        },
    )
    mine = {"settings.json": b"{}", "a/mine.txt": b"mine", "keys/one": b"k"}
    build(board, mine, "other.json")
    (board / "other.json").unlink()
    new = {
        "boot.py": b"new",
        "main.py": b"",
        "a/evse/stays.mpy": bytes(range(256)) * 20,
        "loader/b.mpy": b"b",
    }
    folder = build(tmp_path / "build", new)
    entered, said = [], []
    with PromptPort(board) as port:
        copy_files.copy(folder, port.url, "1234", said.append, lambda *what: entered.append(what))
        assert entered == [(port.url, "1234")]
    assert tree(board) == {**tree(folder), **mine}
    assert said == ["copying 5 files", "removing a/evse/gone.mpy of the former build"]


def test_a_pile_that_is_another_board_is_left_alone(tmp_path):
    board = build(tmp_path / "board", {"boot.py": b"old"}, "manifest.json")
    (board / "manifest.json").write_text(json.dumps({"board": "y", "files": {"boot.py": "00"}}))
    folder = build(tmp_path / "build", {"boot.py": b"new"}, "manifest.json")
    before = tree(board)
    with PromptPort(board) as port:
        with pytest.raises(
            CopyError, match=f"^the pile on {port.url} is a y, and this is the build of x"
        ):
            copy_files.copy(folder, port.url, say=[].append, enter=lambda *_what: None)
        assert tree(board) == before
        copy_files.copy(
            folder, port.url, say=[].append, enter=lambda *_what: None, other_board=True
        )
    assert tree(board) == tree(folder)


def test_a_board_without_a_former_build_gets_it_too(tmp_path):
    board = tmp_path / "board"
    board.mkdir()
    folder = build(tmp_path / "build", {"boot.py": b"new", "a/evse/x.mpy": b"x"}, "manifest.json")
    with PromptPort(board) as port:
        copy_files.copy(folder, port.url, say=[].append, enter=lambda *_what: None)
    assert tree(board) == tree(folder)


def test_what_went_wrong_is_a_sentence(tmp_path):
    folder = build(tmp_path / "build", {"boot.py": b"new"}, "manifest.json")
    with pytest.raises(CopyError, match=r"^there is no port /dev/ttyNOWHERE7: plug the board in"):
        copy_files.copy(folder, "/dev/ttyNOWHERE7", enter=lambda *_what: None)


class PilePort:
    """Of the console's client what copying uses."""

    def __init__(self, port):
        self.port = port
        CAME.append(("open", port))

    def maint(self, code):
        CAME.append(("maint", code))
        if code != "4711":
            raise PortError("the service code is wrong: ask the operator")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        CAME.append(("close",))


class PortError(Exception):
    pass


CAME = []


def test_the_prompt_is_reached_by_the_console(monkeypatch):
    monkeypatch.setattr(copy_files, "PilePort", PilePort)
    monkeypatch.setattr(copy_files, "PortError", PortError)
    CAME.clear()
    copy_files.enter_repl("p", "4711")
    assert CAME == [("open", "p"), ("maint", "4711"), ("close",)]
    with pytest.raises(CopyError, match=r"^the service code is wrong: ask the operator"):
        copy_files.enter_repl("p", "1")
    assert CAME[-1] == ("close",)


def board_that(monkeypatch, fails_at, stderr):
    """A board on which a run of mpremote with such a command fails; the runs that came."""
    came = []

    def run(_port, _longest_s, *command):
        came.append(command)
        failed = fails_at in command
        text = json.dumps({"files": {"old.mpy": ""}}) if command[:2] == ("fs", "cat") else ""
        return subprocess.CompletedProcess(command, int(failed), text, stderr if failed else "")

    monkeypatch.setattr(copy_files, "_run", run)
    return came


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("mpremote: could not enter raw repl", "a pile with a service code needs --code CODE"),
        (
            "mpremote: failed to access p (it may be in use by another program)",
            "p cannot be opened: close the other",
        ),
        ("ImportError: no module named 'deflate'", "flash a stock one first"),
        ("mpremote: cp: OSError: [Errno 28] ENOSPC", "the board's file system is full"),
        (
            "Traceback\nserial.SerialException: gone",
            "broke off (serial.SerialException: gone): see to cable",
        ),
    ],
)
def test_what_mpremote_says_becomes_what_to_do(monkeypatch, tmp_path, stderr, said):
    folder = build(tmp_path, {"boot.py": b"new"}, "manifest.json")
    board_that(monkeypatch, "cp", stderr)
    with pytest.raises(CopyError) as refused:
        copy_files.copy(folder, "p", say=[].append, enter=lambda *_what: None)
    assert said in str(refused.value)


def test_a_board_that_says_nothing_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(copy_files, "_ANSWER_S", 1)
    folder = build(tmp_path, {"boot.py": b"new"}, "manifest.json")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = "socket://127.0.0.1:%d" % silent.getsockname()[1]
        with pytest.raises(CopyError, match=f"^the board on {port} does not answer: press EN"):
            copy_files.copy(folder, port, enter=lambda *_what: None)


def test_the_manifest_is_the_last_file_that_changes(tmp_path):
    told = copy_files.commands(
        tmp_path, ["a/b/x.mpy", "boot.py"], ["old.mpy"], ["a/manifest.json"]
    )
    steps = " ".join(told).replace(str(tmp_path), "HERE").split(" + ")
    assert steps == [
        "exec import deflate",
        "exec import os\nfor path in ['a', 'a/b']:\n try:os.mkdir(path)\n except OSError:pass",
        "fs cp HERE/a/b/x.mpy :a/b/x.mpy",
        "fs cp HERE/boot.py :boot.py",
        "exec import os\nfor path in ['old.mpy']:\n try:os.remove(path)\n except OSError:pass",
        "fs cp HERE/a/manifest.json :a/manifest.json",
        "reset",
    ]


def test_only_plain_names_are_taken_from_a_manifest():
    assert named(json.dumps({"files": {"boot.py": "h", "evse/x.mpy": "h"}}), "") == {
        "boot.py",
        "evse/x.mpy",
    }
    assert named(json.dumps({"files": [["evse/x.mpy", 3, "h"]]}), "a") == {"a/evse/x.mpy"}
    wild = {"../settings.json": "", "/settings.json": "", "a b": "", ":x": "", "fine.py": ""}
    assert named(json.dumps({"files": wild}), "") == {"fine.py"}
    for text in ("", "[]", '{"files": 3}', '{"files": [[]]}', "{"):
        assert named(text, "") == set()
        assert board_in(text) == ""
