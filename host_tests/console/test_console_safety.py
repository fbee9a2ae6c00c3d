"""What a person, a program or a broken wire does at the console leaves a charge alone; leaving is orderly."""

import random
import sys

import pytest

from console.typist import at_the_port
from evse.app import shell
from pilesim.chip import ResetRequest
from rig import rig

# What the control loop and the tick may be held: GC 10 ms, one C call 10 ms, page program 3 ms
ALLOWED_US = 23000
BYTES_A_SECOND = 11520
WORDS = (
    "status",
    "cp",
    "watch cp",
    "help",
    "log 60",
    "set keepalive_s 9",
    "selftest",
    "tx",
    "stat",
    "--json",
    "maint",
    "login 1",
    "settings",
    "journal 1",
    "充电",
)


async def charge(r):
    r.world.vehicle.plug()
    await r.run(1000)
    assert r.station.authorize_local() == ""
    await r.until(lambda: r.station.loop.closed, 60000)
    await r.run(3000)


def garbage(chance, count):
    """Random bytes, control characters, half and whole commands; no order that ends a charge."""
    data = b""
    while len(data) < count:
        kind = chance.randrange(4)
        if kind == 0:
            data += chance.randbytes(chance.randrange(1, 60))
        elif kind == 1:
            data += bytes(
                chance.choices(b"\x00\x01\x02\x03\x04\x08\x0a\x0d\x1b[\x7f\x80\xff", k=20)
            )
        elif kind == 2:
            data += chance.choice(WORDS).encode()
        else:
            data += chance.choice(WORDS).encode() + b"\r"
    return data[:count]


@pytest.mark.parametrize(
    ("loaded", "minutes"), [(True, 10), (False, 2)], ids=["loaded", "not_loaded"]
)
def test_garbage_leaves_the_charge_running_and_the_tick_on_time(loaded, minutes, record_property):
    figures = {}

    async def story(r, typist):
        # A code, so that no garbage can be an order
        if loaded:
            await typist.lines("status")
        await charge(r)
        tick, wh = r.station.loop.tick, r.station.register.wh
        operations = tick.contactor.operations
        await r.run(20000)
        quiet_us, tick.late_us = tick.late_us, 0
        chance = random.Random(6)
        for second in range(minutes * 60):
            # A flood at the port's full speed now and then, a few bytes otherwise
            size = BYTES_A_SECOND if second % 20 == 0 else chance.randrange(60)
            await typist.type(garbage(chance, size), 1000)
        figures.update(quiet=quiet_us, garbage=tick.late_us, longest=typist.port.longest)
        assert r.station.loop.closed
        assert tick.contactor.operations == operations
        assert r.station.session.tx is not None
        assert r.station.register.wh - wh > 100 * minutes
        assert not r.station.loop.blocking()
        await typist.type(b"\x03", 5000)
        return await typist.lines("status --json")

    with rig() as r:
        lines = at_the_port(r, story, {"service_code": "731946"})
    assert any(line.startswith("{") for line in lines), lines
    assert figures["garbage"] <= max(figures["quiet"], ALLOWED_US)
    assert figures["longest"] <= shell._PIECE
    record_property(
        "figure",
        "%d min of garbage while charging, console %s: worst lateness %d us, before it %d us"
        % (minutes, "loaded" if loaded else "not loaded", figures["garbage"], figures["quiet"]),
    )


def test_what_was_typed_while_the_contactor_closed_is_answered_by_the_state():
    async def story(r, typist):
        await charge(r)
        assert r.station.terminal._shell is None
        lines = await typist.lines("status")
        assert r.station.terminal._shell is None
        # Nobody has taken from the platform what it is still to be told
        assert r.station.loop.changed
        return lines

    with rig() as r:
        lines = at_the_port(r, story)
    assert '"status": "charging"' in lines[0] or '"status":"charging"' in lines[0]


def test_the_console_is_forgotten_when_nobody_has_typed_for_a_quarter_of_an_hour(monkeypatch):
    assert shell._IDLE_MS == 15 * 60000

    async def story(r, typist):
        await typist.lines("login 1234")
        assert r.station.terminal._shell.trusted
        monkeypatch.setattr(sys.modules["evse.app.shell"], "_IDLE_MS", 150000)
        await r.run(140000)
        assert r.station.terminal._shell
        await r.run(20000)
        assert r.station.terminal._shell is None
        return await typist.ask("set keepalive_s 9")

    with rig() as r:
        # A new one trusts nobody
        assert "login" in at_the_port(r, story, {"service_code": "1234"})["error"]


def test_a_console_that_fails_takes_nothing_with_it(monkeypatch):
    async def story(r, typist):
        await typist.lines("help")
        monkeypatch.setattr(type(r.station.terminal._shell), "_hear", lambda self, byte: 1 // 0)
        r.station.console.typing = True
        await typist.type("status", 2000)
        assert r.station.terminal._shell is None
        assert not r.station.console.typing
        assert not r.station.report.task_note
        monkeypatch.undo()
        return await typist.ask("status")

    with rig() as r:
        assert at_the_port(r, story)["station"] == "P001"


def test_a_wrong_service_code_is_slowed_and_logged_and_never_locks_the_owner_out():
    async def story(r, typist):
        waits = []
        for _ in range(9):
            said = (await typist.ask("login 0000"))["error"]
            assert "wrong service code" in said
            waits.append(int(said.split()[-2]))
            assert "wait" in (await typist.ask("login 4711"))["error"]
            await r.run(waits[-1] * 1000)
        assert "login CODE first" in (await typist.ask("tx stop"))["error"]
        assert (await typist.ask("login 4711"))["ok"] is True
        assert "no_transaction" in (await typist.ask("tx stop"))["error"]
        log = [event["what"] for event in (await typist.ask("log 40"))["events"]]
        assert sum("wrong service code" in what for what in log) >= 5
        return waits

    with rig() as r:
        waits = at_the_port(r, story, {"service_code": "4711"})
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_ctrl_c_is_free_only_without_a_vehicle_and_without_a_service_code():
    for settings, plugged, free in (
        ({}, False, True),
        ({}, True, False),
        ({"service_code": "4711"}, False, False),
    ):

        async def story(r, typist, plugged=plugged):
            if plugged:
                r.world.vehicle.plug()
            await r.run(3000)
            return r.station.terminal._interruptible

        with rig() as r:
            assert at_the_port(r, story, settings) is free


@pytest.mark.parametrize(
    ("order", "end"), [("maint", KeyboardInterrupt), ("restart", ResetRequest)]
)
def test_leaving_ends_the_charge_first_and_its_bill_is_whole(order, end):
    seen = {}

    async def story(r, typist):
        await typist.lines("help")
        await charge(r)
        await r.run(10000)
        session = r.station.session
        record, begun_wh = session._record, r.station.register.wh

        def recorded(kind, wh, **payload):
            seen[kind] = (r.world.contactor.closed, wh - begun_wh, payload)
            return record(kind, wh, **payload)

        session._record = recorded
        await typist.type(order, 60000)

    with rig() as r, pytest.raises(end):
        at_the_port(r, story)
    closed, wh, payload = seen["tx_stop"]
    assert (closed, payload["reason"]) == (False, "local")
    assert wh >= 0
    assert not r.world.contactor.closed
