"""The contactor: coil behind relay pin and dead-man, main contacts, mirror contact.

The coil holds only while the relay pin is high and the dead-man holds. The mirror contact is normally
closed to ground with a pull-up: it reads 0 when the main contacts are open. It bounces for up to
bounce_us after each movement; the vehicle's charger bridges such gaps, so the current does not.
"""

from pilesim.dead_man import ChargePump

FAULTS = ("weld", "welded", "fail_to_close", "coil_lost", "mirror_broken")


class Contactor:
    """Relay pin and dead-man in, main contacts and mirror out. Times are virtual microseconds, -1 never."""

    # How the world's trace calls its movements and those of its relay
    state_event = "contactor"
    relay_event = "relay"

    def __init__(self, clock, log, random=None):
        self._clock = clock
        self._log = log
        # None: contacts without bounce
        self._random = random
        self.dead_man = None
        self.pull_in_us = 20_000
        self.drop_out_us = 15_000
        # Longest bounce; 0 switches it off
        self.bounce_us = 8000
        self.relay = 0
        self.energised = False
        self.closed = False
        # Called with now_us when the main contacts have moved
        self.watchers = []
        # Called with now_us when the dead-man holds or lets go
        self.hold_watchers = []
        self.faults = set()
        self.last_close_command_us = -1
        self.last_open_command_us = -1
        self.coil_energised_us = -1
        self.coil_released_us = -1
        self.main_closed_us = -1
        self.main_opened_us = -1
        self.operations = 0
        self._mirror_pad = None
        self._mirror_closed = False
        self._bounce_end_us = -1
        self._move = clock.event(self._moved)
        self._bounce = clock.event(self._bounced)
        self.fit(ChargePump(clock))

    def fit(self, dead_man):
        """Put a dead-man before the coil, unfed so far."""
        if self.dead_man is not None:
            self.dead_man.changed = _ignore
        self.dead_man = dead_man
        dead_man.changed = self._hold_changed
        self._update_coil(self._clock.now_us)

    def attach(self, relay_pad, mirror_pad=None):
        """Connect the pads of relay and mirror."""
        relay_pad.watchers.append(self._relay_changed)
        self._relay_changed(relay_pad, self._clock.now_us)
        if mirror_pad is not None:
            mirror_pad.source = self.mirror
        self._mirror_pad = mirror_pad

    def mirror(self, now_us):
        """Level of the mirror input: 0 main contacts open, 1 closed or wire broken."""
        return 1 if self._mirror_closed or "mirror_broken" in self.faults else 0

    def set_fault(self, name, on):
        """Switch one of FAULTS. `weld` sticks at the next closing, `welded` has stuck already,
        `coil_lost` is a coil without supply.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        now_us = self._clock.now_us
        if name == "welded" and on:
            self._set_closed(True, now_us)
        elif name in ("weld", "welded") and self.closed and not self.energised:
            self._set_closed(False, now_us)
        elif name == "fail_to_close" and not on and self.energised and not self.closed:
            self._move.at(now_us + self.pull_in_us)
        elif name == "coil_lost":
            self._update_coil(now_us)
        elif name == "mirror_broken":
            self._tell_mirror(now_us)

    def _relay_changed(self, pad, now_us):
        level = 1 if pad.high_us else 0
        if level == self.relay:
            return
        self.relay = level
        if level:
            self.last_close_command_us = now_us
        else:
            self.last_open_command_us = now_us
        self._log(self.relay_event, level=level)
        self._update_coil(now_us)

    def _hold_changed(self, now_us):
        if self.relay and not self.dead_man.held:
            self._log("dead_man")
        self._update_coil(now_us)
        for watcher in self.hold_watchers:
            watcher(now_us)

    def _update_coil(self, now_us):
        energised = bool(self.relay) and self.dead_man.held and "coil_lost" not in self.faults
        if energised == self.energised:
            return
        self.energised = energised
        if energised:
            self.coil_energised_us = now_us
            self._move.at(now_us + self.pull_in_us)
        else:
            self.coil_released_us = now_us
            self._move.at(now_us + self.drop_out_us)

    def _moved(self, now_us):
        if self.energised:
            if "fail_to_close" not in self.faults:
                self._set_closed(True, now_us)
        elif "weld" not in self.faults and "welded" not in self.faults:
            self._set_closed(False, now_us)

    def _set_closed(self, closed, now_us):
        if closed == self.closed:
            return
        self.closed = closed
        if closed:
            self.main_closed_us = now_us
            self.operations += 1
        else:
            self.main_opened_us = now_us
        self._log(self.state_event, state="closed" if closed else "open")
        self._mirror_closed = closed
        self._tell_mirror(now_us)
        self._bounce.cancel()
        if self._random is not None and self.bounce_us:
            self._bounce_end_us = now_us + self._random.below(self.bounce_us)
            self._next_bounce(now_us)
        for watcher in self.watchers:
            watcher(now_us)

    def _next_bounce(self, now_us):
        self._bounce.at(min(self._bounce_end_us, now_us + self._random.between(300, 1500)))

    def _bounced(self, now_us):
        if now_us < self._bounce_end_us:
            self._mirror_closed = not self._mirror_closed
            self._next_bounce(now_us)
        elif self._mirror_closed == self.closed:
            return
        else:
            self._mirror_closed = self.closed
        self._tell_mirror(now_us)

    def _tell_mirror(self, now_us):
        if self._mirror_pad is not None:
            self._mirror_pad.changed(self.mirror(now_us))


class SharedDeadMan:
    """The dead-man of another contactor, which holds this one's coil too."""

    kind = "shared"

    def __init__(self, contactor):
        self.changed = _ignore
        self._contactor = contactor
        contactor.hold_watchers.append(self._hold_changed)

    @property
    def held(self):
        """True while the coils may be energised."""
        return self._contactor.dead_man.held

    def _hold_changed(self, now_us):
        self.changed(now_us)


def _ignore(now_us):
    return None
