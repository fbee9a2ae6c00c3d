"""Fake safety parts: residual-current monitor, inputs, temperature sensor, connector lock, and the board."""

from evse.core.lock import LOCK, UNLOCK

_BOLT_MS = 250


class Input:
    """One safety input; `cause` demands an opening while it is active."""

    def __init__(self, world, cause):
        self.world = world
        self.on = False
        self.spike = 0
        self.fails = 0  # readings that end in an error nobody expects
        self._cause = cause

    def active(self):
        """Tripped, pressed, lost or broken."""
        if self.fails:
            self.fails -= 1
            raise RuntimeError(self._cause)
        if self.spike:
            self.spike -= 1
            self.world.spikes += 1
            self.world.restart_cause(self._cause)
            return not self.on
        return self.on

    def set(self, on):
        """Change the input."""
        self.on = on
        self.world.cause(self._cause, on)


class ResidualCurrent(Input):
    """Trips on a real fault current and on its test current; says when a test was really passed."""

    TEST = ()

    def __init__(self, world):
        super().__init__(world, "residual_current")
        self.moves = None  # the judge
        self.dead = False
        self.stuck = False
        self.testing = False
        self.proven_us = None  # last complete test: tripped by the test current, then released
        self._turn = 0
        self._tested = False

    def level(self):
        """As a monitor with one output."""
        return self.active()

    def test(self, on):
        """Test current on or off."""
        if on == self.testing:
            return
        self.testing = on
        self._turn += 1
        turn, world = self._turn, self.world
        if on:
            self.moves.test_begins()
            self._tested = False
            world.after_ms(world.random.uniform(40, 120), lambda: self._trip(turn))
        else:
            world.after_ms(world.random.uniform(300, 800), lambda: self._release(turn))

    def real(self, on):
        """A real fault current, or a broken wire. Nobody can tell its trip from that of a test."""
        self._turn += 1
        if on:
            self._tested |= self.testing
        elif self.on:
            self._note_release()
        self.set(on)

    def _trip(self, turn):
        if turn == self._turn and not self.dead:
            self._tested = True
            self.on = True

    def _release(self, turn):
        if turn != self._turn or self.stuck:
            return
        if self.on:
            self._note_release()
        self.on = False
        self.world.cause("residual_current", False)

    def _note_release(self):
        if self._tested and not self.testing:
            self.proven_us = self.world.now_us


class Temperature:
    """NTC; None is an open or shorted sensor."""

    def __init__(self, world):
        self.c10 = 250
        self.since_us = 0
        self._world = world

    def set(self, c10):
        """A temperature in 0.1 degC, or None."""
        self.c10 = c10
        self.since_us = self._world.now_us
        self._world.cause("over_temperature", c10 is not None and c10 >= 800, by_loop=True)

    def read(self):
        """0.1 degC; OSError when open or shorted."""
        if self.c10 is None:
            raise OSError(5, "NTC")
        return self.c10


class Lock:
    """A bolt that takes 250 ms; its feedback wire may break, it may jam or be forced."""

    def __init__(self, world):
        self.world = world
        self.moves = None  # the judge
        self.home = False
        self.jam = False
        self.wire_broken = False
        self._direction = 0
        self._turn = 0

    def drive(self, direction):
        """LOCK, UNLOCK or REST."""
        self.moves.lock_driven(direction)
        self._direction = direction
        self._turn += 1
        turn = self._turn
        if direction:
            self.world.after_ms(_BOLT_MS, lambda: self._arrive(turn))

    def is_locked(self):
        """The feedback."""
        return self.home and not self.wire_broken

    def change(self, home=None, **values):
        """Faults: jam, wire_broken; home=False forces the bolt out."""
        for name, value in values.items():
            setattr(self, name, value)
        if home is not None:
            self.home = home
        self._update()

    def _arrive(self, turn):
        if turn == self._turn and not self.jam:
            self.home = self._direction == LOCK
            if self._direction == UNLOCK:
                self.moves.bolt_freed()
            self._update()

    def _update(self):
        self.world.cause("lock_jam", not self.is_locked(), by_loop=True)


class Board:
    """What build_loop asks of a board."""

    NAME = "model"
    HERTZ = 50
    number = 1

    def __init__(self, parts, rated_a10, phases, installed_outside=()):
        self.RATED_A10 = rated_a10
        self.PHASES = phases
        self.VOLTS = 220
        self.CONNECTOR_KIND = "socket" if parts.get("lock") else "cable"
        self.INSTALLED_OUTSIDE = installed_outside
        self._parts = parts

    def control_pilot(self, _zero_mv, _gain):
        """The line is both sides of the pilot."""
        return self._parts["line"]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda: self._parts.get(name)
