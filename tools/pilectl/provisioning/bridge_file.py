"""Makes a station known to the bridge: its key beside the bridge's settings, its rows in them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilebridge import cli, config
from pilebridge.settings import Config

from ..port.port_error import PortError
from .label import Labelled

KEYS_FOLDER = "keys"


@dataclass(frozen=True)
class Place:
    """What the bridge tells platforms of a station, and its connectors' (number, rows of the settings)."""

    name: str
    address: str
    area_code: str
    lng: str
    lat: str
    site: str
    connectors: tuple[tuple[int, dict[str, Any]], ...]


def load(path: Path) -> Config:
    """The bridge's settings; PortError names what is wrong in them."""
    try:
        return config.load(path)
    except config.ConfigError as error:
        raise PortError(f"{path}: {error}: mend the bridge's settings first.") from None


def key_of(settings: Config, pile: str) -> str | None:
    """The secret that the bridge has for a pile."""
    return next((row.key for row in settings.pile if row.id == pile), None)


def site_of(settings: Config, pile: str) -> str:
    """The site of the station that a pile belongs to, "" for none."""
    for row in settings.station:
        if any(connector.pile == pile for connector in row.connectors()):
            return row.site
    return ""


def labels(settings: Config, pile: str) -> list[Labelled]:
    """The connectors of a pile as drivers scan them."""
    found = [
        Labelled(pile, connector.number, connector.connector_id, settings.operator.id)
        for row in settings.station
        for connector in row.connectors()
        if connector.pile == pile
    ]
    return sorted(found, key=lambda label: label.number)


def enrol(path: Path, pile: str, place: Place | None) -> Config:
    """Add a pile with a new key, and its station unless it stands there; the file is only replaced when it is good."""
    key_file = path.parent / KEYS_FOLDER / pile
    rows = ["", "[[pile]]", _row("id", pile), _row("key_file", f"{KEYS_FOLDER}/{pile}")]
    if place is not None:
        rows += _station(pile, place)
    made = _new_key(key_file)
    try:
        text = path.read_text("utf-8").rstrip("\n") + "\n" + "\n".join(rows) + "\n"
        found = config.parse(text, path.resolve().parent)
        _replace(path, text)
    except (config.ConfigError, tomllib.TOMLDecodeError, OSError) as error:
        if made:
            key_file.unlink(missing_ok=True)
        raise PortError(
            f"{path}: the station cannot be added ({error}): correct that and provision again."
        ) from None
    return found


def _new_key(file: Path) -> bool:
    if file.exists():
        # Of an attempt that did not get as far as the settings
        return False
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        status = cli.run(["new-key", str(file)])
    if status:
        raise PortError(f"{file}: the key cannot be written: make the folder writable.")
    return True


def _station(pile: str, place: Place) -> Iterable[str]:
    yield from ("", "[[station]]", _row("id", pile))
    for key in ("name", "address", "area_code"):
        yield _row(key, getattr(place, key))
    yield f"lng = {place.lng}"
    yield f"lat = {place.lat}"
    if place.site:
        yield _row("site", place.site)
    for number, row in place.connectors:
        yield from ("", "[[station.connector]]", f"number = {number}")
        for key, value in row.items():
            yield f"{key} = {value}" if key in ("rated_a", "power_kw") else _row(key, value)


def _row(key: str, value: Any) -> str:
    # A JSON text is a TOML text too
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text, "utf-8")
    os.chmod(new, path.stat().st_mode & 0o777)
    os.replace(new, path)
