"""The bench measures what it says, on any machine: no time is judged."""

import collections
import importlib.util
import json

import pytest
import records_rate

from interpreters import ROOT, find_micropython

TICKS = ("A", "B", "C closed", "C closed, no inputs", "C closed, 9 inputs", "E", "F")
ROWS = [
    *("tick, " + state for state in TICKS),
    "control loop step, A1",
    "control loop step, C2",
]


@pytest.fixture(scope="module")
def bench():
    path = ROOT / "host_tests" / "bench" / "__main__.py"
    spec = importlib.util.spec_from_file_location("bench_main", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bench_writes_what_it_prints(bench, build_of, tmp_path, capsys, monkeypatch):
    if find_micropython() is None:
        pytest.skip("no micropython beside this Python or on PATH")
    # Not into build/, where its user builds
    build = build_of(bench.BOARD)
    monkeypatch.setattr(bench.builder, "build", lambda _root, _board: build)
    # test_ocpp_load.py runs it; here it is a row like others
    stations = collections.defaultdict(int, restart=collections.defaultdict(int), stations=3)
    monkeypatch.setattr(bench.ocpp_load, "figures_of", lambda _folder, _stations: stations)
    out = tmp_path / "bench.json"
    words = ["--rounds", "20", "--piles", "40", "--board", bench.BOARD, "--out", str(out)]
    assert bench.main(words) == 0
    printed = capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert [row["name"] for row in figures["rows"]] == ROWS
    for row in figures["rows"]:
        assert 0 <= row["median_us"] <= row["worst_us"]
        assert row["calibration_us"] > 0
        assert row["name"] in printed
        # The tick looks at the pilot once at least, so its burst is part of it
        assert row["name"].startswith("tick") == ("burst_us" in row)
    assert figures["interpreter"].startswith("micropython 1.")
    assert figures["mpy"]["total_bytes"] == sum(figures["mpy"]["layers"].values()) > 10000
    row = figures["boards"][0]
    assert row["mpy_bytes"] == figures["mpy"]["total_bytes"]
    assert 10000 < row["boot_bytes"] < row["peak_bytes"]
    assert str(row["peak_bytes"]) in printed
    # A journal that went out shows that the link was up
    assert row["journals"] >= 2
    # Counted in virtual time: the same on every machine
    wire = figures["wire"]
    assert wire["samples"] >= 9
    assert wire["total_bytes"] == wire["up_bytes"] + wire["down_bytes"] <= wire["required_bytes"]
    assert f"{wire['total_bytes']}, required {wire['required_bytes']}" in printed
    assert str(ROOT) not in out.read_text()
    rate = figures["records"]
    assert rate["records"] == 40 * 10 * 8
    assert 0 < rate["bridge_per_s"] < rate["raw_per_s"]
    assert f"{rate['share_percent']} %, required 30 %" in printed
    assert figures["ocpp"]["stations"] == 3
    assert "3 stations connected from one bridge" in printed


def test_the_bridge_keeps_a_good_share_of_what_the_disk_takes(tmp_path, record_property):
    figures = records_rate.measure(tmp_path)
    record_property("figure", "{bridge_per_s} records/s of {raw_per_s} raw".format(**figures))
    # The bench says the figure, with 30 % required; here other tests run beside
    assert figures["share_percent"] >= 15


def test_without_micropython_it_says_so(bench, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bench, "find_micropython", lambda: None)
    out = tmp_path / "bench.json"
    assert bench.main(["--out", str(out)]) == 1
    assert "no micropython" in capsys.readouterr().err
    assert not out.exists()
