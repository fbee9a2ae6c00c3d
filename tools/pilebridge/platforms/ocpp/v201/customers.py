"""CustomerInformation (N09, N10): what stands here about a driver, told and forgotten."""

from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.parts import text_in_parts
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload

_LONGEST = 512


class Customers:
    """Answers about drivers; they are known here by their tokens only."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.answers: dict[str, Answer] = {"CustomerInformation": self._answer}

    async def _answer(self, payload: Payload) -> Payload:
        named = [
            name
            for name in ("customerIdentifier", "idToken", "customerCertificate")
            if name in payload
        ]
        if len(named) != 1:
            return words.with_reason("Invalid", "MissingParam", "name one customer")
        if not payload["report"] and not payload["clear"]:
            return words.with_reason("Rejected", "InvalidValue", "neither report nor clear")
        token = payload["idToken"]["idToken"] if named == ["idToken"] else None
        text = self._text(token)
        if payload["clear"] and token is not None:
            # The cache forgets all tokens: the bridge does not know which it holds. The local list stays.
            reply = await self._shared.services.clear_cache()
            if reply is None or reply.result != "accepted":
                return words.refused("Rejected", None if reply is None else reply.reason)
        # N10: also told when it was only forgotten
        self._shared.later(self._send(payload["requestId"], text if payload["report"] else ""))
        return {"status": "Accepted"}

    def _text(self, token: str | None) -> str:
        if token is None:
            return ""
        lines = [
            f"local list: {entry.status} group {entry.group or 'none'}"
            for entry in self._shared.services.tokens()
            if entry.token == token
        ]
        lines += [
            f"transaction {t.transaction_id or t.tx} on EVSE {t.connector}"
            for t in self._shared.running()
            if t.id_token == token
        ]
        lines += [
            f"reservation {kept['id']} until {words.stamp(kept['until'])}"
            for kept in self._shared.get("reservations", [])
            if kept["token"] == token
        ]
        return "\n".join(lines)

    async def _send(self, request_id: int, text: str) -> None:
        for number, more, piece in text_in_parts(text, _LONGEST):
            await self._shared.context.call(
                "NotifyCustomerInformation",
                {
                    "data": piece,
                    "tbc": more,
                    "seqNo": number,
                    "generatedAt": self._shared.stamp(),
                    "requestId": request_id,
                },
            )
