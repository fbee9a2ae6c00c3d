"""Commands that change something, or read the settings. What is written asks the stall permit."""

import gc
import json

from ..core import faults
from . import config
from .modules import forget

_HIDDEN = "(hidden)"
# After the first wrong service code, doubled with each; the owner gets in a minute later at the worst
_WRONG_MS = 1000
_WRONG_MOST_MS = 60000
_LEAST_HEAP = 16000
_TEST_STEPS = 500


def obey(shell, name, args):
    """What a command of this file answers, None when it is none of them."""
    found = None
    if name == "settings":
        found = _settings(shell, args)
    elif name == "set":
        found = _set(shell, args)
    elif name == "selftest":
        found = _selftest(shell, args)
    elif name == "tx":
        found = _transaction(shell, args)
    elif name == "reset":
        found = _reset(shell, args)
    elif name == "unlock":
        found = _unlock(shell, args)
    elif name == "login":
        found = _login(shell, args)
    elif name == "lang":
        found = _language(shell, args)
    elif name == "restart":
        found = _restart(shell)
    elif name == "maint":
        found = _maintain(shell, args)
    return found


def _settings(shell, args):
    """The settings in force at the next start; secrets are not shown."""
    try:
        with shell.station.permit.hold("console settings"):
            from ..core import settings as table
            from .json_file import parsed

            values, problems = table.in_force(parsed(config.GOOD_FILE), parsed(config.FILE))
    except OSError:
        raise ValueError(shell.said("energised"))
    for row in table.TABLE:
        if row[1] in table.HIDDEN and values[row[0]]:
            values[row[0]] = _HIDDEN
        elif row[1] == "networks":
            values[row[0]] = [[network[0], _HIDDEN] for network in values[row[0]]]
    forget("evse.core.settings", "evse.app.json_file")
    if args and args[0] not in values:
        raise ValueError(shell.said("unknown_setting", args[0][:24]))
    found = {name: values[name] for name in args[:1] or values}
    return {"problem": "; ".join(problems), "settings": found}


def _set(shell, args):
    """Change one setting in the file."""
    name, text = args[0], " ".join(args[1:])
    if len(args) < 2:
        raise IndexError
    kept, problem = {}, shell.said("unknown_setting", name[:24])
    try:
        with shell.station.permit.hold("console settings"):
            from ..core import settings as table
            from .json_file import parsed

            found = parsed(config.FILE)
            if not isinstance(found, dict):
                # Nothing that could be read: the last good ones stay
                found = parsed(config.GOOD_FILE)
            kept.update(found if isinstance(found, dict) else {})
            for row in table.TABLE:
                if row[0] == name:
                    kept[name] = _value(row, text)
                    problem = table.problem(row, kept[name])
    except OSError:
        problem = shell.said("energised")
    forget("evse.core.settings", "evse.app.json_file")
    problem = problem or config.write_json(config.FILE, kept, shell.station.permit)
    if problem:
        raise ValueError(problem)
    shell.station.console.say("console: setting %s changed", name)
    return {"ok": True, "note": shell.said("restart")}


def _value(row, text):
    if row[1] in ("int", "bool", "tokens", "networks"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    # A text may stand in quotes, for one that is empty or has spaces at its end
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text


def _selftest(shell, args):
    """Try what can be tried while nothing is energised; waits for the residual-current monitor."""
    station = shell.station
    connectors = shell.connectors(args)
    if station.permit.energised:
        raise ValueError(shell.said("energised"))
    return _tests(station, connectors)


def _tests(station, connectors):
    results = []

    def result(name, reading, expected, ok):
        results.append({"name": name, "reading": reading, "expected": expected, "ok": ok})

    for connector in connectors:
        loop, at = connector.loop, "" if len(connectors) == 1 else " %d" % connector.number
        protection = loop.protection
        test = protection.residual_test
        if test:
            test.demand()
            for _step in range(_TEST_STEPS):
                yield None
                if not test.busy and (test.proven or test.failed):
                    break
            said = "tripped and released" if test.proven else "no verdict"
            reading = "failed" if test.failed else said
            result("residual_current" + at, reading, "tripped and released", test.proven)
        feedback = "closed" if loop.closed else "open"
        commanded = loop.tick.contactor.commanded
        result("contactor" + at, feedback, "open", not loop.closed and not commanded)
        pilot = loop.tick.pilot
        result("pilot" + at, "%d mV" % pilot.high_mv, "a level of a state", pilot.generator_ok)
        register = loop.register
        reading = "silent" if register.lost else "%d ms old" % register.age_ms
        result("meter" + at, reading, "answers", register.wh is not None and not register.lost)
        missing = ", ".join(protection.missing) or "all there"
        result("safety_parts" + at, missing, "all there", not protection.missing)
        if protection.temperature_c10 is not None:
            c10 = protection.temperature_c10
            result("temperature" + at, "%d C" % (c10 // 10), "-40..70 C", -400 <= c10 <= 700)
    journal = station.journal
    problem = journal.problem or journal.damage
    state = "ready" if journal.ready else "full" if journal.full else "no key"
    result("journal", problem or state, "ready", journal.ready and not problem)
    # The tests before took seconds: somebody may have plugged in
    try:
        with station.permit.hold("console collect"):
            gc.collect()
    except OSError:
        pass
    free = gc.mem_free() if hasattr(gc, "mem_free") else _LEAST_HEAP
    result("memory", "%d bytes free" % free, "%d or more" % _LEAST_HEAP, free >= _LEAST_HEAP)
    yield {"results": results}


def _transaction(shell, args):
    """Start or stop a charge here, as a button would."""
    connector = shell.connectors(args[1:] or ("1",))[0]
    if args[0] == "start":
        refusal = connector.session.start("console", "local")
    elif args[0] == "stop":
        refusal = connector.session.stop(None, "local")
    else:
        raise IndexError
    if refusal:
        raise ValueError(shell.said("refused", refusal))
    return {"ok": True, "note": shell.said("done")}


def _reset(shell, args):
    """Clear the faults that ask for a reset."""
    return _cleared(shell, [each.loop.reset_faults() for each in shell.connectors(args)])


def _unlock(shell, args):
    """End a lock-out, once its cause is repaired."""
    return _cleared(shell, [each.loop.unlock() for each in shell.connectors(args)])


def _cleared(shell, bits):
    found = []
    for each in bits:
        found += faults.names(each)
    return {
        "ok": bool(found),
        "cleared": found,
        "note": shell.said("done" if found else "nothing"),
    }


def _login(shell, args):
    """Hear a service code: each wrong one makes the next wait longer, none is ever locked out."""
    station, terminal = shell.station, shell.terminal
    if not shell.code:
        return {"ok": True, "note": shell.said("no_code")}
    left_ms = terminal.next_code_ms - station.clock.up_ms
    if left_ms > 0:
        raise ValueError(shell.said("wait", (left_ms + 999) // 1000))
    if args[0] != shell.code:
        wait_ms = min(_WRONG_MS << min(terminal.wrong_codes, 6), _WRONG_MOST_MS)
        terminal.wrong_codes += 1
        terminal.next_code_ms = station.clock.up_ms + wait_ms
        station.console.say("console: wrong service code, %d in a row", terminal.wrong_codes)
        raise ValueError(shell.said("wrong_code", wait_ms // 1000))
    terminal.wrong_codes = 0
    shell.trusted = True
    station.console.say("console: a technician has logged in")
    return {"ok": True, "note": shell.said("welcome")}


def _language(shell, args):
    """Answer in another language until the console is left."""
    if args[0] not in ("en", "zh"):
        raise IndexError
    shell.language = args[0]
    return {"ok": True, "note": shell.said("done")}


def _restart(shell):
    """Start the station again; a charge ends first."""
    shell.end_station(False)
    return {"ok": True, "note": shell.said("restarting")}


def _maintain(shell, args):
    """Open, latch, leave to the REPL; the service code may stand in the same line."""
    if shell.code and not shell.trusted:
        if not args:
            raise ValueError(shell.said("login"))
        _login(shell, args)
    shell.end_station(True)
    return {"ok": True, "note": shell.said("maint")}
