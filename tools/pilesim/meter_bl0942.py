"""A BL0942: answers the question for everything with 23 bytes, at 4800 or 9600 8N1."""

from pilesim.meter_chip import MeterChip

TURN = 1 << 24
FAULTS = ("silent", "noisy", "stuck", "restarted", "near_wrap", "reversed")

_READ = 0x58
_EVERYTHING = 0xAA
_REPLY_US = 1000
# A question that is not complete by then is forgotten
_GAP_US = 20_000


class MeterBl0942(MeterChip):
    """`scale` is counts per A, V, W and kWh; it counts energy whichever way it flows, as after a reset."""

    def __init__(
        self,
        clock,
        load,
        mains,
        random,
        scale=(251_213, 15_873, 596, 3305),
        address=0,
        baudrate=4800,
    ):
        super().__init__(clock, load, mains, random, TURN)
        self.scale = scale
        self.address = address
        self.framing = (baudrate, 8, None, 1)
        self.requests = 0
        self._heard = []
        self._question = 0
        self._question_us = -_GAP_US
        self._ended = clock.event(self._transmission_ended)
        self._reply = clock.event(self._send)

    def hear(self, transmission):
        """The UART is sending; it is read when its last byte is in."""
        self._heard.append(transmission)
        if self._ended.at_us < 0:
            self._ended.at(transmission.end_us)

    def _transmission_ended(self, now_us):
        transmission = self._heard.pop(0)
        if self._heard:
            self._ended.at(self._heard[0].end_us)
        if transmission.framing != self.framing:
            return
        if transmission.start_us - self._question_us > _GAP_US:
            self._question = 0
        self._question_us = now_us
        for value in transmission.data:
            asked = self._question == _READ | self.address and value == _EVERYTHING
            self._question = value
            if asked and self._speaks():
                self.requests += 1
                self._reply.at(now_us + _REPLY_US)

    def _send(self, now_us):
        if self._speaks():
            self.wires.send(self._outgoing(now_us), self.framing, now_us)

    def _counts_per_uwh(self):
        return self.scale[3], 10**9

    def _frame(self, now_us):
        per_a, per_v, per_w, _per_kwh = self.scale
        current = self._load.phase_current_ma(0, now_us) * per_a // 1000
        watt = self._load.power_mw(now_us, 0) * per_w // 1000
        status = 0
        if "reversed" in self.faults:
            watt = -watt
            status = 1
        body = bytearray((0x55,))
        for value in (
            current,
            self._mains.voltage_mv(0, now_us) * per_v // 1000,
            current,
            watt % TURN,
            self.counter(),
        ):
            body += min(value, TURN - 1).to_bytes(3, "little")
        body += (100_000_000 // self._mains.frequency_chz).to_bytes(2, "little")
        body += bytes((0, status, 0, 0))
        check = _READ | self.address
        for value in body:
            check += value
        body.append(check & 0xFF ^ 0xFF)
        return bytes(body)
