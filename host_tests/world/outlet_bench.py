"""A world with two EVSEs on three phases, its pilots and contactors driven by hand."""

from types import SimpleNamespace

from pilesim.world import World

FIRST = {
    "cp_pwm": 25,
    "contactor": 26,
    "mirror": 33,
    "phase_contactor": 4,
    "phase_mirror": 5,
    "heartbeat": 27,
    "rs485_tx": 17,
    "rs485_rx": 16,
    "emergency_stop": 21,
    "temperature_adc": 39,
}
SECOND = {"cp_pwm": 13, "contactor": 14, "mirror": 35, "phase_contactor": 18, "phase_mirror": 34}
NTC = {"pullup_ohm": 10_000, "pullup_mv": 3300, "ntc_ohm_25c": 10_000, "beta_k": 3950}


def board(first=FIRST, second=SECOND, phases=3):
    """A board of one EVSE, or of two with the roles in `second` of its own."""
    facts = {"PHASES": phases, "UART_METER": 2, "TEMPERATURE_FRONT_END": NTC}
    evses = [SimpleNamespace(PINS=first, number=1, **facts)]
    if second is not None:
        evses.append(SimpleNamespace(PINS={**first, **second}, number=2, **facts))
    return SimpleNamespace(PINS=first, evses=lambda: evses, **facts)


class Side:
    """What the test drives and looks at on one EVSE."""

    def __init__(self, bench, outlet, pins):
        self.outlet = outlet
        self.vehicle = outlet.vehicle
        self.load = outlet.load
        self._clock = bench.clock
        self._run = bench.run
        pad = bench.world.chip.pad
        self._pilot = pad(pins["cp_pwm"])
        self._pilot.start_pwm(1000, 65535)
        self._relay = pad(pins["contactor"])
        self._relay.set_output(True)
        if "phase_contactor" in pins:
            self._phases = pad(pins["phase_contactor"])
            self._phases.set_output(True)
            self._phase_mirror = pad(pins["phase_mirror"])

    def offer(self, percent):
        """Duty in percent; 100 steady +12 V, 0 state F."""
        self._pilot.set_duty(65535 if percent >= 100 else int(percent * 65536 / 100))

    def contactor(self, closed):
        self._relay.write(closed)

    def phases(self, closed):
        self._phases.write(closed)

    def phase_mirror(self):
        return self._phase_mirror.read(self._clock.now_us)

    def charge(self, percent=53.33):
        self.vehicle.plug()
        self.offer(percent)
        self._run(500)
        self.contactor(True)
        self._run(2000)

    def stop(self):
        """As a station stops: steady +12 V, S2 opens, contactor opens."""
        self.offer(100)
        self._run(1500)
        self.contactor(False)
        self._run(100)

    def currents_ma(self):
        now_us = self._clock.now_us
        return [self.load.phase_current_ma(phase, now_us) for phase in range(3)]

    def energy_uwh(self):
        return self.load.energy_uwh(self._clock.now_us)


class Bench:
    """One heartbeat for both contactors, or the roles given."""

    def __init__(self, wired=None, seed=5):
        self.world = World(seed)
        self.clock = self.world.clock
        self._board = wired or board()
        self.world.wire(self._board)
        self.beating = {0, 1}
        self._beat = 0
        self.connect()

    def connect(self):
        """Take the chip's pads; again after a reset of the chip."""
        evses = self._board.evses()
        self._beats = []
        for pin in sorted({evse.PINS["heartbeat"] for evse in evses}):
            pad = self.world.chip.pad(pin)
            pad.set_output(True)
            self._beats.append(pad)
        self.sides = [
            Side(self, outlet, evse.PINS)
            for outlet, evse in zip(self.world.outlets, evses, strict=True)
        ]

    def run(self, ms):
        for _ in range(ms // 10):
            self._beat ^= 1
            for number, pad in enumerate(self._beats):
                if number in self.beating:
                    pad.write(self._beat)
            self.clock.advance(10_000)
