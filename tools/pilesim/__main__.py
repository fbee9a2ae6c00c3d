"""The `pilesim` command: runs a simulated pile under MicroPython, or under CPython where there is none."""

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIM = ROOT / "tools" / "pilesim"
# MicroPython keeps each argument as an interned string and dies of a longer one without a message
ARGUMENT_BYTES = 255


def find_micropython():
    """Path of a MicroPython on PATH or beside this Python, or None."""
    beside = Path(sys.executable).with_name("micropython")
    return shutil.which("micropython") or (str(beside) if beside.exists() else None)


def module_path(board, micropython):
    """Folders the pile imports from, stand-ins first."""
    first = [SIM / "standins_upy", SIM / "standins"] if micropython else [SIM / "hostpy"]
    rest = [ROOT / "firmware", ROOT / "boards" / board, ROOT / "tools", ROOT / "build" / "lib"]
    return [str(folder) for folder in first + rest]


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="pilesim", description=__doc__)
    parser.add_argument("--board", default="devkitc", help="folder in boards/")
    parser.add_argument("--python", choices=("micropython", "cpython"), help="interpreter")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random")
    parser.add_argument("--speed", type=float, default=1.0, help="1 real time, 0 without waiting")
    parser.add_argument("--scenario", default="", help="words, or @file")
    parser.add_argument("--heap", default="2M", help="heap of MicroPython, world included")
    parser.add_argument("--dir", help="the pile's file system: where its settings.json lies")
    parser.add_argument(
        "--serial",
        action="store_true",
        help="as a chip on a serial port: its flash is DIR/flash.bin, the port DIR/tty; "
        "more words: press_reset, power on|off, bootloader",
    )
    return parser.parse_args()


def on_serial_port(chosen, micropython):
    """Run the pile behind a serial port until it is ended; exit status."""
    if micropython is None:
        print(
            "pilesim: --serial needs a micropython on PATH or beside this Python", file=sys.stderr
        )
        return 2
    sys.path[:0] = module_path(chosen.board, False)
    from pilesim.serial import supervisor

    scenario = chosen.scenario
    if scenario.startswith("@"):
        scenario = Path(scenario[1:]).read_text()
    environment = {key: text for key, text in os.environ.items() if key != "HOME"}
    environment["MICROPYPATH"] = ":".join([*module_path(chosen.board, True), ".frozen"])
    return supervisor.run(
        Path(chosen.dir or "build/sim"),
        ROOT / "boards" / chosen.board / "board.py",
        [os.path.abspath(micropython), "-X", f"heapsize={chosen.heap}"],
        environment,
        {
            "board": chosen.board,
            "seed": chosen.seed,
            "speed_permille": int(chosen.speed * 1000),
        },
        scenario,
    )


def main():
    """Start the pile and stay until it ends; exit status."""
    chosen = arguments()
    if not (ROOT / "boards" / chosen.board).is_dir():
        print(f"pilesim: no board {chosen.board} in {ROOT / 'boards'}", file=sys.stderr)
        return 2
    micropython = None if chosen.python == "cpython" else find_micropython()
    if micropython is None and chosen.python == "micropython":
        print("pilesim: no micropython on PATH or beside this Python", file=sys.stderr)
        return 2
    if chosen.serial:
        return on_serial_port(chosen, micropython)
    words = [
        f"board={chosen.board}",
        f"seed={chosen.seed}",
        f"speed={chosen.speed}",
        f"scenario={chosen.scenario}",
    ]
    if chosen.dir:
        words.append(f"dir={chosen.dir}")
    sys.stdout.flush()
    if micropython is not None:
        for word in words:
            if len(word.encode()) > ARGUMENT_BYTES:
                print(
                    f"pilesim: {word[:20]}... is over {ARGUMENT_BYTES} bytes, too long for "
                    "MicroPython; a scenario may come from a file, --scenario @FILE",
                    file=sys.stderr,
                )
                return 2
        path = ":".join([*module_path(chosen.board, True), ".frozen"])
        command = [micropython, "-X", f"heapsize={chosen.heap}", "-m", "pilesim.pile", *words]
        os.execve(micropython, command, {**os.environ, "MICROPYPATH": path})
    if chosen.python is None:
        print("pilesim: no MicroPython found, running under CPython", file=sys.stderr)
    sys.path[:0] = module_path(chosen.board, False)
    from pilesim import pile

    return pile.main(words)


if __name__ == "__main__":
    sys.exit(main())
