"""An HLW8032 or CSE7766: 24 bytes at 4800 8E1 one after another, whether anybody listens or not."""

from pilesim.meter_chip import MeterChip

FRAMING = (4800, 8, 0, 1)
# 24 bytes take 55 ms
PERIOD_US = 55_000
TURN = 1 << 16
FAULTS = (
    "silent",
    "noisy",
    "stuck",
    "restarted",
    "near_wrap",
    "not_calibrated",
    "coefficients_bad",
    "voltage_overflow",
    "current_overflow",
    "power_overflow",
)

_LONGEST_CYCLE = 0xFFFFFF
_LEAST_MA = 20
_LEAST_MW = 3000
_STATE_BITS = (
    ("voltage_overflow", 8),
    ("current_overflow", 4),
    ("power_overflow", 2),
    ("coefficients_bad", 1),
)


class MeterHlw8032(MeterChip):
    """Coefficients VP, CP and PP of one chip; `ku` and `ki` of the board in millionths."""

    def __init__(self, clock, load, mains, random, ku=1_880_000, ki=1_000_000):
        # With the flag of the carry the counter has 17 bits
        super().__init__(clock, load, mains, random, 2 * TURN)
        self.ku = ku
        self.ki = ki
        self.coefficients = (0x02E932, 0x003A98, 0x4DD1E0)
        self.period_us = PERIOD_US
        self._next = clock.event(self._send)

    def attach(self, port):
        """Connect the chip; frames begin to come."""
        super().attach(port)
        if self._next.at_us < 0:
            self._next.at(self._clock.now_us + self.period_us)

    def _send(self, now_us):
        next_us = now_us + self.period_us
        if self._speaks():
            end_us = self.wires.send(self._outgoing(now_us), FRAMING, now_us)
            next_us = max(next_us, end_us)
        self._next.at(next_us)

    def _counts_per_uwh(self):
        return 3600 * 10**12, self.coefficients[2] * self.ku * self.ki

    def _frame(self, now_us):
        millivolts = self._mains.voltage_mv(0, now_us)
        milliamps = self._load.phase_current_ma(0, now_us)
        milliwatts = self._load.power_mw(now_us, 0)
        faults = set(self.faults)
        if milliamps < _LEAST_MA:
            faults.add("current_overflow")
        if milliwatts < _LEAST_MW:
            faults.add("power_overflow")
        vp, cp, pp = self.coefficients
        body = bytearray()
        for name, coefficient, scaled, reading in (
            ("voltage_overflow", vp, vp * self.ku, millivolts * 1000),
            ("current_overflow", cp, cp * self.ki, milliamps * 1000),
            ("power_overflow", pp, pp * self.ku * self.ki, milliwatts * 10**9),
        ):
            cycle = _LONGEST_CYCLE
            if name not in faults and reading:
                cycle = min(cycle, (scaled + reading // 2) // reading)
            body += coefficient.to_bytes(3, "big") + cycle.to_bytes(3, "big")
        counter = self.counter()
        new = 0x80 if counter & TURN else 0
        for name, bit in (
            ("voltage_overflow", 0x40),
            ("current_overflow", 0x20),
            ("power_overflow", 0x10),
        ):
            new |= 0 if name in faults else bit
        body.append(new)
        body += (counter % TURN).to_bytes(2, "big")
        return bytes((_state(faults), 0x5A)) + body + bytes((sum(body) & 0xFF,))


def _state(faults):
    if "not_calibrated" in faults:
        return 0xAA
    bits = 0
    for name, bit in _STATE_BITS:
        if name in faults:
            bits |= bit
    return 0xF0 | bits if bits else 0x55
