"""What the metering chips on a UART share: the two wires, the supply, the energy counter, spoiled frames."""

from pilesim.rs485 import Transmission

_NEAR_WRAP_COUNTS = 20


class Wires:
    """TTL lines between one UART of the chip and one device, which has hear(transmission)."""

    def __init__(self, device):
        self._device = device
        self._port = None

    def attach(self, port):
        """The UART listens."""
        self._port = port

    def detach(self, port):
        """The UART stops listening; one of an earlier chip has no say."""
        if self._port is port:
            self._port = None

    def transmit(self, port, data, framing, start_us):
        """The UART sends."""
        if data:
            self._device.hear(Transmission(data, framing, start_us))

    def send(self, data, framing, start_us):
        """The device sends; when its last byte is complete."""
        transmission = Transmission(data, framing, start_us)
        if self._port is not None:
            self._port.hear(transmission)
        return transmission.end_us


class MeterChip:
    """Base of the chips: `counts_per_uwh` is (numerator, denominator), `turn` where the counter begins anew."""

    def __init__(self, clock, load, mains, random, turn):
        self._clock = clock
        self._load = load
        self._mains = mains
        self._random = random
        self._turn = turn
        self.wires = Wires(self)
        self.faults = set()
        self._powered = True
        self._start_uwh = 0
        self._offset = 0
        self._stuck = None
        mains.watchers.append(self._supply)

    def attach(self, port):
        """Connect a UART of the chip."""
        port.bus = self.wires

    def hear(self, transmission):
        """The UART sends to a chip that does not listen."""

    def set_fault(self, name, on):
        """Switch one of the FAULTS of the chip.

        restarted: without supply while on, afterwards it counts from 0; near_wrap moves its counter there
        at once; stuck repeats the frame of that moment.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if name == "stuck":
            self._stuck = self._frame(self._clock.now_us) if on else None
        elif name == "near_wrap" and on:
            self._offset += self._turn - _NEAR_WRAP_COUNTS - self.counter()
        elif name == "restarted":
            self._supply(self._clock.now_us)

    def counter(self):
        """The energy counter."""
        uwh = self._load.energy_uwh(self._clock.now_us) - self._start_uwh
        numerator, denominator = self._counts_per_uwh()
        return (self._offset + uwh * numerator // denominator) % self._turn

    def _supply(self, now_us):
        powered = self._mains.fed and "restarted" not in self.faults
        if powered and not self._powered:
            self._start_uwh = self._load.energy_uwh(now_us)
            self._offset = 0
        self._powered = powered

    def _speaks(self):
        return self._powered and "silent" not in self.faults

    def _outgoing(self, now_us):
        """The frame as it goes out, spoiled when it is noisy."""
        data = bytearray(self._frame(now_us) if self._stuck is None else self._stuck)
        if "noisy" in self.faults:
            self._spoil(data)
        return data

    def _spoil(self, data):
        """One flipped bit in nine of ten frames, garbage around half of them."""
        random = self._random
        if random.below(10):
            data[random.below(len(data))] ^= 1 << random.below(8)
        if random.below(2):
            garbage = bytearray()
            for _ in range(random.between(1, 5)):
                garbage.append(random.below(256))
            data[:0] = garbage
