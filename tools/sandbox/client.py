"""Calls from the platform to the bridge: envelope, token, and the strict check of every answer."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from pilebridge.platforms.tcec102 import envelope
from sandbox.calllog import CallLog
from sandbox.config import Config
from sandbox.rules import outcome_problems, policy_problems
from sandbox.schemas import ANSWERS
from sandbox.strict import echo, problems

# A token is renewed before the bridge would refuse it
_TOKEN_MARGIN_S = 60
_ECHOED = ("EquipAuthSeq", "EquipBizSeq", "StartChargeSeq", "ConnectorID", "PageNo")
_WITH_OUTCOME = {"query_token", "query_equip_auth", "query_start_charge", "query_stop_charge"}


class CallError(Exception):
    """A call came to nothing: `ret` is the bridge's code, None when no usable answer came."""

    def __init__(self, interface: str, ret: int | None, text: str) -> None:
        super().__init__(f"{interface}: {text}")
        self.interface = interface
        self.ret = ret


class BridgeClient:
    """The bridge as this platform sees it; `call` returns only answers that passed every check."""

    def __init__(
        self,
        config: Config,
        calls: CallLog,
        clock: Callable[[], float],
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._config = config
        self._secrets = config.calls_to_bridge
        self._calls = calls
        self._clock = clock
        self._stamps = envelope.TimestampSeq(clock)
        # No proxy from the environment: the bridge is on this machine or on a named one
        self._http = http or httpx.AsyncClient(trust_env=False, timeout=config.call_timeout_s)
        self._token = ""
        self._token_until = 0.0
        self._login = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, interface: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The checked inner answer; CallError on a refusal, a violation or no answer."""
        token = await self._valid_token("")
        ret, msg, answer = await self._post(interface, body, token)
        if ret == envelope.RET_BAD_TOKEN:
            token = await self._valid_token(token)
            ret, msg, answer = await self._post(interface, body, token)
        if ret != envelope.RET_OK:
            raise CallError(interface, ret, f"Ret {ret} {msg}")
        return answer

    async def _valid_token(self, refused: str) -> str:
        """The bearer token; logs in once for all waiting callers unless a newer one is there."""
        async with self._login:
            if self._token != refused and self._token_until > self._clock():
                return self._token
            body = {
                "OperatorID": self._secrets.operator_id,
                "OperatorSecret": self._secrets.operator_secret,
            }
            ret, msg, answer = await self._post("query_token", body, None)
            if ret != envelope.RET_OK:
                raise CallError("query_token", ret, f"Ret {ret} {msg}")
            if answer["SuccStat"] != 0 or not answer["AccessToken"]:
                reason = answer["FailReason"]
                raise CallError("query_token", ret, f"login refused, FailReason {reason}")
            self._token = answer["AccessToken"]
            lifetime_s = answer["TokenAvailableTime"]
            margin_s = min(_TOKEN_MARGIN_S, lifetime_s / 10)
            self._token_until = self._clock() + lifetime_s - margin_s
            return self._token

    async def _post(
        self, interface: str, body: Mapping[str, Any], token: str | None
    ) -> tuple[int, str, dict[str, Any]]:
        sealed = envelope.seal_request(self._secrets, body, *self._stamps.next())
        headers = {"Content-Type": "application/json;charset=utf-8"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self._config.bridge_url}/{interface}"
        try:
            response = await self._http.post(url, content=json.dumps(sealed), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = f"no answer: {error or type(error).__name__}"
            self._calls.add("out", interface, None, text, body, {})
            raise CallError(interface, None, text) from None
        ret, msg, answer, found = self._opened(interface, body, response)
        self._calls.add("out", interface, ret, msg, body, answer)
        if found:
            self._calls.violate("out", interface, found)
            raise CallError(interface, ret, "; ".join(found))
        return ret or 0, msg, answer

    def _opened(
        self, interface: str, body: Mapping[str, Any], response: httpx.Response
    ) -> tuple[int | None, str, dict[str, Any], list[str]]:
        """(Ret, Msg, inner answer, problems) of one HTTP response."""
        if response.status_code != 200:
            return None, "", {}, [f"HTTP status {response.status_code}, the standard answers 200"]
        try:
            outer = response.json()
            ret, msg, answer = envelope.open_response(self._secrets, outer)
        except envelope.EnvelopeError as error:
            return None, error.msg, {}, [f"envelope of the answer: {error.msg}"]
        except ValueError:
            return None, "", {}, ["envelope of the answer: not JSON"]
        found = [] if type(outer["Ret"]) is int else [f"Ret: {outer['Ret']!r} is not a number"]
        if ret == envelope.RET_OK:
            found += _answer_problems(interface, body, answer)
        return ret, msg, answer, found


def _answer_problems(
    interface: str, body: Mapping[str, Any], answer: Mapping[str, Any]
) -> list[str]:
    found = problems(ANSWERS[interface], answer)
    if found:
        return found
    repeated = {name for name, _, _ in ANSWERS[interface]}.intersection(body, _ECHOED)
    found = echo(answer, body, *sorted(repeated))
    if interface in _WITH_OUTCOME:
        found += outcome_problems(answer)
    if interface == "query_equip_business_policy":
        found += policy_problems(answer)
    return found
