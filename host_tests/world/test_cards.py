"""Cards at the pile on the whole firmware, one board for each kind of reader."""

import pytest
from twin_bench import (
    GREETED_S,
    active,
    charging,
    connector,
    of,
    plug,
    tell,
)

from pilesim.card import Card
from rig import rig

# Kinds of reader on the boards: PN532 on I2C, RC522
BOARDS = ("devkitc", "esp32s3_twin")
TWIN = "esp32s3_twin"
TOKEN = "04A1B2C3D4E5F6"
OTHER = "11223344"
UNKNOWN = "04FFFFFFFFFFFF"
# As people write them
SETTINGS = {"id_tokens": ["04:a1:b2:c3:d4:e5:f6", "11 22 33 44"]}


async def show(r, token, ms=600):
    """Hold a card to the reader for a while, and away again for long enough."""
    r.world.rfid.present(Card(bytes.fromhex(token)))
    await r.run(ms)
    r.world.rfid.remove()
    await r.run(1200)


def beeps(r):
    """Lengths in tenths of a second of the tones since the last call."""
    sounds = [round((end_us - start_us) / 1e5) for start_us, end_us in r.world.buzzer.sounds]
    r.world.buzzer.sounds.clear()
    return sounds


def said(r, text):
    return [line for _us, line in r.lines if line.startswith("card ") and text in line]


@pytest.mark.parametrize("board", BOARDS)
def test_card_after_plugging_starts_and_the_same_card_stops(board):
    async def story(r):
        await plug(r, 1)
        await show(r, TOKEN)
        tx = connector(r, 1).session.tx
        assert (tx.ref, tx.by) == (TOKEN, "rfid")
        await r.until(lambda: charging(r, 1))
        for token in (OTHER, UNKNOWN):
            await show(r, token)
            assert charging(r, 1)
            assert connector(r, 1).session.tx is tx
        await show(r, TOKEN)
        await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
        assert of(r, 1, "tx_stop")[-1]["reason"] == "local"
        assert not r.world.contactor.closed
        assert len(said(r, "unknown")) == 1

    with rig(board=board) as r:
        r.play(story, SETTINGS)


@pytest.mark.parametrize("board", BOARDS)
def test_card_before_plugging_keeps_its_right_for_a_while(board):
    async def story(r):
        await r.until(lambda: connector(r, 1).loop.register.wh is not None)
        await show(r, TOKEN)
        assert connector(r, 1).session.tx is None
        await r.run(5000)
        r.world.vehicle.plug()
        await r.until(lambda: charging(r, 1))
        assert connector(r, 1).session.tx.ref == TOKEN
        await show(r, TOKEN)
        await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
        r.world.vehicle.unplug()
        await r.run(3000)
        # Nobody plugged in within the time: the right is gone, and the driver hears it
        await show(r, TOKEN)
        beeps(r)
        await r.run(10_000)
        assert said(r, "no vehicle could be charged in time")
        if board == TWIN:
            assert beeps(r) == [1, 1, 1]
        r.world.vehicle.plug()
        await r.run(5000)
        assert connector(r, 1).session.tx is None

    with rig(board=board) as r:
        r.play(story, {**SETTINGS, "start_timeout_s": 10})


@pytest.mark.parametrize("board", BOARDS)
def test_card_that_is_held_for_10_s_counts_once(board):
    async def story(r):
        await plug(r, 1)
        await show(r, TOKEN, 10_000)
        assert connector(r, 1).session.tx.ref == TOKEN
        assert len(said(r, TOKEN)) == 1
        # Shaken in and out of the field it is still the same presentation
        for _ in range(5):
            r.world.rfid.present(Card(bytes.fromhex(TOKEN)))
            await r.run(400)
            r.world.rfid.remove()
            await r.run(400)
        await r.run(1500)
        assert len(said(r, TOKEN)) == 2

    with rig(board=board) as r:
        r.play(story, SETTINGS)


def test_buzzer_says_what_became_of_a_card():
    async def story(r):
        await plug(r, 1)
        assert beeps(r) == []
        await show(r, UNKNOWN)
        assert beeps(r) == [1, 1, 1]
        assert connector(r, 1).session.tx is None
        await show(r, TOKEN)
        assert beeps(r) == [1]
        await r.until(lambda: charging(r, 1))
        await show(r, TOKEN)
        assert beeps(r) == [1]

    with rig(board=TWIN) as r:
        r.play(story, SETTINGS)


def test_card_number_that_changes_each_time_is_refused_with_a_sentence():
    async def story(r):
        await plug(r, 1)
        assert r.station.report.notes == [
            "id_tokens = '08112233': allowed up to 50 card numbers of 8, 14 or 20 hex digits, none random (08..)"
        ]
        assert "settings_invalid" in active(r, 1)
        # One bad entry and no card is accepted: the list is refused as a whole
        for token in ("08112233", TOKEN):
            await show(r, token)
            assert connector(r, 1).session.tx is None

    with rig() as r:
        r.play(story, {"id_tokens": [TOKEN, "08112233"]})


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("at_start", [False, True])
def test_reader_that_is_unplugged_is_named_and_found_again(board, at_start, record_property):
    async def story(r):
        if not at_start:
            await r.run(3000)
        begun_ms = r.now_ms
        r.world.set_fault("rfid_silent", True)
        await r.until(lambda: "reader_failed" in active(r, 1), 10_000)
        named_ms = r.now_ms - begun_ms
        record = of(r, 1, "fault")[-1]
        assert record["fault"] == "reader_failed"
        assert record["detail"].startswith("card reader: ")
        # A warning: whoever pays in another way charges
        now_s = GREETED_S
        r.greet(now_s)
        await plug(r, 1)
        assert tell(r, "start", now_s + 1, connector=1, ref="X", by="a") == ("accepted", "")
        await r.until(lambda: charging(r, 1))
        r.world.set_fault("rfid_silent", False)
        begun_ms = r.now_ms
        await r.until(lambda: "reader_failed" not in active(r, 1), 20_000)
        gone_ms = r.now_ms - begun_ms
        assert charging(r, 1)
        assert tell(r, "stop", now_s + 30, connector=1, ref="X") == ("accepted", "")
        await r.until(lambda: connector(r, 1).session.tx is None, 20_000)
        await show(r, TOKEN)
        await r.until(lambda: charging(r, 1))
        assert connector(r, 1).session.tx.ref == TOKEN
        return named_ms, gone_ms

    with rig(board=board) as r:
        if at_start:
            r.world.set_fault("rfid_silent", True)
        named_ms, gone_ms = r.play(story, SETTINGS)
    assert 2900 <= named_ms <= 6000
    assert gone_ms <= 10_000
    record_property(
        "figure",
        f"{board}: reader_failed after {named_ms / 1000:.1f} s, gone {gone_ms / 1000:.1f} s after its return",
    )


def test_card_starts_where_a_vehicle_waits_and_stops_its_own_charge():
    async def story(r):
        await plug(r, 2)
        await show(r, TOKEN)
        assert connector(r, 1).session.tx is None
        await r.until(lambda: charging(r, 2))
        await plug(r, 1)
        await show(r, OTHER)
        await r.until(lambda: charging(r, 1))
        assert [connector(r, number).session.tx.ref for number in (1, 2)] == [OTHER, TOKEN]
        await show(r, TOKEN)
        await r.until(lambda: connector(r, 2).session.tx is None, 20_000)
        assert charging(r, 1)

    with rig(board=TWIN) as r:
        r.play(story, SETTINGS)


def test_card_stops_a_charge_that_is_being_taken_up_and_starts_none_beside_it():
    async def begin(r):
        await plug(r, 2)
        await show(r, TOKEN)
        await r.until(lambda: charging(r, 2))
        await r.run(3000)
        r.world.outlet(1).vehicle.plug()

    async def again(r):
        await r.run(500)
        assert connector(r, 2).session.tx is None
        await show(r, TOKEN)
        assert said(r, "stop")
        await r.until(lambda: of(r, 2, "tx_stop"), 20_000)
        assert of(r, 2, "tx_stop")[0]["reason"] == "local"
        await r.run(15_000)
        assert of(r, 1, "tx_start") == []
        assert not any(r.world.outlet(number).contactor.closed for number in (1, 2))

    with rig(board=TWIN) as r:
        r.play(begin, SETTINGS)
        r.world.replace_chip(1)
        r.lines.clear()
        r.restart(again)
