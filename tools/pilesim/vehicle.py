"""The vehicle at the end of the cable: R2, S2, its reading of the duty, its current and its battery.

It follows the vehicle's side of IEC 61851-1: it closes S2 when the duty offers a current and it wants
energy, follows changes on a ramp, and ramps down and opens S2 when the PWM goes. Resistors and times are
attributes, so that a test can set the ends of their tolerances (Table A.3); a resistor counts from the
next plug() or movement of S2.
"""

from pilesim.duty import allowed_ma
from pilesim.load import PHASES
from pilesim.poles import PhaseMemory

R2_OHM = 2740
R2_WITH_R3_OHM = 882
R2_WITH_VENTILATION_OHM = 246

MODES = ("normal", "simplified", "sleepy", "stubborn", "ventilated")
FAULTS = ("overdraw",)

_SIMPLIFIED_MA = 10_000
_WAKE_PULSE_US = 3_000_000
_UWH_PER_WH = 1_000_000


class Vehicle:
    """One car. Times are attributes in us, currents in mA; need_wh is what its battery still takes."""

    def __init__(self, clock, line, poles, load, log):
        self._clock = clock
        self._line = line
        self._poles = poles
        self._load = load
        self._log = log
        self.mode = "normal"
        self.r2_ohm = R2_OHM
        self.r2_with_r3_ohm = R2_WITH_R3_OHM
        self.r2_with_ventilation_ohm = R2_WITH_VENTILATION_OHM
        # Set by the wiring where the socket has a lock
        self.lock = None
        self.max_ma = 32_000
        # Phases its charger uses, of those that are connected, and its share of the current on each
        self.phases = PHASES
        self.share_permille = (1000,) * PHASES
        self.phase_memory = PhaseMemory(log)
        self.react_us = 400_000
        self.ramp_us = 1_000_000
        self.stop_us = 800_000
        self.taper_us = 5_000_000
        self.plugged = False
        self.s2_closed = False
        self.forced_s2 = None
        self.faults = set()
        self.last_s2_open_us = -1
        self.last_s2_close_us = -1
        self.last_unplug_us = -1
        self._need_uwh = 20_000 * _UWH_PER_WH
        self._plug_uwh = 0
        self._awake = True
        self._duty_seen = False
        self._silent_since_us = -1
        self._allowed_ma = 0
        # What it draws, or drew last, on a phase with its whole share
        self._asked_ma = 0
        self._connected = 0
        self._full = False
        self._close = clock.event(self._close_s2)
        self._stop = clock.event(self._open_s2)
        self._fill = clock.event(self._filled)
        line.on_change = self._pilot_changed
        poles.watchers.append(self._power_changed)

    # What a person does

    def plug(self):
        """Put the plug in."""
        if self.plugged:
            return
        self.plugged = True
        self._begin()
        self._log("plug", mode=self.mode)
        self._set_s2(self.mode == "simplified" or self.forced_s2 == "closed")
        self._pilot_changed(self._clock.now_us)

    def unplug(self, force=False):
        """Pull the plug out, even under load; False when the lock holds it and no `force` breaks it."""
        if not self.plugged:
            return True
        if self.lock is not None and self.lock.locked and not force:
            self._log("unplug_refused")
            return False
        self.plugged = False
        self.last_unplug_us = self._clock.now_us
        self._cancel()
        self.s2_closed = False
        self._asked_ma = 0
        self._line.set_vehicle_ohm(0)
        self._load.cut()
        self._log("unplug")
        return True

    def force_s2(self, position):
        """Hold S2 `open` or `closed` whatever the pilot says; None lets the vehicle decide again."""
        self.forced_s2 = position
        if not self.plugged:
            return
        self._cancel()
        if position is not None:
            self._set_s2(position == "closed")
        self._decide()

    def set_mode(self, mode):
        """One of MODES; as a new car, but without unplugging."""
        if mode not in MODES:
            raise ValueError("vehicle mode %s, allowed %s" % (mode, " ".join(MODES)))
        self.mode = mode
        self._begin()
        if self.plugged:
            self._cancel()
            self._set_s2(mode == "simplified")
            self._pilot_changed(self._clock.now_us)

    def set_need_wh(self, wh):
        """How much the battery takes from now on."""
        self._need_uwh = wh * _UWH_PER_WH
        self._plug_uwh = self._load.energy_uwh(self._clock.now_us)
        self._full = False
        self._decide()

    def set_phases(self, phases):
        """Use 1..3 phases, of those that are connected, by the vehicle's own choice."""
        self.phases = phases
        self.phase_memory.forget()
        self._see_phases(self._clock.now_us)
        self._decide()

    def set_fault(self, name, on):
        """`overdraw`: 1.3 times the current allowed."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        self._decide()

    # What it measures

    def received_wh(self):
        """Energy since plug() or set_need_wh()."""
        return self._received_uwh() // _UWH_PER_WH

    def current_ma(self):
        """Current per phase now."""
        return self._load.current_ma(self._clock.now_us)

    # Reactions

    def _begin(self):
        self._awake = self.mode != "sleepy"
        self._duty_seen = False
        self._silent_since_us = -1
        self._full = False
        self._plug_uwh = self._load.energy_uwh(self._clock.now_us)
        self.phase_memory.forget()
        self._see_phases(self._clock.now_us)

    def _pilot_changed(self, now_us):
        duty_u16 = self._line.duty_u16()
        self.phase_memory.pilot(duty_u16, now_us)
        if not self.plugged:
            return
        self._allowed_ma = allowed_ma(duty_u16)
        if self._allowed_ma:
            # A sleeping car wakes on a pause of the PWM after it has once been there (A.5.3)
            if self._duty_seen and self._silent_since_us >= 0:
                self._awake = self._awake or now_us - self._silent_since_us >= _WAKE_PULSE_US
            self._duty_seen = True
            self._silent_since_us = -1
        elif self._silent_since_us < 0:
            self._silent_since_us = now_us
        self._decide()

    def _power_changed(self, now_us):
        connected = self._poles.connected()
        if connected and not self._connected:
            self._log("power", state="on")
        self._connected = connected
        self._see_phases(now_us)
        self._decide()

    def _see_phases(self, now_us):
        if self.plugged:
            self.phase_memory.fed(min(self.phases, self._connected), now_us)

    def _decide(self):
        """Move S2 and current towards what pilot, battery and mode ask for."""
        if not self.plugged:
            return
        now_us = self._clock.now_us
        wants = self._allowed_ma > 0 and self._awake and not self._full
        if self.forced_s2 is None and self.mode != "simplified":
            if wants:
                self._stop.cancel()
                if not self.s2_closed and self._close.at_us < 0:
                    self._close.at(now_us + self.react_us)
            else:
                self._close.cancel()
                if self.s2_closed and self._stop.at_us < 0 and self.mode != "stubborn":
                    self._asked_ma = 0
                    self._load.ramp(0, self.taper_us if self._full else self.stop_us * 2 // 3)
                    self._stop.at(now_us + (self.taper_us if self._full else self.stop_us))
                    return
        self._draw(now_us)

    def _draw(self, now_us):
        if not self._connected or not self.s2_closed:
            self._fill.cancel()
            self._asked_ma = 0
            if any(self._load.targets_ma()) or self._load.current_ma(now_us):
                self._load.cut()
            return
        if self._stop.at_us >= 0:
            return
        self._asked_ma = self._target_ma()
        phases = min(self.phases, self._connected)
        shares = [self._asked_ma * share // 1000 for share in self.share_permille[:phases]]
        targets_ma = tuple(shares) + (0,) * (PHASES - phases)
        if targets_ma != self._load.targets_ma():
            self._load.ramp(targets_ma, self.ramp_us)
        self._expect_full(now_us)

    def _target_ma(self):
        if self.mode == "simplified":
            target_ma = 0 if self._full else min(_SIMPLIFIED_MA, self.max_ma)
        elif self._allowed_ma:
            target_ma = min(self._allowed_ma, self.max_ma)
        else:
            # Stubborn or forced: goes on as it was
            return self._asked_ma
        return target_ma * 13 // 10 if "overdraw" in self.faults else target_ma

    def _set_s2(self, closed):
        now_us = self._clock.now_us
        if closed != self.s2_closed:
            self.s2_closed = closed
            if closed:
                self.last_s2_close_us = now_us
            else:
                self.last_s2_open_us = now_us
            self._log("s2", state="closed" if closed else "open")
        ohm = self.r2_ohm
        if closed:
            ohm = self.r2_with_r3_ohm
            if self.mode == "ventilated":
                ohm = self.r2_with_ventilation_ohm
        self._line.set_vehicle_ohm(ohm)

    def _close_s2(self, now_us):
        self._set_s2(True)
        self._draw(now_us)

    def _open_s2(self, now_us):
        self._set_s2(False)
        self._draw(now_us)

    # The battery

    def _received_uwh(self):
        return self._load.energy_uwh(self._clock.now_us) - self._plug_uwh

    def _expect_full(self, now_us):
        missing_uwh = self._need_uwh - self._received_uwh()
        power_mw = self._load.target_mw(now_us)
        if not power_mw:
            self._fill.cancel()
            return
        # A uWh lasts 3.6e6 us at 1 mW. Too early while current still rises: then it is asked again
        self._fill.at(now_us + max(100_000, missing_uwh * 3_600_000 // power_mw))

    def _filled(self, now_us):
        if self._received_uwh() + 1000 < self._need_uwh:
            self._expect_full(now_us)
            return
        self._full = True
        self._log("full", wh=self.received_wh())
        if self.mode == "simplified":
            self._asked_ma = 0
            self._load.ramp(0, self.taper_us)
        else:
            self._decide()

    def _cancel(self):
        self._close.cancel()
        self._stop.cancel()
        self._fill.cancel()
