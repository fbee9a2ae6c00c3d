"""Thermometers that are no NTC: an MCP9700A on the ADC, a DS18B20 on a 1-Wire bus."""

MCP9700A_FAULTS = ("mcp9700a_open", "mcp9700a_short", "mcp9700a_supply")
DS18B20_FAULTS = ("ds18b20_absent", "ds18b20_short", "ds18b20_noise", "ds18b20_resets")
FAULTS = MCP9700A_FAULTS + DS18B20_FAULTS

CONVERSION_US = 600_000
# The checksum finds as many in nine bytes
NOISY_BITS = 3
_SUPPLY_MV = 3300
_ADC_MAX_MV = 3100
_POWER_ON = 1360

_ROM = 0
_FUNCTION = 1
_SENDING = 2
_TAKING = 3
_DEAF = 4

_SKIP_ROM = 0xCC
_READ_ROM = 0x33
_MATCH_ROM = 0x55
_CONVERT = 0x44
_READ_SCRATCHPAD = 0xBE
_WRITE_SCRATCHPAD = 0x4E


def crc8(data):
    """Checksum of the 1-Wire bus."""
    crc = 0
    for value in data:
        for place in range(8):
            mixed = (crc ^ value >> place) & 1
            crc = crc >> 1 ^ (0x8C if mixed else 0)
    return crc


class _Thermometer:
    """A temperature in 0.1 degrees Celsius, and faults."""

    def __init__(self):
        self.c10 = 250
        self.faults = set()

    def set_c10(self, c10):
        """Change the temperature now."""
        self.c10 = c10

    def set_fault(self, name, on):
        """Switch one of the FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)


class Mcp9700a(_Thermometer):
    """500 mV at 0 degC and 10 mV per kelvin; the board pulls the input down."""

    def attach(self, pad):
        """Connect the ADC input."""
        pad.analog_mv = self.adc_mv

    def adc_mv(self, now_us):
        """What the ADC reads."""
        faults = self.faults
        if "mcp9700a_open" in faults or "mcp9700a_short" in faults:
            return 0
        if "mcp9700a_supply" in faults:
            return min(_ADC_MAX_MV, _SUPPLY_MV)
        # The output ends above ground and below what 150 degC would be
        return max(100, min(2000, 500 + self.c10))


class Ds18b20(_Thermometer):
    """One sensor, externally fed, as the master's slots see it.

    `scratchpad`: the nine bytes it answers with. `ds18b20_resets`: its supply dips in each conversion;
    `ds18b20_noise`: of four answers three have up to NOISY_BITS turned.
    """

    def __init__(self, clock, random):
        super().__init__()
        self._clock = clock
        self._random = random
        self.rom = bytes([0x28, 0x61, 0x64, 0x12, 0x3C, 0x5E, 0x01])
        self.rom += bytes([crc8(self.rom)])
        self.scratchpad = bytearray(9)
        self.conversions = 0
        self._convert = clock.event(self._converted)
        self._phase = _DEAF
        self._byte = self._bits = 0
        self._data = b""
        self._at = 0
        self.power_on()

    def attach(self, pad):
        """Connect the wire; a chip that was reset is a new one to it, a conversion goes on."""
        pad.bus = self
        self._phase = _DEAF

    def power_on(self):
        """The supply came back: 85 degC, 12 bits, no conversion."""
        self._convert.cancel()
        self.scratchpad[:] = bytes([0, 0, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0])
        self.store(_POWER_ON)

    def store(self, sixteenths):
        """Put a temperature in 1/16 degC into the scratchpad."""
        self.scratchpad[0] = sixteenths & 0xFF
        self.scratchpad[1] = sixteenths >> 8 & 0xFF
        self.scratchpad[8] = crc8(self.scratchpad[:8])

    # The wire

    def reset(self, now_us):
        """Presence; a shorted wire is low as well when the master looks."""
        if "ds18b20_short" in self.faults:
            return True
        self._begin(_ROM)
        return "ds18b20_absent" not in self.faults

    def write_bit(self, bit, now_us):
        """One write slot of the master."""
        if self._silent() or self._phase in (_SENDING, _DEAF):
            return
        self._byte |= bit << self._bits
        self._bits += 1
        if self._bits == 8:
            value = self._byte
            self._byte = self._bits = 0
            self._take(value, now_us)

    def read_bit(self, now_us):
        """One read slot of the master."""
        if "ds18b20_short" in self.faults:
            return 0
        if self._silent():
            return 1
        if self._convert.at_us >= 0:
            return 0
        if self._phase != _SENDING or self._at >= 8 * len(self._data):
            return 1
        bit = self._data[self._at >> 3] >> (self._at & 7) & 1
        self._at += 1
        return bit

    def _silent(self):
        return "ds18b20_absent" in self.faults or "ds18b20_short" in self.faults

    def _begin(self, phase):
        self._phase = phase
        self._byte = self._bits = self._at = 0

    def _send(self, data):
        data = bytearray(data)
        if "ds18b20_noise" in self.faults and self._random.below(4):
            for _ in range(self._random.between(1, NOISY_BITS)):
                data[self._random.below(len(data))] ^= 1 << self._random.below(8)
        self._data = bytes(data)
        self._begin(_SENDING)

    def _take(self, value, now_us):
        if self._phase == _ROM:
            if value == _READ_ROM:
                self._send(self.rom)
            elif value == _SKIP_ROM:
                self._begin(_FUNCTION)
            elif value == _MATCH_ROM:
                self._data = self.rom
                self._begin(_TAKING)
            else:
                self._phase = _DEAF
        elif self._phase == _FUNCTION:
            self._command(value, now_us)
        elif self._data:
            self._match(value)
        else:
            self._write(value)

    def _match(self, value):
        if value != self._data[self._at]:
            self._phase = _DEAF
            return
        self._at += 1
        if self._at == 8:
            self._begin(_FUNCTION)

    def _command(self, value, now_us):
        self._phase = _DEAF
        if value == _CONVERT:
            # Fewer bits are ready sooner
            less = 3 - (self.scratchpad[4] >> 5 & 3)
            self._convert.at(now_us + (CONVERSION_US >> less))
        elif value == _READ_SCRATCHPAD:
            self._send(self.scratchpad)
        elif value == _WRITE_SCRATCHPAD:
            self._data = b""
            self._begin(_TAKING)

    def _write(self, value):
        """TH, TL and configuration, whose fixed bits stay."""
        place = 2 + self._at
        self.scratchpad[place] = value & 0x60 | 0x1F if place == 4 else value
        self.scratchpad[8] = crc8(self.scratchpad[:8])
        self._at += 1
        if self._at == 3:
            self._phase = _DEAF

    def _converted(self, now_us):
        self.conversions += 1
        if "ds18b20_resets" in self.faults:
            self.power_on()
        else:
            self.store((self.c10 * 16 + 5) // 10)
