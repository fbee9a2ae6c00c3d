"""Card readers whose bus tells lies: nothing but OSError, and no UID without intact checks behind it.

The checks are made here once more, on the bytes that went over the bus.
"""

import pytest
from rfid_bench import CS, ERROR, SCL, bench

from pilesim.card import Card
from pilesim.rng import Random

ANSWERS = 10_000
UIDS = tuple(bytes(range(0x11, 0x11 + size)) for size in (4, 7, 10))
# Of a hundred answers, how many are lies
LIES = (1, 5, 30, 100)


def crc_a(data):
    crc = 0x6363
    for byte in data:
        for bit in range(8):
            odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8408 if odd else 0)
    return bytes((crc & 255, crc >> 8))


def lie(random, data):
    """Other bytes in place of `data`."""
    data = bytearray(data)
    kind = random.below(5)
    if kind == 0 and data:
        data[random.below(len(data))] ^= 1 << random.below(8)
    elif kind == 1 and data:
        data[random.below(len(data))] = random.below(256)
    elif kind == 2:
        data = bytearray(random.below(256) for _ in data)
    elif kind == 3:
        data = bytearray((0x00, 0xFF)[random.below(2)] for _ in data)
    elif len(data) > 1:
        # Two bits of one weight, which an exclusive or does not see
        first, second, bit = random.below(len(data)), random.below(len(data)), random.below(8)
        data[first] ^= 1 << bit
        data[second] ^= 1 << bit
    return data


class Spy:
    """Between the SPI port and an MFRC522: bends what is read and notes what a card is said to have sent."""

    def __init__(self, model, random):
        self._model = model
        self._random = random
        self._register = -1
        self.percent = 0
        self.answers = 0
        self.lies = 0
        self.sent = []  # [frame, answer] since the last wake-up
        self.done = []  # the same before it
        self._burst = None

    def select(self, on):
        self._model.select(on)
        self._register = -1
        self._burst = None

    def exchange(self, byte):
        answer = self._model.exchange(byte)
        if self._register < 0:
            self._register = byte
            if byte == 0x09 << 1:
                self._burst = [bytearray(), bytearray()]
                self.sent.append(self._burst)
            return answer
        if self._register & 0x80:
            self.answers += 1
            if self._random.below(100) < self.percent:
                self.lies += 1
                answer = lie(self._random, bytes((answer,)))[0]
            if self._register == 0x80 | 0x09 << 1 and self.sent:
                self.sent[-1][1].append(answer)
        elif self._burst is not None:
            self._burst[0].append(byte)
            if self._burst[0] == b"\x52":
                self.done, self.sent = self.sent[:-1], self.sent[-1:]
        return answer

    def proves(self, uid):
        """True when the last exchanges hold every level of `uid` with BCC, select and CRC_A."""
        # It was complete, so the next wake-up is out already
        levels = self.done[1:]
        whole = b""
        for number in range(0, len(levels), 2):
            told, selected = levels[number : number + 2]
            part = bytes(told[1])
            frame = bytes((0x93, 0x95, 0x97)[number // 2 : number // 2 + 1]) + b"\x70" + part
            assert part[0] ^ part[1] ^ part[2] ^ part[3] == part[4]
            assert selected[0] == frame + crc_a(frame)
            assert selected[1][1:] == crc_a(selected[1][:1])
            last = number + 2 == len(levels)
            assert bool(selected[1][0] & 4) is not last
            whole += part[:4] if last else part[1:4]
        return len(levels) == 2 * {4: 1, 7: 2, 10: 3}[len(uid)] and whole == uid


def test_a_lying_rc522(record_property):
    accepted = wrong = errors = 0
    with bench("rc522", seed=7) as b:
        random = Random(77)
        spy = Spy(b.model, random)
        port = b.world.chip.spi(2)
        port.release()
        port.attach(spy, b.world.chip.pad(CS))
        number = 0
        while spy.lies < ANSWERS:
            if number % 50 == 0:
                b.model.remove()
                b.model.present(Card(UIDS[number // 50 % 3]))
                spy.percent = LIES[number // 150 % 4]
            number += 1
            seen = b.read()
            b.clock.advance(20_000)
            if seen == ERROR:
                errors += 1
            elif seen is not None:
                assert spy.proves(seen)
                accepted += 1
                wrong += seen not in UIDS
        spy.percent = 0
        b.model.remove()
        b.model.present(Card(UIDS[1]))
        b.until(UIDS[1], 2000)
    assert accepted > 50
    assert errors > 50
    assert not wrong
    record_property(
        "figure", f"{spy.lies} lies in {spy.answers} answers, {accepted} UIDs, all right"
    )


def framed(body):
    return (
        b"\x00\x00\xff"
        + bytes((len(body), -len(body) & 255))
        + body
        + bytes((-sum(body) & 255, 0))
    )


def listed_uids(data):
    """UIDs of all intact one-card lists in `data`."""
    found = []
    for at in range(len(data) - 11):
        size = data[at + 2]
        body = data[at + 4 : at + 4 + size]
        if data[at : at + 2] != b"\x00\xff" or size + data[at + 3] & 255 or len(body) != size:
            continue
        if sum(data[at + 4 : at + 5 + size]) & 255 or len(data) < at + 5 + size:
            continue
        if body[:3] == b"\xd5\x4b\x01" and len(body) > 8:
            uid = body[8 : 8 + body[7]]
            if len(uid) == body[7] and not body[6] & 4:
                found.append(uid)
    return found


class Liar:
    """A PN532 on either bus that answers at once, and often wrongly."""

    def __init__(self, random):
        self._random = random
        self._queue = []
        self._port = None
        self.percent = 0
        self.uid = UIDS[0]
        self.lies = 0
        self.served = b""  # what the driver may have read since its last command

    def obey(self, data):
        self._queue = [b"\x00\x00\xff\x00\xff\x00"]
        self.served = b""
        at = data.find(b"\xd4")
        if at < 0:
            return
        command = data[at + 1]
        body = bytes((0xD5, command + 1))
        if command == 0x02:
            body += b"\x32\x01\x06\x07"
        elif command == 0x4A:
            body += b"\x01\x01\x00\x04\x08" + bytes((len(self.uid),)) + self.uid
        if self._random.below(100) < self.percent and self._random.below(2):
            # A wrong body under intact sums
            self.lies += 1
            body = bytes(lie(self._random, body))
        self._queue.append(framed(body))

    def bend(self, data):
        if self._random.below(100) < self.percent:
            self.lies += 1
            data = bytes(lie(self._random, data))
            if not self._random.below(4):
                data = data[: self._random.below(len(data) + 1)]
        return data

    # I2C

    def hear(self, data):
        self.obey(data)
        return self._random.below(200) >= self.percent

    def answer(self, count):
        if self._random.below(400) < self.percent:
            self.lies += 1
            return None
        data = b"\x01" + self._queue.pop(0) if self._queue else b"\x00"
        data = self.bend(data + bytes(max(0, count - len(data))))[:count]
        data += bytes(count - len(data))
        self.served += data[1:]
        return data

    # UART

    def attach(self, port):
        self._port = port

    def detach(self, port):
        self._port = None

    def transmit(self, sender, data, framing, start_us):
        from pilesim.rs485 import Transmission

        self.obey(data)
        for frame in self._queue:
            frame = self.bend(frame)  # noqa: PLW2901
            self.served += frame
            if frame:
                sender.hear(Transmission(frame, framing, start_us))


@pytest.mark.parametrize("kind", ["pn532_uart", "pn532_i2c"])
def test_a_lying_pn532(kind, record_property):
    accepted = errors = 0
    with bench(kind, seed=9) as b:
        liar = Liar(Random(99))
        if kind == "pn532_uart":
            port = b.world.chip.uart(1)
            port.bus = liar
        else:
            b.world.chip.soft_i2c(SCL).attach(liar, 0x24)
        number = 0
        while liar.lies < ANSWERS:
            if number % 50 == 0:
                liar.uid = UIDS[number // 50 % 3]
                liar.percent = LIES[number // 150 % 4]
            number += 1
            served = liar.served
            seen = b.read()
            b.clock.advance(20_000)
            if seen == ERROR:
                errors += 1
            elif seen is not None:
                assert seen in listed_uids(served + liar.served)
                accepted += 1
        liar.percent = 0
        liar.uid = UIDS[2]
        b.until(UIDS[2], 3000)
    assert accepted > 50
    assert errors > 50
    record_property("figure", f"{kind}: {liar.lies} lies in {number} calls, {accepted} UIDs")
