"""What the central system may ask of a station, the same words for both versions."""

import itertools
from collections.abc import Sequence
from typing import Any

from sandbox.csms.model import Json, iso, seconds
from sandbox.csms.profiles import Profile
from sandbox.csms.schemas import V16
from sandbox.csms.system import CentralSystem


class Commands:
    """Each answers with the station's payload; RefusedError for a CALLERROR, NoAnswerError without one."""

    def __init__(self, system: CentralSystem) -> None:
        self._system = system
        self._numbers = itertools.count(1)

    async def call(
        self, station: str, action: str, payload: Json | None = None, timeout_s: float = 30.0
    ) -> Json:
        """Any call, in the version's own words."""
        return await self._system.link(station).call(action, payload or {}, timeout_s)

    async def remote_start(
        self,
        station: str,
        token: str,
        connector: int | None = None,
        profile: Json | None = None,
        token_type: str = "ISO14443",
        group: str = "",
    ) -> Json:
        """Begin a transaction; `profile` in the words of Profile, of purpose tx."""
        rows = Profile.from_dict(profile).payload(self._version(station)) if profile else None
        if self._old(station):
            payload: Json = {"idTag": token}
            _put(payload, connectorId=connector, chargingProfile=rows)
            return await self.call(station, "RemoteStartTransaction", payload)
        payload = {
            "remoteStartId": next(self._numbers),
            "idToken": {"idToken": token, "type": token_type},
        }
        group_token = {"idToken": group, "type": "Central"} if group else None
        _put(payload, evseId=connector, chargingProfile=rows, groupIdToken=group_token)
        return await self.call(station, "RequestStartTransaction", payload)

    async def remote_stop(self, station: str, transaction: str | int) -> Json:
        """End a transaction by the central system's id."""
        if self._old(station):
            payload: Json = {"transactionId": int(transaction)}
            return await self.call(station, "RemoteStopTransaction", payload)
        return await self.call(
            station, "RequestStopTransaction", {"transactionId": str(transaction)}
        )

    async def reset(self, station: str, hard: bool = False) -> Json:
        """Start the station anew: at once, or soft (1.6) and on idle (2.0.1)."""
        words = ("Soft", "Hard") if self._old(station) else ("OnIdle", "Immediate")
        return await self.call(station, "Reset", {"type": words[hard]})

    async def unlock(self, station: str, connector: int = 1) -> Json:
        """Open the lock of a connector."""
        if self._old(station):
            return await self.call(station, "UnlockConnector", {"connectorId": connector})
        return await self.call(station, "UnlockConnector", {"evseId": connector, "connectorId": 1})

    async def availability(self, station: str, operative: bool, connector: int = 0) -> Json:
        """Take a connector (0: the station) out of service, or back."""
        word = "Operative" if operative else "Inoperative"
        if self._old(station):
            payload: Json = {"connectorId": connector, "type": word}
        else:
            payload = {"operationalStatus": word}
            _put(payload, evse={"id": connector} if connector else None)
        return await self.call(station, "ChangeAvailability", payload)

    async def reserve(
        self,
        station: str,
        reservation: int,
        token: str,
        until: str | float,
        connector: int = 0,
        parent: str = "",
        token_type: str = "ISO14443",
    ) -> Json:
        """Keep a connector (0: any) for a token."""
        expiry = until if isinstance(until, str) else iso(until)
        if self._old(station):
            payload: Json = {
                "connectorId": connector,
                "expiryDate": expiry,
                "idTag": token,
                "reservationId": reservation,
            }
            _put(payload, parentIdTag=parent or None)
        else:
            payload = {
                "id": reservation,
                "expiryDateTime": expiry,
                "idToken": {"idToken": token, "type": token_type},
            }
            group = {"idToken": parent, "type": "Central"} if parent else None
            _put(payload, evseId=connector or None, groupIdToken=group)
        return await self.call(station, "ReserveNow", payload)

    async def cancel_reservation(self, station: str, reservation: int) -> Json:
        """Give up a reservation."""
        return await self.call(station, "CancelReservation", {"reservationId": reservation})

    async def send_list(
        self, station: str, version: int, entries: Sequence[Json], full: bool = True
    ) -> Json:
        """The local list, or changes to it: {token, status, until, parent}; without status: to be removed."""
        old = self._old(station)
        rows = [_list_entry_16(entry) if old else _list_entry_201(entry) for entry in entries]
        payload: Json = {"updateType": "Full" if full else "Differential"}
        payload["listVersion" if old else "versionNumber"] = version
        if rows:
            payload["localAuthorizationList"] = rows
        return await self.call(station, "SendLocalList", payload)

    async def list_version(self, station: str) -> Json:
        """Which local list it has."""
        return await self.call(station, "GetLocalListVersion", {})

    async def clear_cache(self, station: str) -> Json:
        """Forget the tokens that were once accepted."""
        return await self.call(station, "ClearCache", {})

    async def set_profile(self, station: str, profile: Json) -> Json:
        """Install a charging profile; one that was accepted is drawn on the page."""
        row = Profile.from_dict(profile)
        old = self._old(station)
        payload: Json = {"connectorId" if old else "evseId": row.connector}
        payload["csChargingProfiles" if old else "chargingProfile"] = row.payload(
            self._version(station)
        )
        answer = await self.call(station, "SetChargingProfile", payload)
        if answer["status"] == "Accepted":
            self._installed(station, row)
        return answer

    async def clear_profiles(
        self,
        station: str,
        profile: int | None = None,
        connector: int | None = None,
    ) -> Json:
        """Remove one profile by its id, or those of a connector, or all."""
        payload: Json = {}
        if self._old(station):
            _put(payload, id=profile, connectorId=connector)
        else:
            _put(payload, chargingProfileId=profile)
            if connector is not None:
                payload["chargingProfileCriteria"] = {"evseId": connector}
        answer = await self.call(station, "ClearChargingProfile", payload)
        if answer["status"] == "Accepted":
            kept = self._system.books.store.station(station)
            kept.profiles = {
                key: row
                for key, row in kept.profiles.items()
                if profile not in {None, key} or connector not in {None, row["connector"]}
            }
            self._system.books.store.keep_station(kept)
        return answer

    async def get_configuration(self, station: str, keys: Sequence[str] = ()) -> Json:
        """1.6: keys, or all; 2.0.1: "Component.Variable" each."""
        if self._old(station):
            return await self.call(
                station, "GetConfiguration", {"key": list(keys)} if keys else {}
            )
        rows = [_variable(key) for key in keys]
        return await self.call(station, "GetVariables", {"getVariableData": rows})

    async def change_configuration(self, station: str, key: str, value: str) -> Json:
        """1.6: a key; 2.0.1: "Component.Variable"."""
        if self._old(station):
            payload: Json = {"key": key, "value": value}
            return await self.call(station, "ChangeConfiguration", payload)
        rows = [{**_variable(key), "attributeValue": value}]
        return await self.call(station, "SetVariables", {"setVariableData": rows})

    async def composite_schedule(
        self, station: str, connector: int = 1, duration_s: int = 3600, unit: str = "A"
    ) -> Json:
        """What the station says its profiles allow; drawn on the page."""
        payload: Json = {"duration": duration_s, "chargingRateUnit": unit}
        payload["connectorId" if self._old(station) else "evseId"] = connector
        answer = await self.call(station, "GetCompositeSchedule", payload)
        if answer["status"] == "Accepted":
            told = _told_schedule(answer)
            if told:
                self._system.books.store.station(station).schedules[connector] = told
        return answer

    async def trigger(self, station: str, message: str, connector: int | None = None) -> Json:
        """Have it send a message now."""
        payload: Json = {"requestedMessage": message}
        if self._old(station):
            _put(payload, connectorId=connector)
        else:
            _put(payload, evse={"id": connector} if connector else None)
        return await self.call(station, "TriggerMessage", payload)

    async def base_report(self, station: str, base: str = "FullInventory") -> Json:
        """2.0.1: have it tell its device model; the parts arrive later as notices."""
        payload: Json = {"requestId": next(self._numbers), "reportBase": base}
        return await self.call(station, "GetBaseReport", payload)

    async def data_transfer(self, station: str, vendor: str, data: str = "") -> Json:
        """A message of a vendor's own."""
        payload: Json = {"vendorId": vendor}
        _put(payload, data=data or None)
        return await self.call(station, "DataTransfer", payload)

    def _version(self, station: str) -> str:
        return self._system.link(station).version

    def _old(self, station: str) -> bool:
        return self._version(station) == V16

    def _installed(self, station: str, row: Profile) -> None:
        kept = self._system.books.store.station(station)
        place = (row.connector, row.purpose, row.stack, row.transaction)
        kept.profiles = {
            key: other
            for key, other in kept.profiles.items()
            if (other["connector"], other["purpose"], other["stack"], other["transaction"])
            != place
        }
        kept.profiles[row.id] = row.as_dict()
        self._system.books.store.keep_station(kept)


def _put(payload: Json, **fields: Any) -> None:
    payload.update({name: value for name, value in fields.items() if value is not None})


def _variable(key: str) -> Json:
    component, _, variable = key.rpartition(".")
    return {"component": {"name": component}, "variable": {"name": variable}}


def _list_entry_16(entry: Json) -> Json:
    row: Json = {"idTag": entry["token"]}
    if entry.get("status"):
        row["idTagInfo"] = info = {"status": entry["status"]}
        _put(info, expiryDate=entry.get("until"), parentIdTag=entry.get("parent"))
    return row


def _list_entry_201(entry: Json) -> Json:
    row: Json = {"idToken": {"idToken": entry["token"], "type": entry.get("type", "ISO14443")}}
    if entry.get("status"):
        row["idTokenInfo"] = info = {"status": entry["status"]}
        parent = entry.get("parent")
        group = {"idToken": parent, "type": "Central"} if parent else None
        _put(info, cacheExpiryDateTime=entry.get("until"), groupIdToken=group)
    return row


def _told_schedule(answer: Json) -> Json | None:
    schedule = answer.get("chargingSchedule") or answer.get("schedule")
    if not schedule:
        return None
    start = answer.get("scheduleStart") or schedule.get("scheduleStart")
    start = start or schedule.get("startSchedule")
    periods = [[row["startPeriod"], row["limit"]] for row in schedule["chargingSchedulePeriod"]]
    return {
        "start_utc": seconds(start) if start else None,
        "duration_s": schedule.get("duration"),
        "unit": schedule["chargingRateUnit"],
        "periods": periods,
    }
