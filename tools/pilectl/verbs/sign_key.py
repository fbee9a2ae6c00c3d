"""pilectl sign-key: make the key that updates are signed with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .. import signing

_ABOUT = """\
Makes the key that updates are signed with: FILE, which stays with you, and FILE.pub.pem, which goes into every
build by UPDATE_KEY=FILE.pub.pem. Whoever has FILE can put any firmware on every pile that trusts it; without it
those piles can be updated by cable only. Keep a copy where the piles' operator keeps what must not be lost.
"""


def add(verbs: Any) -> None:
    """Add the verb to pilectl's parser."""
    verb = verbs.add_parser(
        "sign-key",
        help="make the key that updates are signed with",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("what", choices=("new",))
    verb.add_argument("file", type=Path)
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Make the pair and say what it is for."""
    try:
        public = signing.new_key(args.file)
    except signing.SigningError as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 1
    print(f"{args.file}: private, readable by you only; it signs bundles: pilectl bundle --key")
    print(f"{public}: public; builds that are made with UPDATE_KEY={public} take what it signs")
    return 0
