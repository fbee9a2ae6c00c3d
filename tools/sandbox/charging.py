"""One charge from start to bill: the driver's wishes out, the bridge's news in.

auth -> price -> start -> start result -> status ... -> stop -> stop result -> order (T/CEC 102.3)
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.client import CallError
from sandbox.model import ENDED, Charge, Connector, RefusalError, local_time, seconds
from sandbox.phrases import from_fail_reason, refusal
from sandbox.rules import Price, order_problems, prices_of, status_problems
from sandbox.views import money

if TYPE_CHECKING:
    from sandbox.platform import Platform

log = logging.getLogger("sandbox")

# The bridge acts once per StartChargeSeq, so a lost answer may be asked for again
_START_TRIES = 2
# A start without a result is watched this many times longer, should the pile still report
_GIVE_UP = 10
_LOCAL_REFUSALS = {0: "offline", 255: "fault", 3: "busy", 4: "reserved"}


class Charging:
    """All charges of this platform, by StartChargeSeq."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self.charges: dict[str, Charge] = {}
        self._minted: set[str] = set()
        self._starting: set[str] = set()
        self._watchers: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End the tasks that watch charges."""
        for task in list(self._watchers):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def mint(self) -> str:
        """A new sequence: OperatorID, local second, four digits; 27 characters, never twice."""
        stamp = f"{local_time(self._platform.clock()):%Y%m%d%H%M%S}"
        while True:
            seq = f"{self._platform.config.platform_id}{stamp}{secrets.randbelow(10000):04d}"
            if seq not in self._minted:
                self._minted.add(seq)
                return seq

    def find(self, seq: str) -> Charge:
        """The charge of a sequence; RefusalError when there is none."""
        if seq not in self.charges:
            raise refusal("unknown_charge", http_status=404)
        return self.charges[seq]

    async def start(self, connector_id: str) -> Charge:
        """Authorise, fix the price and start; RefusalError says why not."""
        connector = self._platform.connectors.get(connector_id)
        if connector is None:
            raise refusal("unknown_connector", http_status=404)
        self._refuse_hopeless(connector_id)
        self._starting.add(connector_id)
        try:
            await self._authorise(connector_id)
            quoted = await self._quote(connector_id)
            return await self._order_start(connector, quoted)
        finally:
            self._starting.discard(connector_id)

    async def stop(self, seq: str) -> Charge:
        """Ask the pile to end a charge; RefusalError says why not."""
        charge = self.find(seq)
        if not charge.live:
            raise refusal("already_ended")
        body = {"StartChargeSeq": seq, "ConnectorID": charge.connector.connector_id}
        answer = await self._ask("query_stop_charge", body)
        reason = answer["FailReason"]
        if answer["SuccStat"] != 0 and reason != 3:
            raise from_fail_reason("query_stop_charge", reason)
        charge.stop_requested = True
        charge.notice = None
        # Already stopped is as good as stopped
        charge.advance(ENDED if reason == 3 else answer["StartChargeSeqStat"])
        self._platform.tell_charge(charge)
        return charge

    def start_result(self, charge: Charge, body: Mapping[str, Any]) -> None:
        """A checked notification_start_charge_result."""
        charge.start_time = body["StartTime"]
        if body["StartChargeSeqStat"] == ENDED and not charge.confirmed:
            charge.failure = refusal("start_failed", interface="notification_start_charge_result")
        charge.advance(body["StartChargeSeqStat"])
        self._platform.tell_charge(charge)

    def stop_result(self, charge: Charge, body: Mapping[str, Any]) -> list[str]:
        """A checked notification_stop_charge_result; problems when it contradicts itself."""
        stat = body["StartChargeSeqStat"]
        if body["SuccStat"] == 0 and stat != ENDED:
            return [f"StartChargeSeqStat: {stat} beside SuccStat 0, a stop that worked says 4"]
        if body["SuccStat"] != 0:
            charge.stop_requested = False
            if charge.stat != ENDED:
                # The one way back: the stop did not happen
                charge.stat = stat
            charge.notice = refusal(
                "stop_failed",
                interface="notification_stop_charge_result",
                fail_reason=body["FailReason"],
            )
        charge.advance(stat)
        self._platform.tell_charge(charge)
        return []

    def status(self, charge: Charge, body: Mapping[str, Any]) -> list[str]:
        """A checked ChargeStatus, pushed or asked for; problems when its figures disagree."""
        found = status_problems(body, charge.quoted)
        reported = charge.status.get("TotalPower", 0)
        # Pushes may come late, also two of one second; an older sample is no news and no fault
        told = charge.status.get("EndTime", ""), reported
        stale = bool(charge.status) and (body["EndTime"], body["TotalPower"]) < told
        if not stale and body["TotalPower"] < reported:
            found.append(f"TotalPower: {body['TotalPower']}, but {reported} was reported before")
        if found:
            return found
        if not stale:
            charge.status = dict(body)
            charge.status_at = seconds(body["EndTime"])
            charge.start_time = body["StartTime"]
        charge.advance(body["StartChargeSeqStat"])
        self._platform.tell_charge(charge)
        return []

    def order(self, charge: Charge, body: Mapping[str, Any]) -> list[str]:
        """A checked ChargeOrderInfo; [] makes it the bill, problems make it disputed."""
        if charge.bill is not None:
            # The same order again is a repeated push after a lost answer
            if charge.bill == body:
                return []
            return ["an order for this StartChargeSeq was accepted before, with other figures"]
        found = order_problems(body, charge.quoted)
        # Every line of the order may round a hundredth away from what the live sum showed
        slack = Decimal("0.01") * max(1, len(body["ChargeDetails"]))
        reported = charge.status.get("TotalPower", 0)
        if body["TotalPower"] + slack < reported:
            found.append(f"TotalPower: {body['TotalPower']}, but {reported} was reported live")
        if found:
            charge.disputes = found
        else:
            charge.bill = dict(body)
            charge.disputes = []
            charge.advance(ENDED)
            log.info("bill %s: %s yuan", charge.seq, money(body["TotalMoney"]))
        self._platform.tell_charge(charge)
        return found

    def _refuse_hopeless(self, connector_id: str) -> None:
        taken = any(
            item.live and item.connector.connector_id == connector_id
            for item in self.charges.values()
        )
        if taken or connector_id in self._starting:
            raise refusal("busy")
        status = self._platform.statuses.get(connector_id, {}).get("Status")
        if status in _LOCAL_REFUSALS:
            raise refusal(_LOCAL_REFUSALS[status])

    async def _authorise(self, connector_id: str) -> None:
        body = {"EquipAuthSeq": self.mint(), "ConnectorID": connector_id}
        answer = await self._ask("query_equip_auth", body)
        if answer["SuccStat"] != 0:
            detail = answer.get("FailReasonMsg", "")
            raise from_fail_reason("query_equip_auth", answer["FailReason"], detail)

    async def _quote(self, connector_id: str) -> tuple[Price, ...]:
        body = {"EquipBizSeq": self.mint(), "ConnectorID": connector_id}
        answer = await self._ask("query_equip_business_policy", body)
        if answer["SuccStat"] != 0:
            raise from_fail_reason("query_equip_business_policy", answer["FailReason"])
        self._platform.prices[connector_id] = prices_of(answer)
        return self._platform.prices[connector_id]

    async def _order_start(self, connector: Connector, quoted: tuple[Price, ...]) -> Charge:
        charge = Charge(self.mint(), connector, quoted, self._platform.clock())
        # Known before it is sent: the result may arrive before the answer
        self.charges[charge.seq] = charge
        body = {"StartChargeSeq": charge.seq, "ConnectorID": connector.connector_id, "QRCode": ""}
        for tried in range(1, _START_TRIES + 1):
            try:
                answer = await self._platform.bridge.call("query_start_charge", body)
            except CallError as error:
                if error.ret is None and tried < _START_TRIES:
                    continue
                if error.ret is None:
                    # Nobody knows whether the pile heard it: watch, do not guess
                    break
                charge.failure = _call_refusal(error)
                raise charge.failure from None
            if answer["SuccStat"] != 0:
                charge.failure = from_fail_reason("query_start_charge", answer["FailReason"])
                raise charge.failure
            charge.advance(answer["StartChargeSeqStat"])
            break
        task = asyncio.create_task(self._watch(charge))
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)
        self._platform.tell_charge(charge)
        return charge

    async def _watch(self, charge: Charge) -> None:
        """Ask for the live figures until the charge has ended; pushes may come in between."""
        config = self._platform.config
        silent_s = 0.0
        while charge.bill is None and charge.stat != ENDED:
            if charge.phase == "failed" and silent_s > _GIVE_UP * config.start_result_s:
                return
            await asyncio.sleep(config.charge_poll_s)
            await self._poll(charge)
            silent_s = self._platform.clock() - charge.requested_at
            if charge.phase == "starting" and silent_s > config.start_result_s:
                charge.failure = refusal("no_result")
                self._platform.tell_charge(charge)

    async def _poll(self, charge: Charge) -> None:
        interface = "query_equip_charge_status"
        try:
            body = await self._platform.bridge.call(interface, {"StartChargeSeq": charge.seq})
        except CallError as error:
            log.debug("%s", error)
            return
        if body["ConnectorID"] != charge.connector.connector_id:
            found = [f"ConnectorID: {body['ConnectorID']} is not the one of this charge"]
        else:
            found = self.status(charge, body)
        self._platform.calls.violate("out", interface, found)

    async def _ask(self, interface: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await self._platform.bridge.call(interface, body)
        except CallError as error:
            raise _call_refusal(error) from None


def _call_refusal(error: CallError) -> RefusalError:
    code = "bridge_down" if error.ret is None else "bridge_refused"
    return refusal(code, http_status=502, interface=error.interface, detail=str(error))
