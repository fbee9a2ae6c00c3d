"""Energy meters that speak Modbus RTU on the simulated RS-485 pair: two families, five models.

Registers hold singles, two registers each, as the maker's list has them; what is not listed is refused.
"""

from pilesim import bus_meter
from pilesim import modbus_frames as frames

FAULTS = bus_meter.FAULTS + ("nan",)
_MOST_COUNT = 80

# name: function, framing, phases, Wh of a step of the register, steps until it begins anew
MODELS = {
    "sdm120": (4, (2400, 8, None, 1), 1, 1, 100_000_000),
    "sdm230": (4, (9600, 8, None, 1), 1, 1, 100_000_000),
    "sdm630": (4, (9600, 8, None, 1), 3, 1, 1_000_000_000),
    "ddsu666": (3, (9600, 8, None, 1), 1, 10, 100_000_000),
    "dtsu666": (3, (9600, 8, None, 1), 3, 10, 100_000_000),
}


class MeterModbus(bus_meter.BusMeter):
    """One meter of MODELS at a bus address."""

    def __init__(self, clock, bus, load, mains, random, model="sdm120", address=1):
        self.function, framing, self.phases, self.unit_wh, self.range_units = MODELS[model]
        super().__init__(clock, bus, load, mains, random, framing)
        self.base_units = 1_234_560 // self.unit_wh
        self.address = address
        # What it says under `exception`
        self.exception_code = 4
        family = {"dd": self._ddsu, "dt": self._dtsu}
        self._single = family.get(model[:2], self._sdm)

    def answers_to(self, transmission):
        """Answer to the request that this transmission is; silence before and after makes it a frame."""
        request = frames.request_of(transmission.data)
        if request is None or request[0] != self.address:
            return []
        _address, function, register, count = request
        own = self.address + 1 if "wrong_address" in self.faults else self.address
        if "exception" in self.faults:
            return [frames.refusal(own, function, self.exception_code)]
        if function != self.function:
            return [frames.refusal(own, function, frames.ILLEGAL_FUNCTION)]
        if not 0 < count <= _MOST_COUNT:
            return [frames.refusal(own, function, frames.ILLEGAL_VALUE)]
        data = b""
        for place in range(register, register + count, 2):
            single = self._single(place)
            if single is None or count & 1:
                return [frames.refusal(own, function, frames.ILLEGAL_ADDRESS)]
            data += frames.NOT_A_NUMBER if "nan" in self.faults else single
        return [frames.answer(own, function, data)]

    def _kwh(self):
        return frames.single(self.read_register(), 1000 // self.unit_wh)

    def _phase_of(self, register, first):
        """Phase 0.. of a register in a row of three, -1 outside it."""
        phase = (register - first) >> 1
        return phase if not (register - first) & 1 and 0 <= phase < self.phases else -1

    def _sdm(self, register):
        for first, value in ((0, self.voltage_mv), (6, self.current_ma), (12, self.power_mw)):
            phase = self._phase_of(register, first)
            if phase >= 0:
                return frames.single(value(phase), 1000)
        if register == 0x34 and self.phases == 3:
            return frames.single(self.power_mw(), 1000)
        if register == 0x46:
            return frames.single(self._mains.frequency_chz, 100)
        if register == 0x48:
            return self._kwh()
        # Nothing flows back
        return frames.single(0) if register == 0x4A else None

    def _ddsu(self, register):
        if register == 0x2000:
            return frames.single(self.voltage_mv(0) // 100, 10)
        if register == 0x2002:
            return frames.single(self.current_ma(0), 1000)
        if register == 0x2004:
            return frames.single(self.power_mw() // 100, 10_000)
        if register == 0x200E:
            return frames.single(self._mains.frequency_chz, 100)
        if register == 0x4000:
            return self._kwh()
        return frames.single(0) if register == 0x400A else None

    def _dtsu(self, register):
        for first, value, divisor in (
            (0x2006, self.voltage_mv, 100),
            (0x200C, self.current_ma, 1),
            (0x2014, self.power_mw, 100),
        ):
            phase = self._phase_of(register, first)
            if phase >= 0:
                return frames.single(value(phase) // divisor)
        if register == 0x2012:
            return frames.single(self.power_mw() // 100)
        if register == 0x2044:
            return frames.single(self._mains.frequency_chz)
        if register == 0x101E:
            return self._kwh()
        return frames.single(0) if register == 0x1028 else None
