"""Settings of the sandbox: a TOML file, command line arguments, or the built-in test bench."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pilebridge.platforms.tcec102.envelope import Secrets

# Published on purpose: they protect nothing but a loopback test bench, and are those of the
# bridge's example settings
PLATFORM_SECRETS = Secrets(
    operator_id="MA5TEST01",
    operator_secret="OpSecretExample1",
    data_secret="0123456789ABCDEF",
    data_iv="FEDCBA9876543210",
    sig_secret="SigSecretExample",
)
BRIDGE_SECRETS = Secrets(
    operator_id="MA5PILE01",
    operator_secret="OpSecretExample2",
    data_secret="ABCDEF0123456789",
    data_iv="9876543210FEDCBA",
    sig_secret="SigSecretExampl2",
)


class ConfigError(ValueError):
    """The configuration cannot be used; the text names the key."""


@dataclass(frozen=True)
class Config:
    """Where the sandbox listens, which bridge it calls, and the secrets of both directions."""

    host: str = "127.0.0.1"
    port: int = 8202
    bridge_url: str = "http://127.0.0.1:8102/evcs/v1"
    calls_to_bridge: Secrets = field(default=PLATFORM_SECRETS)
    calls_from_bridge: Secrets = field(default=BRIDGE_SECRETS)
    discovery_s: float = 300.0
    status_poll_s: float = 30.0
    charge_poll_s: float = 3.0
    retry_s: float = 3.0
    call_timeout_s: float = 10.0
    start_result_s: float = 60.0

    @property
    def platform_id(self) -> str:
        """OperatorID of this platform: the prefix of every StartChargeSeq it mints."""
        return self.calls_to_bridge.operator_id

    @property
    def bridge_id(self) -> str:
        """OperatorID of the infrastructure operator behind the bridge."""
        return self.calls_from_bridge.operator_id


_TIMES = (
    "discovery_s",
    "status_poll_s",
    "charge_poll_s",
    "retry_s",
    "call_timeout_s",
    "start_result_s",
)
_TABLES = {"listen", "bridge", "times", "calls_to_bridge", "calls_from_bridge"}


def load(path: Path) -> Config:
    """Config from a TOML file; ConfigError names an unknown key, a wrong type or a bad secret."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    return from_tree(tree)


def from_tree(tree: Mapping[str, Any]) -> Config:
    """Config from the tables `listen`, `bridge`, `times`, `calls_to_bridge`, `calls_from_bridge`."""
    _known("", tree, _TABLES)
    tables = {name: _table(tree, name) for name in _TABLES}
    _known("listen.", tables["listen"], {"address"})
    _known("bridge.", tables["bridge"], {"url"})
    _known("times.", tables["times"], set(_TIMES))
    changes: dict[str, Any] = {name: _seconds(tables["times"], name) for name in tables["times"]}
    if tables["listen"]:
        address = _typed(tables["listen"], "listen", "address", str)
        changes["host"], changes["port"] = parse_address(address)
    if tables["bridge"]:
        changes["bridge_url"] = parse_url(_typed(tables["bridge"], "bridge", "url", str))
    for name in ("calls_to_bridge", "calls_from_bridge"):
        if tables[name]:
            changes[name] = _secrets(name, tables[name])
    return replace(Config(), **changes)


def parse_address(text: str) -> tuple[str, int]:
    """(host, port) of `host:port` or `:port`; port 0 asks the system for a free one."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ConfigError(f"listen address {text!r}: expected host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


def parse_url(text: str) -> str:
    """The bridge's URL prefix without the last slash; ConfigError unless it is http or https."""
    if not text.startswith(("http://", "https://")):
        raise ConfigError(f"bridge.url {text!r}: expected http:// or https://")
    return text.rstrip("/")


def _known(prefix: str, table: Mapping[str, Any], names: set[str]) -> None:
    for name in table:
        if name not in names:
            raise ConfigError(f"{prefix}{name}: unknown; known are {', '.join(sorted(names))}")


def _table(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = tree.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: expected a table")
    return value


def _typed(table: Mapping[str, Any], where: str, name: str, kind: type[str]) -> str:
    value = table.get(name)
    if not isinstance(value, kind):
        raise ConfigError(f"{where}.{name}: {value!r}, expected {kind.__name__}")
    return value


def _seconds(table: Mapping[str, Any], name: str) -> float:
    value = table[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
        raise ConfigError(f"times.{name}: {value!r}, expected seconds above 0 and up to 86400")
    return float(value)


def _secrets(where: str, table: Mapping[str, Any]) -> Secrets:
    names = {item.name for item in fields(Secrets)}
    _known(where + ".", table, names)
    values = {name: _typed(table, where, name, str) for name in names}
    try:
        return Secrets(**values)
    except ValueError as error:
        raise ConfigError(f"{where}.{error}") from None
