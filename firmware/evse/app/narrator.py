"""Tells on the console what happened: pilot states with volts and duty, contactor, limits, faults."""

from ..control.stall_permit import StallRefusedError
from ..core import faults
from .modules import forget


class Narrator:
    """Compares with what was told last and says the difference."""

    def __init__(self, connector):
        self._connector = connector
        self._told_frame = None
        self._state = connector.loop.machine.name()
        self._closed = False
        self._status = ""
        self._duty = 0
        self._unexplained = []  # names of faults whose sentence waits

    def _register(self):
        # The frame itself, so that a technician can check the reading by hand
        register = self._connector.loop.register
        wh, frame = register.wh, register.frame
        if wh is None or frame == self._told_frame:
            return
        self._told_frame = frame
        told = (wh // 1000, wh % 1000 // 10, _hex(frame))
        self._connector.aside("meter %d.%02d kWh in frame %s" % told)

    def step(self, raised, cleared):
        """Say what changed since the last call."""
        loop, say = self._connector.loop, self._connector.say
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
        self._register()
        status = self._connector.session.status()
        if status != self._status:
            self._status = status
            say("connector %s", status)
        for name in faults.names(raised):
            say("fault %s", name)
            left_ms = loop.faults.left_ms(1 << faults.NAMES.index(name))
            if left_ms > 0:
                say("fault %s clears %d s after its cause is gone", name, left_ms // 1000)
            self._unexplained.append(name)
        if self._unexplained:
            self._explain(say)
        for name in faults.names(cleared):
            say("fault %s cleared", name)

    def _explain(self, say):
        """The sentences lie on flash: loading them takes longer than a closed contactor allows."""
        try:
            with self._connector.loop.permit.hold("fault sentences"):
                from ..core import fault_sentences

                forget("evse.core.fault_sentences")
        except (StallRefusedError, MemoryError):
            return
        for name in self._unexplained:
            say("fault %s: %s", name, fault_sentences.SENTENCES[faults.NAMES.index(name)])
        self._unexplained = []


def _hex(data):
    return " ".join("%02X" % value for value in data)
