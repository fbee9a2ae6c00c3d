"""Commands that tell what holds a charge: why, faults, limits."""

from ..core import faults as table
from ..core.limits import FOREVER, NAMES, UNLIMITED_A10
from ..core.why import reason, sentence
from .modules import forget

_SEVERITIES = ("warning", "stop", "trip")


def tell(shell, name, args):
    """What a command of this file answers, None when it is none of them."""
    if name == "why":
        return _why(shell, args)
    if name == "faults":
        return _faults(shell, args)
    return _limits(shell, args) if name == "limits" else None


def _why(shell, args):
    """The first thing in the way of a charge."""
    found = []
    for connector in shell.connectors(args):
        key, values = reason(_situation(shell, connector))
        text = sentence(key, values, shell.language)
        found.append({"id": connector.number, "key": key, "sentence": text})
    return {"connectors": found}


def _situation(shell, connector):
    station, loop, session = shell.station, connector.loop, connector.session
    protection, journal = loop.protection, station.journal
    blocking = table.names(loop.faults.active & table.STOPS)
    return {
        "closed": loop.closed,
        "commanded": loop.tick.contactor.commanded,
        "in_service": loop.in_service,
        "has_key": station.keys.secret is not None,
        "faults": loop.faults.active,
        "fault_sentence": _sentence(shell, blocking[0]) if blocking else "",
        "journal_problem": journal.problem or ("full" if journal.full else ""),
        "vehicle": loop.vehicle_present,
        "finished": session.finished,
        "phase": session.tx.phase if session.tx else None,
        "stop_reason": session.tx.reason if session.tx else "",
        "testing": protection.residual_test is not None and not protection.residual_test.passed,
        "unlocked": protection.lock is not None and not protection.lock.locked,
        "switching": protection.phases is not None and not protection.phases.may_offer,
        "least_a10": loop.limits.value(loop.limits.holder()),
        "holder": loop.limits.holder_name(),
        "state": loop.machine.state,
        "state_name": loop.machine.name(),
    }


def _faults(shell, args):
    """Active faults, each with what to do."""
    found = []
    for connector in shell.connectors(args):
        register = connector.loop.faults
        active = []
        for name in table.names(register.active):
            bit = 1 << table.NAMES.index(name)
            left_ms = register.left_ms(bit)
            severity = 2 if bit & table.TRIPS else 1 if bit & table.STOPS else 0
            active.append(
                {
                    "name": name,
                    "severity": _SEVERITIES[severity],
                    "left_s": left_ms // 1000 if left_ms >= 0 else None,
                    "sentence": _sentence(shell, name),
                }
            )
        found.append({"id": connector.number, "active": active})
    return {"connectors": found}


def _sentence(shell, name):
    """What to do about a fault; "" while energised, because the sentences lie on flash."""
    try:
        with shell.station.permit.hold("fault sentences"):
            if shell.language == "zh":
                from ..core import fault_sentences_zh as sentences
            else:
                from ..core import fault_sentences as sentences
            return sentences.SENTENCES[table.NAMES.index(name)]
    except OSError:
        return ""
    finally:
        forget("evse.core.fault_sentences", "evse.core.fault_sentences_zh")


def _limits(shell, args):
    """Every limit, and the one that holds the current back."""
    found = []
    for connector in shell.connectors(args):
        bounds = connector.loop.limits
        rows = []
        for slot, name in enumerate(NAMES):
            left_ms = bounds.left_ms[slot]
            if bounds.value(slot) != UNLIMITED_A10:
                left_s = None if left_ms == FOREVER else left_ms // 1000
                rows.append({"name": name, "a10": bounds.value(slot), "left_s": left_s})
        found.append(
            {
                "id": connector.number,
                "offered_a10": bounds.offered_a10(),
                "holder": bounds.holder_name(),
                "limits": rows,
            }
        )
    return {"connectors": found}
