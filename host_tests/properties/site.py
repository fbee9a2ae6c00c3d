"""One device and its surroundings in one life: parts, limits as they were told, load and meter."""

from evse.control.stall_permit import StallPermit
from evse.core import limits

from .checks import read_by_vehicle_ma
from .line import Line
from .outlet_parts import PhaseContactor, Proximity
from .parts import Board, Input, Lock, ResidualCurrent, Temperature
from .power_side import PowerSide

_PARTS = ("residual_current", "emergency_stop", "pe_monitor", "temperature")
# A limit that runs out in the step that took it may do so this much early or late
_MARGIN_US = 2000
# Two readings of the temperature and the steps around them; then the loss of the sensor
_DERATED_US = 900000
_LOST_US = 2700000


class Site:
    """Built from random choices; `parts` go to the firmware through the board."""

    def __init__(self, world, profile, device):
        self.world = world
        self.device = device
        self.permit = StallPermit()
        self.line = Line(world, profile)
        self.power = PowerSide(world, device["voltage_feedback"])
        self.lock = Lock(world) if device["lock"] else None
        missing = device["missing"]
        self.residual_current = None if "residual_current" in missing else ResidualCurrent(world)
        self.temperature = None if "temperature" in missing else Temperature(world)
        self.emergency_stop = Input(world, "emergency_stop")
        self.pe_monitor = None if "pe_monitor" in missing else Input(world, "pe_lost")
        self.mains_monitor = Input(world, "mains_lost") if device["mains_monitor"] else None
        self.phase_contactor = PhaseContactor(world) if device["phase_contactor"] else None
        self.proximity = Proximity(world) if device["proximity"] else None
        self.load = Load(world, self)
        self.loop = None
        self.was_ready = False  # after the last step of the control loop
        self.held = None  # the stall permit, while somebody has it
        self._told = {limits.RATED: (device["rated_a10"], None, 0, 0)}

    def board(self):
        """The firmware's board."""
        names = (*_PARTS, "mains_monitor", "lock", "line", "proximity", "phase_contactor")
        parts = {name: getattr(self, name) for name in names}
        parts["contactor"] = parts["dead_man"] = self.power
        device = self.device
        outside = device["missing"] if device["outside"] else ()
        return Board(parts, device["rated_a10"], device["phases"], outside)

    def judge_by(self, checks):
        """Hand the judge to every part that reports to one."""
        self.line.checks = self.power.checks = checks
        for part in (self.residual_current, self.lock, self.phase_contactor):
            if part:
                part.moves = checks.moves

    def set_limit(self, slot, a10, ttl_ms=limits.FOREVER, fallback_a10=limits.UNLIMITED_A10):
        """Tell the firmware a limit, and remember it."""
        world = self.world
        self.loop.limits.set(slot, a10, ttl_ms, fallback_a10)
        early_us = world.now_us - world.last_loop_us + _MARGIN_US
        until_us = None if ttl_ms == limits.FOREVER else world.now_us + ttl_ms * 1000
        self._told[slot] = (a10, until_us, early_us, fallback_a10)

    def least_a10(self):
        """The least limit in force at this moment, 0 below 6 A; where two may be, the higher one."""
        world = self.world
        least_a10 = limits.UNLIMITED_A10
        for a10, until_us, early_us, fallback_a10 in self._told.values():
            bound_a10 = a10
            if until_us is not None:
                if world.now_us > until_us + _MARGIN_US:
                    bound_a10 = fallback_a10
                elif world.now_us > until_us - early_us:
                    bound_a10 = max(a10, fallback_a10)
            least_a10 = min(least_a10, bound_a10)
        least_a10 = min(least_a10, self._derated_a10())
        if self.proximity:
            least_a10 = min(least_a10, self.proximity.most_a10())
        return least_a10 if least_a10 >= limits.LEAST_A10 else 0

    def is_ready(self):
        """The station wants to charge and may, as far as session and limits say."""
        loop = self.loop
        return loop.wants_energy and loop.in_service and self.least_a10() > 0

    def is_surely_ready(self):
        """As `is_ready`, whichever of two limits holds while one may have run out."""
        least_a10 = min(
            told[0] if told[1] is None else min(told[0], told[3]) for told in self._told.values()
        )
        return least_a10 >= limits.LEAST_A10 and self.is_ready()

    def _derated_a10(self):
        sensor, world = self.temperature, self.world
        if sensor is None:
            return limits.UNLIMITED_A10
        since_us = max(sensor.since_us, world.loop_off_until_us, world.busy_until_us)
        age_us = world.now_us - since_us
        if sensor.c10 is None:
            return limits.LEAST_A10 if age_us > _LOST_US else limits.UNLIMITED_A10
        if sensor.c10 <= 650 or age_us < _DERATED_US:
            return limits.UNLIMITED_A10
        if sensor.c10 >= 750:
            return limits.LEAST_A10
        rated_a10 = self.device["rated_a10"]
        return limits.LEAST_A10 + (rated_a10 - limits.LEAST_A10) * (750 - sensor.c10) // 100


class Load:
    """Vehicle current and supply, and the meter that reads them."""

    def __init__(self, world, site):
        self.excess_ma = 0  # drawn beyond what any offer allows
        self.wanted_ma = 16000
        self.mv = 220000
        self.least_phase_mv = None  # another voltage on one phase
        self.chz = 5000
        self.silent = False
        self.jump_wh = 0
        self._wh = world.random.randrange(10000000)
        self._world = world
        self._site = site
        self._rests_ma_us = 0
        self._last_us = world.now_us
        self._allowed_before_ma = 0
        self._offers = [(world.now_us, 0)]

    def follow_offer(self):
        """Note what the pilot offers, after each step of the control loop."""
        line = self._site.line
        offered_ma = read_by_vehicle_ma(line.duty_bp) if line.drive == 1 else 0
        if offered_ma != self._offers[-1][1]:
            self._offers.append((self._world.now_us, offered_ma))
            if len(self._offers) > 30:
                del self._offers[0]
        self._state_over_current()

    def drawn_ma(self):
        """Current of each phase that flows."""
        if not self._site.power.closed or not self._site.power.mains:
            return 0
        if self.excess_ma:
            return self._allowed_ma() + self.excess_ma
        return min(self.wanted_ma, self._offers[-1][1])

    def set(self, **values):
        """Supply and load; states what demands an opening."""
        for name, value in values.items():
            setattr(self, name, value)
        cause = self._world.cause
        known = not self.silent and self._site.power.mains
        least_mv = self.mv if self.least_phase_mv is None else self.least_phase_mv
        cause("over_voltage", known and self.mv > 253000, by_loop=True)
        cause("under_voltage", known and least_mv < 187000, by_loop=True)
        cause("frequency", known and not 4700 <= self.chz <= 5300, by_loop=True)
        cause("meter_lost", not known, by_loop=True)
        cause("meter_implausible", known and self.jump_wh, by_loop=True)

    def metering(self):
        """Actor: reads the meter round and round."""
        world = self._world
        while True:
            if self.silent or not self._site.power.mains:
                self._site.loop.register.heard(False)
                yield 700
            else:
                self._answer(self._site.loop.register)
                yield world.random.uniform(200, 600)

    def _answer(self, register):
        world, phases = self._world, self._site.device["phases"]
        contactor = self._site.phase_contactor
        fed = phases if contactor is None or contactor.closed else 1
        drawn_ma = self.drawn_ma()
        # Wh = mA * mV * us / 3.6e15
        self._rests_ma_us += drawn_ma * fed * self.mv * (world.now_us - self._last_us)
        self._last_us = world.now_us
        self._wh += self._rests_ma_us // 3600000000000000
        self._rests_ma_us %= 3600000000000000
        register.heard(True)
        register.accept(self._wh + self.jump_wh)
        least_mv = self.mv if self.least_phase_mv is None else self.least_phase_mv
        register.take_voltages((least_mv,) + (self.mv,) * (phases - 1))
        register.take_currents((drawn_ma,) * fed + (0,) * (phases - fed))
        register.take_frequency(self.chz)
        register.w = drawn_ma * self.mv * fed // 1000000

    def _state_over_current(self):
        drawn_ma = self.drawn_ma()
        allowed_ma = self._allowed_ma()
        if allowed_ma != self._allowed_before_ma:
            # The meter's last reading belongs to another offer
            self._allowed_before_ma = allowed_ma
            self._world.restart_cause("over_current")
        over = drawn_ma and not self.silent and drawn_ma > allowed_ma
        self._world.cause("over_current", over, by_loop=True)

    def _allowed_ma(self):
        # Longest time an earlier offer may count: its grace, and one more for those after it
        since_us = self._world.now_us - 12500000
        offered_ma = 0
        for at_us, ma in reversed(self._offers):
            offered_ma = max(offered_ma, ma)
            if at_us < since_us:
                break
        return offered_ma + 2000 if offered_ma <= 20000 else offered_ma * 1100 // 1000
