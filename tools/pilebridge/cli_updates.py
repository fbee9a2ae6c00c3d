"""The commands on bundles and roll-outs; they write into the store, and the bridge does what stands there."""

import argparse
import contextlib
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pilebridge import bundles, config, rollout, rollout_orders, rollout_rows
from pilebridge.bundles import BundleError
from pilebridge.rollout_orders import RolloutError
from pilebridge.rollout_rows import Rollout
from pilebridge.schema import open_database
from pilebridge.settings import Config

ERRORS = (BundleError, RolloutError)

_SHOWN = 10


def _bundle(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    conn = open_database(settings.bridge.database)
    if options.action == "list":
        for found in bundles.everything(conn):
            _say(f"{found.title}: {found.bytes} bytes, {found.id}")
        return 0
    if options.file is None:
        raise BundleError("which file? pilebridge bundle add CONFIG.toml FILE")
    key_file = settings.bridge.update_key
    key = bundles.public_key(key_file) if key_file else None
    folder = bundles.folder_of(settings.bridge.database)
    try:
        with _commit(conn):
            data = Path(options.file).read_bytes()
            found = bundles.add(conn, folder, data, key, int(time.time()))
    except BundleError as error:
        raise BundleError(f"{options.file}: {error}") from None
    signed = "its signature holds" if key else "nobody checked its signature: no bridge.update_key"
    _say(f"bundle {found.title}: {found.bytes} bytes, {signed}")
    return 0


def _rollout(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    conn = open_database(settings.bridge.database)
    _ACTIONS[options.action](settings, conn, options)
    return 0


def _start(settings: Config, conn: sqlite3.Connection, options: argparse.Namespace) -> None:
    if options.word is None or options.to is None:
        raise RolloutError("what, and how far? start BUNDLE --to one STATION | percent 10 | all")
    bundle = bundles.find(conn, options.word)
    try:
        wave = rollout.parse_wave(options.to)
    except ValueError as error:
        raise RolloutError(f"--to {error}") from None
    with _commit(conn):
        of = rollout_orders.start(
            conn,
            settings.sites(),
            bundle,
            wave,
            int(time.time()),
            site=options.site,
            stop_after=options.stop_after,
            at_once=options.at_once,
            skip_waves=options.skip_waves,
        )
    _show(conn, of)


def _stop(settings: Config, conn: sqlite3.Connection, options: argparse.Namespace) -> None:
    with _commit(conn):
        stopped = rollout_orders.stop(conn, _number(options.word))
    for of in stopped:
        _show(conn, of)


def _go_on(settings: Config, conn: sqlite3.Connection, options: argparse.Namespace) -> None:
    with _commit(conn):
        of = rollout_orders.go_on(conn, _number(options.word))
    _show(conn, of)


def _status(settings: Config, conn: sqlite3.Connection, options: argparse.Namespace) -> None:
    number = _number(options.word)
    shown = [of for of in rollout_rows.latest(conn, 1 << 30) if number in {None, of.id}]
    if not shown:
        _say("no roll-out yet" if number is None else f"no roll-out {number}")
    for of in reversed(shown[:_SHOWN]):
        _show(conn, of)


def _show(conn: sqlite3.Connection, of: Rollout) -> None:
    bundle = bundles.get(conn, of.bundle)
    rows = rollout_rows.stations(conn, of)
    counts = Counter(row.phase for row in rows)
    parts = ", ".join(f"{counts[phase]} {phase}" for phase in rollout.PHASES if counts[phase])
    site = f" of site {of.site}" if of.site else ""
    why = f" ({of.why})" if of.why else ""
    title = of.bundle[:12] if bundle is None else bundle.title
    _say(f"roll-out {of.id}: {title} to {of.wave}{site}: {of.state}{why}")
    _say(f"  {parts or 'nobody to update'}; {of.at_once} at a time, stops after {of.stop_after}")
    for row in rows:
        percent = f" {row.have * 100 // bundle.bytes} %" if bundle and row.have else ""
        problem = f": {row.problem}" if row.problem else ""
        _say(f"  {row.pile} {row.phase}{percent}{problem}")


def _rollback(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    if options.pile not in settings.sites():
        raise RolloutError(f"no station {options.pile!r} in {options.config}")
    conn = open_database(settings.bridge.database)
    with _commit(conn):
        number = rollout_orders.roll_back(conn, options.pile, int(time.time()))
    _say(f"roll-back {number} is stored; the bridge tells {options.pile}, which goes back when")
    _say("nothing is energised: /admin/updates says what it answered")
    return 0


def _number(word: str | None) -> int | None:
    if word is not None and not word.isdigit():
        raise RolloutError(
            f"{word!r} is not the number of a roll-out: `rollout CONFIG status` lists them"
        )
    return None if word is None else int(word)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


@contextlib.contextmanager
def _commit(conn: sqlite3.Connection) -> Iterator[None]:
    conn.execute("begin immediate")
    try:
        yield
    except BaseException:
        conn.execute("rollback")
        raise
    conn.execute("commit")


def _bundle_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("add", "list"))
    parser.add_argument("config")
    parser.add_argument("file", nargs="?", help="as `pilectl bundle` wrote it")


def _rollout_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config")
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument(
        "word", nargs="?", metavar="BUNDLE|NUMBER", help="id or version; number of a roll-out"
    )
    parser.add_argument("--to", nargs="+", metavar="WAVE", help="one STATION, percent 10, or all")
    parser.add_argument("--site", default="", help="only stations of this site")
    parser.add_argument("--stop-after", type=int, default=1, help="failures, default 1")
    parser.add_argument(
        "--at-once", type=int, default=0, help="stations at a time, default 5 %% and at least 1"
    )
    parser.add_argument("--skip-waves", action="store_true", help="not after a smaller wave")


def _rollback_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config")
    parser.add_argument("pile")


_Action = Callable[[Config, sqlite3.Connection, argparse.Namespace], None]
_ACTIONS: dict[str, _Action] = {
    "start": _start,
    "status": _status,
    "stop": _stop,
    "go-on": _go_on,
}

_Work = Callable[[argparse.Namespace], int]
_Words = Callable[[argparse.ArgumentParser], None]
COMMANDS: dict[str, tuple[_Work, _Words]] = {
    "bundle": (_bundle, _bundle_words),
    "rollout": (_rollout, _rollout_words),
    "rollback": (_rollback, _rollback_words),
}
