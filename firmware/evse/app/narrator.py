"""Tells on the console what happened: pilot states with volts and duty, contactor, limits, faults."""

from ..core import faults


class Narrator:
    """Compares with what was told last and says the difference."""

    def __init__(self, say, loop, session):
        self._say = say
        self._loop = loop
        self._session = session
        self._told_frame = None
        self._state = loop.machine.name()
        self._closed = False
        self._status = ""
        self._duty = 0

    def _register(self, say):
        # The frame itself, so that a technician can check the reading by hand
        wh, frame = self._loop.register.wh, self._loop.register.frame
        if wh is None or frame == self._told_frame:
            return
        self._told_frame = frame
        say("meter %d.%02d kWh in frame %s", wh // 1000, wh % 1000 // 10, _hex(frame))

    def step(self, raised, cleared):
        """Say what changed since the last call."""
        loop, say = self._loop, self._say
        state, duty = loop.machine.name(), loop.duty_permille
        if state != self._state or (duty != self._duty and state[-1] == "2"):
            mv = loop.tick.pilot.high_mv
            say(
                "pilot %s -> %s  %d.%02d V, duty %d.%d %%, offers %d.%d A by %s",
                self._state,
                state,
                mv // 1000,
                mv % 1000 // 10,
                duty // 10,
                duty % 10,
                loop.limits.offered_a10() // 10 if state[-1] == "2" else 0,
                loop.limits.offered_a10() % 10 if state[-1] == "2" else 0,
                loop.limits.holder_name(),
            )
            self._state = state
        self._duty = duty
        if loop.closed != self._closed:
            self._closed = loop.closed
            say("contactor %s", "closed" if loop.closed else "open")
        self._register(say)
        status = self._session.status()
        if status != self._status:
            self._status = status
            say("connector %s", status)
        for name in faults.names(raised):
            say("fault %s: %s", name, faults.row(name)["sentence"])
            left_ms = loop.faults.left_ms(1 << faults.NAMES.index(name))
            if left_ms > 0:
                say("fault %s clears %d s after its cause is gone", name, left_ms // 1000)
        for name in faults.names(cleared):
            say("fault %s cleared", name)


def _hex(data):
    return " ".join("%02X" % value for value in data)
