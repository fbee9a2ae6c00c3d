"""`python -m kills --kills 50 --seed 1`: real processes, SIGKILL, and the books equal at the end, or exit 1."""

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from shutil import rmtree

import httpx

from pilebridge.schema import connect
from sandbox.bench import Bench, BenchError

from . import books, facts
from .driver import Driver
from .killer import VICTIMS, Killer

# The car is there as soon as the pile is: a charge that the loss of power interrupted goes on
_SCENARIO = "plug"
# A start whose answer got lost is watched so long before the driver may try again
_START_RESULT_S = 8
# Longest way of what was under way: an order that its pile forgot is given up after a minute
_SETTLE_S = 150.0


class Run:
    """One run in one folder: what is told goes to the screen, what the parts say to `parts.log` as well."""

    def __init__(self, folder, kills, seed):
        self.folder = folder
        self._kills = kills
        self._seed = seed
        self._began_s = time.monotonic()
        self._resumed = 0
        self._lock = threading.Lock()
        self._log = (folder / "parts.log").open("w", encoding="utf-8")

    def tell(self, text):
        """Print a line with the seconds since the start."""
        line = f"{time.monotonic() - self._began_s:6.1f}  {text}"
        with self._lock:
            print(line, flush=True)
            print(line, file=self._log, flush=True)

    def carry_out(self):
        """The run; sentences about what does not agree."""
        facts.set_meter(self.folder / "pile")
        settings = {"own_broker": True, "start_result_s": _START_RESULT_S}
        with contextlib.ExitStack() as stack:
            stack.callback(self._log.close)
            stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
            bench = Bench(self.folder, self._part_said, scenario=_SCENARIO, **settings)
            stack.enter_context(bench)
            for name, part in bench.parts.items():
                self.tell(f"started {name}, pid {part.pid}")
            driver = Driver(bench, self._seed, self.tell)
            killer = Killer(bench, self._kills, self._seed, self.tell)
            for each in (driver, killer):
                stack.callback(each.close)
            # A second Ctrl-C would leave processes behind
            stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
            driver.start()
            killer.run()
            counts = ", ".join(f"{name} {killer.killed[name]}" for name in VICTIMS)
            self.tell(f"killed: {counts}; the books are closed now")
            driver.starting = False
            left = self._settle(bench, driver)
            if not driver.is_alive() or not driver.billed:
                left.append(f"the driver saw {driver.billed} bills: nothing was proven")
            driver.close()
            asked = (driver.asked, driver.refused, driver.billed)
            self.tell("driver: %d starts asked for, %d refused, %d bills seen" % asked)
            self.tell(f"pile: went on with a charge {self._resumed} times after a loss of power")
            return left + self._compare(bench)

    def _settle(self, bench, driver):
        """Wait until nothing is under way; what still is when that takes too long."""
        end_s = time.monotonic() + _SETTLE_S
        conn = connect(str(self.folder / "bridge.sqlite"), reader=True)
        try:
            while True:
                waiting = list(self._under_way(bench, driver, conn))
                if not waiting or time.monotonic() > end_s:
                    return ["still under way: " + text for text in waiting]
                time.sleep(1)
        finally:
            conn.close()

    def _under_way(self, bench, driver, conn):
        for ref in driver.live:
            if bench.get(f"api/charges/{ref}")["status"] in ("starting", "charging", "stopping"):
                yield f"the charge {ref}"
        for row in conn.execute("select tx from transactions where stop_seq is null"):
            yield f"transaction {row['tx']}"
        for platform in bench.admin("platforms")["platforms"]:
            if platform["unconfirmed"]:
                yield f"{platform['unconfirmed']} messages to {platform['name']}"
        for order in facts.order_list(conn):
            if order.state in ("requested", "accepted"):
                yield f"the order {order.ref}, {order.state}"
        flash = facts.read_flash(self.folder / "pile")
        if facts.journals(conn).get(flash.life) != flash.next_seq - 1:
            yield f"records of the pile up to {flash.next_seq - 1}"

    def _compare(self, bench):
        # The pile first: what it would still write must not come between flash and bridge
        bench.parts["pile"].end()
        conn = connect(str(self.folder / "bridge.sqlite"), reader=True)
        bills = facts.platform_bills(bench, [order.ref for order in facts.order_list(conn)])
        conn.close()
        taken = {}
        for line in bench.parts["sandbox"].lines:
            if " bill " in line and line.endswith(" yuan"):
                ref = line.split(" bill ", 1)[1].split(":", 1)[0]
                taken[ref] = taken.get(ref, 0) + 1
        violations = [
            f"{item['interface']}: {item['reason']}, {item['count']} times"
            for item in bench.get("api/log")["violations"]
        ]
        bench.parts["bridge"].end()
        found = facts.read(self.folder, bills, taken, violations)
        for line in books.table(found):
            print(line)
        return books.mismatches(found)

    def _part_said(self, name, line):
        with self._lock:
            self._resumed += name == "pile" and " goes on, " in line
            if not self._log.closed:
                print(f"{time.monotonic() - self._began_s:6.1f}  {name}: {line}", file=self._log)


def main():
    """Exit status: 0 when the books are equal, 1 when not, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="of each of pile, broker and bridge")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    folder = Path(tempfile.mkdtemp(prefix="kills"))
    run = Run(folder, options.kills, options.seed)
    try:
        wrong = run.carry_out()
    except KeyboardInterrupt:
        print("interrupted")
        rmtree(folder)
        return 130
    except (BenchError, httpx.HTTPError) as error:
        wrong = [str(error)]
    for sentence in wrong:
        print(f"MISMATCH {sentence}")
    if wrong:
        print(f"{len(wrong)} mismatches, seed {options.seed}; everything is kept in {folder}")
        return 1
    print(f"the books are equal, seed {options.seed}")
    rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
