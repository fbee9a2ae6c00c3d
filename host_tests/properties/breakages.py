"""What breaks in a walk: each method is an actor that breaks something, waits and repairs it."""

from evse.core import limits
from evse.core.pilot_profiles import A, B

from .actors import SLOTS
from .line import FROZEN_HIGH, FROZEN_LOW, STUCK_HIGH, STUCK_LOW
from .outlet_breakages import OutletBreakages


class Breakages(OutletBreakages):
    """Every public method is a kind, see KINDS."""

    def __init__(self, actors):
        self.actors = actors
        self.world = actors.world
        self.site = actors.site
        self.random = actors.world.random

    def _until(self, condition, within_ms):
        end_us = self.world.now_us + within_ms * 1000
        while not condition() and self.world.now_us < end_us:
            yield self.random.uniform(20, 60)

    def _while(self):
        # Shorter than a debounce, about as long, longer than any
        random = self.random
        usual = 1200
        return random.choice((random.uniform(1, 30), random.uniform(30, 600), usual, usual, usual))

    def _line(self, **values):
        line = self.site.line
        line.change(**values)
        yield self._while()
        line.change(**{name: 0 if name == "generator" else None for name in values})

    # Pilot

    def pilot_short(self):
        self.site.line.change(short=True)
        yield self._while()
        self.site.line.change(short=False)

    def pilot_open(self):
        seen = self.site.line.vehicle
        self.world.log("pilot open")
        # The plug stays
        self.site.line.change(vehicle=A)
        yield self._while()
        if self.site.line.vehicle == A:
            self.actors.show(seen)

    def pilot_level(self):
        yield from self._line(odd_mv=self.random.randint(-13000, 14500))

    def pilot_gap(self):
        least_mv, most_mv = self.site.line.ranges.windows[2]
        yield from self._line(odd_mv=self.random.choice((least_mv - 1, most_mv + 1)))

    def twitching(self):
        self.actors.calm = True
        for _ in range(3):
            yield from self._until(lambda: self.site.power.closed, 15000)
            yield 300
            self.site.line.change(odd_mv=12000)
            yield 9
            self.site.line.change(odd_mv=None)
            yield 300
        self.actors.calm = False

    def spikes(self):
        a10 = self.random.choice((320, 700, limits.UNLIMITED_A10))
        for slot in SLOTS:
            self.actors.ask(lambda slot=slot: self.site.set_limit(slot, a10))
        yield from self._until(lambda: self.site.power.closed, 15000)
        self.actors.calm = True
        for _ in range(30):
            yield self.random.uniform(20, 200)
            self.site.line.spike = 1
        self.actors.calm = False

    def diode(self):
        yield from self._line(low_half_mv=self.random.choice((-9000, -6000, -3000, 0)))

    def stuck_high(self):
        yield from self._line(generator=STUCK_HIGH)

    def stuck_low(self):
        yield from self._line(generator=STUCK_LOW)

    def frozen_high(self):
        yield from self._line(generator=FROZEN_HIGH)

    def frozen_low(self):
        yield from self._line(generator=FROZEN_LOW)

    def adc_refuses(self):
        self.site.line.fails = self.random.choice((1, 2, 3, 20, 300))
        yield self._while()
        self.site.line.fails = 0

    def no_samples(self):
        self.site.line.silent = self.random.choice((1, 2, 3, 20, 300))
        yield self._while()
        self.site.line.silent = 0

    # Contactor

    def weld(self):
        self.site.power.change(welded=True)
        yield self.random.uniform(0, 300)
        if self.random.random() < 0.6:
            self.actors.show(B)
        else:
            self.actors.want(False)
        yield self.random.uniform(300, 8000)
        self.site.power.change(welded=False)
        if self.random.random() < 0.5:
            yield 400
            self.actors.ask(self.actors.unlock)

    def no_close(self):
        self.site.power.change(stays_open=True)
        yield from self._until(lambda: self.site.power.pin, 12000)
        yield self._while()
        self.site.power.change(stays_open=False)

    def coil_supply(self):
        self.site.power.change(coil_supply=False)
        yield self._while()
        self.site.power.change(coil_supply=True)

    def feedback_broken(self):
        self.site.power.change(broken=self.random.random() < 0.5)
        yield self._while()
        self.site.power.change(broken=None)

    # Inputs

    def residual_current(self):
        yield from self._input(self.site.residual_current)

    def emergency_stop(self):
        yield from self._input(self.site.emergency_stop)

    def pe_lost(self):
        yield from self._input(self.site.pe_monitor)

    def mains_gone(self):
        power, monitor, load = self.site.power, self.site.mains_monitor, self.site.load
        power.change(mains=False)
        load.set()
        yield 8
        monitor.set(True)
        yield self._while()
        power.change(mains=True)
        load.set()
        monitor.set(False)

    def monitor_dead(self):
        self.site.residual_current.dead = True
        yield self.random.uniform(3000, 5000)
        self.site.residual_current.dead = False
        self.actors.ask(self.actors.reset)

    def monitor_stuck(self):
        monitor = self.site.residual_current
        monitor.stuck = True
        yield self.random.uniform(2500, 5000)
        monitor.stuck = False
        monitor.real(False)
        self.actors.ask(self.actors.reset)

    def _input(self, part):
        part = part or self.site.emergency_stop
        change = getattr(part, "real", part.set)
        change(True)
        yield self._while()
        change(False)

    def part_missing(self):
        yield 1500

    # Supply, load, temperature, meter

    def over_current(self):
        yield from self._load(9000, excess_ma=self.random.choice((1, 4000, 20000)))

    def over_voltage(self):
        yield from self._load(6000, mv=self.random.randint(253001, 300000))

    def under_voltage(self):
        yield from self._load(6000, mv=self.random.randint(100000, 186999))

    def phase_lost(self):
        yield from self._load(6000, least_phase_mv=0)

    def frequency(self):
        yield from self._load(6000, chz=self.random.choice((4500, 4699, 5301, 5500)))

    def meter_silent(self):
        yield from self._load(6000, silent=True)

    def meter_jumps(self):
        yield from self._load(4000, jump_wh=self.random.choice((-20, 90000)))

    def _load(self, most_ms, **values):
        load = self.site.load
        usual = {name: getattr(load, name) for name in values}
        load.set(**values)
        self.actors.calm = self.random.random() < 0.8
        yield self.random.choice((self.random.uniform(100, most_ms), most_ms, most_ms))
        load.set(**usual)
        self.actors.calm = False

    def heat(self):
        yield from self._temperature(self.random.choice((651, 690, 749, 760)))

    def over_temperature(self):
        yield from self._temperature(self.random.choice((800, 801, 900)))

    def sensor_lost(self):
        yield from self._temperature(None)

    def _temperature(self, c10):
        sensor = self.site.temperature
        if sensor:
            self.actors.calm = self.random.random() < 0.8
            sensor.set(c10)
            yield self.random.choice((150, 1000, 3500, 3500, 3500))
            sensor.set(self.random.choice((250, 600)))
            self.actors.calm = False

    # Lock

    def lock_jam(self):
        self.site.lock.change(jam=True)
        yield self.random.choice((1000, 7000, 7000))
        self.site.lock.change(jam=False)

    def lock_forced(self):
        self.site.lock.change(home=False, jam=True)
        yield self._while()
        self.site.lock.change(jam=False)

    def lock_wire(self):
        self.site.lock.change(wire_broken=True)
        yield self._while()
        self.site.lock.change(wire_broken=False)

    # Interpreter

    def tick_fails(self):
        site = self.site
        random = self.random
        part = random.choice((site.power, site.emergency_stop))
        if random.random() < 0.3:
            site.line.breaks = random.randint(1, 3)
        else:
            part.fails = random.randint(1, 3)
        yield 200

    def long_stall(self):
        self.actors.stall(self.random.choice((31, 36, 60, 100, 1000)))
        yield 50

    def loop_stops(self):
        until_us = self.world.now_us + self.random.choice((400000, 550000, 1200000))
        self.world.loop_off_until_us = until_us
        yield 1300

    def timer_stops(self):
        self.world.timer_off_until_us = self.world.now_us + self.random.randint(20000, 700000)
        yield 800

    def nothing(self):
        yield self.random.uniform(500, 12500)

    def sleeper(self):
        self.actors.sleepy = True
        yield 42000


KINDS = tuple(
    name for kinds in (Breakages, OutletBreakages) for name in vars(kinds) if name[0] != "_"
)
