"""The whole flash of every board, made here and read by others: Espressif's tools and the real MicroPython."""

import pytest
from flash_bench import (
    BOARDS,
    board_of,
    files_of,
    hashes,
    image_info,
    image_of,
    small_build,
    table_of,
)

from pilectl.flashing import file_system, flash_image
from pilectl.flashing.file_system import FilesError
from pilectl.flashing.flash_chips import write_arguments
from pilectl.flashing.stock_image import StockImageError, take_apart
from pilesim.serial.stand_in_stock import NAMED, UNNAMED, stock

KB, MB = 1024, 1024 * 1024
# By Espressif's documents: where the ROM looks for the bootloader, and the size codes of its header
BOOTLOADER_AT = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32s3": 0, "esp32c3": 0, "esp32c6": 0}
FLASH_MB = {"esp32": 4, "esp32s2": 4, "esp32s3": 8, "esp32c3": 4, "esp32c6": 4}
TITLE = {
    "esp32": "ESP32",
    "esp32s2": "ESP32-S2",
    "esp32s3": "ESP32-S3",
    "esp32c3": "ESP32-C3",
    "esp32c6": "ESP32-C6",
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_s_flash_is_what_others_read_from_it(name, tmp_path, capsys):
    chip = board_of(name).CHIP
    size = FLASH_MB[chip] * MB
    image = image_of(name)
    content = bytearray(image.content)
    assert len(content) == size
    assert table_of(content) == {
        "nvs": (1, 2, 0x9000, 0x6000),
        "phy_init": (1, 1, 0xF000, 0x1000),
        "factory": (0, 0, 0x10000, 0x1F0000),
        "vfs": (1, 0x81, 0x200000, size - 0x200000 - 64 * KB),
        "journal": (1, 0x06, size - 64 * KB, 64 * KB),
    }
    for at in (BOOTLOADER_AT[chip], 0x10000):
        said = image_info(content[at : at + 64 * KB], capsys)
        assert f"Detected image type: {TITLE[chip]} " in said
        assert "(valid)" in said
        assert "Validation hash:" in said
        assert "invalid" not in said
    assert f"Flash size: {FLASH_MB[chip]}MB" in image_info(
        content[BOOTLOADER_AT[chip] : 0x8000], capsys
    )
    assert content[-64 * KB :] == b"\xff" * 64 * KB
    assert content[0x9000:0x10000] == b"\xff" * 0x7000
    assert files_of(content, tmp_path) == hashes(small_build())


def test_a_real_build_mounts_and_can_be_written_to(build_of, tmp_path):
    folder, built = build_of("devkitc")
    files = file_system.files_of(folder)
    assert {file.path for file in built} <= set(files)
    content = bytearray(image_of("devkitc", files).content)
    found = files_of(content, tmp_path, write="settings.json")
    assert found.pop("settings.json")[0] == len("written by MicroPython")
    assert found == hashes(files)
    # And once more after that driver has written to it
    assert files_of(content, tmp_path).keys() == {*files, "settings.json"}


def test_the_same_build_makes_the_same_image():
    assert image_of("devkitc").content == image_of("devkitc").content


@pytest.mark.parametrize("name", ["devkitc", "devkitc_socket"])
def test_a_stock_image_that_names_no_file_system_gets_one(name, tmp_path):
    content = bytearray(image_of(name, rows=UNNAMED).content)
    table = table_of(content)
    assert table["vfs"] == (1, 0x81, 0x220000, len(content) - 0x220000 - 64 * KB)
    assert table["journal"][2] == table["vfs"][2] + table["vfs"][3]
    assert files_of(content, tmp_path) == hashes(small_build())


def test_partitions_behind_the_file_system_are_refused():
    rows = (*NAMED[:3], ("vfs", 1, 0x81, 0x200000, 0x100000), ("mine", 1, 0x99, 0x300000, 0x1000))
    with pytest.raises(StockImageError, match="partition mine behind its file system"):
        image_of("devkitc", rows=rows)


def test_a_program_partition_that_leaves_no_room_for_files_is_refused():
    rows = (*NAMED[:2], ("factory", 0, 0, 0x10000, 0x370000))
    with pytest.raises(StockImageError, match="4 MB of flash leave 448 KB for files"):
        image_of("devkitc", rows=rows)


def test_files_that_do_not_fit_are_refused():
    with pytest.raises(FilesError, match="3 files of 2100000 bytes do not fit"):
        image_of("devkitc", {"a": bytes(900_000), "b": bytes(900_000), "c": bytes(300_000)})


def test_a_board_says_how_much_flash_it_has():
    mine = {"NAME": "mine", "CHIP": "esp32s3", "FLASH_MB": 16}
    board = type("Mine", (), mine)()
    parts = take_apart("stock.bin", stock("esp32s3"), "esp32s3")
    content = flash_image.make(board, parts, {}).content
    assert len(content) == 16 * MB
    assert table_of(content)["journal"][2] == 16 * MB - 64 * KB
    odd = type("Mine", (), {**mine, "FLASH_MB": 5})()
    with pytest.raises(
        StockImageError, match=r"FLASH_MB = 5 in boards/mine/board.py: allowed 4 8"
    ):
        flash_image.make(odd, parts, {})


@pytest.mark.parametrize("chip", TITLE)
def test_esptool_is_told_the_chip_and_to_take_what_the_header_says(chip):
    told = write_arguments(chip, "/dev/ttyUSB0", 460800, "pile.bin")
    assert " ".join(told) == (
        f"--chip {chip} --port /dev/ttyUSB0 --baud 460800 --before default-reset --after hard-reset "
        "write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x0 pile.bin"
    )
