"""A DL/T 645-2007 energy meter on the simulated RS-485 pair: 2400 8E1, answers 40 ms after a request."""

from pilesim import dlt645_frames as frames

FRAMING = (2400, 8, 0, 1)
FAULTS = ("silent", "noisy", "wrong_address", "step_back", "jump")

_UWH_PER_UNIT = 10_000_000
_STEP_BACK_UNITS = 500
_JUMP_UNITS = 100_000
_GAP_US = 500_000


class MeterDlt645:
    """Answers reads of energy, voltage, current, power, frequency and its address."""

    behind_transceiver = False

    def __init__(self, clock, bus, load, mains, random, address="210012345678"):
        self._clock = clock
        self._bus = bus
        self._load = load
        self._mains = mains
        self._random = random
        self.address = frames.address_bytes(address)
        self.other_address = frames.address_bytes("000000000042")
        self.reply_us = 40_000
        self.wake_bytes = 4
        # Register before the world began, in 0.01 kWh
        self.base_units = 123_456
        self.base_uwh = 0
        self.requests = 0
        self.on_reading = None  # on_reading(units) before an answer with the register
        self.faults = set()
        self._heard = []
        self._buffer = bytearray()
        self._buffer_us = 0
        self._answer = b""
        self._end_of_request = clock.event(self._request_ended)
        self._reply = clock.event(self._send)
        bus.attach(self)

    def set_fault(self, name, on):
        """Switch one of FAULTS; step_back and jump move the register for as long as they are on."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def register_units(self):
        """Forward active energy register in 0.01 kWh, as it is answered."""
        units = self.base_units + self._uwh() // _UWH_PER_UNIT
        if "step_back" in self.faults:
            units -= _STEP_BACK_UNITS
        if "jump" in self.faults:
            units += _JUMP_UNITS
        return units % 100_000_000

    def part_uwh(self):
        """What has flowed since the register moved last, in uWh."""
        return self._uwh() % _UWH_PER_UNIT

    def _uwh(self):
        return self.base_uwh + self._load.energy_uwh(self._clock.now_us)

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
        if transmission.framing != FRAMING or not self._mains.fed:
            return
        if transmission.start_us - self._buffer_us > _GAP_US:
            self._buffer = bytearray()
        self._buffer += transmission.data
        self._buffer_us = now_us
        while True:
            request = frames.take(self._buffer)
            if request is None:
                return
            answer = self._answer_to(request[0], request[1], request[2])
            if answer is not None and "silent" not in self.faults:
                self.requests += 1
                self._answer = answer
                self._reply.at(now_us + self.reply_us)

    def _send(self, now_us):
        if not self._mains.fed:
            return
        data = bytearray(b"\xfe" * self.wake_bytes)
        data += self._answer
        if "noisy" in self.faults:
            data = self._spoil(data)
        self._bus.transmit(self, data, FRAMING, now_us)

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

    # The answers

    def _answer_to(self, address, control, data):
        own = self.other_address if "wrong_address" in self.faults else self.address
        # A meter that answers for another one still hears our requests: that is the fault
        if address not in (self.address, frames.WILDCARD):
            return None
        if control == frames.READ_ADDRESS:
            return frames.build(own, control | frames.FROM_METER, own)
        if control == frames.READ and len(data) >= 4:
            body = self._data_of(data[3], data[2], data[1], data[0])
            if body is not None:
                return frames.build(own, control | frames.FROM_METER, data[:4] + body)
        error = bytes([frames.ERROR_NO_DATA])
        return frames.build(own, control | frames.FROM_METER | frames.ERROR, error)

    def _data_of(self, di3, di2, di1, di0):
        """Data of identifier DI3 DI2 DI1 DI0, or None if it is not known."""
        if di0 == 0 and di3 == 0 and di2 in (0, 1):
            units = self.register_units()
            if self.on_reading is not None:
                self.on_reading(units)
            total = frames.bcd(units, 4)
            if di1 == 0:
                return total
            # Total and four tariffs; everything runs on the first
            return total + total + bytes(12) if di1 == 0xFF else None
        if di3 == 2 and di0 == 0:
            return self._phases_of(di2, di1)
        if (di3, di2, di1, di0) == (2, 0x80, 0, 2):
            return frames.bcd(self._mains.frequency_chz, 2)
        if (di3, di2, di1, di0) == (4, 0, 4, 1):
            return self.address
        return None

    def _phases_of(self, di2, di1):
        now_us = self._clock.now_us
        if di2 == 1:
            size = 2
        elif di2 in (2, 3):
            size = 3
        else:
            return None
        if di2 == 3 and di1 == 0:
            return frames.bcd(self._load.power_mw(now_us) // 100, 3)
        if di1 in (1, 2, 3):
            return frames.bcd(self._quantity(di2, di1 - 1, now_us), size)
        if di1 != 0xFF:
            return None
        block = b"" if di2 != 3 else frames.bcd(self._load.power_mw(now_us) // 100, 3)
        for phase in range(3):
            block += frames.bcd(self._quantity(di2, phase, now_us), size)
        return block

    def _quantity(self, di2, phase, now_us):
        """0.1 V, 1 mA or 0.1 W of one phase; a single-phase meter has nothing on the others."""
        if di2 == 1:
            if phase >= self._mains.phases:
                return 0
            return self._mains.voltage_mv(phase, now_us) // 100
        if phase >= self._load.phases:
            return 0
        if di2 == 2:
            return self._load.phase_current_ma(phase, now_us)
        return self._load.power_mw(now_us, phase) // 100
