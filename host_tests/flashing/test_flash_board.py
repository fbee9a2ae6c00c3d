"""Our flashing over the real esptool against the simulated loader: what is written, what is kept, what is said."""

import socket
import time
from types import SimpleNamespace

import pytest
from flash_bench import files_of, hashes, image_of, small_build
from rom_port import RomPort

import serial
from pilectl.flashing.flash_board import Extent, write
from pilectl.flashing.flash_link import FlashError, FlashLink, sentence
from pilectl.flashing.partition_table import TableError, parse
from pilesim.serial.stand_in_stock import NAMED, nonsense

MB = 1 << 20
VFS, JOURNAL, END = 0x200000, 4 * MB - 0x10000, 4 * MB
SAID = []


def flash(port, image, extent=Extent.KEEP):
    """Flash as pilectl does; returns whether the files were kept."""
    SAID.clear()
    with FlashLink(port.url) as link:
        return write(link, image, extent, SAID.append)


def used_board():
    """A board that another program was on."""
    return bytearray(nonsense(4096, "other") * (END // 4096))


def pile(image, seed="in use"):
    """A pile that is in use: radio calibration, settings and records are where nobody has put them by flashing."""
    content = bytearray(image.content)
    for at, size in ((0x9000, 0x6000), (VFS + 0x8000, 0x3000), (JOURNAL, 0x8000)):
        content[at : at + size] = nonsense(size, seed)
    return content


@pytest.mark.parametrize("name", ["devkitc", "esp32s3_twin", "esp32c6"])
def test_a_new_board_holds_the_whole_image_and_starts(name, tmp_path):
    image = image_of(name)
    other = nonsense(4096, "other") * (len(image.content) // 4096)
    with RomPort(bytearray(other), image.chip) as port:
        assert flash(port, image) is False
        assert port.has_started(1)
    assert port.flash[image.bootloader_at :] == image.content[image.bootloader_at :]
    assert SAID[0] == "new board: everything is written"
    assert files_of(port.flash, tmp_path) == hashes(small_build())


def test_over_tcp_as_over_a_pty():
    image = image_of("devkitc")
    with RomPort(used_board(), "esp32", "socket") as port:
        flash(port, image)
    assert port.flash[0x1000:] == image.content[0x1000:]


def test_a_real_port_by_esptools_stub(monkeypatch):
    monkeypatch.setattr("pilectl.flashing.flash_link.simulated", lambda _port: False)
    image = image_of("esp32c6")
    other = nonsense(4096, "other") * (END // 4096)
    with RomPort(bytearray(other), "esp32c6") as port:
        assert flash(port, image) is False
        assert flash(port, image) is True
    assert port.flash == image.content


def test_a_second_time_nothing_is_written():
    image = image_of("devkitc")
    content = pile(image)
    with RomPort(bytearray(content), "esp32") as port:
        assert flash(port, image) is True
        assert port.received < 12_000
        assert port.has_started(1)
    assert port.flash == content
    assert SAID[0] == "this board is a pile already: journal and settings are kept"


def test_a_pile_gets_a_new_micropython_and_keeps_all_else():
    new = image_of("devkitc", seed="new", app_bytes=80_000)
    content = pile(image_of("devkitc"))
    with RomPort(bytearray(content), "esp32") as port:
        assert flash(port, new) is True
    assert port.flash[0x10000:0x24000] == new.content[0x10000:0x24000]
    for start, end in ((0x8000, 0x10000), (VFS, END)):
        assert port.flash[start:end] == content[start:end]


def test_erasing_the_files_keeps_the_journal():
    image = image_of("devkitc")
    content = pile(image)
    with RomPort(bytearray(content), "esp32") as port:
        assert flash(port, image, Extent.FILES) is False
    assert port.flash[VFS:JOURNAL] == image.content[VFS:JOURNAL]
    assert port.flash[JOURNAL:] == content[JOURNAL:]
    assert port.flash[0x9000:0xF000] == content[0x9000:0xF000]


def test_erasing_all_leaves_nothing_of_the_pile():
    image = image_of("devkitc")
    with RomPort(pile(image), "esp32") as port:
        assert flash(port, image, Extent.ALL) is False
    assert port.flash[0x1000:] == image.content[0x1000:]


@pytest.fixture
def impatient(monkeypatch):
    """An esptool that waits for a lost board only once, and shortly."""
    monkeypatch.setattr("esptool.cmds.DEFAULT_CONNECT_ATTEMPTS", 1)
    monkeypatch.setattr(
        "esptool.cmds.time", SimpleNamespace(time=time.time, sleep=lambda _s: None)
    )
    monkeypatch.setattr("esptool.loader.WRITE_BLOCK_ATTEMPTS", 1)
    monkeypatch.setattr("esptool.loader.DEFAULT_TIMEOUT", 0.5)
    monkeypatch.setattr("esptool.loader.SYNC_TIMEOUT", 0.01)


def cut_then_again(content, image, extent, cut_after, bridge=False):
    """The flash after a run that lost its power; the port of a second one by the same command."""
    with RomPort(content, image.chip, "socket", cut_after, bridge) as port:
        with pytest.raises(
            FlashError, match="run the same command again, it goes on where it stopped"
        ):
            flash(port, image, extent)
        assert port.starts == 0
    torn = bytearray(port.flash)
    with RomPort(port.flash, image.chip) as again:
        flash(again, image, extent)
        assert again.has_started(1)
    return torn, again


@pytest.mark.parametrize("cut_after", [15_000, 60_000])
def test_a_new_board_that_lost_power_is_completed_by_the_same_command(cut_after, impatient):
    image = image_of("devkitc")
    torn, again = cut_then_again(used_board(), image, Extent.KEEP, cut_after)
    assert torn[0x1000:] != image.content[0x1000:]
    # Not taken for a pile that has something to keep
    with pytest.raises(TableError):
        parse(torn[0x8000:0x9000])
    assert again.flash[0x1000:] == image.content[0x1000:]


def test_only_what_was_not_written_is_written_again(impatient):
    # All in all some 210,000 bytes
    image = image_of("devkitc", app_bytes=150_000)
    _torn, again = cut_then_again(used_board(), image, Extent.KEEP, 180_000)
    assert again.received < 100_000
    assert again.flash[0x1000:] == image.content[0x1000:]


def test_a_board_whose_usb_bridge_lives_on_is_told_the_same(impatient):
    image = image_of("devkitc")
    cut_then_again(used_board(), image, Extent.KEEP, 30_000, bridge=True)


def test_a_pile_that_lost_power_under_a_new_micropython_keeps_what_it_had(impatient):
    new = image_of("devkitc", seed="new", app_bytes=80_000)
    content = pile(image_of("devkitc"))
    torn, again = cut_then_again(bytearray(content), new, Extent.KEEP, 50_000)
    assert torn[0x10000:0x24000] != new.content[0x10000:0x24000]
    for got in (torn, again.flash):
        assert got[VFS:] == content[VFS:]
        assert got[0x8000:0x10000] == content[0x8000:0x10000]
    assert again.flash[0x10000:0x24000] == new.content[0x10000:0x24000]


def test_a_pile_half_erased_is_a_new_board(impatient):
    image = image_of("devkitc")
    torn, again = cut_then_again(pile(image), image, Extent.ALL, 16_000)
    with pytest.raises(TableError):
        parse(torn[0x8000:0x9000])
    assert again.flash[0x1000:] == image.content[0x1000:]


def refused(image, content=None, chip="esp32", extent=Extent.KEEP):
    """What is said of a board that is left as it was."""
    content = used_board() if content is None else content
    with RomPort(bytearray(content), chip) as port:
        with pytest.raises(FlashError) as error:
            flash(port, image, extent)
        assert port.flash == content
    return str(error.value)


def test_a_board_with_another_chip_is_left_alone():
    said = refused(image_of("devkitc"), chip="esp32s3")
    assert "has an ESP32-S3, and devkitc is built for an ESP32: connect the right board" in said
    assert "has an ESP32, and esp32c6 is built for an ESP32-C6" in refused(image_of("esp32c6"))


def test_a_flash_that_is_too_small_is_left_alone():
    said = refused(image_of("esp32s3_twin"), chip="esp32s3")
    assert "has 4 MB of flash, and esp32s3_twin takes 8 MB: set FLASH_MB" in said


def test_a_pile_whose_table_has_no_room_for_the_new_micropython_is_left_alone():
    rows = (*NAMED[:2], ("factory", 0, 0, 0x10000, 0x20000), ("vfs", 1, 0x81, 0x30000, 0x1D0000))
    small = image_of("devkitc", rows=rows)
    new = image_of("devkitc", app_bytes=200_000)
    said = refused(new, pile(small))
    assert "it has 131072 bytes for MicroPython at 0x10000" in said
    assert "pilectl backup" in said
    assert "its files lie elsewhere" in refused(
        image_of("devkitc"), pile(small), extent=Extent.FILES
    )


def test_no_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = "socket://127.0.0.1:%d" % server.getsockname()[1]
    for port in (free, "/dev/ttyNOWHERE7"):
        with pytest.raises(
            FlashError, match=f"^there is no port {port}: plug the board in, or name another"
        ):
            FlashLink(port)


def test_a_port_in_use_is_a_sentence():
    with (
        RomPort(used_board(), "esp32", "pty") as port,
        serial.Serial(port.url, exclusive=True),
        pytest.raises(FlashError, match=f"^{port.url} is in use: close the other program"),
    ):
        FlashLink(port.url)


def test_a_board_that_does_not_answer_is_a_sentence(impatient):
    with (
        RomPort(used_board(), "esp32", "pty", cut_after=0, bridge=True) as port,
        pytest.raises(FlashError, match="does not answer: hold BOOT, press EN shortly"),
    ):
        FlashLink(port.url)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[Errno 13] could not open port /dev/p: [Errno 13] Permission denied: '/dev/p'",
            "sudo usermod -aG dialout",
        ),
        (
            "could not open port 'COM7': FileNotFoundError(2, 'The system cannot find', None, 2)",
            "there is no port",
        ),
        (
            "could not open port 'COM7': PermissionError(13, 'Access is denied.', None, 5)",
            "is in use",
        ),
        ("MD5 of file does not match data in flash!", "does not hold what was written"),
        (
            "Serial data stream stopped: Possible serial noise.",
            "while the flash is written (Serial data stream",
        ),
        ("", "(Exception)"),
    ],
)
def test_what_esptool_says_becomes_what_to_do(text, said):
    assert said in sentence("/dev/p", "is written", Exception(text))


def test_what_is_wrong_before_the_loader_answers_is_no_broken_off_run():
    said = sentence("/dev/p", "answers", Exception("Unexpected chip magic value"))
    assert said == (
        "the board on /dev/p cannot be used: Unexpected chip magic value: press EN and run the same command again"
    )
