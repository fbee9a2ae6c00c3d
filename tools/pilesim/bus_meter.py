"""What every energy meter on the simulated RS-485 pair does, whatever it speaks: counts what the load draws,
hears requests, answers after a while, and can be wrong.
"""

FAULTS = (
    "silent",
    "noisy",
    "wrong_address",
    "step_back",
    "jump",
    "exception",
    "slow",
    "swapped",
)

_STEP_BACK_WH = 5000
_JUMP_WH = 1_000_000
_SWAPPED_WH = 7_654_320


class BusMeter:
    """Base of the meters; a protocol gives `answer_to(transmission)`: the answers to what it holds for this meter."""

    behind_transceiver = False
    # One step of the register, and where it begins anew; a protocol's or a model's
    unit_wh = 10
    range_units = 100_000_000

    def __init__(self, clock, bus, load, mains, random, framing):
        self._clock = clock
        self._bus = bus
        self._load = load
        self._mains = mains
        self._random = random
        self.framing = framing
        self.reply_us = 40_000
        # What `slow` adds
        self.slow_us = 900_000
        # Register before the world began, in steps
        self.base_units = 123_456
        self.base_uwh = 0
        self.requests = 0
        self.on_reading = None  # on_reading(units) before an answer with the register
        self.faults = set()
        self._heard = []
        self._answers = []  # [us, bytes], the earliest first
        self._end_of_request = clock.event(self._request_ended)
        self._reply = clock.event(self._send)
        bus.attach(self)

    def set_fault(self, name, on):
        """Switch one of FAULTS. step_back and jump move the register for as long as they are on, swapped
        puts another meter with another register there; exception refuses every request.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def register_units(self):
        """Forward active energy register in steps, as it is answered."""
        units = self.base_units + self._uwh() // (self.unit_wh * 1_000_000)
        if "step_back" in self.faults:
            units -= _STEP_BACK_WH // self.unit_wh
        if "jump" in self.faults:
            units += _JUMP_WH // self.unit_wh
        if "swapped" in self.faults:
            units += _SWAPPED_WH // self.unit_wh
        return units % self.range_units

    def read_register(self):
        """The same for an answer."""
        units = self.register_units()
        if self.on_reading is not None:
            self.on_reading(units)
        return units

    def part_uwh(self):
        """What has flowed since the register moved last, in uWh."""
        return self._uwh() % (self.unit_wh * 1_000_000)

    def _uwh(self):
        return self.base_uwh + self._load.energy_uwh(self._clock.now_us)

    def voltage_mv(self, phase):
        """Of phase 0..2; a single-phase mains has nothing on the others."""
        if phase >= self._mains.phases:
            return 0
        return self._mains.voltage_mv(phase, self._clock.now_us)

    def current_ma(self, phase):
        """Of phase 0..2."""
        return self._load.phase_current_ma(phase, self._clock.now_us)

    def power_mw(self, phase=None):
        """Of phase 0..2, or of all."""
        if phase is not None and phase >= self._load.phases:
            return 0
        return self._load.power_mw(self._clock.now_us, phase)

    # The wire

    def hear(self, transmission):
        """Bus: something is being sent; it is read when its last byte is in."""
        self._heard.append(transmission)
        if self._end_of_request.at_us < 0:
            self._end_of_request.at(transmission.end_us)

    def _request_ended(self, now_us):
        transmission = self._heard.pop(0)
        if self._heard:
            self._end_of_request.at(self._heard[0].end_us)
        # A meter without mains has no supply; wrong framing gives parity errors, which it drops
        if transmission.framing != self.framing or not self._mains.fed:
            return
        for answer in self.answers_to(transmission):
            if "silent" not in self.faults:
                self.requests += 1
                delay_us = self.reply_us + (self.slow_us if "slow" in self.faults else 0)
                self._answers.append((now_us + delay_us, answer))
                if self._reply.at_us < 0:
                    self._reply.at(now_us + delay_us)

    def _send(self, now_us):
        data = self._answers.pop(0)[1]
        if self._answers:
            self._reply.at(self._answers[0][0])
        if not self._mains.fed:
            return
        if "noisy" in self.faults:
            data = self._spoil(bytearray(data))
        self._bus.transmit(self, data, self.framing, now_us)

    def _spoil(self, data):
        """Garbage before half of the frames, one flipped bit in nine of ten."""
        random = self._random
        if random.below(2):
            garbage = bytearray()
            for _ in range(random.between(1, 5)):
                garbage.append(random.below(256))
            data = garbage + data
        if random.below(10):
            data[random.below(len(data))] ^= 1 << random.below(8)
        return data
