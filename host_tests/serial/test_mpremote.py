"""The real mpremote on the simulated pile's serial port, over the pseudo-terminal and over TCP."""

import pytest

MAIN = "print('main runs')\nstarts = 1\n"


@pytest.fixture
def board(serial_board):
    return serial_board({"boot.py": "booted = 1\n", "main.py": MAIN, "data/facts.txt": "old\n"})


@pytest.fixture(params=["path", "url"])
def port(request, board):
    """Both ends of the port, one after the other."""
    return getattr(board, request.param)


def test_exec_eval_and_run(board, port, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('ran', sys.path)\n")
    assert board.mpremote("exec", "print(6 * 7)", port=port).split() == ["42"]
    assert board.mpremote("eval", "[booted, 1 << 70]", port=port).strip() == str([1, 1 << 70])
    assert board.mpremote("run", str(script), port=port).strip() == "ran ['', '.frozen', '/lib']"


def test_files_both_ways(board, port, tmp_path):
    sent, back = tmp_path / "sent.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 40)
    listed = board.mpremote(
        "fs", "cp", str(sent), ":data/copy.bin", "+", "fs", "ls", ":data", port=port
    )
    assert listed.split("ls :data")[1].split() == ["10240", "copy.bin", "4", "facts.txt"]
    board.mpremote(
        "fs", "cp", ":data/copy.bin", str(back), "+", "fs", "rm", ":data/facts.txt", port=port
    )
    assert back.read_bytes() == sent.read_bytes()
    assert board.mpremote("fs", "ls", ":data", port=port).split()[2:] == ["10240", "copy.bin"]
    assert board.file("data/copy.bin") == sent.read_bytes()
