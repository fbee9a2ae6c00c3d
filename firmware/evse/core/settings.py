"""The settings table: what a site may choose, with type, range and default. Hardware is board.py.

A settings file is JSON with any of these keys. Every refused entry yields one sentence with key,
value and what is allowed, and the last good or default value stays in force.
"""

from . import pilot_profiles

# Pre-shared key (TLS-PSK), server certificate and password, or password alone without encryption
LINK_SECURITIES = ("psk", "certificate", "password")
METER_MODELS = ("dlt645", "sdm120", "sdm230", "sdm630", "ddsu666", "dtsu666")
LANGUAGES = ("en", "zh")
BUTTONS = ("off", "stop", "start_stop")

# fmt: off
# The meaning stands in a comment, which costs the pile no heap
TABLE = (
    # key, type, default, lowest, highest (length for text), unit
    ("station_id", "name", "", 0, 20, ""),  # identity on the wire; empty: P and the chip's number
    ("site", "name", "", 0, 32, ""),  # site whose supply limit applies, empty for none
    ("profile", "profile", "gbt_18487_1_2015", 0, 0, ""),  # control pilot standard
    ("technician_limit_a10", "int", 10000, 0, 10000, "0.1 A"),  # current limit set at the pile
    ("site_fallback_a10", "int", 60, 0, 10000, "0.1 A"),  # current limit when the site limit runs out
    ("supply_a10", "int", 10000, 60, 10000, "0.1 A"),  # what the EVSEs of this controller may draw together
    ("ventilated", "bool", False, 0, 0, ""),  # the place is ventilated: state D may charge
    ("wake_up", "bool", False, 0, 0, ""),  # wake a vehicle that sleeps, once per offer
    ("pause_min_s", "int", 10, 0, 3600, "s"),  # least length of a pause below 6 A, against chatter
    ("unlock_on_mains_loss", "bool", True, 0, 0, ""),  # a socket frees the plug when the mains fails
    ("start_timeout_s", "int", 60, 5, 600, "s"),  # the vehicle must draw within this time of a start
    ("sample_interval_s", "int", 60, 5, 900, "s"),  # distance of register samples in the journal
    ("meter_interval_s", "int", 5, 1, 300, "s"),  # distance of live values while charging
    ("state_interval_s", "int", 60, 5, 900, "s"),  # heartbeat of the state message
    ("pilot_zero_mv", "int", 0, 0, 2000, "mV"),  # ADC at 0 V on the pilot, 0 for the board's nominal
    ("pilot_gain", "int", 0, 0, 20000, ""),  # pilot mV per 1000 ADC mV, 0 for the board's nominal
    ("pilot_zero_mv_2", "int", 0, 0, 2000, "mV"),  # the same for the second EVSE
    ("pilot_gain_2", "int", 0, 0, 20000, ""),  # the same for the second EVSE
    ("meter_address", "address", "AAAAAAAAAAAA", 12, 12, ""),  # DL/T 645 number or Modbus unit, 12 A: any
    ("meter_address_2", "address", "AAAAAAAAAAAA", 12, 12, ""),  # the same for the second EVSE
    ("meter_model", "choice", "dlt645", METER_MODELS, 0, ""),  # what hangs on RS-485
    ("meter_baudrate", "int", 0, 0, 115200, "baud"),  # 0 for the model's usual one
    ("id_tokens", "tokens", [], 0, 50, ""),  # cards that may start and stop a charge
    ("pre_authorize", "bool", False, 0, 0, ""),  # cards of the local list and the cache are not asked about
    ("authorization_patience_s", "int", 8, 1, 60, "s"),  # the bridge may take so long to judge a card
    ("allow_unknown_offline", "bool", False, 0, 0, ""),  # without an answer any unknown card may charge
    ("button", "choice", "stop", BUTTONS, 0, ""),  # what a short press does
    ("service_code", "code", "", 0, 16, ""),  # what a technician says at the console, empty for none
    ("language", "choice", "en", LANGUAGES, 0, ""),  # of the console
    ("key", "key", "", 0, 0, ""),  # the pile's secret, as the bridge has it
    ("link_security", "choice", "psk", LINK_SECURITIES, 0, ""),  # how the link to the broker is secured
    ("certificate_pause_s", "int", 900, 30, 86400, "s"),  # charge on so long without a link, then pause
    ("resume", "bool", True, 0, 0, ""),  # a charge goes on after a loss of power, else it ends
    ("ntp_host", "host?", "", 0, 253, ""),  # time server beside the bridge, empty for none
    ("broker_host", "host", "127.0.0.1", 1, 253, ""),  # MQTT broker
    ("broker_port", "int", 8883, 1, 65535, ""),  # its TCP port
    ("keepalive_s", "int", 15, 5, 600, "s"),  # MQTT keep-alive
    ("dns_server", "ipv4?", "", 0, 15, ""),  # who knows the names above, empty for what DHCP says
    ("wifi_ssid", "ssid", "", 0, 32, ""),  # first network's name, empty for none
    ("wifi_password", "secret", "", 0, 63, ""),  # its password
    ("wifi_networks", "networks", [], 0, 4, ""),  # further ones: [name, password], tried in turn
)
# fmt: on

_DIGITS = "0123456789"
_HEX = _DIGITS + "abcdefABCDEF"
_NAME = _DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

KEYS = tuple(row[0] for row in TABLE)
# Kinds whose value is nobody's business
HIDDEN = ("secret", "key", "code")


def defaults():
    """All settings at their defaults."""
    return {row[0]: row[2] for row in TABLE}


_PHRASES = {
    "bool": "true, false",
    "profile": ", ".join(sorted(pilot_profiles.NAMES)),
    "address": "12 digits, or 12 times A",
    "ipv4?": "an IPv4 address or nothing",
    "host": "an IPv4 address or a host name",
    "host?": "an IPv4 address, a host name or nothing",
    "ssid": "text of 0..32 bytes",
    "networks": "up to 4 of [name of 1..32 bytes, password of 8..63 characters or none]",
    "key": "64 hex digits",
    "code": "4..16 letters, digits, - and _, or nothing",
    "tokens": "up to 50 card numbers of 8, 14 or 20 hex digits, none random (08..)",
}


def allowed(row):
    """What a row accepts, as a phrase for people."""
    _key, kind, _default, lowest, highest, unit = row
    phrase = _PHRASES.get(kind)
    if kind == "choice":
        phrase = ", ".join(lowest)
    elif kind == "int":
        phrase = "%d..%d%s" % (lowest, highest, " " + unit if unit else "")
    elif kind == "name":
        phrase = "%d..%d letters, digits, - and _" % (lowest, highest)
    return "allowed " + (phrase or "text of %d..%d characters" % (lowest, highest))


def problem(row, value):
    """None, or why `value` is refused for this row."""
    key, kind, _default, lowest, highest, _unit = row
    if _accepts(kind, value, lowest, highest):
        return None
    shown = "(hidden)" if kind in HIDDEN else repr(value)[:24]
    if kind == "networks":
        key, shown = _bad_network(key, value)
    elif kind == "tokens" and isinstance(value, list):
        bad = [each for each in value if not _is_token(each)]
        shown = repr(bad[0])[:32] if bad else "%d entries" % len(value)
    return "%s = %s: %s" % (key, shown, allowed(row))


def _accepts(kind, value, lowest, highest):
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return (
            isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
        )
    if kind in _LISTS:
        return (
            isinstance(value, (list, tuple))
            and len(value) <= highest
            and all(_LISTS[kind](entry) for entry in value)
        )
    if not isinstance(value, str):
        return False
    if kind in _FORMS:
        return _FORMS[kind](value)
    if kind == "choice":
        return value in lowest
    if kind == "name" and not all(c in _NAME for c in value):
        return False
    return lowest <= len(value) <= highest and all(c >= " " for c in value)


def _is_ipv4(value):
    parts = value.split(".")
    return len(parts) == 4 and all(
        0 < len(part) < 4 and all(c in _DIGITS for c in part) and int(part) < 256 for part in parts
    )


def _is_host(value):
    labels = value.split(".")
    if all(c in _DIGITS for c in labels[-1]):
        return _is_ipv4(value)
    return len(value) <= 253 and all(
        0 < len(label) < 64 and all(c in _NAME for c in label) for label in labels
    )


def _is_network(value):
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    ssid, password = value
    return (
        isinstance(ssid, str)
        and isinstance(password, str)
        and 0 < len(ssid.encode()) <= 32
        and (not password or 8 <= len(password) <= 63)
    )


def _is_token(value):
    # Only a pile with cards needs it
    from .id_token import is_random, normalise

    try:
        # A number that the card makes up anew each time is no identity
        return not is_random(normalise(value))
    except ValueError:
        return False


_LISTS = {"networks": _is_network, "tokens": _is_token}


def _bad_network(key, value):
    # Names the first bad entry, and of an entry the network only: passwords are nobody's business
    if not isinstance(value, (list, tuple)):
        return key, repr(value)[:24]
    for place, entry in enumerate(value):
        if not _is_network(entry):
            if isinstance(entry, (list, tuple)) and entry:
                return "%s[%d]" % (key, place), "[%s, (hidden)]" % repr(entry[0])[:24]
            return "%s[%d]" % (key, place), repr(entry)[:24]
    return key, "%d entries" % len(value)


def _is_address(value):
    return len(value) == 12 and (value == "A" * 12 or all(c in _DIGITS for c in value))


_FORMS = {
    "profile": lambda value: value in pilot_profiles.NAMES,
    "address": _is_address,
    "ipv4?": lambda value: value == "" or _is_ipv4(value),
    "host": _is_host,
    "host?": lambda value: value == "" or _is_host(value),
    "ssid": lambda value: len(value.encode()) <= 32,
    "code": lambda value: not value or (4 <= len(value) <= 16 and all(c in _NAME for c in value)),
    "key": lambda value: len(value) in (0, 64) and all(c in _HEX for c in value),
}


def merge(wanted, base):
    """(values, problems): `base` with every good entry of `wanted`; one sentence per refused entry."""
    values = dict(base)
    problems = []
    if not isinstance(wanted, dict):
        return values, ["settings: %s, expected one JSON object" % repr(wanted)[:24]]
    for key in wanted:
        if key not in KEYS:
            problems.append(
                "%s: unknown key, known are %s .." % (str(key)[:24], ", ".join(KEYS[:3]))
            )
    for row in TABLE:
        if row[0] in wanted:
            sentence = problem(row, wanted[row[0]])
            if sentence:
                problems.append(sentence)
            else:
                values[row[0]] = wanted[row[0]]
    return values, problems


def in_force(good, wanted):
    """(values, problems) of what people edit, None where there is none, beside what was accepted last."""
    base = merge(good or {}, defaults())[0]
    if wanted is None:
        return base, []
    values, problems = merge(wanted, base)
    if not problems:
        # A file without faults stands alone: keys left out go back to their defaults
        values, problems = merge(wanted, defaults())
    return values, problems
