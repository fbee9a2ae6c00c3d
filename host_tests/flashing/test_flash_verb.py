"""`pilectl flash` as it is typed: what it does, what it asks, what it refuses and says."""

import hashlib
import io
import shutil
from types import SimpleNamespace

import pytest
from flash_bench import files_of, hashes, small_build
from rom_port import RomPort

from pilectl import __main__ as pilectl
from pilectl import build as builder
from pilectl.flashing import copy_files, stock_image
from pilectl.port.ports import VARIABLE, NoPortError, find, simulated
from pilectl.verbs import flash
from pilesim.serial import stand_in_stock
from pilesim.serial.stand_in_stock import nonsense, stock

MB = 1 << 20


class Bench:
    """A folder to work in, a small build instead of a real one, and a record of what was copied."""

    def __init__(self, tmp_path, monkeypatch, capsys):
        self.image = tmp_path / "ESP32_GENERIC-20260406-v1.28.0.bin"
        self.image.write_bytes(stock("esp32"))
        self.build = tmp_path / "build"
        self.files = small_build()
        self.copied = []
        self._capsys = capsys
        monkeypatch.setattr(builder, "build", self._built)
        monkeypatch.setattr(copy_files, "copy", self._copy)
        monkeypatch.setattr(flash, "time", SimpleNamespace(sleep=lambda _s: None))
        monkeypatch.setattr("sys.stdin", io.StringIO())
        monkeypatch.delenv(VARIABLE, raising=False)

    def _built(self, _root, _board):
        shutil.rmtree(self.build, ignore_errors=True)
        for path, content in self.files.items():
            (self.build / path).parent.mkdir(parents=True, exist_ok=True)
            (self.build / path).write_bytes(content)
        size = sum(len(content) for content in self.files.values())
        return self.build, [builder.BuiltFile("all.mpy", size, "")]

    def _copy(self, folder, port, code, other_board):
        self.copied.append((folder, port, code, other_board))

    def run(self, *words):
        """Exit code and what was said to the technician."""
        args = pilectl.parser().parse_args(["flash", *map(str, words)])
        code = args.do(args)
        said = self._capsys.readouterr()
        self.said = said.out
        return code, said.err.removeprefix("pilectl: ").strip()


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    return Bench(tmp_path, monkeypatch, capsys)


def test_a_new_board_then_a_later_flash(bench, tmp_path):
    with RomPort(bytearray(4 * MB), "esp32") as port:
        common = ("devkitc", port.url, "--image", bench.image, "--unchecked")
        assert bench.run(*common) == (0, "")
        assert bench.said.endswith(f"devkitc on {port.url}: done\n")
        assert bench.copied == []
        assert files_of(port.flash, tmp_path) == hashes(bench.files)
        port.flash[-100:] = nonsense(100, "records")
        before = bytes(port.flash)
        assert bench.run(*common, "--code", "4711") == (0, "")
        assert bench.copied == [(bench.build, port.url, "4711", False)]
        assert port.flash == before
        assert port.has_started(2)


def test_files_only_needs_no_image_and_no_loader(bench):
    assert bench.run("devkitc", "/dev/ttyNOWHERE7", "--files-only", "--other-board") == (0, "")
    assert bench.copied == [(bench.build, "/dev/ttyNOWHERE7", "", True)]


def test_erasing_asks_first(bench, monkeypatch):
    with RomPort(bytearray(4 * MB), "esp32") as port:
        common = ("devkitc", port.url, "--image", bench.image, "--unchecked")
        bench.run(*common)
        port.flash[-100:] = records = nonsense(100, "records")
        code, said = bench.run(*common, "--erase-all")
        assert (code, said) == (
            1,
            "a pile loses its settings, the lock-out of a welded contactor, and every record that the bridge has not committed: say --yes if that is meant",
        )
        terminal = io.StringIO("no\nyes\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        assert bench.run(*common, "--erase-all")[1].startswith("nothing was written")
        assert port.flash[-100:] == records
        assert bench.run(*common, "--erase-all") == (0, "")
        assert port.flash[-100:] == b"\xff" * 100
        assert bench.run(*common, "--erase-files", "--yes") == (0, "")
        assert bench.copied == []


def test_the_whole_image_goes_to_a_file(bench, tmp_path):
    out = tmp_path / "new" / "pile.bin"
    right = hashlib.sha256(bench.image.read_bytes()).hexdigest()
    assert bench.run("devkitc", "--image", bench.image, "--sha256", right, "--out", out) == (0, "")
    assert "esptool --chip esp32 --port PORT --baud 460800 --before default-reset" in bench.said
    assert files_of(bytearray(out.read_bytes()), tmp_path) == hashes(bench.files)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("nowhere", "p", "--image", "IMAGE", "--unchecked"),
            "no board nowhere; boards are devkitc, ",
        ),
        (("nowhere", "p", "--files-only"), "no board nowhere; boards are devkitc, "),
        (
            ("devkitc", "p", "--image", "IMAGE"),
            "nothing says what ESP32_GENERIC-20260406-v1.28.0.bin should be",
        ),
        (("devkitc", "p", "--image", "IMAGE", "--sha256", "0" * 64), "download it again"),
        (
            ("esp32c6", "p", "--image", "IMAGE", "--unchecked"),
            "is for the ESP32 and the board has an ESP32-C6",
        ),
        (
            ("devkitc", "p", "--image", "none.bin"),
            "none.bin cannot be read (No such file or directory)",
        ),
        (
            ("devkitc", "/dev/ttyNOWHERE7", "--image", "IMAGE", "--unchecked"),
            "there is no port /dev/ttyNOWHERE7",
        ),
        (
            ("devkitc", "p", "--files-only", "--erase-all", "--yes"),
            "--files-only copies files and erases nothing",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(bench, words, said):
    code, told = bench.run(*[bench.image if word == "IMAGE" else word for word in words])
    assert code == 1
    assert said in told
    assert "\n" not in told
    assert bench.copied == []


def test_a_build_over_its_budget_is_not_flashed(bench):
    bench.files = {"all.mpy": bytes(builder.BUDGET_BYTES + 7)}
    code, said = bench.run("devkitc", "p", "--image", bench.image, "--unchecked")
    assert (code, said) == (
        1,
        "the build is over its budget by 7 bytes: pilectl build devkitc says what takes them",
    )


def port_like(device, vid):
    return SimpleNamespace(device=device, vid=vid, description=f"Bridge {vid}")


def test_the_only_usb_port_is_taken():
    ports = [port_like("/dev/ttyS0", None), port_like("/dev/ttyUSB3", 0x10C4)]
    assert find(None, ports, {}) == "/dev/ttyUSB3"
    assert find("auto", ports, {}) == "/dev/ttyUSB3"


def test_a_named_port_goes_before_the_environment_and_that_before_what_is_there():
    ports = [port_like("/dev/ttyUSB3", 0x10C4)]
    assert find("COM5", ports, {VARIABLE: "/dev/ttyACM1"}) == "COM5"
    assert find(None, ports, {VARIABLE: "/dev/ttyACM1"}) == "/dev/ttyACM1"


def test_several_ports_are_listed_and_none_says_what_to_check():
    ports = [port_like("/dev/ttyUSB3", 0x10C4), port_like("/dev/ttyACM0", 0x303A)]
    with pytest.raises(NoPortError) as several:
        find(None, ports, {})
    assert str(several.value) == (
        "2 serial ports: /dev/ttyACM0 (Bridge 12346); /dev/ttyUSB3 (Bridge 4292): name one on the command line or in "
        "PILECTL_PORT, for example /dev/ttyACM0"
    )
    with pytest.raises(NoPortError, match="a USB cable that carries data"):
        find(None, [port_like("/dev/ttyS0", None)], {})


def test_a_simulated_port_is_told_from_a_real_one(tmp_path):
    link = tmp_path / "tty"
    link.symlink_to("/dev/pts/99")
    assert simulated(str(link))
    assert simulated("socket://127.0.0.1:5000")
    assert not simulated("/dev/ttyUSB0")
    assert not simulated("COM7")


def test_the_stand_in_of_the_simulator_goes_on_no_real_board(tmp_path, capsys):
    stand_in_stock.lay_out(tmp_path, "esp32")
    image = tmp_path / stand_in_stock.FILE
    arguments = ["flash", "devkitc", "/dev/ttyUSB77", "--image", str(image)]
    args = pilectl.parser().parse_args(arguments)
    assert args.do(args) == 1
    assert "a stand-in for simulated boards" in capsys.readouterr().err
    # It is a whole image all the same, as its SHA-256 beside it says
    stock_image.check_sum(image, image.read_bytes(), "", False)
    assert stock_image.take_apart(image.name, image.read_bytes(), "esp32").app
