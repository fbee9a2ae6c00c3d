"""Stock images that cannot be used: each is refused with a sentence that says what to take instead."""

import hashlib
import struct

import pytest

from pilectl.flashing.flash_chips import FLASH_CHIPS
from pilectl.flashing.stock_image import StockImageError, check_sum, find, take_apart
from pilesim.serial.stand_in_stock import NAMED, stock, table

WHOLE = stock("esp32")


@pytest.mark.parametrize("chip", FLASH_CHIPS)
def test_an_image_is_taken_apart_to_the_byte(chip):
    image = stock(chip)
    parts = take_apart("stock.bin", image, chip)
    assert image.startswith(parts.bootloader)
    assert image.endswith(parts.app)
    for part in (parts.bootloader, parts.app):
        assert part[-32:] == hashlib.sha256(part[:-32]).digest()
    assert [tuple(row)[:5] for row in parts.table] == list(NAMED)


@pytest.mark.parametrize("chip", FLASH_CHIPS)
@pytest.mark.parametrize("other", FLASH_CHIPS)
def test_an_image_for_another_chip_is_named(chip, other):
    if chip == other:
        return
    # The bootloader lies elsewhere, or is another chip's
    with pytest.raises(StockImageError) as refused:
        take_apart("stock.bin", stock(other), chip)
    assert (
        f"is for the {FLASH_CHIPS[other].title} and the board has an {FLASH_CHIPS[chip].title}"
        in str(refused.value)
    )


def test_a_chip_no_board_has_is_named_too():
    with pytest.raises(StockImageError, match="is for the ESP32-P4 and"):
        take_apart("stock.bin", stock("esp32", number=18), "esp32")
    with pytest.raises(StockImageError, match="is for the chip 99 and"):
        take_apart("stock.bin", stock("esp32", number=99), "esp32")


@pytest.mark.parametrize(
    "length",
    [
        30,
        3000,
        6000,
        0x7000,
        0x7010,
        0xF000,
        0xF010,
        0xF020,
        70_000,
        len(WHOLE) - 33,
        len(WHOLE) - 1,
    ],
)
def test_an_image_that_is_cut_off_is_refused(length):
    with pytest.raises(StockImageError, match=r"damaged|checksum|ends before|whole image"):
        take_apart("stock.bin", WHOLE[:length], "esp32")


@pytest.mark.parametrize("at", [100, 5000, 0x7004, 0x7044, 0xF030, len(WHOLE) - 20])
def test_an_image_with_a_wrong_bit_is_refused(at):
    damaged = bytearray(WHOLE)
    damaged[at] ^= 4
    with pytest.raises(StockImageError, match=r"damaged|checksum|download"):
        take_apart("stock.bin", bytes(damaged), "esp32")


def test_what_is_no_image_at_all_is_refused():
    for data in (b"", b"\x7fELF" + bytes(1000), b"<!DOCTYPE html>"):
        with pytest.raises(
            StockImageError, match=r"no image for an ESP32: take ESP32_GENERIC-\*\.bin"
        ):
            take_apart("index.html", data, "esp32")


def test_an_update_instead_of_the_whole_image_is_told_from_it():
    app = take_apart("stock.bin", WHOLE, "esp32").app
    with pytest.raises(
        StockImageError, match=r"take the whole image of ESP32_GENERIC \(\.bin\), not an update"
    ):
        take_apart("stock.app-bin", app, "esp32")


def test_a_program_larger_than_its_partition_is_refused():
    rows = [*NAMED[:2], ("factory", 0, 0, 0x10000, 0x4000)]
    with pytest.raises(
        StockImageError,
        match=r"program of \d+ bytes is larger than the partition factory of 16384",
    ):
        take_apart("stock.bin", stock("esp32", rows), "esp32")


def test_a_table_without_a_program_is_refused():
    image = bytearray(WHOLE)
    rows = table(NAMED[:2])
    image[0x7000:0x8000] = rows.ljust(0x1000, b"\xff")
    with pytest.raises(StockImageError, match="no place for a program"):
        take_apart("stock.bin", bytes(image), "esp32")


def test_the_newest_plain_image_is_found(tmp_path):
    folder = tmp_path / "build" / "stock"
    with pytest.raises(
        StockImageError,
        match=r"download ESP32_GENERIC from https://micropython\.org/download/ESP32_GENERIC/",
    ):
        find(tmp_path, "esp32")
    folder.mkdir(parents=True)
    names = [
        "20241129-v1.24.1",
        "20260406-v1.28.0",
        "SPIRAM-20260406-v1.28.0",
        "OTA-20270101-v1.30.0",
    ]
    for name in names:
        (folder / f"ESP32_GENERIC-{name}.bin").touch()
    (folder / "ESP32_GENERIC_S3-20270101-v1.30.0.bin").touch()
    assert find(tmp_path, "esp32").name == "ESP32_GENERIC-20260406-v1.28.0.bin"
    assert find(tmp_path, "esp32s3").name == "ESP32_GENERIC_S3-20270101-v1.30.0.bin"
    with pytest.raises(StockImageError, match="ESP32_GENERIC_C6"):
        find(tmp_path, "esp32c6")


def test_an_image_is_taken_only_as_what_somebody_says_it_is(tmp_path):
    path = tmp_path / "stock.bin"
    right = hashlib.sha256(WHOLE).hexdigest()
    with pytest.raises(
        StockImageError, match=r"--sha256 HEX or in stock\.bin\.sha256, or --unchecked"
    ):
        check_sum(path, WHOLE, "", False)
    check_sum(path, WHOLE, "", True)
    check_sum(path, WHOLE, right.upper(), False)
    with pytest.raises(StockImageError, match="download it again"):
        check_sum(path, WHOLE[:-1], right, False)
    with pytest.raises(StockImageError, match="'abc' is no SHA-256"):
        check_sum(path, WHOLE, "abc", False)
    beside = tmp_path / "stock.bin.sha256"
    beside.write_text(f"{right}  stock.bin\n")
    check_sum(path, WHOLE, "", False)
    # What is known is never skipped
    with pytest.raises(StockImageError, match="download it again"):
        check_sum(path, WHOLE[:-1], "", True)


def test_the_made_up_header_says_what_the_tests_think():
    assert struct.unpack_from("<BB", WHOLE) == (0xE9, 1)
    assert struct.unpack_from("<H", WHOLE, 12) == (0,)
