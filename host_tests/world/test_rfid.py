"""Card readers: every size of UID, cards that come and go, readers that fail and come back."""

import pytest
from rfid_bench import CS, ERROR, KINDS, SCL, bench

from evse.core.id_token import Presented, from_uid
from pilesim import pn532
from pilesim.card import FAULTS, Card

FOUR = bytes((0xDE, 0xAD, 0xBE, 0xEF))
SEVEN = bytes((0x04, 0xA2, 0x1C, 0x7F, 0x3B, 0x60, 0x80))
TEN = bytes((0x04, 0x01, 0x02, 0x88, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09))
UIDS = (FOUR, SEVEN, TEN)
CALL_MS = 100

every_kind = pytest.mark.parametrize("kind", KINDS)


def uids(seen):
    return {uid for uid in seen if isinstance(uid, bytes)}


def tokens(b, ms, every_ms=CALL_MS, presented=None):
    """Tokens that count in so long; a failing reader tells nothing about cards."""
    presented = presented or Presented()
    found = []
    for seen in b.run(ms, every_ms):
        token = None if seen == ERROR else presented.step(seen, every_ms)
        if token is not None:
            found.append(token)
    return found


@every_kind
def test_every_size_of_uid(kind, record_property):
    with bench(kind) as b:
        for uid in UIDS:
            for sak in (0x00, 0x08, 0x20):
                card = Card(uid, sak=sak)
                b.model.present(card)
                b.until(uid, 2500)
                assert uids(b.run(3000)) == {uid}
                assert b.reader.problem == ""
                b.model.remove(card)
                b.run(300)
                assert set(b.run(1000)) == {None}
                assert b.reader.problem == ""
    record_property("figure", f"{kind}: longest call {b.longest_us} us")


@every_kind
def test_nothing_in_the_field_is_none_and_not_an_error(kind):
    with bench(kind) as b:
        assert set(b.run(20000)) == {None}
        assert (b.model.exchanges if kind == "rc522" else b.model.lists) > 50


@every_kind
@pytest.mark.parametrize("every_ms", [5, 20, CALL_MS])
def test_a_card_held_for_ten_seconds_counts_once(kind, every_ms, record_property):
    with bench(kind) as b:
        b.run(2000)
        for uid in UIDS:
            b.model.present(Card(uid))
            presented = Presented()
            start_us = b.clock.now_us
            while not tokens(b, every_ms, every_ms, presented):
                assert b.clock.now_us - start_us < 3_000_000
            took_ms = (b.clock.now_us - start_us) // 1000
            assert tokens(b, 10000, every_ms, presented) == []
            b.model.remove()
            assert tokens(b, 1500, every_ms, presented) == []
            b.model.present(Card(uid))
            assert tokens(b, 3000, every_ms, presented) == [from_uid(uid)]
            b.model.remove()
            b.run(100)
            if uid == SEVEN:
                text = f"{kind}: counts after {took_ms} ms, called every {every_ms} ms"
                record_property("figure", text)


@every_kind
@pytest.mark.parametrize("other", [bytes((1, 2, 3, 4)), SEVEN[:-1] + b"\x11", TEN])
def test_two_cards_are_none_and_named(kind, other):
    with bench(kind) as b:
        first, second = Card(SEVEN), Card(other)
        b.model.present(first)
        b.until(SEVEN, 2000)
        b.model.present(second)
        b.run(500)
        assert set(b.run(5000)) == {None}
        assert b.reader.problem == "two cards"
        b.model.remove(first)
        b.until(other, 2000)
        assert uids(b.run(2000)) == {other}
        assert b.reader.problem == ""


@every_kind
def test_the_fault_of_a_second_card(kind):
    with bench(kind) as b:
        b.model.set_fault("card_collision", True)
        assert set(b.run(2000)) == {None}
        b.model.present(Card(FOUR))
        assert set(b.run(5000)) == {None}
        assert b.reader.problem == "two cards"
        b.model.set_fault("card_collision", False)
        b.until(FOUR, 2000)


@every_kind
def test_noise_is_never_taken_for_a_card(kind):
    with bench(kind) as b:
        b.until(None, 100)
        b.model.set_fault("rfid_noisy", True)
        for uid in UIDS:
            b.model.present(Card(uid))
            seen = b.run(60000, 20)
            assert uids(seen) <= {uid}
            b.model.remove()
        b.model.set_fault("rfid_noisy", False)
        b.model.present(Card(SEVEN))
        b.until(SEVEN, 2500)


@every_kind
def test_a_card_that_answers_every_third_try_counts_once(kind):
    with bench(kind) as b:
        b.run(2000)
        b.model.set_fault("rfid_weak", True)
        for uid in (FOUR, SEVEN):
            b.model.present(Card(uid))
            assert tokens(b, 10000, 25) == [from_uid(uid)]
            b.model.remove()
            b.run(200)


@every_kind
@pytest.mark.parametrize("fault", ["rfid_silent", "rfid_stuck"])
def test_a_reader_that_fails_is_an_error_until_it_is_back(kind, fault, record_property):
    with bench(kind) as b:
        b.model.present(Card(SEVEN))
        presented = Presented()
        assert tokens(b, 3000, presented=presented) == [from_uid(SEVEN)]
        for _ in range(3):
            b.model.set_fault(fault, True)
            failed_ms = b.until(ERROR, 1500)
            # It stays one, whatever the driver tries meanwhile
            assert set(b.run(5000)) == {ERROR}
            assert b.reader.problem
            b.model.set_fault(fault, False)
            back_ms = b.until(SEVEN, 3000)
            assert uids(b.run(2000)) == {SEVEN}
            assert b.reader.problem == ""
    record_property("figure", f"{kind}: {fault} known after {failed_ms} ms, back {back_ms} ms")


@every_kind
def test_a_held_card_does_not_count_again_when_the_reader_was_unplugged(kind):
    with bench(kind) as b:
        b.model.present(Card(FOUR))
        presented = Presented()
        assert tokens(b, 3000, presented=presented) == [from_uid(FOUR)]
        for gap_ms in (3000, 3100, 3200, 3300):
            b.model.set_fault("rfid_silent", True)
            assert tokens(b, gap_ms, presented=presented) == []
            b.model.set_fault("rfid_silent", False)
            assert tokens(b, 3000, presented=presented) == []


@every_kind
@pytest.mark.parametrize("fault", ["rfid_silent", "rfid_stuck"])
def test_a_reader_that_is_not_there_at_the_start(kind, fault):
    with bench(kind) as b:
        b.model.set_fault(fault, True)
        b.until(ERROR, 1500)
        assert set(b.run(3000)) == {ERROR}
        b.model.set_fault(fault, False)
        b.model.present(Card(FOUR))
        b.until(FOUR, 3000)


@pytest.mark.parametrize("version", [0x00, 0x12, 0xFF])
def test_another_chip_in_place_of_an_rc522(version):
    with bench("rc522") as b:
        b.model.version = version
        b.until(ERROR, 500)
        assert set(b.run(1000)) == {ERROR}
        assert b.reader.problem == "reader version %02X" % version
        b.model.version = 0x88
        b.model.present(Card(FOUR))
        b.until(FOUR, 1500)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_another_chip_in_place_of_a_pn532(kind, monkeypatch):
    monkeypatch.setattr(pn532, "_FIRMWARE", b"\x33\x01\x06\x07")
    with bench(kind) as b:
        b.until(ERROR, 1500)
        assert set(b.run(3000)) == {ERROR}


def test_an_rc522_that_lost_its_supply_is_set_up_again():
    with bench("rc522") as b:
        b.model.present(Card(SEVEN))
        b.until(SEVEN, 1500)
        b.model.power_on()
        b.until(SEVEN, 2000)


def test_an_rc522_without_a_reset_pin():
    from evse.drivers.rfid_rc522 import RfidRc522

    with bench("rc522") as b:
        b.reader = RfidRc522(2, 18, 23, 19, CS)
        for uid in UIDS:
            b.model.present(Card(uid))
            b.until(uid, 2000)
            b.model.set_fault("rfid_stuck", True)
            b.until(ERROR, 1000)
            b.model.set_fault("rfid_stuck", False)
            b.until(uid, 2000)
            b.model.remove()


def test_a_stretched_clock_fits_and_a_held_one_is_given_up():
    with bench("pn532_i2c") as b:
        port = b.world.chip.soft_i2c(SCL)
        port.stretch_us = 1000
        b.model.present(Card(TEN))
        b.until(TEN, 2500)
        assert uids(b.run(5000)) == {TEN}
        port.stretch_us = 1_000_000
        b.until(ERROR, 1500)
        assert set(b.run(3000)) == {ERROR}
        port.stretch_us = 0
        b.until(TEN, 3000)


@every_kind
@pytest.mark.parametrize("before_us", [1_000_000, 3_050_000, 537_000_000])
def test_reading_goes_on_where_the_ticks_wrap(kind, before_us):
    wrap_us = (1 << 30) * 1000
    with bench(kind, ticks_offset_us=wrap_us - before_us) as b:
        b.model.present(Card(SEVEN))
        b.until(SEVEN, 2500)
        assert uids(b.run(8000)) == {SEVEN}
        # Half a period without a call turns the sign of the difference
        b.clock.advance(600_000_000_000)
        b.until(SEVEN, 2500)


@every_kind
def test_a_reset_chip_reads_on_with_the_reader_as_it_was(kind):
    with bench(kind) as b:
        b.model.present(Card(SEVEN))
        for extra in range(6):
            b.run(1000 + extra * 100)
            b.world.replace_chip(2)
            b.clock.advance(700_000)
            b.boot()
            b.until(SEVEN, 2500)


@every_kind
def test_faults_are_all_of_the_table(kind):
    with bench(kind) as b:
        for name in FAULTS:
            b.model.set_fault(name, True)
        b.run(1000)
        for name in FAULTS:
            b.model.set_fault(name, False)
        assert b.model.faults == set()
        b.model.present(Card(FOUR))
        b.until(FOUR, 3000)
