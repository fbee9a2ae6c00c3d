"""What an OCPP 1.6 station is answered, and the order its transaction messages must keep."""

from sandbox.csms.answers import Answers
from sandbox.csms.books import Books
from sandbox.csms.model import Json, Station, Transaction, seconds
from sandbox.csms.samples import again, digest, sample_of, take
from sandbox.csms.schemas import V16, FaultError

_OF_THE_WHOLE = {"Available", "Unavailable", "Faulted"}


class Answers16(Answers):
    """OCPP 1.6."""

    version = V16

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self.by_action |= {
            "Authorize": self._authorize,
            "StatusNotification": self._status,
            "StartTransaction": self._start,
            "MeterValues": self._meter_values,
            "StopTransaction": self._stop,
            "SignCertificate": lambda _, __: {"status": "Accepted"},
        }

    def _tag_info(self, station: Station, token: str) -> Json:
        verdict = self.books.behaviour_of(station.identity).verdict(token)
        info: Json = {"status": verdict.status}
        if verdict.until:
            info["expiryDate"] = verdict.until
        if verdict.parent:
            info["parentIdTag"] = verdict.parent
        return info

    def _authorize(self, station: Station, payload: Json) -> Json:
        return {"idTagInfo": self._tag_info(station, payload["idTag"])}

    def _status(self, station: Station, payload: Json) -> Json:
        number, status = payload["connectorId"], payload["status"]
        if number == 0 and status not in _OF_THE_WHOLE:
            self._complain(station, "status_of_zero", f"connector 0 can never be {status}")
        if status == "Faulted" and payload["errorCode"] == "NoError":
            self._complain(station, "fault_without_code", f"connector {number}: Faulted, NoError")
        station.connectors[number] = {
            "status": status,
            "error": payload["errorCode"],
            "info": payload.get("info", ""),
            "vendor_error": payload.get("vendorErrorCode", ""),
            "utc": seconds(payload["timestamp"]) if "timestamp" in payload else None,
        }
        self.books.store.keep_station(station)
        return {}

    def _start(self, station: Station, payload: Json) -> Json:
        behaviour = self.books.behaviour_of(station.identity)
        info = self._tag_info(station, payload["idTag"])
        if payload["connectorId"] < 1:
            raise FaultError("PropertyConstraintViolation", "a start needs a connector above 0")
        if behaviour.starts:
            info["status"], number = behaviour.starts.pop(0)
            # Numbers below 0 stand for the right one
            if number >= 0:
                return {"transactionId": number, "idTagInfo": info}
        item = self._known_start(station, payload)
        if item is None:
            item = self._new_start(station, payload)
        else:
            item.resent += 1
            if not item.open:
                self._complain(station, "start_after_end", f"transaction {item.id} had ended")
        self.books.store.keep(item)
        return {"transactionId": int(item.id), "idTagInfo": info}

    def _known_start(self, station: Station, payload: Json) -> Transaction | None:
        what = (
            payload["connectorId"],
            seconds(payload["timestamp"]),
            payload["idTag"],
            payload["meterStart"],
        )
        for item in self.books.store.of(station.identity):
            if (item.connector, item.start_utc, item.token, item.start_wh) == what:
                return item
        return None

    def _new_start(self, station: Station, payload: Json) -> Transaction:
        store, number = self.books.store, payload["connectorId"]
        start_utc, start_wh = seconds(payload["timestamp"]), payload["meterStart"]
        for other in store.open_on(station.identity, number):
            self._complain(station, "start_while_open", f"transaction {other.id} has not ended")
        ended = [o for o in store.of(station.identity) if o.connector == number and not o.open]
        if ended:
            last = ended[-1]
            if last.end_utc is not None and start_utc < last.end_utc:
                self._complain(station, "time_back", f"start before the end of {last.id}")
            if last.end_wh is not None and start_wh < last.end_wh:
                self._complain(station, "register_back", f"start below the end of {last.id}")
        return Transaction(
            station.identity,
            str(store.next_id()),
            V16,
            number,
            token=payload["idTag"],
            start_utc=start_utc,
            start_wh=start_wh,
        )

    def _meter_values(self, station: Station, payload: Json) -> Json:
        values = payload["meterValue"]
        if "transactionId" not in payload:
            for value in values:
                sample_of(V16, value)
            return {}
        item = self._find(station, payload["transactionId"])
        if item.connector != payload["connectorId"]:
            self._complain(station, "wrong_connector", f"transaction {item.id}: MeterValues")
        # Others may well be of the same second
        if again(item, f"values {digest(payload)}", payload):
            return {}
        if not item.open:
            self._complain(station, "values_after_end", f"transaction {item.id} had ended")
        # What was asked for does not wait behind what is queued: it belongs to no order
        ordered = [each for each in values if sample_of(V16, each).context != "Trigger"]
        take(self.books, item, ordered)
        self.books.store.keep(item)
        return {}

    def _stop(self, station: Station, payload: Json) -> Json:
        item = self._find(station, payload["transactionId"])
        answer: Json = {}
        if "idTag" in payload:
            answer["idTagInfo"] = self._tag_info(station, payload["idTag"])
        same = again(item, "stop", payload)
        if same is None:
            self._complain(
                station, "second_end", f"transaction {item.id} ended differently before"
            )
        if same is False:
            self._end(station, item, payload)
        self.books.store.keep(item)
        return answer

    def _end(self, station: Station, item: Transaction, payload: Json) -> None:
        for value in payload.get("transactionData", ()):
            sample_of(V16, value)
        end_utc, end_wh = seconds(payload["timestamp"]), payload["meterStop"]
        last_wh = item.last_wh()
        last_utc = item.last_utc()
        if last_wh is not None and end_wh < last_wh:
            self._complain(
                station, "register_back", f"transaction {item.id}: {end_wh} < {last_wh}"
            )
        if end_utc < last_utc:
            self._complain(station, "time_back", f"transaction {item.id}: end before {last_utc}")
        item.end_utc, item.end_wh = end_utc, end_wh
        item.reason = payload.get("reason", "Local")

    def _find(self, station: Station, number: int) -> Transaction:
        item = self.books.store.find(station.identity, str(number))
        if item is None:
            raise FaultError("PropertyConstraintViolation", f"no transaction {number}")
        return item

    def _complain(self, station: Station, rule: str, text: str) -> None:
        self.books.complain(station.identity, rule, text)
