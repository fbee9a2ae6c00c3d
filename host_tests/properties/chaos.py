"""The course of one life: wait for current, break something, repair it, see what comes back."""

from .breakages import KINDS, Breakages

# Kinds that must be there before the contactor closes
EARLY = (
    "no_close",
    "monitor_dead",
    "monitor_stuck",
    "lock_jam",
    "part_missing",
    "sleeper",
    "cable_bad",
    "spikes",
    "phases_switched",
    "phases_stuck",
)
# Kinds that the device must have something for
NEEDS = {
    "lock_jam": "lock",
    "lock_forced": "lock",
    "lock_wire": "lock",
    "mains_gone": "mains_monitor",
    "part_missing": "missing",
    "sleeper": "wake_up",
    "cable_bad": "proximity",
    "proximity_breaks": "proximity",
    "phases_switched": "phase_contactor",
    "phases_stuck": "phase_contactor",
    "phases_drop": "phase_contactor",
    "phase_mirror": "phase_contactor",
}
# Kinds and the fault that they are to bring about
AIMS = {
    "pilot_short": "pilot_short",
    "pilot_level": "pilot_invalid",
    "diode": "pilot_diode",
    "twitching": "pilot_unstable",
    "frozen_high": "pilot_generator",
    "weld": "contactor_welded",
    "no_close": "contactor_no_close",
    "coil_supply": "contactor_released",
    "residual_current": "residual_current",
    "monitor_dead": "residual_current_test",
    "emergency_stop": "emergency_stop",
    "pe_lost": "pe_lost",
    "mains_gone": "mains_lost",
    "over_current": "over_current",
    "over_voltage": "over_voltage",
    "under_voltage": "under_voltage",
    "frequency": "frequency",
    "over_temperature": "over_temperature",
    "sensor_lost": "temperature_lost",
    "lock_jam": "lock_jam",
    "long_stall": "tick_late",
    "tick_fails": "tick_failed",
    "loop_stops": "control_lost",
    "part_missing": "safety_part_missing",
    "meter_silent": "meter_lost",
    "meter_jumps": "meter_implausible",
    "cable_bad": "cable_invalid",
    "proximity_breaks": "cable_invalid",
    "phases_stuck": "phase_switch_failed",
}


class Chaos(Breakages):
    """One kind per life, now and then a second one beside it."""

    over = False

    def life(self, kind):
        """Actor: wait for current, break something, repair it, see what comes back."""
        random, power = self.random, self.site.power
        if kind in EARLY:
            yield random.uniform(0, 300)
        elif random.random() < 0.9:
            yield from self._until(
                lambda: power.closed, 25000 if self.site.phase_contactor else 15000
            )
            yield random.choice((random.uniform(0, 100), random.uniform(0, 3000)))
        else:
            yield random.uniform(0, 4000)
        self.world.log("chaos: %s", kind)
        self.world.count("kind " + kind)
        if random.random() < 0.1:
            self._second()
        yield from getattr(self, kind)()
        self.world.log("chaos: %s ends", kind)
        yield random.uniform(100, 1500)
        if random.random() < 0.2:
            yield from self._until(lambda: power.closed, 14000)
        self.over = True

    def _second(self):
        kind = self.random.choice(
            [kind for kind in KINDS if kind not in NEEDS and kind not in EARLY]
        )
        self.world.log("chaos beside: %s", kind)
        self.world.spawn(getattr(self, kind)())
