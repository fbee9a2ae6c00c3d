"""Calls to one T/CEC 102 peer: sealing, its token, and the layers of its verdict."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from pilebridge.platforms.tcec102.envelope import (
    RET_BAD_PARAMETER,
    RET_BAD_TOKEN,
    EnvelopeError,
    Secrets,
    TimestampSeq,
    open_response,
    seal_request,
)

log = logging.getLogger(__name__)

_CONTENT = {"Content-Type": "application/json;charset=utf-8"}
# A token is renewed this long before its end, or at nine tenths of a short life
_MARGIN_S = 60


class PeerError(Exception):
    """The peer did not do what was asked; `passing` when the same message may be taken later.

    A refused login or signature is not the message's fault: somebody corrects a key, and then it
    goes through. Only a parameter that the peer calls illegal stays so.

    `ret` is the Ret it answered, or None when no valid answer came.
    """

    def __init__(self, text: str, passing: bool, ret: int | None = None) -> None:
        super().__init__(text)
        self.passing = passing
        self.ret = ret


class PeerClient:
    """One peer at `url`, called with the `secrets` of that direction."""

    def __init__(
        self,
        url: str,
        secrets: Secrets,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url.rstrip("/")
        self._secrets = secrets
        self._http = http
        self._clock = clock
        self._stamps = TimestampSeq(clock)
        self._token = ""
        self._token_end = 0.0
        self._login = asyncio.Lock()

    async def call(self, interface: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Inner object of the answer with Ret 0; PeerError otherwise.

        Ret 4002 drops the token and asks once more; whatever is inside is the caller's to judge.
        """
        token = await self._valid_token("")
        ret, msg, answer = await self._post(interface, body, token)
        if ret == RET_BAD_TOKEN:
            token = await self._valid_token(token)
            ret, msg, answer = await self._post(interface, body, token)
        if ret != 0:
            raise PeerError(f"{interface}: Ret {ret} {msg}", ret != RET_BAD_PARAMETER, ret)
        return answer

    async def _valid_token(self, refused: str) -> str:
        """A token other than `refused`; callers that wait together share one login."""
        async with self._login:
            if self._token and self._token != refused and self._clock() < self._token_end:
                return self._token
            self._token = ""
            keys = self._secrets
            body = {"OperatorID": keys.operator_id, "OperatorSecret": keys.operator_secret}
            ret, msg, answer = await self._post("query_token", body, None)
            if ret != 0:
                raise PeerError(f"query_token: Ret {ret} {msg}", True, ret)
            token, life_s = answer.get("AccessToken"), answer.get("TokenAvailableTime")
            if as_int(answer.get("SuccStat")) != 0 or not isinstance(token, str) or not token:
                raise PeerError(f"query_token: FailReason {answer.get('FailReason')}", True)
            life = max(0, as_int(life_s) or 0)
            self._token = token
            self._token_end = self._clock() + max(life * 0.5, min(life * 0.9, life - _MARGIN_S))
            log.info("tcec: logged in at %s for %d s", self._url, life)
            return token

    async def _post(
        self, interface: str, body: Mapping[str, Any], token: str | None
    ) -> tuple[int, str, dict[str, Any]]:
        headers = dict(_CONTENT)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        envelope = seal_request(self._secrets, body, *self._stamps.next())
        try:
            response = await self._http.post(
                f"{self._url}/{interface}", json=envelope, headers=headers
            )
        except httpx.HTTPError as error:
            text = str(error) or type(error).__name__
            raise PeerError(f"{interface}: no connection: {text}", True) from None
        if response.status_code != 200:
            raise PeerError(f"{interface}: HTTP {response.status_code}", True)
        try:
            return open_response(self._secrets, response.json())
        except (EnvelopeError, ValueError) as error:
            raise PeerError(f"{interface}: answer refused: {error}", True) from None


def as_int(value: object) -> int | None:
    """A whole number that some peers send as text, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        return int(value) if isinstance(value, str) else None
    except ValueError:
        return None
