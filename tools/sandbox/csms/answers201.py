"""What an OCPP 2.0.1 station is answered, and the order its transaction events must keep."""

from sandbox.csms.answers import Answers
from sandbox.csms.books import Books
from sandbox.csms.model import Json, Station, Transaction, seconds
from sandbox.csms.samples import again, sample_of, take
from sandbox.csms.schemas import V201

_FIXED: dict[str, Json] = {
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": {"status": "Failed"},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "SignCertificate": {"status": "Accepted"},
}


class Answers201(Answers):
    """OCPP 2.0.1."""

    version = V201

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        # Next part of a report, by station and request
        self._parts: dict[tuple[str, str, int], int] = {}
        self.by_action |= {
            "Authorize": self._authorize,
            "StatusNotification": self._status,
            "TransactionEvent": self._event,
            "MeterValues": self._meter_values,
        }

    def answer(self, station: Station, action: str, payload: Json) -> Json:
        """As in the class above; reports are also looked through for their parts."""
        if action in {"NotifyReport", "NotifyMonitoringReport", "NotifyCustomerInformation"}:
            self._part(station, action, payload)
        answer = super().answer(station, action, payload)
        return answer or dict(_FIXED.get(action, {}))

    def _token_info(self, station: Station, token: Json) -> Json:
        verdict = self.books.behaviour_of(station.identity).verdict(token["idToken"])
        info: Json = {"status": verdict.status}
        if verdict.until:
            info["cacheExpiryDateTime"] = verdict.until
        if verdict.parent:
            info["groupIdToken"] = {"idToken": verdict.parent, "type": "Central"}
        return info

    def _authorize(self, station: Station, payload: Json) -> Json:
        return {"idTokenInfo": self._token_info(station, payload["idToken"])}

    def _status(self, station: Station, payload: Json) -> Json:
        if payload["evseId"] < 1 or payload["connectorId"] < 1:
            self._complain(station, "status_of_zero", "a status is that of a connector of an EVSE")
        station.connectors[payload["evseId"]] = {
            "status": payload["connectorStatus"],
            "connector": payload["connectorId"],
            "utc": seconds(payload["timestamp"]),
        }
        self.books.store.keep_station(station)
        return {}

    def _meter_values(self, _: Station, payload: Json) -> Json:
        for value in payload["meterValue"]:
            sample_of(V201, value)
        return {}

    def _event(self, station: Station, payload: Json) -> Json:
        store, key = self.books.store, payload["transactionInfo"]["transactionId"]
        item = store.find(station.identity, key)
        if item is None:
            item = self._new(station, payload)
        # The flag says how it was sent as well as when it happened
        same = again(item, str(payload["seqNo"]), payload, "offline")
        if same is None:
            self._complain(station, "number_again", f"{key}: another event {payload['seqNo']}")
        if same is False:
            self._take(station, item, payload)
        store.keep(item)
        answer: Json = {}
        if "idToken" in payload:
            answer["idTokenInfo"] = self._token_info(station, payload["idToken"])
        price = self.books.behaviour_of(station.identity).cost_per_kwh
        if price is not None:
            used = (item.last_wh() or 0) - (item.start_wh or 0)
            answer["totalCost"] = round(price * used / 1000, 4)
        return answer

    def _new(self, station: Station, payload: Json) -> Transaction:
        number = payload.get("evse", {}).get("id", 0)
        key = payload["transactionInfo"]["transactionId"]
        if payload["eventType"] != "Started" or payload["seqNo"] != 0:
            text = f"{key}: begins with {payload['eventType']} {payload['seqNo']}"
            self._complain(station, "not_started", text)
        for other in self.books.store.open_on(station.identity, number) if number else ():
            self._complain(station, "start_while_open", f"transaction {other.id} has not ended")
        start_utc = seconds(payload["timestamp"])
        return Transaction(station.identity, key, V201, number, start_utc=start_utc)

    def _take(self, station: Station, item: Transaction, payload: Json) -> None:
        number, kind = payload["seqNo"], payload["eventType"]
        utc, info = seconds(payload["timestamp"]), payload["transactionInfo"]
        self._order(station, item, payload, utc)
        item.numbers.append(number)
        item.offline_events += bool(payload.get("offline"))
        item.state = info.get("chargingState", item.state)
        item.remote_start_id = info.get("remoteStartId", item.remote_start_id)
        if "evse" in payload:
            item.connector = payload["evse"]["id"]
        if "idToken" in payload:
            item.token = item.token or payload["idToken"]["idToken"]
        take(self.books, item, payload.get("meterValue", []), told_before=kind == "Ended")
        if item.start_wh is None:
            told = [sample.wh for sample in item.samples if sample.wh is not None]
            item.start_wh = told[0] if told else None
        if kind == "Ended":
            item.end_utc, item.end_wh = utc, item.last_wh()
            item.reason = info.get("stoppedReason", "Local")

    def _order(self, station: Station, item: Transaction, payload: Json, utc: float) -> None:
        number, kind = payload["seqNo"], payload["eventType"]
        if not item.open:
            self._complain(station, "event_after_end", f"{item.id}: {kind} {number}")
        if kind == "Started" and item.numbers:
            self._complain(station, "second_start", f"{item.id}: Started with {number}")
        expected = max(item.numbers, default=-1) + 1
        if number < expected:
            self._complain(station, "order", f"{item.id}: {number} after {expected - 1}")
        elif number > expected:
            item.gaps += range(expected, number)
            self._complain(station, "gap", f"{item.id}: {number} instead of {expected}")
        last = item.last_utc()
        if utc < last:
            self._complain(station, "time_back", f"{item.id}: {kind} of {utc} after {last}")

    def _part(self, station: Station, action: str, payload: Json) -> None:
        key = (station.identity, action, payload["requestId"])
        expected, number = self._parts.pop(key, 0), payload["seqNo"]
        if number != expected:
            self._complain(station, "part_order", f"{action}: {number} instead of {expected}")
        if payload.get("tbc"):
            self._parts[key] = number + 1
        for item in payload.get("reportData", ()):
            name = f"{item['component']['name']}.{item['variable']['name']}"
            station.variables[name] = item["variableAttribute"][0].get("value")

    def _complain(self, station: Station, rule: str, text: str) -> None:
        self.books.complain(station.identity, rule, text)
