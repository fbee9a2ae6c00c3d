"""A half-duplex RS-485 pair: who sends is heard by all others, who talks over another garbles both."""

from pilesim.uart import char_ns

FAULTS = ("echo", "collision", "wires_swapped")


class Transmission:
    """Bytes on the wire from start_us on, each arriving when its stop bit ends."""

    def __init__(self, data, framing, start_us):
        self.data = bytearray(data)
        self.framing = framing
        self.start_us = start_us
        self._char_ns = char_ns(framing)
        self.clean = None  # the bytes as sent, while somebody else's driver garbles them

    def arrival_us(self, position):
        """When the byte at `position` is complete."""
        return self.start_us + (position + 1) * self._char_ns // 1000

    def arrived(self, now_us):
        """How many bytes are complete at `now_us`."""
        if now_us < self.start_us:
            return 0
        count = (now_us - self.start_us) * 1000 // self._char_ns
        # Rounding of arrival_us may put the last microsecond on either side
        if count < len(self.data) and self.arrival_us(count) <= now_us:
            count += 1
        return min(count, len(self.data))

    def cut(self, now_us):
        """The sender's driver went off: what is not complete never arrives."""
        self.data = self.data[: self.arrived(now_us)]

    @property
    def end_us(self):
        """When the last byte is complete."""
        return self.arrival_us(len(self.data) - 1)


class Bus:
    """The pair. Devices have hear(transmission), called when one begins, and behind_transceiver: whether
    the pile's transceiver stands between them and the wire.
    """

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self._devices = []
        self._last = None
        self._last_sender = None
        self._driving = []  # devices whose driver is on
        self.faults = set()

    def attach(self, device):
        """Let `device` listen."""
        if device not in self._devices:
            self._devices.append(device)

    def detach(self, device):
        """Stop `device` listening."""
        if device in self._devices:
            self._devices.remove(device)

    def set_fault(self, name, on):
        """`echo`: the transceiver hands the sender its own bytes. `collision`: somebody else talks over
        every other transmission from some byte on. `wires_swapped`: A and B at the pile's transceiver, so that
        each end hears the other inverted.
        """
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def drive(self, device, on):
        """The driver of `device` goes on or off; while it is on, others cannot be heard."""
        if on:
            self._driving.append(device)
        elif device in self._driving:
            self._driving.remove(device)
            last = self._last
            if last is not None and last.clean is not None and not self._driving:
                # The byte that is on the wire now began in the din
                intact = last.arrived(self._clock.now_us) + 1
                last.data[intact:] = last.clean[intact:]
                last.clean = None

    def transmit(self, sender, data, framing, start_us):
        """Put `data` on the wire at `start_us`; returns the Transmission, None without bytes."""
        if not data:
            return None
        transmission = Transmission(data, framing, start_us)
        last = self._last
        if last is not None and sender is not self._last_sender and start_us < last.end_us:
            self._garble(last, last.arrived(start_us))
            self._garble(transmission, 0)
        if "collision" in self.faults and self._random.below(2):
            self._garble(transmission, self._random.below(len(data)))
        if any(device is not sender for device in self._driving):
            transmission.clean = bytes(transmission.data)
            self._garble(transmission, 0)
        self._last = transmission
        self._last_sender = sender
        for device in self._devices:
            if device is not sender or ("echo" in self.faults and device.behind_transceiver):
                device.hear(self._as_heard(transmission, sender, device))
        return transmission

    def _as_heard(self, transmission, sender, device):
        if "wires_swapped" not in self.faults:
            return transmission
        if device.behind_transceiver == sender.behind_transceiver:
            return transmission
        inverted = [byte ^ 0xFF for byte in transmission.data]
        return Transmission(inverted, transmission.framing, transmission.start_us)

    def _garble(self, transmission, start):
        for position in range(start, len(transmission.data)):
            transmission.data[position] = self._random.below(256)
