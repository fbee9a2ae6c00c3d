"""pilectl backup: the settings of a pile as a file, to be put back on it or on the one that replaces it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..port.port_words import add_port_words, opened
from ..provisioning import private_file, setting_store


def add(verbs: Any) -> None:
    """The words of backup."""
    verb = verbs.add_parser("backup", help="keep a pile's settings in a file")
    add_port_words(verb)
    verb.add_argument("-o", "--output", required=True, metavar="FILE")
    verb.add_argument(
        "--with-secrets",
        action="store_true",
        help="key and passwords too; the station is ended and started again for it",
    )
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Read and write."""
    with opened(args) as pile:
        status = pile.greet()
        told = setting_store.read(pile)
        stored = setting_store.read_file(pile) if args.with_secrets else {}
    names = setting_store.version(told)
    hidden = [name for name, value in told.items() if setting_store.is_hidden(value)]
    values = {name: value for name, value in told.items() if name not in hidden}
    values.update({name: stored[name] for name in hidden if name in stored})
    found = {
        "station": status.get("station"),
        "firmware": status.get("firmware"),
        "table": names,
        "settings": values,
    }
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    private_file.write(Path(args.output), text)
    left_out = [name for name in hidden if name not in values]
    print(f"{args.output}: {len(values)} settings of {status.get('station')}.")
    if left_out:
        print(f"Left out are the secrets {', '.join(left_out)}: --with-secrets keeps them too.")
    return 0
