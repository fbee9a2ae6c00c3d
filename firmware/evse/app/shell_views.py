"""Commands that only look: each returns a dict whose names carry their units."""

import gc
import sys
from binascii import b2a_base64, hexlify

from .. import __version__
from ..core import faults as table
from ..core.event_log import entries
from ..core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE

_EVENTS = 20
_MOST_EVENTS = 60
_RECORDS = 4
_WATCH_STEPS = 10


def view(shell, name, args):
    """What a command of this file answers, None when it is none of them."""
    found = None
    if name == "status":
        found = _status(shell)
    elif name == "cp":
        found = _pilot(shell, args)
    elif name == "watch":
        if args[:1] != ["cp"]:
            raise IndexError
        found = _watch(shell, args[1:])
    elif name == "relay":
        found = _relay(shell, args)
    elif name == "meter":
        found = _meter(shell, args)
    elif name == "parts":
        found = _parts(shell)
    elif name == "net":
        found = _net(shell)
    elif name == "journal":
        found = _journal(shell, args)
    elif name == "log":
        found = _log(shell, args)
    return found


def _status(shell):
    """The station and its connectors."""
    station = shell.station
    journal, uplink = station.journal, station.uplink
    return {
        "station": station.settings["station_id"],
        "firmware": __version__,
        "board": station.board.NAME,
        "profile": station.settings["profile"],
        "up_s": station.clock.up_s,
        "utc_s": station.clock.utc_s(),
        "boot": journal.boot,
        "life": journal.life,
        "python": ".".join([str(number) for number in sys.implementation.version[:3]]),
        "heap_free": gc.mem_free() if hasattr(gc, "mem_free") else None,
        "link": "online" if uplink.online else uplink.last_error or "offline",
        "connectors": [_connector(station, each) for each in shell.connectors(())],
    }


def _connector(station, connector):
    loop, session = connector.loop, connector.session
    running = session.running
    return {
        "id": connector.number,
        "status": session.status(),
        "cp": loop.machine.name(),
        "closed": loop.closed,
        "faults": table.names(loop.faults.active),
        "limit_a10": loop.limits.offered_a10(),
        "limit_by": loop.limits.holder_name(),
        "tx": "%s-%d" % (station.journal.life, running) if running else None,
        "w": loop.register.w if loop.closed else 0,
        "wh": loop.register.wh,
    }


def _pilot(shell, args):
    """Levels and drive of the control pilot."""
    found = []
    for connector in shell.connectors(args):
        loop = connector.loop
        drive = loop.cp.drive
        found.append(
            {
                "id": connector.number,
                "state": loop.machine.name(),
                "high_mv": loop.tick.pilot.high_mv,
                "low_mv": loop.tick.pilot.low_mv,
                "duty_permille": loop.duty_permille,
                "drive": "positive"
                if drive == DRIVE_POSITIVE
                else "negative"
                if drive == DRIVE_NEGATIVE
                else "pwm",
                "limit_a10": loop.limits.offered_a10(),
            }
        )
    return {"connectors": found}


def _watch(shell, args):
    """Levels again and again; the terminal ends it at the next key."""
    shell.watching = True
    while True:
        for row in _pilot(shell, args)["connectors"]:
            yield "%d  %-2s  %6d mV  %6d mV  %4d permille  %s" % (
                row["id"],
                row["state"],
                row["high_mv"],
                row["low_mv"],
                row["duty_permille"],
                row["drive"],
            )
        for _step in range(_WATCH_STEPS):
            yield None


def _relay(shell, args):
    """The contactor as it was told and as it says."""
    found = []
    for connector in shell.connectors(args):
        contactor, phases = connector.loop.tick.contactor, connector.loop.protection.phases
        found.append(
            {
                "id": connector.number,
                "commanded": contactor.commanded,
                "closed": contactor.closed,
                "operations": contactor.operations,
                "phases": phases.proven_phases if phases else connector.board.PHASES,
                "late_us": connector.loop.tick.late_us,
            }
        )
    return {"connectors": found}


def _meter(shell, args):
    """What the meter says and how it says it."""
    found = []
    for connector in shell.connectors(args):
        register, part = connector.loop.register, connector.meter
        found.append(
            {
                "id": connector.number,
                "model": connector.board.METER,
                "number": register.number,
                "wh": register.wh,
                "w": register.w,
                "mv": list(register.mv),
                "ma": list(register.ma),
                "chz": register.chz,
                "frame": str(hexlify(register.frame), "ascii"),
                "bad_frames": part.bad_frames if part else None,
                "last_error": part.last_error if part else "no meter",
                "age_ms": register.age_ms,
                "problem": register.problem,
            }
        )
    return {"connectors": found}


def _parts(shell):
    """Raw readings of the safety inputs and of what else a person can check by hand."""
    station, inputs = shell.station, []
    for connector in shell.connectors(()):
        for part, fault in connector.loop.tick.inputs:
            row = {"id": connector.number, "role": table.names(fault)[0], "active": part.active()}
            inputs.append(row)
    protection = station.loop.protection
    return {
        "inputs": inputs,
        "missing": protection.missing,
        "temperature_c10": protection.temperature_c10,
        "reader": station.panel.problem or "ok" if station.panel else None,
        "test_passed": protection.residual_test.passed if protection.residual_test else None,
    }


def _net(shell):
    """What carries the link, and how far it gets."""
    station = shell.station
    bearer, uplink = station.bearer, station.uplink
    rssi_dbm, address = bearer.wlan.radio() if bearer.wlan else (None, None)
    return {
        "link": "online" if uplink.online else "offline",
        "last_error": uplink.last_error,
        "broker": station.broker,
        "security_problem": station.security.problem,
        "bearer": bearer.name,
        "up": bearer.up,
        "problem": bearer.problem,
        "rssi_dbm": rssi_dbm,
        "address": address,
    }


def _journal(shell, args):
    """State of the journal, or some of its records from a number on."""
    book = shell.station.journal
    if args:
        if not args[0].isdigit():
            raise IndexError
        rows = []
        for data in book.ring.after(int(args[0]) - 1, _RECORDS) if book.ring else ():
            rows.append(str(b2a_base64(data)[:-1], "ascii"))
        return {"records": rows, "next": book.next_seq}
    figures = book.figures()
    figures.update(
        {
            "life": book.life,
            "first": book.first_seq,
            "next": book.next_seq,
            "acked": book.next_seq - 1 - figures["waiting"],
            "problem": book.problem,
            "damage": book.damage,
        }
    )
    return figures


def _log(shell, args):
    """The last events; a line's first word is the part that it is about."""
    if args and not args[0].isdigit():
        raise IndexError
    most = min(int(args[0]), _MOST_EVENTS) if args else _EVENTS
    events = []
    for up_s, text in entries(shell.station.console.events, most):
        task, _space, what = text.partition(" ")
        events.append({"up_s": up_s, "task": task.rstrip(":"), "what": what})
    return {"events": events}
