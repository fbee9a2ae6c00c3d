"""The real mpremote on the simulated pile's serial port, over the pseudo-terminal and over TCP."""

import pytest

from serial_board import read_until

pytestmark = pytest.mark.processes
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


def test_resume_soft_reset_and_reset(board, port):
    facts = "['starts' in globals(), 'typed' in globals(), __import__('machine').reset_cause()]"
    board.mpremote("exec", "typed = 1", port=port)
    assert board.mpremote("resume", "eval", facts, port=port).strip() == "[False, True, 5]"
    board.mpremote("soft-reset", port=port)
    assert board.mpremote("resume", "eval", facts, port=port).strip() == "[False, False, 5]"
    starts = len(board.lines)
    board.mpremote("reset", port=port)
    board.wait_for("name=devkitc", start=starts)
    with board.open(port) as opened:
        # The prompt takes it when main.py has ended
        opened.write(b"\r")
        read_until(opened, b">>> ")
    assert board.mpremote("resume", "eval", facts, port=port).strip() == "[True, False, 2]"


def test_files_both_ways(board, port, tmp_path):
    sent, back = tmp_path / "sent.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 10)
    listed = board.mpremote(
        "fs", "cp", str(sent), ":data/copy.bin", "+", "fs", "ls", ":data", port=port
    )
    assert listed.split("ls :data")[1].split() == ["2560", "copy.bin", "4", "facts.txt"]
    board.mpremote(
        "fs", "cp", ":data/copy.bin", str(back), "+", "fs", "rm", ":data/facts.txt", port=port
    )
    assert back.read_bytes() == sent.read_bytes()
    assert board.mpremote("fs", "ls", ":data", port=port).split()[2:] == ["2560", "copy.bin"]
    assert board.file("data/copy.bin") == sent.read_bytes()


def test_a_folder_of_the_host_mounted(board, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "module_x.py").write_text("name = 'from the host'\n")
    # Frames of the mount hold bytes that a terminal would change: a name of ten characters, line ends
    said = board.mpremote(
        *("mount", str(folder), "exec"),
        "import module_x\nf = open('/remote/ten_chars.', 'wb')\nf.write(bytes(range(256)))\nf.close()\n"
        "print(module_x.name)",
    )
    assert said.splitlines()[-1] == "from the host"
    assert (folder / "ten_chars.").read_bytes() == bytes(range(256))


def test_sys_is_a_boards(board):
    said = board.mpremote(
        "exec",
        "import sys\nfrom sys import modules, stdout\nprint(sys.platform, 'sys' in modules, file=stdout)\n"
        "sys.stdout.write('text\\n')\nsys.stdout.buffer.write(b'ab\\ncd', 1, 3)",
    )
    assert said == "esp32 True\ntext\nb\nc"
