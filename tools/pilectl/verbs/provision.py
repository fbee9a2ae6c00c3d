"""pilectl provision: give a pile its name, key and network, tell the bridge, print its label."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pilebridge.settings import Config

from ..port.pile_port import PilePort, RefusedError
from ..port.port_words import add_port_words, opened
from ..provisioning import bridge_file, label, private_file, provision_words, setting_store
from ..provisioning.provision_words import needed

_DEFAULT_PORT = 8883


def add(verbs: Any) -> None:
    """The words of provision."""
    verb = verbs.add_parser(
        "provision", help="name, key and network for a pile, known to the bridge"
    )
    add_port_words(verb)
    verb.add_argument("--station", help="the pile's name on the wire")
    verb.add_argument(
        "--bridge", metavar="TOML", help="settings of the bridge, which are added to"
    )
    verb.add_argument("--broker", metavar="HOST", help="the broker as the pile reaches it")
    verb.add_argument("--broker-port", type=int, help="else the bridge's own for piles")
    verb.add_argument("--wifi", metavar="SSID", help="network; empty for Ethernet")
    verb.add_argument("--wifi-password", metavar="TEXT")
    verb.add_argument("--profile", help="control pilot standard")
    verb.add_argument("--service-code", metavar="CODE", help="else a new one; none for no code")
    verb.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="further")
    for word, what in (
        ("name", "of the station, for platforms"),
        ("address", "of the station"),
        ("area-code", "GB/T 2260"),
        ("lng", "degrees"),
        ("lat", "degrees"),
        ("equipment", "EquipmentID; a connector's is that and two digits"),
        ("site", "whose current limit applies"),
    ):
        verb.add_argument("--" + word, help=what)
    verb.add_argument("--label", metavar="SVG", help="default STATION.svg")
    verb.add_argument(
        "--anyway", action="store_true", help="though records wait that another bridge should get"
    )
    verb.set_defaults(do=run)


def run(args: argparse.Namespace) -> int:
    """Ask, check, tell the bridge, set, restart, print the label."""
    station = needed(args, "station", "Name of the pile")
    bridge = Path(needed(args, "bridge", "Settings file of the bridge"))
    known = bridge_file.load(bridge)
    with opened(args) as pile:
        status = pile.greet()
        now = setting_store.read(pile)
        _refuse_orphans(args, pile, status, now, known)
        values = _values(args, known, now)
        provision_words.check(values)
        is_new = bridge_file.key_of(known, station) is None
        if is_new:
            has_station = bool(bridge_file.labels(known, station))
            place = None if has_station else provision_words.place(args, status)
            known = bridge_file.enrol(bridge, station, place)
        values["key"] = bridge_file.key_of(known, station)
        values["site"] = bridge_file.site_of(known, station)
        provision_words.check(values)
        problems, has_restarted = setting_store.write(pile, values)
        if problems:
            raise RefusedError("\npilectl: ".join(dict.fromkeys(problems)))
        if not has_restarted:
            pile.ask("restart")
        pile.code = str(values.get("service_code", pile.code))
        _check_name(pile.back(status), station)
    _print(args, known, station, values, bridge if is_new else None)
    return 0


def _values(args: argparse.Namespace, known: Config, now: dict[str, Any]) -> dict[str, Any]:
    child = known.mqtt.broker
    values: dict[str, Any] = {
        "station_id": args.station,
        "link_security": "psk",
        "broker_host": needed(args, "broker", "Broker, as the pile reaches it"),
        "broker_port": args.broker_port or (child.start and child.psk_port) or _DEFAULT_PORT,
        "wifi_ssid": needed(args, "wifi", "Wi-Fi network, nothing for Ethernet"),
    }
    if values["wifi_ssid"]:
        secret = needed(args, "wifi_password", "Wi-Fi password", secret=True)
        values["wifi_password"] = secret
    if args.profile:
        values["profile"] = args.profile
    values.update(provision_words.further(args.further))
    if "service_code" in now:
        code = provision_words.service_code(args.service_code, bool(now["service_code"]))
        if code is not None:
            values["service_code"] = code
    elif args.service_code:
        raise RefusedError(
            "This firmware knows no service code: leave --service-code out, or update it first."
        )
    return values


def _refuse_orphans(
    args: argparse.Namespace,
    pile: PilePort,
    status: dict[str, Any],
    now: dict[str, Any],
    known: Config,
) -> None:
    # Records are sealed by the key they were made under, and belong to the bridge that knows it
    waiting = int(pile.ask("journal").get("waiting") or 0)
    is_same = status.get("station") == args.station and bridge_file.key_of(known, args.station)
    if waiting and now.get("key") and not is_same and not args.anyway:
        raise RefusedError(
            f"The pile {status.get('station')} holds {waiting} records for its former bridge: let it reach that one "
            "first, or give them up with --anyway."
        )


def _check_name(status: dict[str, Any], station: str) -> None:
    if status.get("station") != station:
        raise RefusedError(
            f"After the restart the pile is still {status.get('station')}: "
            "look at `settings` at the console."
        )


def _print(
    args: argparse.Namespace,
    known: Config,
    station: str,
    values: dict[str, Any],
    changed: Path | None,
) -> None:
    found = bridge_file.labels(known, station)
    sheet = Path(args.label or f"{station}.svg")
    print(label.as_text(found))
    private_file.write(sheet, label.as_svg(found), 0o644)
    print(f"{sheet}: the label, print it without scaling.")
    if changed:
        print(f"{changed}: {station} and its key were added; restart the bridge.")
    if values.get("service_code"):
        print(f"Service code {values['service_code']}: write it down, it stands nowhere else.")
    print(f"{station} is provisioned; `pilectl doctor` says whether it reaches the bridge.")
