"""Installed charging profiles, in the words they came in, beside what the piles have of them."""

from collections.abc import Sequence
from typing import Any

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.v201 import profile_checks
from pilebridge.platforms.ocpp.v201.bounds import MOST_PROFILES
from pilebridge.platforms.ocpp.v201.shared import Shared
from pilebridge.platforms.ocpp.v201.words import Payload

_KEPT = "profiles"


class ProfileStore:
    """Profiles of one station."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._services = shared.services

    def installed(self) -> list[dict[str, Any]]:
        """{"evse", "profile"} of each that the pile still has; those of ended transactions are gone."""
        alive = {profile.id for profile in self._services.profiles()}
        return [kept for kept in self._shared.get(_KEPT, []) if kept["profile"]["id"] in alive]

    def problem(self, evse_id: int, profile: Payload, starting: bool = False) -> str:
        """Why it may not be installed, as a reason code; `starting`: its transaction has yet to begin."""
        wrong = profile_checks.problem(evse_id, profile)
        if wrong:
            return wrong
        installed = self.installed()
        others = [kept for kept in installed if kept["profile"]["id"] != profile["id"]]
        if len(others) >= MOST_PROFILES:
            return "TooManyElements"
        is_tx = profile["chargingProfilePurpose"] == "TxProfile"
        if starting:
            return "" if is_tx and "transactionId" not in profile else "InvalidProfile"
        if is_tx:
            if "transactionId" not in profile:
                return "MissingParam"
            transaction = self._shared.find(profile["transactionId"])
            if transaction is None or transaction.connector != evse_id:
                return "TxNotFound"
        return (
            "DuplicateProfile" if profile_checks.is_duplicate(evse_id, profile, installed) else ""
        )

    async def install(self, evse_id: int, profile: Payload, ref: str = "") -> Reply | None:
        """Hand a good profile to the pile; `ref` names the transaction of a TxProfile."""
        wired = self._shared.connector(evse_id) or self._services.connectors[0]
        reply = await self._services.set_profile(
            profile_checks.common_profile(evse_id, profile, wired, ref)
        )
        if reply is not None and reply.result == "accepted":
            rest = [k for k in self.installed() if k["profile"]["id"] != profile["id"]]
            await self._shared.set(_KEPT, [*rest, {"evse": evse_id, "profile": profile}])
        return reply

    async def remove(self, ids: Sequence[int]) -> int:
        """Take profiles away; how many there were."""
        gone = await self._services.clear_profiles(ids)
        left = [k for k in self._shared.get(_KEPT, []) if k["profile"]["id"] not in ids]
        await self._shared.set(_KEPT, left)
        return gone
