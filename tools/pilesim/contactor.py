"""The contactor: coil behind relay pin and dead-man, main contacts, mirror contact.

The coil holds only while the relay pin is high and the dead-man's charge pump is fed: each toggle of
the heartbeat pin holds it for hold_us, a pin stuck at either level lets it decay. The mirror contact
is normally closed to ground with a pull-up: it reads 0 when the main contacts are open.
"""

FAULTS = ("weld", "welded", "fail_to_close", "mirror_broken")


class Contactor:
    """Relay pin and heartbeat in, main contacts and mirror out. Times are virtual microseconds, -1 never."""

    def __init__(self, clock, log):
        self._clock = clock
        self._log = log
        self.hold_us = 45_000
        self.pull_in_us = 20_000
        self.drop_out_us = 15_000
        self.relay = 0
        self.energised = False
        self.closed = False
        self.on_change = None
        self.faults = set()
        self.last_close_command_us = -1
        self.last_open_command_us = -1
        self.coil_energised_us = -1
        self.coil_released_us = -1
        self.main_closed_us = -1
        self.main_opened_us = -1
        self.operations = 0
        self._mirror_pad = None
        self._beat = 0
        self._held_until_us = -1
        self._decay = clock.event(self._decayed)
        self._move = clock.event(self._moved)

    def attach(self, relay_pad, heartbeat_pad, mirror_pad):
        """Connect the three pads; a None heartbeat pad means no dead-man is fitted: the coil never holds."""
        relay_pad.watchers.append(self._relay_changed)
        self._relay_changed(relay_pad, self._clock.now_us)
        if heartbeat_pad is not None:
            self._beat = 1 if heartbeat_pad.high_us else 0
            heartbeat_pad.watchers.append(self._heartbeat_changed)
        if mirror_pad is not None:
            mirror_pad.source = self.mirror
            self._mirror_pad = mirror_pad

    def mirror(self, now_us):
        """Level of the mirror input: 0 main contacts open, 1 closed or wire broken."""
        return 1 if self.closed or "mirror_broken" in self.faults else 0

    def held(self, now_us):
        """True while the dead-man's charge lasts."""
        return now_us < self._held_until_us

    def set_fault(self, name, on):
        """Switch one of FAULTS. `weld` sticks at the next closing, `welded` has stuck already."""
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
        if name == "mirror_broken" and self._mirror_pad is not None:
            self._mirror_pad.changed(self.mirror(now_us))

    def _relay_changed(self, pad, now_us):
        level = 1 if pad.high_us else 0
        if level == self.relay:
            return
        self.relay = level
        if level:
            self.last_close_command_us = now_us
        else:
            self.last_open_command_us = now_us
        self._log("relay", level=level)
        self._update_coil(now_us)

    def _heartbeat_changed(self, pad, now_us):
        level = 1 if pad.high_us else 0
        if level == self._beat:
            return
        self._beat = level
        self._held_until_us = now_us + self.hold_us
        # Only one decay event is kept; it re-arms itself when it finds the charge renewed
        if self._decay.at_us < 0:
            self._decay.at(self._held_until_us)
        if self.relay and not self.energised:
            self._update_coil(now_us)

    def _decayed(self, now_us):
        if now_us < self._held_until_us:
            self._decay.at(self._held_until_us)
            return
        if self.relay:
            self._log("dead_man")
        self._update_coil(now_us)

    def _update_coil(self, now_us):
        energised = bool(self.relay) and now_us < self._held_until_us
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
        self._log("contactor", state="closed" if closed else "open")
        if self._mirror_pad is not None:
            self._mirror_pad.changed(self.mirror(now_us))
        if self.on_change is not None:
            self.on_change(now_us)
