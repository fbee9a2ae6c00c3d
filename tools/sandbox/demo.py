"""`make demo`: one charge over the whole chain as a transcript, then everything keeps serving.

With --once it ends after the charge: exit 0 only if the order's energy is the meter's difference and
its money is energy times the price of the period, line by line.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from sandbox.bench import ROOT, Bench, BenchError, listens
from sandbox.bench_settings import CONNECTOR_ID, SAMPLE_INTERVAL_S, Periods

CHINA = timezone(timedelta(hours=8))
PAGE_PORT = 8202
CHARGE_S = 45
_FEN = Decimal("0.01")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ (I )?")
_REPEATED = re.compile(
    r"query_stations_info|query_station_status|query_equip_business_policy|"
    r"query_equip_charge_status|notification_equip_charge_status"
)
# What the platform's lines beside them say already
_DULL = re.compile(r"confirmed$|: \d+ is \d+$|^hub: ")


class Transcript:
    """Prints one line per event, stamped with the seconds since the start, by whoever says it."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()
        self._lock = threading.Lock()
        self._asked: set[str] = set()

    def tell(self, who: str, text: str) -> None:
        """One line; of what platform and bridge ask each other again and again, the first only."""
        text = _STAMP.sub("", text)
        asked = _REPEATED.search(text)
        if asked and " Ret 0 " in text and "ItemSize=0" not in text:
            if asked[0] in self._asked:
                return
            self._asked.add(asked[0])
        if who == "bridge" and _DULL.search(text):
            return
        with self._lock:
            print(f"{time.monotonic() - self._start_s:6.1f}  {who:8s}{text}", flush=True)


def demo_periods(now: datetime) -> Periods:
    """Prices with an edge 25 to 30 s away, at a multiple of the sample interval: a bill of two lines."""
    edge = now + timedelta(seconds=25 + SAMPLE_INTERVAL_S - now.second % SAMPLE_INTERVAL_S)
    rows = {"00:00:00": ("0.3500", "0.4000"), "12:00:00": ("0.6500", "0.4000")}
    rows[edge.strftime("%H:%M:%S")] = ("1.0500", "0.4500")
    return [(start, *rows[start]) for start in sorted(rows)]


def charge(bench: Bench, transcript: Transcript) -> dict[str, Any]:
    """Find the pile, start, wait over the price edge, stop; the charge with its bill."""
    tell = transcript.tell
    pile = wait(bench, lambda: find(bench, 2), 30, "the platform never found the pile plugged in")
    tell("driver", f"found {pile['station']} {pile['connector_id']}: {pile['state_text']['en']}")
    for row in pile["prices"]:
        tell("driver", f"price {row['start']} to {row['end']}  {row['total']} yuan/kWh")
    status, answer = bench.post("api/charges", {"connector_id": CONNECTOR_ID})
    if status != 201:
        raise BenchError(f"start refused: {answer}")
    seq = str(answer["seq"])
    tell("driver", f"started {seq}")
    wait(bench, lambda: at(bench, seq, "charging"), 30, "no current flowed")
    end_s = time.monotonic() + CHARGE_S
    while time.monotonic() < end_s:
        time.sleep(5)
        live: Any = bench.get(f"api/charges/{seq}")
        tell("driver", f"{live['power_w']} W, {live['energy_kwh']} kWh, {live['cost_yuan']} yuan")
    bench.post(f"api/charges/{seq}/stop", {})
    tell("driver", "stopped from the platform")
    billed: dict[str, Any] = wait(bench, lambda: at(bench, seq, "billed"), 40, "no bill came")
    return billed


def find(bench: Bench, status: int) -> dict[str, Any] | None:
    """The pile when the platform shows it in this status and knows its prices."""
    piles: Any = bench.get("api/piles")
    for pile in piles:
        if pile["status"] == status and pile["prices"]:
            found: dict[str, Any] = pile
            return found
    return None


def at(bench: Bench, seq: str, status: str) -> dict[str, Any] | None:
    """The charge when it is in this status; BenchError when it failed."""
    item: Any = bench.get(f"api/charges/{seq}")
    if item["status"] == "failed":
        raise BenchError(f"the charge failed: {item['failure']}")
    found: dict[str, Any] = item
    return found if item["status"] == status else None


def wait(bench: Bench, condition: Any, within_s: float, complaint: str) -> Any:
    """Value of `condition()` once it is true."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        value = condition()
        if value:
            return value
        time.sleep(0.3)
    lines = [f"{name}: {line}" for name, part in bench.parts.items() for line in part.lines[-8:]]
    raise BenchError(complaint + "\n" + "\n".join(lines))


def check_bill(bench: Bench, billed: dict[str, Any], tell: Any) -> list[str]:
    """Sentences about what is wrong with the bill, computed again from meter and prices."""
    bill = billed["bill"]
    registers = [
        int(line.rsplit("register ", 1)[1].split(" Wh")[0])
        for line in bench.parts["pile"].lines
        if "transaction " in line and "register " in line
    ]
    framed = {frame_wh(line) for line in bench.parts["pile"].lines if "kWh in frame" in line}
    metered = Decimal(registers[-1] - registers[-2]) / 1000
    energy = sum((Decimal(line["energy_kwh"]) for line in bill["lines"]), Decimal(0))
    wrong = []
    for line in bill["lines"]:
        kwh = Decimal(line["energy_kwh"])
        for kind in ("elec", "service"):
            due = (kwh * Decimal(line[f"{kind}_price"])).quantize(_FEN, ROUND_HALF_UP)
            if due != Decimal(line[f"{kind}_yuan"]):
                wrong.append(f"{kind} of {line['start']}: {line[f'{kind}_yuan']}, due {due}")
        tell(
            "bill",
            f"{line['start'][11:]} to {line['end'][11:]}  {line['energy_kwh']} kWh x "
            f"({line['elec_price']} + {line['service_price']}) = {line['total_yuan']} yuan",
        )
    tell("bill", f"total {bill['energy_kwh']} kWh, {bill['total_yuan']} yuan")
    tell("bill", f"meter {registers[-2]} -> {registers[-1]} Wh = {metered} kWh")
    total = sum((Decimal(line["total_yuan"]) for line in bill["lines"]), Decimal(0))
    if not set(registers[-2:]) <= framed:
        wrong.append(
            f"registers {registers[-2:]} stand in no frame of the meter: {sorted(framed)}"
        )
    if not metered or metered != energy or energy != Decimal(bill["energy_kwh"]):
        wrong.append(f"energy {energy}, billed {bill['energy_kwh']}, meter {metered}")
    if total != Decimal(bill["total_yuan"]):
        wrong.append(f"lines add up to {total}, total {bill['total_yuan']}")
    log: Any = bench.get("api/log")
    wrong += [f"the platform found: {violation}" for violation in log["violations"]]
    return wrong


def frame_wh(line: str) -> int:
    """Register in Wh, read from the frame at the end of a line of the pile."""
    frame = bytes.fromhex(line.rsplit("frame ", 1)[1])
    digits = bytes((value - 0x33) & 0xFF for value in frame[14:18])
    return int(digits[::-1].hex()) * 10


def keep_serving(bench: Bench, transcript: Transcript) -> None:
    """Play the car for whoever uses the page: after each charge unplug, and plug in again."""
    pile = bench.parts["pile"]
    while True:
        time.sleep(4)
        pile.say("unplug")
        time.sleep(3)
        pile.say("plug")
        transcript.tell("demo", f"the car is plugged in; start it at {bench.page_url}")
        since = len(pile.lines)
        while not any(" ended (" in line for line in pile.lines[since:]):
            dead = [part.name for part in bench.parts.values() if not part.alive()]
            if dead:
                raise BenchError(f"{', '.join(dead)} ended")
            time.sleep(0.5)


def run(once: bool, folder: Path) -> int:
    """The demo; exit status."""
    transcript = Transcript()
    shutil.rmtree(folder, ignore_errors=True)
    periods = demo_periods(datetime.now(CHINA))
    port = 0 if once or listens(PAGE_PORT) else PAGE_PORT
    with Bench(folder, transcript.tell, periods, port, scenario="run 2s; plug") as bench:
        wrong = check_bill(bench, charge(bench, transcript), transcript.tell)
        for sentence in wrong:
            transcript.tell("wrong", sentence)
        if not wrong:
            transcript.tell("demo", "the bill is right")
        if once or wrong:
            return 1 if wrong else 0
        transcript.tell("demo", f"keeps serving; the driver's page is {bench.page_url}")
        transcript.tell("demo", "Ctrl-C ends everything")
        keep_serving(bench, transcript)
    return 0


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the charge")
    parser.add_argument("--dir", type=Path, default=ROOT / "build" / "demo")
    options = parser.parse_args()
    try:
        return run(options.once, options.dir)
    except BenchError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
