"""Scenarios: words that plug, charge, break and check, for tests, transcripts and the terminal.

    plug; authorize; wait charging; run 60s
    expect contactor closed; unplug          # words end at ; or a new line
    plug 2; wait charging within 10s 2       # the second outlet

parse() refuses what it does not know before anything happens; scenario.Runner carries the steps out.
"""

from evse.core.charging import NAMES as CP_STATES
from evse.core.messages import STATUSES
from pilesim.fault_names import FAULTS, split
from pilesim.nor_flash import TORN
from pilesim.vehicle import MODES

_ON_OFF = ("on", "off")
_POSITIONS = ("open", "closed")

# Word, how its arguments read in an error message
WORDS = (
    ("plug", ""),
    ("unplug", ""),
    ("s2", "open|close|auto"),
    ("need", "500Wh"),
    ("vehicle", "|".join(MODES)),
    ("phases", "1|2|3"),
    ("fault", "NAME on|off"),
    ("freeze", "1000ms"),
    ("run", "60s"),
    ("mains", "on|off"),
    ("voltage", "190"),
    ("temperature", "70"),
    ("pilot", "noise [400mV|off]"),
    ("type", "TEXT"),
    ("flash", "rot 8|cut 17 " + "|".join(TORN)),
    ("authorize", ""),
    ("stop", ""),
    ("reset", ""),
    ("unlock", ""),
    ("wait", "STATUS|CPSTATE [within 10s]"),
    ("expect", "STATUS|CPSTATE|contactor open|closed|s2 open|closed"),
    ("repeat", ""),
    ("quit", ""),
)
# Words that may end in the number of the outlet they mean, and how many words must stand before it
_OF_AN_OUTLET = {
    "plug": 0,
    "unplug": 0,
    "s2": 1,
    "need": 1,
    "vehicle": 1,
    "phases": 1,
    "fault": 2,
    "temperature": 1,
    "pilot": 1,
    "authorize": 0,
    "stop": 0,
    "unlock": 0,
    "wait": 1,
    "expect": 1,
}


class ScenarioError(ValueError):
    """A word that cannot be read, or a check that failed; the text names word, place and what was expected."""


class Step:
    """One parsed word: `word`, its checked arguments, where it stands, and the outlet it means."""

    def __init__(self, word, arguments, place, outlet=1):
        self.word = word
        self.arguments = arguments
        self.place = place
        self.outlet = outlet

    def error(self, text):
        """ScenarioError about this step."""
        return ScenarioError("%s: %s" % (self.place, text))


def parse(text):
    """List of Steps; raises ScenarioError for the first word that is not understood."""
    steps = []
    for line_number, line in enumerate(text.split("\n"), 1):
        for part in line.split("#", 1)[0].split(";"):
            words = part.split()
            if words:
                place = "line %d, '%s'" % (line_number, " ".join(words))
                steps.append(_step(words, place))
    return steps


def _step(words, place):
    word = words[0]
    usage = None
    for name, arguments in WORDS:
        if name == word:
            usage = arguments
    if usage is None:
        names = " ".join([name for name, arguments in WORDS])
        raise ScenarioError("%s: unknown word, allowed: %s" % (place, names))
    if word in _OF_AN_OUTLET:
        usage = (usage + " [OUTLET]").strip()
    reader = _READERS.get(word, _read_nothing)
    words, outlet = _split_outlet(words)
    try:
        return Step(word, reader(words[1:]), place, outlet)
    except (ValueError, IndexError) as error:
        detail = str(error) if isinstance(error, ValueError) else "too few words"
        raise ScenarioError("%s: %s; usage: %s" % (place, detail, (word + " " + usage).strip()))


def _split_outlet(words):
    """(words without the outlet's number, the number); without one it is the first."""
    if words[-1] in ("1", "2") and len(words) > _OF_AN_OUTLET.get(words[0], len(words)) + 1:
        return words[:-1], int(words[-1])
    return words, 1


def duration_us(text):
    """Microseconds of `60s`, `20ms`, `2min` or `150us`."""
    for unit, factor in (("min", 60_000_000), ("ms", 1000), ("us", 1), ("s", 1_000_000)):
        if text.endswith(unit):
            number = text[: -len(unit)]
            try:
                value = int(float(number) * factor)
            except ValueError:
                break
            if value >= 0:
                return value
    raise ValueError("'%s' is no duration" % text)


def _one_of(text, allowed):
    if text not in allowed:
        raise ValueError("'%s' is not one of: %s" % (text, " ".join(allowed)))
    return text


def _length(words, count):
    if len(words) != count:
        raise ValueError("takes %d words after it, not %d" % (count, len(words)))


def _read_nothing(words):
    _length(words, 0)
    return ()


def _read_s2(words):
    _length(words, 1)
    position = _one_of(words[0], ("open", "close", "closed", "auto"))
    return ({"open": "open", "close": "closed", "closed": "closed", "auto": None}[position],)


def _read_need(words):
    _length(words, 1)
    text = words[0]
    for unit, factor in (("kWh", 1000), ("Wh", 1)):
        if text.endswith(unit):
            try:
                value = int(float(text[: -len(unit)]) * factor)
            except ValueError:
                break
            if value >= 0:
                return (value,)
    raise ValueError("'%s' is no energy" % text)


def _read_vehicle(words):
    _length(words, 1)
    return (_one_of(words[0], MODES),)


def _read_phases(words):
    _length(words, 1)
    return (int(_one_of(words[0], ("1", "2", "3"))),)


def _read_fault(words):
    _length(words, 2)
    if "@" in words[0]:
        split(words[0])
    else:
        _one_of(words[0], FAULTS)
    return words[0], _one_of(words[1], _ON_OFF) == "on"


def _read_duration(words):
    _length(words, 1)
    return (duration_us(words[0]),)


def _read_mains(words):
    _length(words, 1)
    return (_one_of(words[0], _ON_OFF) == "on",)


def _tenths(text, unit):
    """Integer tenths of a decimal number, within what the world can be."""
    try:
        value = round(float(text) * 10)
    except ValueError:
        value = None
    if value is None or not -1000 <= value <= 10_000:
        raise ValueError("'%s' is no number of %s, allowed -100..1000" % (text, unit))
    return value


def _read_voltage(words):
    _length(words, 1)
    tenths = _tenths(words[0], "volts")
    if tenths < 0:
        raise ValueError("'%s' is below 0 V" % words[0])
    return (tenths * 100,)


def _read_temperature(words):
    _length(words, 1)
    return (_tenths(words[0], "degrees"),)


def _read_pilot(words):
    """Amplitude in mV, 0 off, None as it is."""
    _one_of(words[0], ("noise",))
    if len(words) == 1:
        return (None,)
    _length(words, 2)
    text = words[1]
    if text == "off":
        return (0,)
    if text.endswith("mV"):
        try:
            amplitude_mv = int(text[:-2])
        except ValueError:
            amplitude_mv = 0
        if amplitude_mv > 0:
            return (amplitude_mv,)
    raise ValueError("'%s' is no amplitude" % text)


def _read_flash(words):
    """`rot` bits, or `cut` in that many operations and how much of the last one happens."""
    what = _one_of(words[0], ("rot", "cut"))
    _length(words, 2 if what == "rot" else 3)
    if not words[1].isdigit() or not 0 < int(words[1]) <= 1_000_000:
        raise ValueError("'%s' is no number, allowed 1..1000000" % words[1])
    return what, int(words[1]), "" if what == "rot" else _one_of(words[2], TORN)


def _read_wait(words):
    limit_us = None
    if len(words) > 1:
        _length(words, 3)
        if words[1] != "within":
            raise ValueError("'%s' is not 'within'" % words[1])
        limit_us = duration_us(words[2])
    return _one_of(words[0], STATUSES + CP_STATES), limit_us


def _read_expect(words):
    if words[0] in ("contactor", "s2"):
        _length(words, 2)
        return words[0], _one_of(words[1], _POSITIONS)
    if words[0] in ("status", "cp"):
        words = words[1:]
    _length(words, 1)
    return "station", _one_of(words[0], STATUSES + CP_STATES + ("contactor", "s2"))


def _read_type(words):
    return ((" ".join(words) + "\r").encode(),)


_READERS = {
    "type": _read_type,
    "s2": _read_s2,
    "need": _read_need,
    "vehicle": _read_vehicle,
    "phases": _read_phases,
    "fault": _read_fault,
    "freeze": _read_duration,
    "run": _read_duration,
    "mains": _read_mains,
    "voltage": _read_voltage,
    "temperature": _read_temperature,
    "pilot": _read_pilot,
    "flash": _read_flash,
    "wait": _read_wait,
    "expect": _read_expect,
}
