"""The commands beside running the bridge; each works on its files alone, with the bridge up or down."""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilebridge import alarms, cli_updates, config, evidence, keys, verify
from pilebridge.keys import Keyring, Secret
from pilebridge.schema import StoreError, open_database
from pilebridge.settings import Config

# What a command may end with beside success; the text is for the operator
ERRORS = (
    config.ConfigError,
    StoreError,
    evidence.EvidenceError,
    keys.RotationError,
    *cli_updates.ERRORS,
    OSError,
    UnicodeError,
)


def run(words: list[str]) -> int | None:
    """Exit code of a command, None when the words name none."""
    if not words or words[0] not in _COMMANDS:
        return None
    parser = argparse.ArgumentParser(prog=f"pilebridge {words[0]}")
    work, add = _COMMANDS[words[0]]
    add(parser)
    try:
        return work(parser.parse_args(words[1:]))
    except ERRORS as error:
        sys.stderr.write(f"pilebridge: {error}\n")
        return 2


def _evidence(options: argparse.Namespace) -> int:
    conn = _database(config.load(options.config))
    found = evidence.collect(conn, options.tx, options.pile)
    if options.json:
        text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
        Path(options.json).write_text(text, "utf-8")
    else:
        sys.stdout.write(evidence.printed(found))
    return 0


def _verify(options: argparse.Namespace) -> int:
    try:
        known = verify.read_keys(Path(options.key_file).read_text("utf-8"))
    except ValueError as error:
        # Not the line itself: it is a key
        sys.stderr.write(f"pilebridge: {options.key_file}: no journal keys: {error}\n")
        return 2
    try:
        found = json.loads(Path(options.file).read_text("utf-8"))
    except ValueError:
        sys.stdout.write(f"{options.file}: not JSON in UTF-8\n")
        return 1
    problems = verify.verify(found, known)
    sys.stdout.write("\n".join(problems or ["OK"]) + "\n")
    return 1 if problems else 0


def _journal_key(options: argparse.Namespace) -> int:
    lines = [
        f"{secret.pile} {secret.key_set} {secret.number} {secret.journal_key.hex()}\n"
        for secret in _known(options)[1]
    ]
    file = options.out or f"{options.pile}.journal-key"
    _write_private(file, "".join(lines))
    sys.stdout.write(f"{file}: journal keys of {options.pile}, {evidence.DERIVATION}\n")
    return 0


def _rotate(options: argparse.Namespace) -> int:
    conn, known = _known(options)
    active = next(secret for secret in known if secret.state == keys.ACTIVE)
    conn.execute("begin immediate")
    try:
        number = keys.begin_rotation(conn, active)
        conn.execute("commit")
    except BaseException:
        conn.execute("rollback")
        raise
    sys.stdout.write(
        f"{options.pile}: secret {number} is stored; the bridge gives it to the pile\n"
    )
    return 0


def _new_key(options: argparse.Namespace) -> int:
    _write_private(options.file, secrets.token_hex(32) + "\n")
    sys.stdout.write(f"{options.file}: a new secret of a pile\n")
    return 0


def _alarms(options: argparse.Namespace) -> int:
    conn = _database(config.load(options.config))
    if options.clear is not None and not alarms.clear(conn, options.clear, int(time.time())):
        sys.stderr.write(f"pilebridge: no alarm {options.clear} stands\n")
        return 2
    for alarm in alarms.standing(conn):
        sys.stdout.write(f"{alarm.id} {alarm.pile} {alarm.kind} ({alarm.count}): {alarm.text}\n")
    return 0


def _known(options: argparse.Namespace) -> tuple[Any, list[Secret]]:
    """(database, secrets of a pile); also before the bridge ran for the first time."""
    settings = config.load(options.config)
    if options.pile not in {row.id for row in settings.pile}:
        raise config.ConfigError(f"pile.id: no {options.pile!r} in {options.config}")
    conn, keyring = _database(settings), Keyring(settings.secrets())
    conn.execute("begin immediate")
    keyring.enrol(conn)
    conn.execute("commit")
    keyring.load(conn)
    return conn, list(keyring.known(options.pile))


def _database(settings: Config) -> Any:
    return open_database(settings.bridge.database)


def _write_private(path: str, text: str) -> None:
    """A new file that nobody else can read; an existing one is left alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _evidence_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config")
    parser.add_argument("tx", help="the transaction as /admin/transactions names it")
    parser.add_argument("--pile")
    parser.add_argument("--json", metavar="FILE", help="write it for `pilebridge verify`")


def _verify_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file")
    parser.add_argument("--key-file", required=True, help="of `pilebridge journal-key`")


def _journal_key_words(parser: argparse.ArgumentParser) -> None:
    _pile_words(parser)
    parser.add_argument("--out", metavar="FILE", help="default PILE.journal-key")


def _pile_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config")
    parser.add_argument("pile")


def _new_key_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file")


def _alarms_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config")
    parser.add_argument("--clear", type=int, metavar="NUMBER", help="it is seen to")


_Work = Callable[[argparse.Namespace], int]
_Words = Callable[[argparse.ArgumentParser], None]
_COMMANDS: dict[str, tuple[_Work, _Words]] = {
    "evidence": (_evidence, _evidence_words),
    "verify": (_verify, _verify_words),
    "journal-key": (_journal_key, _journal_key_words),
    "rotate": (_rotate, _pile_words),
    "new-key": (_new_key, _new_key_words),
    "alarms": (_alarms, _alarms_words),
    **cli_updates.COMMANDS,
}
