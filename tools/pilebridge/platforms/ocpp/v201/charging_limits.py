"""Limits that others set (K11 to K14): the site's supply limit holds a connector back, or no longer does."""

from pilebridge.model import OFFLINE, Connector
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.shared import Shared

# Who holds the current, by the pile's word: ChargingLimitSourceEnumType. The others are not external:
# the rating, the cable, the temperature, profiles of the central system itself.
SOURCE = {"site": "EMS", "supply": "EMS", "platform": "Other"}
_TOLD = "told_limits"


class ChargingLimits:
    """What was told about external limits, kept over connections."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._model = model

    async def look(self, connector: Connector) -> None:
        """Tell a limit that is new or has changed enough, and one that is gone."""
        state = self._shared.services.state(connector.number)
        if state.status == OFFLINE:
            return
        source = SOURCE.get(state.limit_by)
        told = self._shared.get(_TOLD, {}).get(str(connector.number))
        if source is None:
            if told is not None:
                await self._shared.context.call(
                    "ClearedChargingLimit",
                    {"chargingLimitSource": told["source"], "evseId": connector.number},
                )
                await self._keep(connector, None)
            return
        if (
            told is not None
            and told["source"] == source
            and not self._is_significant(told["a10"], state.limit_a10)
        ):
            return
        payload = {
            "evseId": connector.number,
            "chargingLimit": {"chargingLimitSource": source, "isGridCritical": False},
        }
        if self._model.flag("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules"):
            payload["chargingSchedule"] = [
                {
                    "id": connector.number,
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": state.limit_a10 / 10}],
                }
            ]
        await self._shared.context.call("NotifyChargingLimit", payload)
        await self._keep(connector, {"source": source, "a10": state.limit_a10})

    def _is_significant(self, told_a10: int, a10: int) -> bool:
        # K12: a change below LimitChangeSignificance is not told
        percent = float(self._model.kept("SmartChargingCtrlr", "LimitChangeSignificance"))
        return abs(a10 - told_a10) * 100 > percent * told_a10

    async def _keep(self, connector: Connector, told: dict[str, object] | None) -> None:
        limits = dict(self._shared.get(_TOLD, {}))
        limits.pop(str(connector.number), None)
        if told is not None:
            limits[str(connector.number)] = told
        await self._shared.set(_TOLD, limits)
