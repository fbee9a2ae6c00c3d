"""Command line of technician and operator: builds, flashes, provisions, proves, diagnoses and updates a pile."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from evse.core import settings

from . import boardlint, new_board
from . import build as builder
from .port.pile_port import RefusedError
from .port.port_error import PortError
from .verbs import at_the_pile, bundle, faults, flash, sign_key

ROOT = Path(__file__).resolve().parents[2]


def do_boards(_args: argparse.Namespace) -> int:
    """List the boards."""
    print("\n".join(builder.boards(ROOT)))
    return 0


def do_build(args: argparse.Namespace) -> int:
    """Build for a board and print the size report; 1 when it is over the budget."""
    folder, built = builder.build(ROOT, args.board)
    lines, total = builder.report(built, builder.compile_alone(ROOT, args.board))
    print("\n".join(lines))
    print(f"built {len(built)} files into {folder.relative_to(ROOT)}")
    if total > builder.BUDGET_BYTES:
        print(f"over the budget by {total - builder.BUDGET_BYTES} bytes", file=sys.stderr)
        return 1
    return 0


def do_names(args: argparse.Namespace) -> int:
    """Tell whose function each line of a linked board's traceback on stdin speaks of."""
    try:
        told = builder.told(ROOT, args.board)
    except OSError:
        print(f"pilectl: build {args.board} first: make build BOARD={args.board}", file=sys.stderr)
        return 1
    for line in sys.stdin:
        print(builder.with_names(line.rstrip("\n"), told))
    return 0


def do_check_settings(args: argparse.Namespace) -> int:
    """Check a settings file as the pile would; print each refusal."""
    try:
        wanted = json.loads(Path(args.file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{args.file}: {error}", file=sys.stderr)
        return 1
    _values, problems = settings.merge(wanted, settings.defaults())
    for problem in problems:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if not problems:
        print(f"{args.file}: {len(wanted)} settings accepted")
    return 1 if problems else 0


def do_lint(args: argparse.Namespace) -> int:
    """Check a board of boards/, or a folder anywhere; one sentence for each finding."""
    folder = Path(args.board)
    if not (folder / "board.py").exists():
        folder = ROOT / "boards" / args.board
    if not folder.is_dir():
        known = ", ".join(builder.boards(ROOT))
        print(f"no board {args.board}; boards are {known}", file=sys.stderr)
        return 1
    problems = boardlint.folder_problems(folder.resolve())
    for problem in problems:
        print(f"{folder.name}: {problem.text}", file=sys.stderr)
    if not problems:
        print(f"{folder.name}: keeps the rules")
    return 1 if problems else 0


def do_new_board(args: argparse.Namespace) -> int:
    """Copy the template under a new name."""
    try:
        folder = new_board.create(ROOT, args.name)
    except new_board.NewBoardError as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 1
    print(
        f"{folder.relative_to(ROOT)}: board.py and board.md; boards/BLUEPRINT.md goes on from here"
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="pilectl", description=__doc__)
    verbs = top.add_subparsers(required=True, metavar="VERB")
    verb = verbs.add_parser("boards", help="list the boards")
    verb.set_defaults(do=do_boards)
    verb = verbs.add_parser("build", help="compile for a board, print the size report")
    verb.add_argument("board")
    verb.set_defaults(do=do_build)
    verb = verbs.add_parser("names", help="tell a traceback of a linked build, from stdin")
    verb.add_argument("board")
    verb.set_defaults(do=do_names)
    verb = verbs.add_parser("check-settings", help="check a settings file as the pile would")
    verb.add_argument("file")
    verb.set_defaults(do=do_check_settings)
    flash.add(verbs)
    bundle.add(verbs)
    sign_key.add(verbs)
    faults.add(verbs)
    verb = verbs.add_parser("lint", help="check pins, parts, dividers and wiring page of a board")
    verb.add_argument("board", help="name in boards/, or a folder")
    verb.set_defaults(do=do_lint)
    verb = verbs.add_parser("new-board", help="begin a board from the template")
    verb.add_argument("name")
    verb.set_defaults(do=do_new_board)
    at_the_pile.add(verbs)
    return top


def main(words: list[str] | None = None) -> int:
    """Entry point; `words` instead of those of the command line."""
    args = parser().parse_args(words)
    try:
        return int(args.do(args))
    except (builder.BuildError, RefusedError) as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 1
    except PortError as error:
        print(f"pilectl: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pilectl: stopped", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
