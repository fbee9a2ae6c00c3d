"""Ten thousand streams of good, spoiled and foreign bytes, or edges, into each driver; sums are made here again."""

import time

import pytest
from chips_bench import bench

from evse.core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES
from pilesim.rng import Random

STREAMS = 10_000
# A rest that a driver may still hold when the next stream comes
TAIL = 24


def hlw_sum(frame):
    return sum(frame[2:23]) % 256


def bl_sum(frame):
    return 255 - (0x58 + sum(frame[:22])) % 256


def hlw_frame(random, counter):
    frame = bytearray.fromhex("555A02E93200061500 3A980005DC4DD1E0001042710000 00")
    if random.below(8) == 0:
        frame[0] = (0xAA, 0xF2, 0xF6, 0xF8, 0xF1)[random.below(5)]
    if random.below(30) == 0:
        frame[random.between(2, 16)] = random.below(256)
    for place in (7, 13, 19):
        frame[place] = random.below(256)
    frame[20] = 0x70 | (counter >> 16 & 1) << 7
    frame[21:23] = (counter & 0xFFFF).to_bytes(2, "big")
    frame[23] = hlw_sum(frame)
    return bytes(frame)


def bl_frame(random, counter):
    frame = bytearray(23)
    frame[0] = 0x55
    for place in (1, 2, 4, 5, 6, 10, 11):
        frame[place] = random.below(256)
    frame[13:16] = counter.to_bytes(3, "little")
    frame[16:18] = random.between(19000, 21000).to_bytes(2, "little")
    frame[22] = bl_sum(frame)
    return bytes(frame)


def hlw_values(frame):
    """Values of a good frame by its quantity, worked out in another way."""
    state = frame[0]
    if frame[1] != 0x5A or (state not in (0x55, 0xAA) and state < 0xF0):
        return {}
    if frame[23] != hlw_sum(frame) or state == 0xAA or (state >= 0xF0 and state & 1):
        return {}
    vp, v, cp, c, pp, p = (int.from_bytes(frame[at : at + 3], "big") for at in range(2, 20, 3))
    flags = state & 15 if state >= 0xF0 else 0
    values = {}
    if v and not flags & 8:
        values[VOLTAGES] = (round(vp / v * 1880),)
    if c or flags & 4:
        values[CURRENTS] = (0,) if flags & 4 else (round(cp / c * 1000),)
    if p or flags & 2:
        values[POWER] = 0 if flags & 2 else round(pp / p * 1.88)
    return values


def bl_values(frame):
    if frame[0] != 0x55 or frame[22] != bl_sum(frame):
        return {}
    amps, volts = (int.from_bytes(frame[at : at + 3], "little") for at in (1, 4))
    watt = int.from_bytes(frame[10:13], "little", signed=True)
    period_us = int.from_bytes(frame[16:18], "little")
    return {
        CURRENTS: (round(amps * 1000 / 251213),),
        VOLTAGES: (round(volts * 1000 / 15873),),
        POWER: round(watt / 596),
        FREQUENCY: round(1e8 / period_us) if period_us else None,
    }


CHIPS = {
    "hlw8032": (24, hlw_frame, hlw_values, 375469),
    "bl0942": (23, bl_frame, bl_values, 3305),
}


def stream_of(random, make, counter):
    """One to four pieces: whole frames, frames with flipped bits, cut ones, garbage."""
    stream = b""
    for _ in range(random.between(1, 4)):
        frame = bytearray(make(random, counter))
        kind = random.below(6)
        if kind == 0:
            for _ in range(random.between(1, 4)):
                frame[random.below(len(frame))] ^= 1 << random.below(8)
        elif kind == 1:
            frame = frame[random.below(len(frame)) :]
        elif kind == 2:
            frame = frame[: random.below(len(frame))]
        elif kind == 3:
            frame = bytearray(random.below(256) for _ in range(random.below(40)))
        stream += frame
    return stream


def close(value, wanted):
    """Equal but for the last digit of rounding."""
    if isinstance(value, tuple):
        value, wanted = value[0], wanted[0]
    return abs(value - wanted) <= 1


@pytest.mark.parametrize("kind", CHIPS)
def test_no_stream_of_bytes_makes_an_exception_or_a_value_of_its_own(kind, record_property):
    size, make, values_of, per_kwh = CHIPS[kind]
    turn = 1 << 17 if kind == "hlw8032" else 1 << 24
    with bench(kind) as b:
        b.model.set_fault("silent", True)
        random = Random(11)
        tail, taken, energy = b"", 0, 0
        flowed = 0
        counter = turn - 500
        for _ in range(STREAMS):
            flowed += 1
            counter = (counter + 1) % turn
            quantity = b.meter.tells[random.below(len(b.meter.tells))]
            b.request(quantity)
            stream = stream_of(random, make, counter)
            b.feed(stream)
            value = b.poll()
            heard = (tail if kind == "hlw8032" else b"") + stream
            tail = heard[-TAIL:]
            if value is None:
                continue
            taken += 1
            good = [values_of(heard[at : at + size]) for at in range(len(heard) - size + 1)]
            if quantity == ENERGY:
                assert any(good), heard.hex()
                assert b.meter.frame in heard
                assert values_of(b.meter.frame)
                assert energy <= value <= flowed * 1000 // per_kwh
                energy = value
            else:
                told = [values[quantity] for values in good if values.get(quantity) is not None]
                assert any(close(value, wanted) for wanted in told), (heard.hex(), value)
        assert taken > STREAMS // 2
        # The last frames are not told yet
        assert (flowed - 20) * 1000 // per_kwh <= energy
        assert b.meter.bad_frames > STREAMS // 4
    record_property("figure", f"{kind}: {STREAMS} streams, {taken} values")


def test_no_train_of_edges_makes_a_pulse_of_its_own():
    with bench("s0") as b:
        pad = b.world.chip.pad(25)
        state = {"level": 1}
        pad.source = lambda _now_us: state["level"]
        random = Random(13)
        expected = 0
        for _ in range(STREAMS):
            for _ in range(random.between(1, 3)):
                low_ms = (random.between(1, 18), random.between(22, 200), 2300)[
                    random.below(31) % 3
                ]
                state["level"] = 0
                pad.changed(0)
                time.sleep_ms(low_ms)
                state["level"] = 1
                pad.changed(1)
                time.sleep_ms(random.between(1, 60))
                expected += 22 <= low_ms <= 200
        b.request(ENERGY)
        assert b.poll() == expected > STREAMS // 4
        assert b.clock.dropped_callbacks == 0
