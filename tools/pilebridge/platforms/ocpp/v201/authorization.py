"""Id tokens: Authorize, the authorization cache and the local list (C01 to C14, D01, D02)."""

from pilebridge.platforms.ocpp.v201 import words
from pilebridge.platforms.ocpp.v201.bounds import MOST_LOCAL_TOKENS
from pilebridge.platforms.ocpp.v201.device_model import DeviceModel
from pilebridge.platforms.ocpp.v201.shared import Answer, Shared
from pilebridge.platforms.ocpp.v201.words import Payload
from pilebridge.station_services import Authorization, TokenEntry


def entry_of(item: Payload) -> TokenEntry:
    """An entry of the local list from AuthorizationData."""
    info = item["idTokenInfo"]
    return TokenEntry(
        item["idToken"]["idToken"],
        words.VERDICT[info["status"]],
        words.optional_time(info.get("cacheExpiryDateTime")) or 0,
        info.get("groupIdToken", {}).get("idToken", ""),
    )


class Authorizations:
    """What the central system says about tokens, asked or told beforehand."""

    def __init__(self, shared: Shared, model: DeviceModel) -> None:
        self._shared = shared
        self._services = shared.services
        self._model = model
        self.answers: dict[str, Answer] = {
            "ClearCache": self._clear_cache,
            "SendLocalList": self._send_local_list,
            "GetLocalListVersion": self._version,
        }

    async def authorize(self, token: str, known_type: str = "") -> Authorization:
        """Ask for a token; CallError or NotDeliveredError when there was no verdict."""
        answer = await self._shared.context.call(
            "Authorize", {"idToken": words.id_token(token, known_type)}
        )
        info = answer["idTokenInfo"]
        status = words.VERDICT[info["status"]]
        allowed = info.get("evseId")
        ours = {connector.number for connector in self._services.connectors}
        if status == "accepted" and allowed and not ours & set(allowed):
            # The verdict is for other EVSEs
            status = "invalid"
        return Authorization(
            status,
            words.optional_time(info.get("cacheExpiryDateTime")) or 0,
            info.get("groupIdToken", {}).get("idToken", ""),
        )

    async def _clear_cache(self, _payload: Payload) -> Payload:
        reply = await self._services.clear_cache()
        if reply is not None and reply.result == "accepted":
            return {"status": "Accepted"}
        return words.refused("Rejected", None if reply is None else reply.reason)

    async def _version(self, _payload: Payload) -> Payload:
        enabled = self._model.flag("LocalAuthListCtrlr", "Enabled")
        # D02: 0 also stands for a list that is switched off
        return {"versionNumber": self._services.token_version() if enabled else 0}

    async def _send_local_list(self, payload: Payload) -> Payload:
        version = payload["versionNumber"]
        items = payload.get("localAuthorizationList", [])
        if not self._model.flag("LocalAuthListCtrlr", "Enabled"):
            return words.with_reason("Failed", "NotEnabled")
        if not 0 < version <= words.HIGHEST:
            return words.with_reason("Failed", "ValueOutOfRange")
        tokens = [item["idToken"]["idToken"] for item in items]
        if len(set(tokens)) != len(tokens) or not all(map(words.is_token, tokens)):
            return words.with_reason(
                "Failed", "InvalidValue", "a token stands there twice, or is none"
            )
        if payload["updateType"] == "Full":
            if any("idTokenInfo" not in item for item in items):
                return words.with_reason("Failed", "MissingParam", "idTokenInfo")
            entries = [entry_of(item) for item in items]
        else:
            if version <= self._services.token_version():
                return {"status": "VersionMismatch"}
            entries = self._changed(items)
        if len(entries) > MOST_LOCAL_TOKENS or not await self._services.set_tokens(
            version, entries
        ):
            return words.with_reason("Failed", "TooManyElements")
        return {"status": "Accepted"}

    def _changed(self, items: list[Payload]) -> list[TokenEntry]:
        # D01: without idTokenInfo an entry goes, otherwise it comes or is replaced
        entries = {entry.token: entry for entry in self._services.tokens()}
        for item in items:
            token = item["idToken"]["idToken"]
            entries.pop(token, None)
            if "idTokenInfo" in item:
                entries[token] = entry_of(item)
        return list(entries.values())
