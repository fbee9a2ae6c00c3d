"""pilectl bundle: the firmware of a board as one signed file that piles take over the air or by cable."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from evse.core.manifest import ManifestError

from .. import signing
from ..updating import bundle

ROOT = Path(__file__).resolve().parents[3]


def add(verbs: Any) -> None:
    """Add the verb to pilectl's parser."""
    verb = verbs.add_parser("bundle", help="build and sign what piles are updated with")
    verb.add_argument("board", help="name in boards/")
    verb.add_argument(
        "--key", type=Path, required=True, help="private key, by pilectl sign-key new"
    )
    verb.add_argument(
        "--minimum", default="0.0.0", help="piles that confirm it run nothing older any more"
    )
    verb.add_argument("-o", "--out", type=Path, help="file to write")
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Make the bundle and say what it is."""
    try:
        made = bundle.make(ROOT, args.board, args.key, bundle.parse_version(args.minimum))
        out = args.out or ROOT / "build" / f"{args.board}-{made.version}.bundle"
        out.write_bytes(made.data)
    except (bundle.BundleError, signing.SigningError, ManifestError, OSError) as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 1
    print(f"{out}: version {made.version} for {args.board}, {len(made.data)} bytes")
    print(f"id {made.id}")
    print("by cable: mpremote fs cp FILE :update.bundle, then restart the pile")
    return 0
