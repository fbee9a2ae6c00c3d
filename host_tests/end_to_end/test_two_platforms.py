"""One pile on the T/CEC platform and on an OCPP central system, there as a station of 1.6 and of 2.0.1."""

import asyncio
import time

import pytest

from sandbox.bench import Bench
from sandbox.bench_settings import CENTRALS, CONNECTOR_ID
from sandbox.calllog import CallLog
from sandbox.client import BridgeClient
from sandbox.config import Config
from sandbox.demo import at, find, wait

pytestmark = pytest.mark.processes

OLD, NEW = (identity for _version, identity in CENTRALS.values())
NAMES = {identity: name for name, (_version, identity) in CENTRALS.items()}
TOGETHER_S = 1.0
# A pile lets the records of a start wait 2 s for each other
RECORDS_S = 3.0
BUSY = 4
# Whatever comes first when no energy is to flow any more
NO_LONGER = ("Finishing", "SuspendedEVSE", "EVConnected", "Ended")
IDLE, PLUGGED, CHARGING = 1, 2, 3
REGISTER = "Energy.Active.Import.Register"


class Heard:
    """When each side first heard something of the pile, by the clock of this machine."""

    def __init__(self, bench):
        self._bench = bench
        self.since = self.worst_s = self.worst_event_s = 0.0

    def at_platform(self, status):
        for call in self._bench.get("api/log")["calls"]:
            if call["at"] < self.since or not call["interface"].endswith("tationStatus"):
                continue
            if call["request"]["ConnectorStatusInfo"]["Status"] == status:
                return call["at"]
        return None

    def at_station(self, station, *wanted):
        for call in self._bench.central("log"):
            if call["station"] == station and call["at"] >= self.since and call["by"] == "station":
                payload = call["payload"]
                said = {
                    payload.get("status"),
                    payload.get("connectorStatus"),
                    payload.get("transactionInfo", {}).get("chargingState"),
                    payload.get("eventType"),
                }
                if said.intersection(wanted) and payload.get("connectorId") != 0:
                    return call["at"]
        return None

    def together(self, what, platform, old, new=()):
        """All hear of a state of the connector, and within the second; `new` is nothing where it has no word
        in 2.0.1."""

        def moments():
            found = [self.at_platform(platform), self.at_station(OLD, *old)]
            found += [self.at_station(NEW, *new)] if new else []
            return None if None in found else found

        found = wait(self._bench, moments, 15, f"not everybody heard of {what}")
        apart_s = max(found) - min(found)
        assert apart_s <= TOGETHER_S, (what, found)
        self.worst_s = max(self.worst_s, apart_s)
        self.since = max(found)

    def event(self, since, *wanted):
        """What 2.0.1 has only as an event of a transaction comes with the records, which go out together."""
        now, self.since = self.since, since
        moment = wait(
            self._bench, lambda: self.at_station(NEW, *wanted), 5, f"no event of {wanted}"
        )
        self.since = max(now, moment)
        self.worst_event_s = max(self.worst_event_s, abs(moment - now))
        assert abs(moment - now) <= RECORDS_S, (wanted, moment - now)


def remote_start(bench, station):
    order = {"station": station, "command": "remote_start"}
    order["arguments"] = {"token": "04A2B3C4", "connector": 1}
    return bench.central("command", order)["answer"]["status"]


def platform_start(bench):
    """The platform's own call, past its page, which would not even ask: FailReason of the answer."""

    async def ask():
        config = Config(bridge_url=f"http://127.0.0.1:{bench.bridge_port}/evcs/v1")
        client = BridgeClient(config, CallLog(), time.time)
        seq = f"{config.platform_id}{time.strftime('%Y%m%d%H%M%S')}0001"
        body = {"StartChargeSeq": seq, "ConnectorID": CONNECTOR_ID, "QRCode": ""}
        try:
            return await client.call("query_start_charge", body)
        finally:
            await client.close()

    answer = asyncio.run(ask())
    return answer["SuccStat"], answer["FailReason"]


def refused_by_name(bench, holder):
    """Whoever does not hold the transaction is refused, and the bridge says who does."""
    bridge = bench.parts["bridge"]
    for station, name in NAMES.items():
        if name != holder:
            said = len(bridge.lines)
            assert remote_start(bench, station) == "Rejected", station
            bridge.wait_line(f"held by {holder!r}", 2, said)
    if holder != "sandbox":
        said = len(bridge.lines)
        assert platform_start(bench) == (1, BUSY)
        bridge.wait_line(f"held by {holder!r}", 2, said)


def register_wh(bench, station):
    """The register that a station tells when asked for it."""
    asked_s = time.time()
    order = {"station": station, "command": "trigger"}
    order["arguments"] = {"message": "MeterValues", "connector": 1}
    assert bench.central("command", order)["answer"]["status"] == "Accepted"

    def told():
        for call in bench.central("log"):
            of_it = call["action"] == "MeterValues" and call["station"] == station
            if of_it and call["at"] >= asked_s:
                values = call["payload"]["meterValue"][-1]["sampledValue"]
                found = [v for v in values if v.get("measurand", REGISTER) == REGISTER]
                assert found[0].get("unit", "Wh") == "Wh"
                return float(found[0]["value"])
        return None

    return wait(bench, told, 5, "no meter values came")


def journal(bench):
    """The newest transaction of the journal: watt-hours, and from where to where."""
    row = bench.admin("transactions")["transactions"][0]
    records = bench.admin(f"transactions/{row['id']}")["records"]
    first = next(each["wh"] for each in records if each["kind"] == "tx_start")
    last = next(each["wh"] for each in records if each["kind"] == "tx_stop")
    return last - first, first, last


def some_energy(bench):
    """The register moves while it charges."""

    def moved():
        row = bench.admin("transactions")["transactions"][0]
        (connector,) = bench.admin("stations")["piles"][0]["connectors"]
        return connector["tx"] == row["tx"] and (connector["wh"] or 0) > row["start_wh"]

    wait(bench, moved, 12, "no energy flowed")


def charge_of_the_platform(bench, heard):
    before = register_wh(bench, OLD), register_wh(bench, NEW)
    status, answer = bench.post("api/charges", {"connector_id": CONNECTOR_ID})
    assert status == 201, answer
    seq = str(answer["seq"])
    heard.together("charging", CHARGING, ["Charging"])
    refused_by_name(bench, "sandbox")
    some_energy(bench)
    assert bench.post(f"api/charges/{seq}/stop", {})[0] == 202
    heard.together("the end", PLUGGED, NO_LONGER)
    bill = wait(bench, lambda: at(bench, seq, "billed"), 20, "no bill came")["bill"]
    used, first, last = journal(bench)
    assert (before, (register_wh(bench, OLD), register_wh(bench, NEW))) == (
        (first, first),
        (last, last),
    )
    assert round(float(bill["energy_kwh"]) * 1000) == used > 0
    assert len(bench.central("state")["transactions"]) == 1, "it is the platform's, nobody else's"


def charge_of_a_station(bench, heard, station, others):
    """A charge that this station was asked for, from its first current on."""
    since = heard.since
    heard.together("charging", CHARGING, ["Charging"])
    if station == NEW:
        heard.event(since, "Charging")
    refused_by_name(bench, NAMES[station])
    some_energy(bench)

    def mine():
        rows = bench.central("state")["transactions"]
        return [row for row in rows if row["station"] == station]

    (row,) = wait(bench, mine, 5, "no transaction was told")
    order = {"station": station, "command": "remote_stop"}
    order["arguments"] = {"transaction": row["id"]}
    assert bench.central("command", order)["answer"]["status"] == "Accepted"
    since = heard.since
    heard.together("the end", PLUGGED, NO_LONGER)
    if station == NEW:
        heard.event(since, *NO_LONGER)
    (row,) = wait(
        bench, lambda: [each for each in mine() if each["end_utc"]], 10, "no end was told"
    )
    used, first, last = journal(bench)
    assert (row["start_wh"], row["end_wh"], row["used_wh"]) == (first, last, used)
    assert used > 0
    assert register_wh(bench, others) == last


def test_all_see_the_same_and_one_at_a_time_holds_it(tmp_path, record_property):
    with Bench(tmp_path, scenario="run 1s", central=True) as bench:
        pile, heard = bench.parts["pile"], Heard(bench)
        wait(bench, lambda: find(bench, IDLE), 30, "the platform never found the pile")
        for station in (OLD, NEW):
            wait(bench, lambda s=station: heard.at_station(s, "Available"), 20, "not let in")
        heard.since = time.time()
        # The driver starts in the app and plugs in then
        wait(bench, lambda: remote_start(bench, NEW) == "Accepted", 5, "it takes no order")
        bench.parts["bridge"].wait_line("a start waits 60 s", 2)
        pile.say("plug")
        heard.together("the plug", PLUGGED, ["Preparing"], ["Occupied"])
        # A pile tells its register with a charge: the first one is a station's, so that it is known
        charge_of_a_station(bench, heard, NEW, OLD)
        charge_of_the_platform(bench, heard)
        assert remote_start(bench, OLD) == "Accepted"
        charge_of_a_station(bench, heard, OLD, NEW)
        pile.say("unplug")
        heard.together("the unplugging", IDLE, ["Available"], ["Available"])
        assert bench.central("state")["complaints"] == []
        assert bench.get("api/log")["violations"] == []
        apart = f"states at two platforms {heard.worst_s:.2f} s apart"
        events = f"events of transactions {heard.worst_event_s:.2f} s"
        record_property("figure", f"{apart}, {events}")
