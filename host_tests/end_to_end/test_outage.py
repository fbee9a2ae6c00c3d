"""The broker is killed for a minute while a vehicle charges."""

import signal
import time

import pytest

from sandbox.bench import Bench
from sandbox.bench_settings import CONNECTOR_ID
from sandbox.demo import at, check_bill, find, wait

pytestmark = pytest.mark.processes

OUTAGE_S = 60
RIGHT_AGAIN_S = 10


def test_charge_goes_on_and_nothing_is_lost_while_the_broker_is_dead(tmp_path, record_property):
    with Bench(tmp_path, scenario="run 2s; plug", own_broker=True) as bench:
        wait(bench, lambda: find(bench, 2), 30, "never found")
        status, answer = bench.post("api/charges", {"connector_id": CONNECTOR_ID})
        assert status == 201, answer
        seq = str(answer["seq"])
        wait(bench, lambda: at(bench, seq, "charging"), 30, "never charged")
        time.sleep(5)
        pile = bench.parts["pile"]
        said = len(pile.lines)
        bench.parts.pop("broker").end(signal.SIGKILL)
        time.sleep(OUTAGE_S)
        during = pile.lines[said:]
        assert not [line for line in during if "contactor" in line or "pilot" in line], during
        assert len([line for line in during if "meter " in line]) >= 9
        before = bench.get(f"api/charges/{seq}")["energy_kwh"]
        bench.start_broker()
        back_s = time.monotonic()

        def picture_is_right():
            live = bench.get(f"api/charges/{seq}")
            rises = float(live["energy_kwh"]) - float(before) >= 0.09
            return find(bench, 3) and live["status"] == "charging" and rises

        wait(bench, picture_is_right, RIGHT_AGAIN_S, "the platform's picture is wrong")
        record_property("figure", f"picture right {time.monotonic() - back_s:.1f} s after return")
        bench.post(f"api/charges/{seq}/stop", {})
        billed = wait(bench, lambda: at(bench, seq, "billed"), 40, "no bill came")
        wrong = check_bill(bench, billed, lambda *_words: None)
        assert not wrong, wrong
        assert float(billed["bill"]["energy_kwh"]) >= 0.12
        transactions = bench.admin("transactions")["transactions"]
        records = bench.admin(f"transactions/{transactions[0]['id']}")["records"]
        seqs = [record["seq"] for record in records]
        assert seqs == list(range(seqs[0], seqs[-1] + 1)), "a record is missing"
        samples = [record for record in records if record["kind"] == "tx_sample"]
        assert len(samples) >= (OUTAGE_S + 5) // 5
