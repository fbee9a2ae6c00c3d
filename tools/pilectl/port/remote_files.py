"""The pile's file system, by mpremote, after the station has been ended for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mpremote.transport import TransportError

from .pile_port import PilePort, RefusedError
from .port_error import PortError


@contextlib.contextmanager
def repl_of(pile: PilePort) -> Iterator[Any]:
    """mpremote's transport; the pile starts again at the end. Refused while the contactor is closed."""
    if any(row.get("closed") for row in pile.ask("status").get("connectors") or ()):
        raise RefusedError("The pile is charging: stop the charge first, then try again.")
    pile.maint()
    transport = pile.repl()
    try:
        yield transport
    except (TransportError, OSError) as error:
        last = str(error).strip().splitlines()[-1:] or ["no answer"]
        raise PortError(
            f"{pile.name}: the pile's files cannot be reached ({last[0]}): reset the pile and try again."
        ) from None
    finally:
        with contextlib.suppress(TransportError, OSError):
            pile.reset(transport)
