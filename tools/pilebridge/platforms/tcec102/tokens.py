"""Access tokens of query_token, the side that issues them (T/CEC 102.4)."""

import hmac
import secrets as random
from collections.abc import Callable, Mapping
from typing import Any

from pilebridge.platforms.tcec102.envelope import Secrets

FAIL_NONE = 0
FAIL_UNKNOWN_OPERATOR = 1
FAIL_WRONG_SECRET = 2

# A token with less than this share of its life left is followed by a new one
_RENEW_SHARE = 4


class TokenIssuer:
    """Issues and checks the bearer tokens of one caller, whose `secrets` it knows.

    The same token is given out again while it has a quarter of its life left, and stays valid
    until its own end after a newer one was issued, so parallel callers do not push each other out.
    """

    def __init__(
        self, secrets: Secrets, clock: Callable[[], float], lifetime_s: int = 7200
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._expiry: dict[str, float] = {}

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The inner answer to a query_token request; SuccStat 1 with FailReason 1 or 2 on refusal."""
        operator_id = str(body.get("OperatorID", ""))
        secret = str(body.get("OperatorSecret", ""))
        if operator_id != self._secrets.operator_id:
            return self._refusal(operator_id, FAIL_UNKNOWN_OPERATOR)
        if not hmac.compare_digest(secret.encode(), self._secrets.operator_secret.encode()):
            return self._refusal(operator_id, FAIL_WRONG_SECRET)
        token, left_s = self._current()
        return {
            "OperatorID": operator_id,
            "SuccStat": 0,
            "AccessToken": token,
            "TokenAvailableTime": left_s,
            "FailReason": FAIL_NONE,
        }

    def check(self, header: str | None) -> bool:
        """True when an Authorization header carries a token that is still valid."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        now = self._clock()
        given = token.strip().encode()
        return any(
            hmac.compare_digest(given, known.encode()) and expiry > now
            for known, expiry in self._expiry.items()
        )

    def revoke(self) -> None:
        """Forget every token; callers get Ret 4002 and log in again."""
        self._expiry.clear()

    def _current(self) -> tuple[str, int]:
        now = self._clock()
        self._expiry = {token: end for token, end in self._expiry.items() if end > now}
        if self._expiry:
            token, end = max(self._expiry.items(), key=lambda item: item[1])
            if (end - now) * _RENEW_SHARE > self._lifetime_s:
                return token, int(end - now)
        token = random.token_urlsafe(32)
        self._expiry[token] = now + self._lifetime_s
        return token, self._lifetime_s

    @staticmethod
    def _refusal(operator_id: str, reason: int) -> dict[str, Any]:
        return {
            "OperatorID": operator_id,
            "SuccStat": 1,
            "AccessToken": "",
            "TokenAvailableTime": 0,
            "FailReason": reason,
        }
