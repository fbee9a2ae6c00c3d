"""Fake parts of some devices: the phase contactor, and the proximity contact of a socket with the cables plugged into it."""

from evse.core.limits import UNLIMITED_A10
from evse.core.phase_switching import INTERRUPT_MS, SETTLE_MS

# (ohm, ampacity in 0.1 A), IEC 61851-1 Table B.2
_CABLES = ((100, 630), (220, 320), (680, 200), (1500, 130))
_SHORT_OHM = 5
_OPEN_OHM = 1000000
# Nobody changes a plug faster, and the firmware could not see it
_SWAP_US = 1000000
# A proven position is seen by a step of the control loop
_STEP_US = 50000


class PhaseContactor:
    """Feeds L2 and L3. Poles follow the coil in 10 to 60 ms; the mirror reads closed when its wire is broken."""

    def __init__(self, world):
        self.world = world
        self.moves = None  # the judge
        self.coil = False
        self.closed = False  # poles
        self.stuck = False
        self.supply = True
        self.mirror_broken = False
        self.fed = True  # the vehicle may have been set up for the phases as they are
        self._driven_us = world.now_us - SETTLE_MS * 1000
        self._away_us = world.now_us
        self._turn = 0

    def close(self):
        """Coil on."""
        self._drive(True)

    def open(self):
        """Coil off."""
        self._drive(False)

    def is_closed(self):
        """The mirror."""
        return self.closed or self.mirror_broken

    def change(self, **values):
        """Set faults: stuck, mirror_broken; supply=False drops the poles under load, as it would."""
        for name, value in values.items():
            setattr(self, name, value)
        if not self.stuck:
            self.closed = self.coil and self.supply

    def note(self, main, nobody):
        """After each step of the control loop: the main contactor conducts, no vehicle is seen."""
        now_us = self.world.now_us
        if main:
            self.fed = True
        if main or not nobody:
            self._away_us = now_us
        elif now_us - self._away_us >= (INTERRUPT_MS - 100) * 1000:
            self.fed = False

    def problem(self, told):
        """Why the main contactor must not close, or None; `told`: phases that the firmware takes for proven."""
        if self.world.now_us - self._driven_us < SETTLE_MS * 1000 - _STEP_US:
            return "closed before the phases settled"
        if self.mirror_broken or not self.supply:
            return None
        actual = 3 if self.closed else 1
        return None if told == actual else "closed on %d phases, believed %d" % (actual, told)

    def _drive(self, on):
        world = self.world
        self.coil = on
        self.moves.phases_driven(on, self.fed)
        self._driven_us = world.now_us
        self._turn += 1
        turn = self._turn
        world.after_ms(world.random.uniform(10, 60), lambda: self._arrive(turn))

    def _arrive(self, turn):
        closed = self.coil and self.supply
        if turn == self._turn and not self.stuck and closed != self.closed:
            self.closed = closed
            self.moves.phases_moved()
            self.world.count("phases %d" % (3 if closed else 1))


class Proximity:
    """Resistor of the plugged cable as the contact shows it."""

    def __init__(self, world):
        self.world = world
        self.rating_a10 = None  # of the cable that is plugged in
        self.bad_next = False  # the next cable has a resistor that says nothing
        self.fails = False
        self.shown_ohm = None  # instead of the cable's own
        self.spike = 0
        self._ohm = _OPEN_OHM
        self._turn = 0
        self._pulled_us = world.now_us - _SWAP_US

    def read(self):
        """Ohm; OSError when the ADC refuses."""
        if self.fails:
            raise OSError(110, "ADC")
        if self.spike:
            self.spike -= 1
            return self.world.random.choice((_SHORT_OHM, 100, 220, 680, 1500, _OPEN_OHM))
        return self._ohm if self.shown_ohm is None else self.shown_ohm

    def is_free(self):
        """A cable can be plugged in by now."""
        return self.world.now_us - self._pulled_us >= _SWAP_US

    def plug(self, at_once=False):
        """Some cable goes in; the contact may follow the pilot."""
        if self.rating_a10 is not None:
            return
        random = self.world.random
        ohm, self.rating_a10 = random.choice(_CABLES)
        ohm = ohm * random.randint(85, 115) // 100
        if self.bad_next:
            ohm = random.choice((_SHORT_OHM, _OPEN_OHM))
            self.bad_next = False
        self.world.log("cable of %d ohm", ohm)
        self._show(ohm, 0 if at_once else random.uniform(0, 400))

    def pull(self):
        """The cable comes out."""
        if self.rating_a10 is not None:
            self.rating_a10 = None
            self._pulled_us = self.world.now_us
            self._show(_OPEN_OHM, self.world.random.uniform(0, 100))

    def change(self, **values):
        """Set faults: fails, bad_next; shown_ohm."""
        for name, value in values.items():
            setattr(self, name, value)
        self._update()

    def break_somehow(self):
        """One of: open, shorted, a reading that fails, another resistor."""
        random = self.world.random
        if random.random() < 0.2:
            self.change(fails=True)
        else:
            self.change(shown_ohm=random.choice((_SHORT_OHM, _OPEN_OHM, 100, 220, 680, 1500)))

    def most_a10(self):
        """What the cable that is plugged in may carry."""
        return UNLIMITED_A10 if self.rating_a10 is None else self.rating_a10

    def _show(self, ohm, in_ms):
        self._turn += 1
        turn = self._turn

        def arrive():
            if turn == self._turn:
                self._ohm = ohm
                self._update()

        if in_ms:
            self.world.after_ms(in_ms, arrive)
        else:
            arrive()

    def _update(self):
        ohm = self._ohm if self.shown_ohm is None else self.shown_ohm
        says_nothing = self.fails or ohm in (_SHORT_OHM, _OPEN_OHM)
        invalid = self.rating_a10 is not None and says_nothing
        self.world.cause("cable_invalid", invalid, by_loop=True)
