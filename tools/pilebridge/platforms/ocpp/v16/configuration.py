"""GetConfiguration and ChangeConfiguration, and what the rest of a station reads of it."""

from collections.abc import Callable, Sequence
from typing import Any

from pilebridge.platforms.ocpp.context import CallError, ChargerContext, Settings
from pilebridge.platforms.ocpp.v16.keys import (
    FLAG,
    KEYS,
    MAX_KEYS,
    PILE,
    SECRET,
    TABLE,
    Key,
    split,
)

_AT_ONCE = 8
# Values that no version has to itself: how the station shows who it is, see also certificates.py. A password
# in `password` is that of 2.0.1 and stands in front of our key
PASSWORD, SECURITY_PROFILE = "password", "security_profile"
_SETTINGS = tuple(key.setting for key in TABLE if key.setting)


def settings_of(context: ChargerContext) -> Settings:
    """The platform's settings as far as the context shows them."""
    found = getattr(context, "settings", None)
    return found if isinstance(found, Settings) else Settings(name="", url="")


class Configuration:
    """The keys of one station. Values of the bridge are kept as text under `key:` and the key's name;
    what the pile said of its own is kept too, for the time it is away."""

    def __init__(self, context: ChargerContext) -> None:
        self._context = context
        # Told the name of a key that was changed over the air
        self.on_change: Callable[[str], None] = _nobody
        self._apply_delivery_rules()

    def text(self, name: str) -> str:
        """A value as on the wire."""
        key = KEYS[name.lower()]
        if name == "NumberOfConnectors":
            return str(len(self._context.services.connectors))
        if name == "SecurityProfile":
            # What the settings file demands is the least: nobody comes below it over the air
            least = settings_of(self._context).security_profile
            return str(max(least, int(self._context.values.get(SECURITY_PROFILE, 0))))
        if name == "WebSocketPingInterval":
            usual = getattr(settings_of(self._context), "ping_interval_s", 0)
            return str(self._context.values.get(_place(key), int(usual)))
        return key.default if key.read_only else self._kept(key)

    def number(self, name: str) -> int:
        """A number."""
        return int(self.text(name))

    def flag(self, name: str) -> bool:
        """A truth value."""
        return self.text(name) == "true"

    def measurands(self, name: str) -> list[str]:
        """The entries of a list of measurands."""
        return split(self.text(name))

    async def get(self, payload: dict[str, Any]) -> dict[str, Any]:
        """GetConfiguration."""
        asked: Sequence[str] = payload.get("key") or [key.name for key in TABLE]
        if len(asked) > MAX_KEYS:
            raise CallError("OccurenceConstraintViolation", f"key: at most {MAX_KEYS}")
        known = [KEYS[name.lower()] for name in asked if name.lower() in KEYS]
        unknown = [name for name in asked if name.lower() not in KEYS]
        if any(key.place == PILE for key in known):
            await self._ask_pile()
        answer: dict[str, Any] = {}
        if known:
            answer["configurationKey"] = [self._row(key) for key in known]
        if unknown:
            answer["unknownKey"] = unknown
        return answer

    async def change(self, payload: dict[str, Any]) -> dict[str, Any]:
        """ChangeConfiguration."""
        key = KEYS.get(payload["key"].lower())
        if key is None:
            return {"status": "NotSupported"}
        value = payload["value"].strip()
        if key.read_only or key.problem(value) or not self._may(key, value):
            return {"status": "Rejected"}
        value = key.normal(value)
        restart = False
        if key.place == PILE and not (key.zero and value == "0"):
            reply = await self._context.services.write_setting(key.setting, _to_pile(key, value))
            if reply is None or reply.result != "accepted":
                return {"status": "Rejected"}
            restart = reply.reason == "restart"
        await self._keep(key, value)
        self._act(key, value)
        self.on_change(key.name)
        return {"status": "RebootRequired" if restart else "Accepted"}

    async def set_heartbeat(self, seconds: int) -> None:
        """The interval that came with an accepted boot."""
        if seconds > 0 and seconds != self.number("HeartbeatInterval"):
            await self._context.values.set(_place(KEYS["heartbeatinterval"]), str(seconds))

    async def _keep(self, key: Key, value: str) -> None:
        values = self._context.values
        if key.name == "AuthorizationKey":
            await values.set(PASSWORD, None)
        if key.name == "SecurityProfile":
            await values.set(SECURITY_PROFILE, int(value))
            return
        await values.set(_place(key), value)

    def _kept(self, key: Key) -> str:
        return str(self._context.values.get(_place(key), key.default))

    def _row(self, key: Key) -> dict[str, Any]:
        row: dict[str, Any] = {"key": key.name, "readonly": key.read_only}
        if key.kind != SECRET:
            row["value"] = self.text(key.name)
        return row

    def _may(self, key: Key, value: str) -> bool:
        """What goes beyond one value: the security profile only rises, once what it needs is there."""
        if key.name != "SecurityProfile":
            return True
        wanted, now = int(value), self.number("SecurityProfile")
        if wanted < now:
            return False
        values, settings = self._context.values, settings_of(self._context)
        kept = values.get(PASSWORD) or values.get(_place(KEYS["authorizationkey"]))
        has_password = bool(settings.password or kept)
        roots = values.get("certificates", {}).get("CentralSystemRootCertificate")
        has_root = bool(settings.ca_file or roots)
        has_own = bool(settings.certificate_file or values.get("client_certificate"))
        needs = {1: has_password, 2: has_password and has_root, 3: has_own and has_root}
        return wanted == now or needs[wanted]

    def _act(self, key: Key, value: str) -> None:
        """Have a change felt where it works."""
        if key.name == "HeartbeatInterval":
            self._context.interval_changed(int(value))
        elif key.name.startswith("TransactionMessage"):
            self._apply_delivery_rules()
        elif key.name == "WebSocketPingInterval":
            self.apply_ping_interval()
        elif key.name in {"AuthorizationKey", "SecurityProfile"}:
            self._context.reconnect()

    def apply_ping_interval(self) -> None:
        """Pings hold on a connection, so each one has to be told."""
        change = getattr(self._context, "ping_interval_changed", None)
        kept = self._context.values.get(_place(KEYS["websocketpinginterval"]))
        if change is not None and kept is not None:
            change(int(kept))

    def _apply_delivery_rules(self) -> None:
        self._context.delivery_rules(
            self.number("TransactionMessageAttempts"),
            self.number("TransactionMessageRetryInterval"),
        )

    async def _ask_pile(self) -> None:
        """Take over what the pile has, which others may have changed."""
        if not self._context.services.reachable:
            return
        for first in range(0, len(_SETTINGS), _AT_ONCE):
            wanted = _SETTINGS[first : first + _AT_ONCE]
            found = await self._context.services.read_settings(wanted) or {}
            for key in TABLE:
                if key.setting in wanted and key.setting in found:
                    await self._take_over(key, found[key.setting])

    async def _take_over(self, key: Key, value: Any) -> None:
        if key.zero and self._kept(key) == "0":
            return
        text = ("true" if value else "false") if key.kind == FLAG else str(value)
        if text != self._kept(key):
            await self._context.values.set(_place(key), text)


def _place(key: Key) -> str:
    return f"key:{key.name}"


def _nobody(_name: str) -> None:
    """Nobody listens."""


def _to_pile(key: Key, value: str) -> Any:
    return value == "true" if key.kind == FLAG else int(value)
