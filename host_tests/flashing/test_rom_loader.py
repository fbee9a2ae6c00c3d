"""The simulated ROM loader: its frames by hand, then the real esptool against it over a pty and over TCP."""

import hashlib
import mmap
import struct
import zlib

import pytest
from rom_port import RomPort, esptool

from pilesim.serial.rom_loader import SYNC, RomLoader
from pilesim.serial.stand_in_stock import nonsense

MB = 1 << 20
CHIPS = ("esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")
TITLES = ("ESP32", "ESP32-S2", "ESP32-S3", "ESP32-C3", "ESP32-C6")
INVALID, CHECKSUM, WRITE, READ, LENGTH, DEFLATE = 5, 7, 8, 9, 10, 11
BEGIN, DATA, END, READ_REGISTER, SLOW, DEFLATE_BEGIN, DEFLATE_DATA, MD5 = (
    2,
    3,
    4,
    10,
    14,
    16,
    17,
    19,
)


def frame(command, body=b"", checksum=0):
    data = struct.pack("<BBHI", 0, command, len(body), checksum) + body
    return b"\xc0" + data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def block(data, sequence, checksum=None):
    check = 0xEF
    for byte in data:
        check ^= byte
    return struct.pack(
        "<IIII", len(data), sequence, 0, 0
    ) + data, check if checksum is None else checksum


def answers(data):
    """[(command, value, body, reason)] of what the chip sent."""
    found = []
    for part in data.split(b"\xc0"):
        if part:
            sent = part.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
            direction, command, length, value = struct.unpack("<BBHI", sent[:8])
            assert (direction, length) == (1, len(sent) - 8)
            failed, reason = sent[-4:-2]
            assert failed == (reason != 0)
            found.append((command, value, sent[8:-4], reason))
    return found


class Chip:
    """A loader and its flash; ask() sends one command and returns body and reason."""

    def __init__(self, chip="esp32", size=MB, flash=None):
        self.flash = bytearray(b"\xff" * size) if flash is None else flash
        self.loader = RomLoader(self.flash, chip)

    def ask(self, command, body=b"", checksum=0):
        ((asked, _value, data, reason),) = answers(
            self.loader.feed(frame(command, body, checksum))
        )
        assert asked == command
        return data, reason


def test_it_synchronises_whatever_the_pieces_that_come():
    loader = RomLoader(bytearray(MB), "esp32")
    noise = b"\x03\x0dstatus\r\n"
    sent = b"".join(loader.feed(bytes((byte,))) for byte in noise + frame(8, SYNC))
    # Eight times, and not with the value 0, which is a stub's
    assert [row[0] for row in answers(sent)] == [8] * 8
    assert all(row[1] for row in answers(sent))


def test_a_broken_frame_gets_no_answer():
    loader = RomLoader(bytearray(MB), "esp32")
    assert loader.feed(b"\xc0\x00\x08\xc0") == b""
    assert loader.feed(b"\xc0" + struct.pack("<BBHI", 0, 8, 99, 0) + b"\xc0") == b""
    assert loader.feed(b"\xc0" + struct.pack("<BBHI", 1, 8, 0, 0) + b"\xc0") == b""
    assert answers(loader.feed(frame(8, SYNC)))


def test_what_this_rom_does_not_know_is_refused_eight_times():
    for command in (0x14, 0xD0, 0xD1):
        loader = RomLoader(bytearray(MB), "esp32")
        assert [row[3] for row in answers(loader.feed(frame(command)))] == [INVALID] * 8
    data, reason = Chip("esp32s2").ask(0x14)
    assert (len(data), reason) == (12, 0)
    data, reason = Chip("esp32c6").ask(0x14)
    assert (struct.unpack_from("<I", data, 12), reason) == ((13,), 0)


def test_a_begin_erases_whole_sectors_and_data_only_clears_bits():
    chip = Chip()
    chip.flash[:] = bytes(MB)
    chip.ask(BEGIN, struct.pack("<IIII", 5000, 2, 1024, 0x1000))
    assert chip.flash[0x1000:0x3000] == b"\xff" * 0x2000
    assert chip.flash[0xFFF] == chip.flash[0x3000] == 0
    assert chip.ask(DATA, *block(b"\x0f" * 1024, 1)) == (b"", 0)
    assert chip.ask(DATA, *block(b"\xf1" * 1024, 1)) == (b"", 0)
    assert chip.flash[0x1400:0x1800] == b"\x01" * 1024
    assert chip.flash[0x1000:0x1400] == b"\xff" * 1024


def test_what_is_wrong_is_named_and_writes_nothing():
    chip = Chip()
    chip.ask(BEGIN, struct.pack("<IIII", 4096, 4, 1024, MB - 4096))
    before = bytes(chip.flash)
    data = bytes(1024)
    assert chip.ask(DATA, *block(data, 0, checksum=1))[1] == CHECKSUM
    assert chip.ask(DATA, *block(data, 4))[1] == WRITE
    body, check = block(data, 0)
    assert chip.ask(DATA, body[:-1], check)[1] == LENGTH
    assert chip.ask(BEGIN, struct.pack("<IIII", 8192, 8, 1024, MB - 4096))[1]
    assert chip.ask(BEGIN, b"\x00\x10")[1] == INVALID
    assert chip.ask(MD5, struct.pack("<IIII", 1, MB, 0, 0))[1] == READ
    assert chip.ask(SLOW, struct.pack("<II", 0, 65))[1] == LENGTH
    assert chip.ask(SLOW, struct.pack("<II", MB - 1, 2))[1] == READ
    assert bytes(chip.flash) == before
    chip.ask(DEFLATE_BEGIN, struct.pack("<IIII", 4096, 1, 1024, 0))
    assert chip.ask(DEFLATE_DATA, *block(b"no deflate", 0))[1] == DEFLATE
    assert not chip.loader.done


def test_compressed_data_are_unpacked_and_a_repeated_block_is_not():
    chip = Chip()
    content = nonsense(3000, "x") + bytes(5000)
    packed = zlib.compress(content, 9)
    chip.ask(DEFLATE_BEGIN, struct.pack("<IIII", len(content), 4, 1024, 0x2000))
    for sequence in range(0, len(packed), 1024):
        for _twice in range(2):
            assert chip.ask(
                DEFLATE_DATA, *block(packed[sequence : sequence + 1024], sequence)
            ) == (b"", 0)
    assert chip.flash[0x2000 : 0x2000 + len(content)] == content
    data, reason = chip.ask(MD5, struct.pack("<IIII", 0x2000, len(content), 0, 0))
    assert (data.decode(), reason) == (hashlib.md5(content).hexdigest(), 0)
    assert chip.ask(SLOW, struct.pack("<II", 0x2000, 10))[0][:10] == content[:10]


def test_the_end_of_a_download_runs_the_application():
    chip = Chip()
    chip.ask(BEGIN, struct.pack("<IIII", 0, 0, 1024, 0))
    assert chip.flash == b"\xff" * MB
    assert not chip.loader.done
    chip.ask(END, struct.pack("<I", 1))
    assert chip.loader.done


def test_registers_keep_what_is_written_under_a_mask():
    chip = Chip()
    chip.ask(9, struct.pack("<IIII", 0x3FF48074, 0xABCD, 0xFF00, 0))
    ((_command, value, _data, _reason),) = answers(
        chip.loader.feed(frame(READ_REGISTER, struct.pack("<I", 0x3FF48074)))
    )
    assert value == 0xAB00
    with pytest.raises(ValueError, match="chip esp8266: allowed esp32 "):
        RomLoader(bytearray(MB), "esp8266")


@pytest.mark.parametrize(("chip", "title"), [*zip(CHIPS, TITLES, strict=True)])
def test_esptool_recognises_each_chip_and_its_flash(chip, title):
    size = 8 if chip == "esp32s3" else 4
    with RomPort(bytearray(b"\xff" * size * MB), chip, "pty") as port:
        done = esptool(
            "--port",
            port.url,
            "--before",
            "no-reset",
            "--after",
            "no-reset",
            "--no-stub",
            "flash-id",
        )
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert f"Connected to {title} on" in said
    assert "MAC: 24:0a:c4:00:00:01" in said
    assert "Manufacturer: ef" in said
    assert f"Detected flash size: {size}MB" in said
    assert "warning" not in said.lower().replace("warnings", "")


@pytest.mark.parametrize("kind", ["pty", "socket"])
def test_esptool_writes_verifies_and_reads_a_flash_that_is_a_file(kind, tmp_path):
    content = nonsense(20_000, "a") + bytes(30_000)
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(content)
    path = tmp_path / "flash.bin"
    path.write_bytes(bytes(4 * MB))
    with (
        path.open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as mapped,
        memoryview(mapped) as flash,
        RomPort(flash, "esp32c3", kind) as port,
    ):
        common = ("--chip", "esp32c3", "--port", port.url, "--before", "no-reset", "--no-stub")
        for command in (
            ("--after", "no-reset", "write-flash", "0x11000", str(source)),
            ("--after", "no-reset", "write-flash", "--compress", "0x40000", str(source)),
            ("--after", "no-reset", "verify-flash", "0x11000", str(source)),
            ("--after", "soft-reset", "read-flash", "0x40000", "5000", str(back)),
        ):
            done = esptool(*common, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert port.has_started(1)
    flash = path.read_bytes()
    assert flash[0x11000 : 0x11000 + len(content)] == content
    assert flash[0x40000 : 0x40000 + len(content)] == content
    assert back.read_bytes() == content[:5000]
    assert flash[0x10FFF] == 0


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_esptool_by_its_defaults_loads_its_stub_and_works_with_that(chip, tmp_path):
    content = nonsense(20_000, "a") + bytes(30_000)
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(content)
    with RomPort(bytearray(4 * MB), chip) as port:
        for command in (
            ("write-flash", "0x11000", str(source)),
            ("write-flash", "--no-compress", "0x41000", str(source)),
            ("verify-flash", "0x41000", str(source)),
            ("read-flash", "0x11000", "50000", str(back)),
            ("erase-region", "0x80000", "0x2000"),
        ):
            done = esptool("--port", port.url, "--baud", "921600", *command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert "Stub flasher is already running" in done.stdout
        assert port.flash[0x11000 : 0x11000 + len(content)] == content
        assert port.flash[0x41000 : 0x41000 + len(content)] == content
        assert back.read_bytes() == content
        # Nothing but the sectors that were written or erased
        assert port.flash[:0x11000] == bytes(0x11000)
        assert port.flash[0x1E000:0x41000] == bytes(0x23000)
        assert port.flash[0x7FFFF:0x82001] == b"\x00" + b"\xff" * 0x2000 + b"\x00"
        done = esptool("--port", port.url, "--after", "no-reset", "erase-flash")
        assert done.returncode == 0, done.stdout + done.stderr
        assert port.flash == b"\xff" * 4 * MB
        assert port.starts == 0


def test_esptool_is_told_of_another_chip_and_of_a_flash_that_is_too_small(tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(bytes(8192))
    with RomPort(bytearray(b"\xff" * 4 * MB), "esp32s3") as port:
        common = ("--port", port.url, "--before", "no-reset", "--after", "no-reset", "--no-stub")
        done = esptool("--chip", "esp32", *common, "write-flash", "0x1000", str(source))
        assert done.returncode
        assert "This chip is ESP32-S3, not ESP32" in done.stdout + done.stderr
        done = esptool(*common, "write-flash", "0x3ff000", str(source))
        assert done.returncode
        assert "will not fit in 4194304 bytes of flash" in " ".join(
            (done.stdout + done.stderr).split()
        )
        assert port.flash == b"\xff" * 4 * MB
