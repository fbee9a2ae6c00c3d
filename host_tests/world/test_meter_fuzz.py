"""Ten thousand streams and more for each RS-485 driver: what is accepted is an answer to the question, by the
test's own reading of the bytes, and nothing ever escapes as an exception.
"""

import random
import struct

import pytest

from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES
from pilesim import host
from pilesim.world import World

STREAMS = 10_000
ADDRESS = "210012345678"
QUANTITIES = (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY)


class FakePort:
    """Gives the driver what the test has laid ready."""

    def __init__(self):
        self.chunks = []
        self.sent = []

    def write(self, data):
        self.sent.append(bytes(data))

    def read(self):
        return self.chunks.pop(0) if self.chunks else b""


def dlt645_sum(data):
    return bytes((sum(data) % 256, 0x16))


def modbus_crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


class Dlt645:
    """The test's own DL/T 645: identifiers by quantity, bytes of one value, and our unit per step."""

    rows = {  # noqa: RUF012
        ENERGY: (b"\0\0\1\0", 4, 10),
        VOLTAGES: (b"\0\1\1\2", 2, 100),
        CURRENTS: (b"\0\1\2\2", 3, 1),
        POWER: (b"\0\0\3\2", 3, 0),
        FREQUENCY: (b"\2\0\x80\2", 2, 1),
    }
    seal = 2

    @staticmethod
    def driver(port):
        from evse.drivers.meter_dlt645 import MeterDlt645

        return MeterDlt645(port, ADDRESS)

    @staticmethod
    def sealed(body):
        return body + dlt645_sum(body)

    @classmethod
    def answer(cls, quantity, rng):
        name, size, _scale = cls.rows[quantity]
        digits = bytes(rng.randrange(10) << 4 | rng.randrange(10) for _ in range(size))
        data = bytes((value + 0x33) % 256 for value in name + digits)
        head = b"\x68" + bytes.fromhex(ADDRESS)[::-1] + b"\x68\x91" + bytes([len(data)])
        return cls.sealed(head + data)

    @classmethod
    def values(cls, stream, quantity):
        """Every value that some intact frame anywhere in the stream tells for the question."""
        name, size, scale = cls.rows[quantity]
        found = set()
        for start in range(len(stream) - 15 - size):
            frame = stream[start : start + 16 + size]
            head = b"\x68" + bytes.fromhex(ADDRESS)[::-1] + b"\x68"
            data = bytes((value - 0x33) % 256 for value in frame[10:-2])
            intact = frame[-2:] == dlt645_sum(frame[:-2]) and frame[:8] == head
            if not intact or frame[8] & 0xDF != 0x91 or frame[9] != 4 + size or data[:4] != name:
                continue
            digits = bytearray(data[4:][::-1])
            negative = quantity in (CURRENTS, POWER) and digits[0] & 0x80
            if negative:
                digits[0] &= 0x7F
            if digits.hex().isdigit():
                number = -int(digits.hex()) if negative else int(digits.hex())
                found.add((number + 5) // 10 if quantity == POWER else number * scale)
        return found


class Modbus:
    """The test's own Modbus: an SDM120's registers, and our unit per unit of the single."""

    rows = {ENERGY: 0x48, VOLTAGES: 0, CURRENTS: 6, POWER: 12, FREQUENCY: 0x46}  # noqa: RUF012
    scales = {ENERGY: 1000, VOLTAGES: 1000, CURRENTS: 1000, POWER: 1, FREQUENCY: 100}  # noqa: RUF012
    seal = 2

    @staticmethod
    def driver(port):
        from evse.core.modbus_meters import MODELS
        from evse.drivers.meter_modbus import MeterModbus

        return MeterModbus(port, MODELS["sdm120"], 1, 1)

    @staticmethod
    def sealed(body):
        return body + modbus_crc(body)

    @classmethod
    def answer(cls, quantity, rng):
        size = {ENERGY: 16000.0, VOLTAGES: 240.0, CURRENTS: 32.0, POWER: 7000.0, FREQUENCY: 50.0}
        return cls.sealed(b"\1\4\4" + struct.pack(">f", rng.random() * size[quantity]))

    @classmethod
    def values(cls, stream, quantity):
        found = set()
        for start in range(len(stream) - 8):
            frame = stream[start : start + 9]
            if frame[:3] == b"\1\4\4" and modbus_crc(frame[:7]) == frame[7:]:
                (value,) = struct.unpack(">f", frame[3:7])
                # Not a number differs from itself
                if value - value == 0 and abs(value) < 1e9:
                    exact = abs(value) * cls.scales[quantity]
                    sign = -1 if value < 0 and quantity == POWER else 1
                    found.add(sign * int(exact + 0.5))
        return found


def mutated(stream, rng):
    """Some of the bytes changed, lost, doubled or swapped."""
    data = bytearray(stream)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[place] = rng.randrange(256)
        elif kind == 2 and len(data) > 2:
            del data[place]
        elif kind == 3:
            data.insert(place, data[place])
        else:
            data[place], data[-1 - place] = data[-1 - place], data[place]
    return bytes(data)


def stream_of(protocol, quantity, request, rng):
    """One hostile or harmless stream of bytes."""
    good = protocol.answer(quantity, rng)
    other = protocol.answer(rng.choice(QUANTITIES), rng)
    noise = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
    kinds = (
        lambda: mutated(good, rng),
        # A wrong frame with a right seal: what the seal alone would let through
        lambda: protocol.sealed(mutated(good, rng)[: -protocol.seal]),
        lambda: good[: rng.randrange(len(good))],
        lambda: good[: rng.randrange(len(good))] + other[rng.randrange(len(other)) :],
        lambda: noise,
        lambda: request + good,
        lambda: noise + mutated(other, rng) + good + noise,
        lambda: request + mutated(request, rng) + other[:-1] + good,
        lambda: mutated(request + good + other, rng),
    )
    return rng.choice(kinds)()


def feed(port, stream, rng):
    """The stream in pieces as a UART hands them out; the number of polls that see it all."""
    at = 0
    while at < len(stream):
        size = rng.randrange(1, 20)
        port.chunks.append(stream[at : at + size])
        at += size
    return len(port.chunks) + 1


@pytest.mark.parametrize("protocol", [Dlt645, Modbus])
def test_nothing_wrong_is_accepted_and_nothing_escapes(protocol, record_property):
    rng = random.Random(20_251)
    accepted = offered = 0
    with host.installed(World(1)):
        port = FakePort()
        meter = protocol.driver(port)
        for number in range(STREAMS):
            quantity = QUANTITIES[number % 5]
            port.chunks.clear()
            meter.request(quantity)
            request = port.sent.pop().lstrip(b"\xfe")
            stream = stream_of(protocol, quantity, request, rng)
            allowed = protocol.values(stream, quantity)
            offered += bool(allowed)
            value = None
            for _ in range(feed(port, stream, rng)):
                value = meter.poll()
                if value is not None:
                    break
            if value is None:
                continue
            accepted += 1
            if quantity in (VOLTAGES, CURRENTS):
                (value,) = value
                allowed = {abs(one) for one in allowed}
            assert value in allowed, (number, quantity, value, allowed, stream.hex())
    # Most of what could be read was: refusing everything would pass above
    assert offered > STREAMS // 4
    assert accepted > offered * 95 // 100
    assert meter.bad_frames > STREAMS // 20
    record_property(
        "figure",
        f"{protocol.__name__}: {STREAMS} streams, {offered} with an answer, {accepted} accepted",
    )


def test_streams_while_the_address_is_looked_for_and_phases_come_one_by_one():
    from evse.drivers.meter_dlt645 import MeterDlt645

    rng = random.Random(7)
    with host.installed(World(1)):
        port = FakePort()
        meter = MeterDlt645(port, phases=3)
        accepted = 0
        for number in range(STREAMS):
            quantity = QUANTITIES[rng.randrange(5)]
            port.chunks.clear()
            meter.request(quantity)
            stream = stream_of(Dlt645, quantity, port.sent[-1].lstrip(b"\xfe"), rng)
            if number % 5 == 0:
                # The refusals that make it change its way of asking
                own = b"\x68" + bytes.fromhex(ADDRESS)[::-1] + b"\x68"
                stream += Dlt645.sealed(
                    own + rng.choice((b"\xd1\1\x35", b"\x93\0", b"\xd3\1\x34"))
                )
            for _ in range(feed(port, stream, rng)):
                value = meter.poll()
                if value is not None:
                    accepted += 1
                    is_tuple = quantity in (VOLTAGES, CURRENTS)
                    assert len(value) == 3 if is_tuple else isinstance(value, int)
                    break
        assert len(port.sent) > STREAMS
        assert accepted > 1000
