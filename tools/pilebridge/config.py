"""One TOML file into frozen settings; every error names the key, the value and what is allowed."""

import os
import stat
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from pilebridge import config_ocpp
from pilebridge.billing import DAY_S
from pilebridge.broker_access import BRIDGE_USER, name_problem
from pilebridge.settings import BrokerChild, Config, OcppPlatformTable, Platform


class ConfigError(ValueError):
    """A setting was refused; the text is for the operator."""


def load(path: str | Path) -> Config:
    """The settings in a file; ConfigError says which key is wrong. Paths are relative to it."""
    file = Path(path)
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{file}: {error}") from None
    return parse(text, file.resolve().parent)


def parse(text: str, folder: Path) -> Config:
    """The settings in a TOML text; `folder` is where relative paths and secret files start."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from None
    tables = _resolved(tables, folder, "")
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), tables)) from None
    _check(config)
    database = str(folder / config.bridge.database)
    update_key = config.bridge.update_key and str(folder / config.bridge.update_key)
    broker = _broker_paths(config.mqtt.broker, folder)
    _check_broker(config.mqtt.port, broker)
    return msgspec.structs.replace(
        config,
        bridge=msgspec.structs.replace(config.bridge, database=database, update_key=update_key),
        mqtt=msgspec.structs.replace(config.mqtt, broker=broker),
    )


def _broker_paths(broker: BrokerChild, folder: Path) -> BrokerChild:
    """The same table with paths that start at `folder`."""
    listener = broker.certificate
    if listener is not None:
        listener = msgspec.structs.replace(
            listener,
            certificate=str(folder / listener.certificate),
            private_key=str(folder / listener.private_key),
        )
    return msgspec.structs.replace(broker, data=str(folder / broker.data), certificate=listener)


def _resolved(value: Any, folder: Path, path: str) -> Any:
    """The same tables with `key_file = …` read and `env:NAME` looked up."""
    if isinstance(value, list):
        return [_resolved(item, folder, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        result: dict[str, Any] = {}
        for key, item in value.items():
            here = f"{path}.{key}".lstrip(".")
            if key in config_ocpp.PATH_KEYS and isinstance(item, str):
                result[key] = str(folder / item)
            elif key.endswith("_file") and isinstance(item, str):
                result[key.removesuffix("_file")] = _read_secret(folder / item, here)
            else:
                result[key] = _resolved(item, folder, here)
        return result
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise ConfigError(f"{path}: the environment has no {name}")
        return os.environ[name]
    return value


def _read_secret(file: Path, path: str) -> str:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(f"{path}: others can read it (mode {mode:o}): chmod 600 {file}")
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


_SECRET_KEYS = ("key", "password", "operator_secret", "data_secret", "data_iv", "sig_secret")


def _explain(error: str, tables: Any) -> str:
    """msgspec's sentence with the key path in front and the refused value behind it."""
    text, _, where = error.partition(" - at `$")
    path = where.rstrip("`").removeprefix(".")
    value = tables
    try:
        for step in path.replace("[", ".[").split("."):
            if step:
                value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    except (KeyError, IndexError, TypeError, ValueError):
        return f"{path}: {text}"
    if isinstance(value, dict | list) or path.split(".")[-1] in _SECRET_KEYS:
        return f"{path}: {text}" if path else text
    if text.startswith("Invalid value"):
        # The one choice between tables
        text = "allowed tcec102, ocpp"
    return f"{path} = {value!r}: {text}"


def _check(config: Config) -> None:
    """What one table cannot know of another."""
    _unique("station", "id", [row.id for row in config.station])
    connectors = [c for row in config.station for c in row.connectors()]
    _unique("station.connector", "connector_id", [c.connector_id for c in connectors])
    _unique("station.connector", "pile and number", [(c.pile, c.number) for c in connectors])
    _unique("tariff", "name", [row.name for row in config.tariff])
    _unique("site", "name", [row.name for row in config.site])
    _unique("platform", "name", [row.name for row in config.platform])
    _unique("platform.inbound", "operator_id", [p.inbound.operator_id for p in config.tcec102])
    _check_piles(config)
    _check_decimals(config)
    for i, row in enumerate(config.tariff):
        seconds = [period.from_s for period in row.tariff().periods]
        if seconds != sorted(set(seconds)) or seconds[0] != 0 or seconds[-1] >= DAY_S:
            text = "must ascend and begin at 00:00"
            raise ConfigError(
                f"tariff[{i}].periods: from = {[p.from_ for p in row.periods]}, {text}"
            )
    _check_platforms(config)


def _check_broker(port: int, broker: BrokerChild) -> None:
    if not broker.start:
        if port == 0:
            raise ConfigError("mqtt.port = 0: only with mqtt.broker.start = true")
        return
    ports = [("mqtt.port", port), ("mqtt.broker.psk_port", broker.psk_port)]
    listener = broker.certificate
    if listener is not None:
        for key in ("certificate", "private_key"):
            if not Path(getattr(listener, key)).is_file():
                where = f"mqtt.broker.certificate.{key} = {getattr(listener, key)!r}"
                raise ConfigError(f"{where}: no such file")
        ports.append(("mqtt.broker.certificate.port", listener.port))
    for i, (key, number) in enumerate(ports):
        for earlier, taken in ports[:i]:
            if number == taken != 0:
                raise ConfigError(f"{key} = {number}: {earlier} has it already")


def _check_piles(config: Config) -> None:
    _unique("pile", "id", [row.id for row in config.pile])
    keyed = {row.id for row in config.pile}
    for i, station in enumerate(config.station):
        for k, connector in enumerate(station.connectors()):
            if connector.pile not in keyed:
                text = f"no [[pile]] with id = {connector.pile!r} and its key_file"
                raise ConfigError(f"station[{i}].connector[{k}].pile: {text}")
    owners: dict[str, str] = {}
    for row in config.pile:
        problem = name_problem(row.id, config.mqtt.username or BRIDGE_USER)
        if problem:
            raise ConfigError(f"pile.id: {problem}")
        # A record names no pile: with one key it could stand in another pile's journal
        other = owners.setdefault(row.key.lower(), row.id)
        if other != row.id:
            raise ConfigError(f"pile: {other} and {row.id} have the same key")


def _check_decimals(config: Config) -> None:
    for i, site in enumerate(config.site):
        if not 0 <= site.limit_a <= 1000:
            raise ConfigError(f"site[{i}].limit_a = {site.limit_a}: allowed 0..1000")
    for i, station in enumerate(config.station):
        where = f"station[{i}]"
        rows = [(f"{where}.lng", station.lng, -180, 180), (f"{where}.lat", station.lat, -90, 90)]
        for k, row in enumerate(station.connector):
            rows.append((f"{where}.connector[{k}].rated_a", row.rated_a, 1, 1000))
            rows.append((f"{where}.connector[{k}].power_kw", row.power_kw, 0, 1000))
        for path, value, lowest, highest in rows:
            if not lowest <= value <= highest:
                raise ConfigError(f"{path} = {value}: allowed {lowest}..{highest}")


def _check_platforms(config: Config) -> None:
    stations = {row.id for row in config.station}
    central: dict[int, tuple[OcppPlatformTable, list[str]]] = {}
    for i, row in enumerate(config.platform):
        where = f"platform[{i}]"
        for name in row.stations or ():
            if name not in stations:
                raise ConfigError(f"{where}.stations = {name!r}: allowed {sorted(stations)}")
        if isinstance(row, Platform):
            _check_tcec102(config, row, where)
            continue
        piles = config.piles_of(row.stations)
        for problem in config_ocpp.problems(row, piles):
            raise ConfigError(f"{where}.{problem}")
        central[i] = (row, piles)
    for problem in config_ocpp.card_problems(central):
        raise ConfigError(problem)


def _check_tcec102(config: Config, row: Platform, where: str) -> None:
    tariffs = {tariff.name for tariff in config.tariff}
    if row.tariff not in tariffs:
        raise ConfigError(f"{where}.tariff = {row.tariff!r}: allowed {sorted(tariffs)}")
    for side, keys in (("inbound", row.inbound), ("outbound", row.outbound)):
        for key in ("data_secret", "data_iv"):
            length = len(getattr(keys, key).encode())
            if length != 16:
                raise ConfigError(f"{where}.{side}.{key}: {length} bytes, allowed exactly 16")
        for key in ("operator_secret", "sig_secret"):
            if not getattr(keys, key):
                raise ConfigError(f"{where}.{side}.{key}: empty")
    if row.outbound.operator_id != config.operator.id:
        text = f"must be operator.id = {config.operator.id!r}"
        raise ConfigError(f"{where}.outbound.operator_id = {row.outbound.operator_id!r}: {text}")


def _unique(table: str, key: str, values: list[Any]) -> None:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise ConfigError(f"{table}: {key} {value!r} stands twice")
        seen.add(value)
