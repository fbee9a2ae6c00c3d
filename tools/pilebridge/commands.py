"""Commands to piles and their answers: the same id acts once and gets the first answer again."""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pilebridge.log_sometimes import log_sometimes
from pilebridge.model import Counters
from pilebridge.wire import messages

log = logging.getLogger(__name__)

_REMEMBERED_REPLIES = 1000
_ASK_TTL_S, _ASK_TIMEOUT_S = 10, 2.0


@dataclass(frozen=True)
class Reply:
    """A pile's answer to a command: `result`, `reason` and `value` as docs/wire.md lists them."""

    result: str
    reason: str
    value: dict[str, Any] | None = None

    @property
    def accepted(self) -> bool:
        """True when the pile does it, or did."""
        return self.result == "accepted"


class LateListener(Protocol):
    """Who hears of answers that nobody waits for any more."""

    def on_late_reply(self, pile: str, command_id: str, reply: Reply) -> None:
        """An answer arrived after its command was given up."""
        ...


class Commands:
    """Commands on their way; `publish(pile, payload)` signs and sends, False when there is no link."""

    def __init__(
        self,
        publish: Callable[[str, bytes], bool],
        counters: Mapping[str, Counters],
        listener: LateListener,
        clock: Callable[[], float],
    ) -> None:
        self._publish = publish
        self._counters = counters
        self._listener = listener
        self._clock = clock
        self.answered: OrderedDict[tuple[str, str], Reply] = OrderedDict()
        self._waiting: dict[tuple[str, str], asyncio.Future[Reply]] = {}
        self._given_up: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Reply | None]] = {}

    async def command(
        self,
        pile: str,
        command_id: str,
        name: str,
        args: dict[str, Any],
        ttl_s: int,
        timeout_s: float,
    ) -> Reply | None:
        """The pile's answer, or None when there was none in time.

        The same id again gives the first answer without asking the pile; while the first is
        still on its way, both callers wait for it.
        """
        key = (pile, command_id)
        if key in self.answered:
            return self.answered[key]
        future = self._waiting.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            body = {"id": command_id, "name": name, "args": args, "ttl_s": ttl_s}
            payload = messages.encode({**body, "utc": int(self._clock())})
            if not self._publish(pile, payload):
                return None
            self._waiting[key] = future
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            if self._waiting.pop(key, None) is not None:
                _remember(self._given_up, key, None)
                log.warning("link: %s: no answer to %s %s", pile, name, command_id)
            return None

    def ask(self, pile: str) -> "asyncio.Task[Reply | None]":
        """Have a pile say its state and answer; its id is new, an old one is not acted on."""
        if pile not in self._asked:
            command_id = f"report:{random.getrandbits(64):016x}"
            work = self.command(pile, command_id, "report", {}, _ASK_TTL_S, _ASK_TIMEOUT_S)
            self._asked[pile] = task = asyncio.create_task(work)
            task.add_done_callback(lambda _: self._asked.pop(pile, None))
        return self._asked[pile]

    def answered_by(self, pile: str, message: dict[str, Any]) -> None:
        """Take a pile's answer."""
        key = (pile, message["id"])
        reply = Reply(message["result"], message.get("reason", ""), message.get("value"))
        future = self._waiting.pop(key, None)
        counters = self._counters[pile]
        if future is not None:
            self._keep(key, reply)
            if not future.done():
                future.set_result(reply)
        elif key in self._given_up:
            del self._given_up[key]
            counters.late_reply += 1
            log.warning("link: %s: late answer to %s: %s", pile, key[1], reply.result)
            self._keep(key, reply)
            self._listener.on_late_reply(pile, key[1], reply)
        elif key not in self.answered:
            counters.unsolicited_reply += 1
            text = "link: %s: answer to nothing asked: %.64r"
            log_sometimes(counters.unsolicited_reply, text, pile, key[1])

    def _keep(self, key: tuple[str, str], reply: Reply) -> None:
        # A stale command was not acted on and may be sent again
        if reply.result != "stale":
            _remember(self.answered, key, reply)


def _remember(table: OrderedDict[tuple[str, str], Any], key: tuple[str, str], value: Any) -> None:
    table[key] = value
    while len(table) > _REMEMBERED_REPLIES:
        table.popitem(last=False)
