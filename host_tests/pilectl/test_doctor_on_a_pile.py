"""The doctor on the answers of the real firmware: each defect is planted in the simulated world and found by name."""

import asyncio

import pytest

from console.typist import at_the_port
from pilebridge.broker import free_port
from pilectl.diagnosis import checks, collecting
from pilectl.port.pile_port import RefusedError
from pilesim.chip import WDT_RESET
from pilesim.wifi import AccessPoint
from rig import rig
from scripted_broker import CONNACK, Broker

NOW_S = 1795000000
DEPOT = {"wifi_ssid": "depot", "wifi_password": "passphrase"}
METER = {"meter_address": "210012345678"}
REFUSES = b"\x20\x02\x00\x05"
# Longer than the first self-test, a meter that is given up, and a sensor that is
SETTLED_MS = 13000


class UnheardError(Exception):
    """The console has not been asked this yet; the text is the command."""


class Heard(list):
    """Stands for the port of collecting.collect(): (command, answer) in order, as far as the typist has got."""

    def __init__(self):
        super().__init__()
        self._at = 0

    def ask(self, command):
        if self._at == len(self):
            self._at = 0
            raise UnheardError(command)
        asked, answer = self[self._at]
        assert asked == command
        self._at += 1
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer


async def collected(typist):
    """What collecting.collect() makes of the real console's answers."""
    heard = Heard()
    status = await typist.ask("status")
    while True:
        try:
            return collecting.collect(heard, status)
        except UnheardError as error:
            command = str(error)
            if command in dict(heard):
                # Asked again, to see what has changed
                await typist.rig.run(4000)
            heard.append((command, await typist.ask(command)))


def rows_of(plant=None, settings=None, before=None, answer=CONNACK, greets=True, off_s=0):
    """What the doctor makes of a pile with Wi-Fi and a broker that `await plant(r)` has broken a while ago.

    `before(r)` is done before the start, `answer` is the broker's, b"" for nobody. Behind it a bridge `greets`, whose time
    is off by `off_s`.
    """
    port = free_port()

    async def story(r, typist):
        broker = Broker(answer)
        server = await asyncio.start_server(broker.serve, "127.0.0.1", port) if answer else None
        try:
            if plant:
                await plant(r)
            await r.run(SETTLED_MS)
            if broker.connected.is_set() and answer == CONNACK and greets:
                r.greet(NOW_S + off_s)
            answers = await collected(typist)
            return checks.look(answers, NOW_S)
        finally:
            if server:
                server.close()
            if broker.writer:
                broker.writer.close()

    with rig() as r:
        r.world.wifi.access_points = [AccessPoint("depot", "passphrase", -55)]
        if before:
            before(r)
        return at_the_port(r, story, {**DEPOT, "broker_port": port, **(settings or {})})


def faulty(*names):
    """Plants faults of the world while the station runs."""

    async def plant(r):
        for name in names:
            r.world.set_fault(name, True)

    return plant


def from_the_start(*names):
    """The same before the station starts."""

    def before(r):
        for name in names:
            r.world.set_fault(name, True)

    return before


def inverted_contact(r):
    """A normally open contact in place of the mirror contact."""
    pad = r.world.chip.pad(r.board.PINS["mirror"])
    mirror = pad.source
    pad.source = lambda now_us: 1 - mirror(now_us)


def no_partition(r):
    r.world.partitioned = False


def another_divider(r):
    r.world.line.set_front_end(200000, 42200, 27400, 3300)


def weak(r):
    r.world.wifi.access_points[0].rssi = -88


def another_password(r):
    r.world.wifi.access_points[0].password = "another one"


def low_mains(r):
    r.world.mains.set_nominal_mv(171000)


def watchdog_starts(r):
    """The program stands still; two more lives begin so."""

    async def stands(r):
        await r.run(3000)

    r.play(stands)
    for _ in range(2):
        r.world.replace_chip(WDT_RESET)
        r.restart(stands)
    r.world.replace_chip(WDT_RESET)


async def hot(r):
    r.world.temperature.set_c10(812)


async def cut_off(r):
    r.world.set_fault("noisy", True)
    await r.until(lambda: r.station.connectors[1].meter.bad_frames)
    r.world.set_fault("silent", True)


async def weld_in_a_charge(r):
    await r.charge()
    await r.run(2000)
    r.world.set_fault("weld", True)
    r.station.session.stop(None, "local")
    await r.run(3000)
    r.world.vehicle.unplug()


# name, the cause that must be the only root, what is planted
DEFECTS = (
    ("a calibration of another unit", "pilot_divider", {"settings": {"pilot_gain": 10500}}),
    ("another resistor in the divider", "pilot_divider", {"before": another_divider}),
    ("CP connected to PE", "fault_pilot_short", {"plant": faulty("cp_short")}),
    ("RS-485 A and B swapped", "meter_silent", {"before": from_the_start("wires_swapped")}),
    ("a meter that falls silent in a frame", "meter_silent", {"plant": cut_off}),
    ("a meter without supply", "meter_silent", {"plant": faulty("silent")}),
    ("another meter answers", "meter_foreign", {"settings": METER, "before": from_the_start("wrong_address")}),
    ("noise on RS-485", "meter_noise", {"before": from_the_start("noisy")}),
    ("a dead residual-current monitor", "rcm_dead", {"before": from_the_start("rcm_dead")}),
    ("a tripped residual-current monitor", "rcm_tripped", {"plant": faulty("rcm_stuck")}),
    ("a normally open mirror contact", "mirror_inverted", {"before": inverted_contact}),
    ("a broken mirror wire", "mirror_inverted", {"before": from_the_start("mirror_broken")}),
    ("a welded contactor", "contactor_welded", {"plant": weld_in_a_charge}),
    ("emergency stop pressed", "emergency_stop", {"plant": faulty("emergency_stop")}),
    ("protective earth lost", "pe_lost", {"plant": faulty("pe_lost")}),
    ("an open temperature sensor", "temperature_sensor", {"plant": faulty("ntc_open")}),
    ("hot terminals", "over_temperature", {"plant": hot}),
    ("a weak Wi-Fi", "wifi_weak", {"before": weak}),
    ("another Wi-Fi password", "wifi_password", {"before": another_password}),
    ("no such Wi-Fi", "wifi_not_found", {"before": from_the_start("wifi_down")}),
    ("no Wi-Fi set and no broker", "wifi_unset", {"settings": {"wifi_ssid": ""}, "answer": b""}),
    ("another key than the broker's", "broker_key", {"answer": REFUSES}),
    ("no key", "key_missing", {"settings": {"key": ""}}),
    ("nobody at the broker's address", "broker_unreachable", {"answer": b""}),
    ("a broker without a bridge", "link_down", {"greets": False}),
    ("a bridge with a wrong clock", "clock_wrong", {"off_s": -28800}),
    ("171 V", "supply_voltage", {"before": low_mains}),
    ("no partition for the journal", "journal_partition", {"before": no_partition}),
    ("a setting out of its range", "settings_refused", {"settings": {"meter_interval_s": 9999}}),
    ("a silent card reader", "reader_silent", {"plant": faulty("rfid_silent")}),
    ("starts by the watchdog", "watchdog_resets", {"before": watchdog_starts}),
)  # fmt: skip


def roots(rows):
    return list(dict.fromkeys(row.cause for row in rows if row.is_root))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Time is the world's."""
    monkeypatch.setattr(collecting, "_BETWEEN_S", 0)


def test_a_whole_pile_is_well():
    rows = rows_of()
    assert roots(rows) == []
    # CPython has no heap to look at
    assert {row.check for row in rows if row.verdict != "ok"} == {"heap"}
    assert len(rows) > 15


@pytest.mark.parametrize(
    ("cause", "planted"), [row[1:] for row in DEFECTS], ids=[row[0] for row in DEFECTS]
)
def test_the_planted_defect_is_the_only_root(cause, planted):
    rows = rows_of(**planted)
    assert roots(rows) == [cause], [row for row in rows if row.verdict != "ok"]
