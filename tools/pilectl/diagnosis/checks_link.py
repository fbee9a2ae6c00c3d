"""Checks of the way to the bridge: network, broker, key, clock, journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .findings import BAD, OK, UNKNOWN, WARN, Row
from .seen import Seen

# A Wi-Fi below the first is a nuisance, below the second none
_WEAK_DBM = -75
_TOO_WEAK_DBM = -85
CLOCK_S = 10
# What the pile says last, and what it is by that
_WIFI = (
    ("wrong password", "wifi_password"),
    ("no handshake", "wifi_password"),
    ("not found", "wifi_not_found"),
    ("no answer", "wifi_not_found"),
    ("too weak", "wifi_weak"),
    ("signal lost", "wifi_weak"),
)
_BROKER = (
    ("key = nothing", "key_missing"),
    # The link asks to check key and port also where nobody has listened
    ("ECONNREFUSED", "broker_unreachable"),
    ("EHOSTUNREACH", "broker_unreachable"),
    ("ETIMEDOUT", "broker_unreachable"),
    ("no connection", "broker_unreachable"),
    # As CPython says it, which the simulated pile runs on
    ("Connect call failed", "broker_unreachable"),
    ("no TLS handshake", "broker_unreachable"),
    ("DNS", "broker_unreachable"),
    ("no answer to CONNECT", "broker_unreachable"),
    ("check key", "broker_key"),
    ("broker refused", "broker_key"),
    ("TLS:", "broker_key"),
    ("ECONN", "broker_unreachable"),
)


def network(seen: Seen) -> Iterator[Row]:
    """Wi-Fi or Ethernet carries."""
    net = seen.get("net")
    if not net:
        yield Row("network", seen.missing("net"), "up", UNKNOWN)
        return
    bearer = str(net.get("bearer") or "")
    name = str(net.get("ssid") or bearer or "-")
    if not net.get("up") or (not bearer and not _is_online(net.get("link"))):
        cause = _network_cause(seen, net)
        yield Row("network", _network_error(net) or f"{name}: down", "up", BAD, cause)
        return
    rssi = net.get("rssi_dbm")
    if bearer.lower().startswith(("wifi", "wi-fi")) and isinstance(rssi, int):
        verdict = BAD if rssi < _TOO_WEAK_DBM else WARN if rssi < _WEAK_DBM else OK
        cause = "" if verdict == OK else "wifi_weak"
        yield Row("network", f"{name} {rssi} dBm", f">= {_WEAK_DBM} dBm", verdict, cause)
    else:
        yield Row("network", name, "up")


def _network_cause(seen: Seen, net: dict[str, Any]) -> str:
    has_wifi = seen.settings.get("wifi_ssid") or seen.settings.get("wifi_networks")
    if not net.get("problem") and seen.settings and not has_wifi:
        # Without a network there is none that could have a problem
        return "wifi_unset"
    told = _network_error(net)
    for word, cause in _WIFI:
        if word in told:
            return cause
    return "network_down"


def broker(seen: Seen) -> Iterator[Row]:
    """The bridge has answered on the connection that stands."""
    if "key_missing" in seen.faults:
        yield Row("key", "-", "64 hex", BAD, "key_missing")
    status, net = seen.get("status"), seen.get("net")
    link = net.get("link", status.get("link"))
    if link is None:
        yield Row("broker", seen.missing("net") or "-", "online", UNKNOWN)
        return
    if _is_online(link):
        yield Row("broker", "online", "online")
        return
    told = _link_error(seen, link)
    cause = next((cause for word, cause in _BROKER if word in told), "link_down")
    if cause == "key_missing" and "key_missing" in seen.faults:
        return
    address = str(net.get("broker") or "")
    yield Row("broker", f"{address} {told or 'offline'}".strip()[:70], "online", BAD, cause)


def clock(seen: Seen) -> Iterator[Row]:
    """The pile's clock beside this computer's."""
    status = seen.get("status")
    if not status:
        yield Row("clock", seen.missing("status"), "UTC", UNKNOWN)
        return
    utc_s = status.get("utc_s")
    if not isinstance(utc_s, int):
        yield Row("clock", "-", "UTC", WARN, "clock_unknown")
        return
    off_s = utc_s - seen.host_utc_s
    cause = "clock_wrong" if abs(off_s) > CLOCK_S else ""
    yield Row("clock", f"{off_s:+d} s", f"+-{CLOCK_S} s", BAD if cause else OK, cause)


def journal(seen: Seen) -> Iterator[Row]:
    """Room in the journal, and flash that takes records."""
    found = seen.get("journal")
    if not found:
        yield Row("journal", seen.missing("journal"), "-", UNKNOWN)
        return
    problem = str(found.get("problem") or "")
    waiting, capacity = found.get("waiting") or 0, found.get("capacity") or 0
    # That it waits for room or for a key is no failure of its own
    failed = [
        row for row in seen.failed("journal") if row.get("reading") not in ("full", "no key")
    ]
    if problem or "journal_failed" in seen.faults or failed:
        no_flash = "no flash" in problem or (not capacity and not problem)
        cause = "journal_partition" if no_flash else "journal_failed"
        yield Row("journal", problem or "journal_failed", "-", BAD, cause)
    elif "journal_full" in seen.faults or (capacity and waiting >= capacity):
        yield Row("journal", f"{waiting} / {capacity}", f"< {capacity}", BAD, "journal_full")
    else:
        yield Row("journal", f"{waiting} / {capacity}", f"< {capacity}")
    damage = str(found.get("damage") or "")
    if damage or "journal_damaged" in seen.faults:
        yield Row("records", damage or "journal_damaged", "-", WARN, "journal_damaged")


def _is_online(link: Any) -> bool:
    return link == "online" or link is True


def _network_error(net: dict[str, Any]) -> str:
    return str(net.get("problem") or net.get("last_error") or "")


def _link_error(seen: Seen, link: Any) -> str:
    # Why it cannot be at all, then what it met last, from whichever answer tells it
    net = seen.get("net")
    for told in (
        net.get("security_problem"),
        link,
        net.get("last_error"),
        seen.get("status").get("link"),
    ):
        if isinstance(told, str) and told not in ("", "offline"):
            return told
    return ""
