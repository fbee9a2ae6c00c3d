"""Server-sent events: one hub, any number of listening pages."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

HEARTBEAT_S = 15.0
# A page that reads this far behind is dropped; its EventSource reconnects and gets a snapshot
_BACKLOG = 256


class Hub:
    """Hands every published event to every listener; never waits for a slow one."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._heartbeat_s = heartbeat_s
        self._queues: set[asyncio.Queue[str | None]] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._queues)

    def publish(self, name: str, body: Any) -> None:
        """Queue one event for every listener."""
        frame = encode(name, body)
        for queue in list(self._queues):
            if queue.full():
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(frame)

    def close(self) -> None:
        """End every stream, so that the server can stop; later listeners end at once."""
        self._closed = True
        for queue in list(self._queues):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    async def stream(self, snapshot: Callable[[], list[tuple[str, Any]]]) -> AsyncIterator[str]:
        """Frames of text/event-stream: the snapshot first, then everything published after it."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_BACKLOG)
        self._queues.add(queue)
        if self._closed:
            queue.put_nowait(None)
        try:
            yield "retry: 2000\n\n"
            for name, body in snapshot():
                yield encode(name, body)
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), self._heartbeat_s)
                except TimeoutError:
                    frame = ": still here\n\n"
                if frame is None:
                    return
                yield frame
        finally:
            self._queues.discard(queue)


def encode(name: str, body: Any) -> str:
    """One event as text/event-stream wants it."""
    return (
        f"event: {name}\ndata: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"
    )
