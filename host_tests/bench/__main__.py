"""`make bench`: what the tick and the control loop cost under MicroPython, what a build weighs and takes,
how many records the bridge commits, how many bytes a charge takes on the wire, and what thousands of OCPP
stations cost.

Prints the table and writes the same to build/bench.json. Times are of this host; the share of a
calibration loop, run in turn with each, is what compares between machines. On a board the burst lasts
one pilot period whatever the interpreter does, so there the part without it counts. Nothing is judged.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import heap_charge
import ocpp_load
import records_rate
from line_process import ProcessError

from built_tree import TreeError
from evse import __version__
from interpreters import ROOT, find_micropython, run_micropython
from pilectl import build as builder

BOARD = "devkitc"
# With an operator's orders as well: one EVSE, and two
OPERATED = (BOARD, "esp32s3_twin")
ROUNDS = 1000
PATHS = ("host_tests/control/bare", "host_tests/control", "firmware", "boards/" + BOARD)
# Objects of a 64-bit host are so much larger than those of an ESP32
HOST_TO_ESP32 = 1.9


class BenchError(Exception):
    """The figures cannot be taken; the text says why and what to do."""


def costs(rounds):
    """(interpreter, rows) as MicroPython measured them."""
    if find_micropython() is None:
        raise BenchError(
            "no micropython beside this Python or on PATH, so there is nothing to measure: "
            "run `make setup`"
        )
    ran = run_micropython(
        "host_tests/bench/tick_cost.py", str(rounds), paths=PATHS, heap="4M", timeout_s=600
    )
    if ran.returncode:
        raise BenchError(ran.stderr or ran.stdout)
    measured = json.loads(ran.stdout)
    name, version = measured["interpreter"]
    # The fourth part is text, and empty in a release
    said = ".".join(str(part) for part in version[:3]) + "".join(f"-{x}" for x in version[3:] if x)
    rows = measured["rows"]
    for row in rows:
        row["calibrations"] = round(row["median_us"] / row["calibration_us"], 2)
        if "burst_us" in row:
            rest_us = row["median_us"] - row["burst_us"]
            row["calibrations_without_burst"] = round(rest_us / row["calibration_us"], 2)
        row["percent_of_period"] = round(row["median_us"] / row["period_ms"] / 10, 2)
    return f"{name} {said}", rows


def boards(names, scratch):
    """One row for each board: what its build weighs, and its heap after boot and at the peak of a charge."""
    rows = []
    for name in names:
        folder, built = builder.build(ROOT, name)
        sources = folder.parent / builder.LINKED / name
        row = {
            "board": name,
            "mpy_bytes": sizes(built)["total_bytes"],
            **heap_charge.measure(folder, sources, name, scratch / name),
        }
        if name in OPERATED:
            more = heap_charge.measure_operated(
                folder, sources, name, scratch / (name + "-operated")
            )
            row["operated_peak_bytes"] = more["peak_bytes"]
        rows.append(row)
    return rows


def wire():
    """Bytes of one charge on the wire, see wire_bytes.py; its world needs a process of its own."""
    folders = ("firmware", "tools", "host_tests", "tools/pilesim/hostpy", "build/lib")
    path = os.pathsep.join(str(ROOT / folder) for folder in folders)
    ran = subprocess.run(
        [sys.executable, str(ROOT / "host_tests" / "bench" / "wire_bytes.py")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise BenchError(ran.stderr or ran.stdout)
    # What the pile says on its serial port comes before
    return json.loads(ran.stdout.splitlines()[-1])


def sizes(built):
    """Bytes of the .mpy files of a build: in all, by layer, and the largest."""
    files = {file.path: file.size_bytes for file in built if file.path.endswith(".mpy")}
    layers = {}
    for path, size_bytes in files.items():
        parts = Path(path.removeprefix(builder.SLOT + "/")).parts
        layer = parts[1] if len(parts) > 2 else "top"
        layers[layer] = layers.get(layer, 0) + size_bytes
    largest = sorted(files.items(), key=lambda file: -file[1])[:5]
    return {
        "total_bytes": sum(files.values()),
        "allowed_bytes": builder.BUDGET_BYTES,
        "layers": dict(sorted(layers.items())),
        "largest": dict(largest),
    }


def table(figures):
    """Lines of the table for people."""
    head = ("median", "worst", "% of period", "of it burst", "calibrations", "without burst")
    lines = [
        f"{figures['interpreter']} on {figures['machine']}, parts replaced by Python stand-ins"
    ]
    lines += ["", f"{'us':27}" + "".join(f"{text:>14}" for text in head)]
    for row in figures["rows"]:
        values = (
            row["median_us"],
            row["worst_us"],
            row["percent_of_period"],
            row.get("burst_us", ""),
            row["calibrations"],
            row.get("calibrations_without_burst", ""),
        )
        lines.append(f"{row['name']:27}" + "".join(f"{value:>14}" for value in values))
    unit_us = max(row["calibration_us"] for row in figures["rows"])
    lines += ["", f"One calibration is 100 calls of a function that adds 1, here {unit_us} us."]
    mpy = figures["mpy"]
    layers = ", ".join(f"{layer} {size}" for layer, size in mpy["layers"].items())
    largest = ", ".join(f"{path} {size}" for path, size in mpy["largest"].items())
    lines += [f".mpy bytes for {figures['board']}: {mpy['total_bytes']} of {mpy['allowed_bytes']}"]
    lines += [f"  by layer: {layers}", f"  largest: {largest}"]
    lines += [
        "",
        f"{'board':20}{'.mpy':>9}{'heap, booted':>14}{'peak of a charge':>18}{'on an ESP32':>13}",
    ]
    for row in figures["boards"]:
        about_bytes = round(row["peak_bytes"] / HOST_TO_ESP32)
        lines.append(
            f"{row['board']:20}{row['mpy_bytes']:9}{row['boot_bytes']:14}{row['peak_bytes']:18}{about_bytes:13}"
        )
        if "operated_peak_bytes" in row:
            operated_bytes = row["operated_peak_bytes"]
            about_bytes = round(operated_bytes / HOST_TO_ESP32)
            lines.append(f"{'  operated':43}{operated_bytes:18}{about_bytes:13}")
    lines += [
        (
            f"bytes on this host without the world's share; allowed {builder.BUDGET_BYTES} .mpy, "
            f"aimed at {heap_charge.AIM_BYTES} heap; the last by {HOST_TO_ESP32}"
        ),
        "",
    ]
    rate = figures["records"]
    shown = f"journal records a second, {rate['rows_per_commit']} in a commit: "
    lines += [shown + f"{rate['bridge_per_s']} by the bridge, checked and acknowledged"]
    shown = f"  raw inserts of the same rows {rate['raw_per_s']}: the bridge does "
    lines += [shown + f"{rate['share_percent']} %, required {records_rate.REQUIRED_PERCENT} %"]
    charge = figures["wire"]
    shown = f"bytes on the wire for a charge of {charge['charge_s']} s with {charge['samples']} samples: "
    lines += [
        shown + f"{charge['total_bytes']}, required {charge['required_bytes']}",
        f"  {charge['up_bytes']} up, {charge['down_bytes']} down",
        "",
    ]
    return lines + ocpp_load.lines(figures["ocpp"])


def main(arguments=None):
    """Entry point; 1 when the figures cannot be taken."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds for each row")
    parser.add_argument("--piles", type=int, default=500, help="piles that send journal records")
    parser.add_argument(
        "--stations", type=int, default=ocpp_load.STATIONS, help="OCPP stations of one bridge"
    )
    parser.add_argument(
        "--board", action="append", help="heap of this board only; may be repeated"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    chosen = parser.parse_args(arguments)
    try:
        interpreter, rows = costs(chosen.rounds)
        _folder, built = builder.build(ROOT, BOARD)
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        rate = records_rate.measure(chosen.out.parent, chosen.piles)
        charge = wire()
        stations = ocpp_load.figures_of(chosen.out.parent, chosen.stations)
        with tempfile.TemporaryDirectory() as scratch:
            taken = boards(chosen.board or builder.boards(ROOT), Path(scratch))
    except (BenchError, ProcessError, TreeError, builder.BuildError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    figures = {
        "firmware": __version__,
        "board": BOARD,
        "interpreter": interpreter,
        "machine": platform.machine(),
        "rounds": chosen.rounds,
        "rows": rows,
        "mpy": sizes(built),
        "boards": taken,
        "records": rate,
        "wire": charge,
        "ocpp": stations,
    }
    print("\n".join(table(figures)))
    chosen.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
