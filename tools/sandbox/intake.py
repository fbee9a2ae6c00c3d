"""What the bridge calls on us: five notifications and query_token, checked without mercy.

Order of checks (T/CEC 102.4): five fields, signature, replay, token, content.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.tokens import TokenIssuer
from sandbox.model import Charge
from sandbox.platform import Platform
from sandbox.rules import outcome_problems
from sandbox.schemas import REQUESTS
from sandbox.strict import problems

log = logging.getLogger("sandbox")

MAX_BYTES = 256 * 1024
CONFIRMED, DISPUTED = 0, 1

Answer = tuple[int, str, dict[str, Any]]


class Intake:
    """Opens, checks, applies and answers one request of the bridge."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._secrets = platform.config.calls_from_bridge
        self.tokens = TokenIssuer(self._secrets, platform.clock)
        self._replays = envelope.ReplayGuard(platform.clock)
        self._handlers: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "query_token": self._token,
            "notification_stationStatus": self._station_status,
            "notification_start_charge_result": self._start_result,
            "notification_equip_charge_status": self._charge_status,
            "notification_stop_charge_result": self._stop_result,
            "notification_charge_order_info": self._order,
        }

    def handle(self, interface: str, authorization: str | None, raw: bytes) -> dict[str, Any]:
        """The sealed answer to one POST; the verdict is its Ret, never an exception."""
        body: dict[str, Any] = {}
        try:
            body = self._opened(interface, authorization, raw)
            ret, msg, answer = self._handled(interface, body)
        except envelope.EnvelopeError as error:
            self._platform.calls.violate("in", interface[:64], [f"Ret {error.ret}: {error.msg}"])
            ret, msg, answer = error.ret, error.msg, {}
        except Exception:
            log.exception("fault while handling %s", interface[:64])
            ret, msg, answer = envelope.RET_SERVER_FAULT, "fault in the platform", {}
        self._platform.calls.add("in", interface[:64], ret, msg, body, answer)
        return envelope.seal_response(self._secrets, ret, msg, answer)

    def _opened(self, interface: str, authorization: str | None, raw: bytes) -> dict[str, Any]:
        if len(raw) > MAX_BYTES:
            raise envelope.EnvelopeError(envelope.RET_BAD_ENVELOPE, "the request is too long")
        try:
            outer = json.loads(raw)
        except (ValueError, RecursionError):
            text = "the request is not JSON"
            raise envelope.EnvelopeError(envelope.RET_BAD_ENVELOPE, text) from None
        fields = envelope.check_request_fields(outer)
        body = envelope.open_request(self._secrets, outer)
        self._replays.check(fields)
        if interface != "query_token" and not self.tokens.check(authorization):
            raise envelope.EnvelopeError(envelope.RET_BAD_TOKEN, "the token is wrong or over")
        return body

    def _handled(self, interface: str, body: dict[str, Any]) -> Answer:
        handler = self._handlers.get(interface)
        if handler is None:
            raise _illegal("there is no such interface")
        found = problems(REQUESTS[interface], body)
        if not found and "SuccStat" in body:
            found = outcome_problems(body)
        if found:
            return self._refused(interface, found)
        return handler(body)

    def _refused(self, interface: str, found: list[str]) -> Answer:
        self._platform.calls.violate("in", interface, found)
        return envelope.RET_BAD_PARAMETER, "; ".join(found)[:500], {}

    def _token(self, body: dict[str, Any]) -> Answer:
        answer = self.tokens.answer(body)
        if answer["SuccStat"] != 0:
            reason = f"login refused, FailReason {answer['FailReason']}"
            self._platform.calls.violate("in", "query_token", [reason])
        return envelope.RET_OK, "", answer

    def _station_status(self, body: dict[str, Any]) -> Answer:
        self._platform.status_pushed(body["ConnectorStatusInfo"])
        return envelope.RET_OK, "", {"Status": 0}

    def _start_result(self, body: dict[str, Any]) -> Answer:
        self._platform.charging.start_result(self._charge(body), body)
        return envelope.RET_OK, "", _taken(body)

    def _charge_status(self, body: dict[str, Any]) -> Answer:
        found = self._platform.charging.status(self._charge(body), body)
        if found:
            return self._refused("notification_equip_charge_status", found)
        return envelope.RET_OK, "", {"StartChargeSeq": body["StartChargeSeq"], "SuccStat": 0}

    def _stop_result(self, body: dict[str, Any]) -> Answer:
        found = self._platform.charging.stop_result(self._charge(body), body)
        if found:
            return self._refused("notification_stop_charge_result", found)
        return envelope.RET_OK, "", _taken(body)

    def _order(self, body: dict[str, Any]) -> Answer:
        self._check_prefix(body)
        charge = self._platform.charging.charges.get(body["StartChargeSeq"])
        if charge is None:
            found = ["StartChargeSeq: no charge of this platform"]
        elif charge.connector.connector_id != body["ConnectorID"]:
            found = [f"ConnectorID: {body['ConnectorID']} is not the one of this charge"]
        else:
            found = self._platform.charging.order(charge, body)
        self._platform.calls.violate("in", "notification_charge_order_info", found)
        answer = {
            "StartChargeSeq": body["StartChargeSeq"],
            "ConnectorID": body["ConnectorID"],
            "ConfirmResult": DISPUTED if found else CONFIRMED,
        }
        return envelope.RET_OK, "; ".join(found)[:500], answer

    def _charge(self, body: Mapping[str, Any]) -> Charge:
        self._check_prefix(body)
        charge = self._platform.charging.charges.get(body["StartChargeSeq"])
        if charge is None:
            raise _illegal("StartChargeSeq: no charge of this platform")
        if charge.connector.connector_id != body["ConnectorID"]:
            raise _illegal(f"ConnectorID: {body['ConnectorID']} is not the one of this charge")
        return charge

    def _check_prefix(self, body: Mapping[str, Any]) -> None:
        own = self._platform.config.platform_id
        if not body["StartChargeSeq"].startswith(own):
            raise _illegal(f"StartChargeSeq: {body['StartChargeSeq']} does not begin with {own}")


def _illegal(text: str) -> envelope.EnvelopeError:
    return envelope.EnvelopeError(envelope.RET_BAD_PARAMETER, text)


def _taken(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"StartChargeSeq": body["StartChargeSeq"], "SuccStat": 0, "FailReason": 0}
