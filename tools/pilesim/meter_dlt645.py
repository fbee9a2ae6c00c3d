"""A DL/T 645-2007 energy meter on the simulated RS-485 pair: 2400 8E1, answers 40 ms after a request."""

from pilesim import bus_meter
from pilesim import dlt645_frames as frames

FRAMING = (2400, 8, 0, 1)
FAULTS = bus_meter.FAULTS

_GAP_US = 500_000


class MeterDlt645(bus_meter.BusMeter):
    """Answers reads of energy, voltage, current, power, frequency and its address."""

    def __init__(self, clock, bus, load, mains, random, address="210012345678"):
        super().__init__(clock, bus, load, mains, random, FRAMING)
        self.address = frames.address_bytes(address)
        self.other_address = frames.address_bytes("000000000042")
        self.swapped_address = frames.address_bytes("210098765432")
        self.wake_bytes = 4
        # Identifiers, as integers, that this one does not know; and what it says under `exception`
        self.unknown = set()
        self.tells_address = True
        self.error = frames.ERROR_NO_DATA
        self._buffer = bytearray()
        self._buffer_us = 0

    def answers_to(self, transmission):
        """Answers to the whole requests that have arrived with it."""
        if transmission.start_us - self._buffer_us > _GAP_US:
            self._buffer = bytearray()
        self._buffer += transmission.data
        self._buffer_us = self._clock.now_us
        answers = []
        while True:
            request = frames.take(self._buffer)
            if request is None:
                return answers
            answer = self._answer_to(request[0], request[1], request[2])
            if answer is not None:
                answers.append(b"\xfe" * self.wake_bytes + answer)

    def _answer_to(self, address, control, data):
        asked = own = self.swapped_address if "swapped" in self.faults else self.address
        # A meter that answers for another one still hears our requests: that is the fault
        if "wrong_address" in self.faults:
            own = self.other_address
        if address not in (asked, frames.WILDCARD) or control & frames.FROM_METER:
            return None
        if control == frames.READ_ADDRESS and "exception" not in self.faults:
            if not self.tells_address:
                return None
            return frames.build(own, control | frames.FROM_METER, own)
        if control == frames.READ and len(data) >= 4 and "exception" not in self.faults:
            body = self._data_of(data[3], data[2], data[1], data[0])
            if body is not None:
                return frames.build(own, control | frames.FROM_METER, data[:4] + body)
        error = bytes([self.error])
        return frames.build(own, control | frames.FROM_METER | frames.ERROR, error)

    def _data_of(self, di3, di2, di1, di0):
        """Data of identifier DI3 DI2 DI1 DI0, or None if it is not known."""
        if di3 << 24 | di2 << 16 | di1 << 8 | di0 in self.unknown:
            return None
        if di0 == 0 and di3 == 0 and di2 in (0, 1):
            total = frames.bcd(self.read_register(), 4)
            if di1 == 0:
                return total
            # Total and four tariffs; everything runs on the first
            return total + total + bytes(12) if di1 == 0xFF else None
        if di3 == 2 and di0 == 0:
            return self._phases_of(di2, di1)
        if (di3, di2, di1, di0) == (2, 0x80, 0, 2):
            return frames.bcd(self._mains.frequency_chz, 2)
        if (di3, di2, di1, di0) == (4, 0, 4, 1):
            return self.swapped_address if "swapped" in self.faults else self.address
        return None

    def _phases_of(self, di2, di1):
        if di2 == 1:
            size = 2
        elif di2 in (2, 3):
            size = 3
        else:
            return None
        if di2 == 3 and di1 == 0:
            return frames.bcd(self.power_mw() // 100, 3)
        if di1 in (1, 2, 3):
            return frames.bcd(self._quantity(di2, di1 - 1), size)
        if di1 != 0xFF:
            return None
        block = b"" if di2 != 3 else frames.bcd(self.power_mw() // 100, 3)
        for phase in range(3):
            block += frames.bcd(self._quantity(di2, phase), size)
        return block

    def _quantity(self, di2, phase):
        """0.1 V, 1 mA or 0.1 W of one phase; a single-phase meter has nothing on the others."""
        if di2 == 1:
            return self.voltage_mv(phase) // 100
        if di2 == 2:
            return self.current_ma(phase)
        return self.power_mw(phase) // 100
