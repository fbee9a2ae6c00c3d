"""Answers piles that fetch: a window of chunks from the offset asked for, and one window at a time."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from pilebridge import bundles
from pilebridge.bundles import Bundle
from pilebridge.log_sometimes import log_sometimes
from pilebridge.mqtt_client import Publisher
from pilebridge.wire import chunks, messages

log = logging.getLogger(__name__)

# A window that has not arrived after this time will not
_WINDOW_S = 2.0


@dataclass
class _Window:
    """What a pile was sent last: of which bundle, up to where, and when."""

    bundle: str
    end: int
    sent_s: float
    again: asyncio.TimerHandle | None = None


class ChunkServer:
    """Publishes `pile/{station}/chunk`; a pile asks again for what it did not get."""

    def __init__(self, folder: Path, publisher: Publisher) -> None:
        self._folder = folder
        self._publisher = publisher
        self._windows: dict[str, _Window] = {}
        self._missing = 0

    def serve(self, pile: str, bundle: Bundle, offset: int) -> None:
        """Send the window that begins at `offset`.

        Who asks for what follows the one before has got it; anything else waits until that cannot come any more.
        """
        loop = asyncio.get_running_loop()
        last = self._windows.get(pile)
        if last is not None:
            if last.again is not None:
                last.again.cancel()
                last.again = None
            free_s = last.sent_s + _WINDOW_S
            if loop.time() < free_s and (last.bundle, last.end) != (bundle.id, offset):
                last.again = loop.call_at(free_s, self._send, pile, bundle, offset)
                return
        self._send(pile, bundle, offset)

    def close(self) -> None:
        """Send nothing more."""
        for window in self._windows.values():
            if window.again is not None:
                window.again.cancel()
        self._windows.clear()

    def _send(self, pile: str, bundle: Bundle, offset: int) -> None:
        most = chunks.MOST_BYTES
        try:
            data = bundles.piece(self._folder, bundle.id, offset, most * chunks.BURST)
        except OSError as error:
            self._missing += 1
            log_sometimes(self._missing, "update: %s: no bundle to send: %s", pile, error)
            return
        head, topic, sent = bytes.fromhex(bundle.id), messages.topic(pile, "chunk"), 0
        while sent < len(data):
            part = data[sent : sent + most]
            if not self._publisher.publish(topic, chunks.encode(head, offset + sent, part)):
                break
            sent += len(part)
        now_s = asyncio.get_running_loop().time()
        self._windows[pile] = _Window(bundle.id, offset + sent, now_s)
