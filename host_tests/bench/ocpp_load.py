"""Thousands of OCPP stations from one bridge: memory, MeterValues and facts per CPU second, and a restart.

Three processes: the bridge, a canned central system, and a minimal websocket client for comparison. Rates
are of the CPU time of the process that is measured, so what else the machine does counts little.
"""

import contextlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import ocpp_charges
from line_process import LineProcess, ProcessError
from process_figures import stations_allowed

from interpreters import ROOT

STATIONS, TLS_STATIONS = 5000, 200
REQUIRED_PERCENT = 50
CONNECT_PER_S = 300.0
_ROUNDS = 3
# MeterValues of each station in a round
_VALUES_EACH = 4
_IDLE_S = 4.0
_LOOK_S = 0.2
_PATIENCE_S = 300.0
_MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import"
# Memory for a station is the difference between a fleet and a part of it
_PART = 5


class Load:
    """A fleet of stations with its files; `peer` is its central system."""

    def __init__(self, folder, stations, connect_per_s, peer, tls=None):
        folder.mkdir()
        self.folder = folder
        self.piles = [f"P{number:05d}" for number in range(stations)]
        self.peer = peer
        self.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{peer.port}/ocpp"
        platform = {"url": self.url, "connect_per_s": connect_per_s}
        if tls:
            secure = {"security_profile": 2, "password": "0123456789ABCDEF"}
            platform.update(secure, ca_file=str(tls / "ca.pem"))
        database = str(folder / "bridge.sqlite")
        self._order = {"piles": self.piles, "database": database, "platform": platform}

    def bridge(self, again=False):
        """A bridge on the fleet's database."""
        return LineProcess("ocpp_bridge.py", json.dumps({**self._order, "again": again}))

    def until(self, bridge, condition):
        """Figures of the bridge as soon as they are so."""
        return _until(lambda: bridge.ask("figures"), condition)

    def heard(self, condition):
        """Report of the central system as soon as it is so."""
        return _until(lambda: self.peer.ask("report"), condition)

    def let_in(self, bridge):
        """Figures when every station is."""
        return self.until(bridge, lambda figures: figures["accepted"] == len(self.piles))


class Peer(LineProcess):
    """The central system; with a folder it speaks TLS, and leaves its authority's certificate there."""

    def __init__(self, *folder):
        super().__init__("ocpp_peer.py", *folder)
        self.port = self.read()["port"]


def _until(ask, condition):
    end_s = time.monotonic() + _PATIENCE_S
    while not condition(said := ask()):
        if time.monotonic() > end_s:
            raise ProcessError(f"still {said} after {_PATIENCE_S:g} s")
        time.sleep(_LOOK_S)
    return said


def measure(folder, stations=STATIONS, connect_per_s=CONNECT_PER_S, rounds=_ROUNDS):
    """Figures of as many stations as the limit of open files allows, with files below `folder`."""
    # The central system has the minimal client's connections beside the bridge's
    allowed = stations_allowed(2 * stations) // 2
    figures = {"wanted": stations, "stations": allowed, "connect_per_s": connect_per_s}
    with contextlib.ExitStack() as stack:
        name = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        peer = stack.enter_context(Peer())
        load = Load(name / "fleet", allowed, connect_per_s, peer)
        halves = [load.folder / "begin", load.folder / "end"]
        ocpp_charges.write(load.piles, *halves)
        bridge = stack.enter_context(load.bridge())
        bridge.read()
        resident_bytes = load.let_in(bridge)["resident_bytes"]
        figures.update(_facts(load, bridge, halves[0]))
        figures["idle_percent"] = _idle(bridge)
        figures.update(_values(load, bridge, rounds))
        figures["restart"] = _restart(load, bridge, halves[1], stack)
        part = Load(name / "part", allowed // _PART, connect_per_s, peer)
        figures["station_bytes"] = _slope(part, resident_bytes, allowed)
    return figures


def tls_bytes(folder, stations=TLS_STATIONS, connect_per_s=CONNECT_PER_S):
    """Memory of the bridge for each station that is connected over TLS."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch, Peer(scratch) as peer:
        name = Path(scratch)
        whole = Load(name / "fleet", stations, connect_per_s, peer, tls=name)
        part = Load(name / "part", stations // _PART, connect_per_s, peer, tls=name)
        return _slope(part, _resident(whole), stations)


def _resident(load):
    with load.bridge() as bridge:
        bridge.read()
        found = load.let_in(bridge)["resident_bytes"]
        bridge.end()
    return found


def _slope(part, resident_bytes, stations):
    """Bytes for a station: what a fleet takes beyond a part of it."""
    return round((resident_bytes - _resident(part)) / (stations - len(part.piles)))


def _facts(load, bridge, file):
    """Facts from the pile's sealed record to the central system's answer, in each second of CPU time."""
    before_s = bridge.ask("figures")["cpu_s"]
    bridge.ask("feed", file)
    used_s = load.until(bridge, lambda figures: not figures["due"])["cpu_s"] - before_s
    facts = load.peer.ask("report")["facts"]
    return {"facts": facts, "facts_per_s": round(facts / used_s)}


def _idle(bridge):
    """Share of a core that the connected stations take while nothing happens."""
    before_s, began_s = bridge.ask("figures")["cpu_s"], time.monotonic()
    time.sleep(_IDLE_S)
    used_s = bridge.ask("figures")["cpu_s"] - before_s
    return round(100 * used_s / (time.monotonic() - began_s), 1)


def _values(load, bridge, rounds):
    """MeterValues by the clock, once a second from every station, beside a minimal client that does the same.

    Of the rounds the one in the middle by share.
    """
    count, found = len(load.piles), []
    load.peer.ask("change", "MeterValuesAlignedData", _MEASURANDS)
    for _ in range(rounds):
        first = load.peer.ask("change", "ClockAlignedDataInterval", 1)
        first = load.heard(lambda report, at=first["aligned"] + count: report["aligned"] >= at)
        before = bridge.ask("figures")
        wanted = first["aligned"] + _VALUES_EACH * count
        last = load.heard(lambda report, at=wanted: report["aligned"] >= at)
        used_s = bridge.ask("figures")["cpu_s"] - before["cpu_s"]
        values = last["aligned"] - first["aligned"]
        load.peer.ask("change", "ClockAlignedDataInterval", 0)
        with LineProcess("ocpp_minimal.py", load.url, count, _VALUES_EACH) as minimal:
            least = minimal.finish(json.dumps(json.loads(last["sample"])[3]))
        rate, least_rate = values / used_s, least["calls"] / least["cpu_s"]
        found.append((rate / least_rate, rate, least_rate, values, least))
    share, rate, least_rate, values, least = sorted(found, key=lambda row: row[0])[rounds // 2]
    return {
        "values": values,
        "values_per_s": round(rate),
        "minimal_values": least["calls"],
        "minimal_per_s": round(least_rate),
        "share_percent": round(100 * share),
        "minimal_station_bytes": round(
            statistics.median(row[4]["station_bytes"] for row in found)
        ),
    }


def _restart(load, bridge, file, stack):
    """The bridge is killed while facts wait, and started again: who came back, what was told, how long it took."""
    load.peer.ask("shut")
    load.until(bridge, lambda figures: not figures["connected"])
    queued = bridge.ask("feed", file)["due"]
    bridge.kill()
    load.peer.ask("open")
    told_before = load.peer.ask("forget")["facts"]
    began_s = time.monotonic()
    again = stack.enter_context(load.bridge(again=True))
    again.read()
    ready_s = time.monotonic() - began_s
    load.let_in(again)
    let_in_s = time.monotonic() - began_s
    last = load.until(again, lambda figures: not figures["due"])
    all_s = time.monotonic() - began_s
    again.end()
    report = load.peer.ask("report")
    kept = ("booted", "boots", "connects", "connects_s", "doubled", "misplaced")
    return {
        "queued": queued,
        "told": report["facts"] - told_before,
        "given_up": last["given_up"],
        "ready_s": round(ready_s, 1),
        "let_in_s": round(let_in_s, 1),
        "all_told_s": round(all_s, 1),
        "cpu_s": round(last["cpu_s"], 1),
        **{name: report[name] for name in kept},
    }


def lines(figures):
    """The figures for people."""
    restart = figures["restart"]
    shown = f"OCPP 1.6: {figures['stations']} stations connected from one bridge"
    if figures["stations"] < figures["wanted"]:
        shown += f", not {figures['wanted']}: the limit of open files forbids more (ulimit -Hn)"
    memory = (
        f"  memory for a station {figures['station_bytes']} bytes, over TLS {figures['tls_bytes']},"
        f" of a minimal client {figures['minimal_station_bytes']}; {figures['idle_percent']} % of a core idle"
    )
    values = (
        f"  MeterValues for a CPU second {figures['values_per_s']}, of a minimal client"
        f" {figures['minimal_per_s']}: {figures['share_percent']} %, required {REQUIRED_PERCENT} %"
    )
    facts = (
        f"  facts for a CPU second, from the pile's record to the answer: {figures['facts_per_s']}"
    )
    again = (
        f"  killed with {restart['queued']} facts waiting: {restart['booted']} registered again in"
        f" {restart['let_in_s']} s at {figures['connect_per_s']:g} a second, {restart['told']} facts told in"
        f" {restart['all_told_s']} s, {restart['doubled']} doubled, {restart['cpu_s']} s of CPU"
    )
    return [shown, memory, values, facts, again]


def figures_of(folder, *counts):
    """All of it: measure() and the memory over TLS."""
    figures = measure(folder, *counts)
    tls_stations = min(TLS_STATIONS, figures["stations"])
    return {**figures, "tls_stations": tls_stations, "tls_bytes": tls_bytes(folder, tls_stations)}


if __name__ == "__main__":
    print(json.dumps(figures_of(ROOT / "build", *map(int, sys.argv[1:])), indent=1))
