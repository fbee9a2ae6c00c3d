"""Pulses to Wh without a remainder lost, the debounce of a pulse input, and what a chip's counter may do."""

import micropython

from evse.core.pulses import ChipCounter, PulseInput, Pulses

TURN = 1 << 24
PER_KWH = 3305


def test_no_pulse_is_rounded_away_and_start_keeps_the_rest():
    for per_kwh in (1, 100, 400, 800, 1000, 1600, 3305, 6400, 10000, 375469):
        pulses = Pulses(1000, per_kwh)
        pulses.start(7)
        for step in range(1, 400):
            pulses.count += step
            pulses.wh()
        total = 399 * 400 // 2
        assert pulses.wh() == 7 + total * 1000 // per_kwh, per_kwh
        rest = total * 1000 % per_kwh
        pulses.start(100)
        pulses.count += per_kwh - 1
        assert pulses.wh() == 100 + (rest + (per_kwh - 1) * 1000) // per_kwh, per_kwh


def run_edges(edges, per_kwh=1000):
    """Pulses counted from (ms, level) edges."""
    pulses = PulseInput(per_kwh)
    last_ms = 0
    for ms, level in edges:
        pulses.edge(level, ms - last_ms)
        last_ms = ms
    return pulses.count


def test_a_pulse_is_low_for_20_ms_and_counts_at_its_end():
    rows = (
        (((0, 0), (30, 1)), 1),
        (((0, 0), (20, 1)), 1),
        (((0, 0), (19, 1)), 0),
        (((0, 0),), 0),
        (((0, 1), (40, 1)), 0),
        # Bounce at both ends, read promptly
        (((0, 0), (1, 1), (2, 0), (3, 1), (4, 0), (34, 1), (35, 0), (36, 1)), 1),
        # The same, read when it is over: both edges find the later level
        (((5, 0), (5, 0), (5, 0), (36, 1), (36, 1), (36, 1)), 1),
        # Spikes on the idle line, alone and close together
        (((0, 0), (1, 1), (19, 0), (20, 1), (39, 0), (40, 1)), 0),
        # One end that was never seen: two pulses look like one
        (((0, 0), (500, 0), (530, 1)), 1),
        (((0, 0), (5000, 0), (5030, 1)), 1),
        # A short circuit is no pulse
        (((0, 0), (2001, 1), (3000, 0), (3030, 1)), 1),
    )
    for edges, expected in rows:
        assert run_edges(edges) == expected, edges


def test_an_edge_allocates_nothing():
    pulses = PulseInput(1000)
    micropython.heap_lock()
    try:
        for _ in range(100):
            pulses.edge(0, 0x1FFFFFFF)
            pulses.edge(1, 30)
            pulses.edge(0, 5)
            pulses.edge(1, 1)
    finally:
        micropython.heap_unlock()
    assert pulses.count == 100


class Chip:
    """A ChipCounter and the pulses that it should have counted."""

    def __init__(self, first=1000, turn=TURN, numerator=1000, denominator=PER_KWH):
        self.register = ChipCounter(turn, numerator, denominator)
        assert self.take(first) == ""

    def take(self, counter, ms=500, w=0):
        self.register.step(ms)
        return self.register.take(counter, w)

    @property
    def count(self):
        return self.register.count


def test_a_step_counts_when_the_next_frame_agrees():
    chip = Chip()
    assert [chip.take(1003), chip.count] == ["", 0]
    assert [chip.take(1005), chip.count] == ["", 3]
    assert [chip.take(1005), chip.count] == ["", 5]
    assert [chip.take(1005), chip.count] == ["", 5]
    assert chip.register.wh() == 5 * 1000 // PER_KWH


def test_the_counter_turns_over_anywhere():
    for first in (TURN - 1, TURN - 2, TURN - 3, TURN - 8):
        chip = Chip(first)
        counter = first
        for step in (1, 3, 2, 0, 5):
            counter += step
            assert chip.take(counter % TURN) == "", first
        assert chip.take(counter % TURN) == ""
        assert chip.count == 11


def test_noise_with_a_good_sum_invents_nothing():
    # A frame may lie a little above, far above or below; the next good one shows it
    for wrong in (1006, 1010, 1022, 999, 990, 0, 500000, TURN - 1):
        chip = Chip()
        assert chip.take(1002) == ""
        chip.take(wrong)
        for counter in (1003, 1004, 1004):
            chip.take(counter)
        assert chip.count == 4, wrong


def test_a_far_frame_is_named_and_answers_nothing():
    chip = Chip()
    assert chip.take(500000) == "counter went from 1000 to 500000 in 500 ms"
    assert chip.take(1001) == ""
    chip = Chip(40)
    assert chip.take(30) == "counter went from 40 to 30 in 500 ms"


def test_two_noisy_frames_in_a_row_invent_nothing():
    for one in (0, 700, 1015, 90000):
        for other in (3, 705, 1018, 90002, 4000000):
            chip = Chip()
            chip.take(1001)
            chip.take(one)
            chip.take(other)
            for counter in (1002, 1002, 1003, 1003, 1004, 1004):
                chip.take(counter)
            # At most what the rated power could have brought in the time
            assert chip.count <= 4 + 18, (one, other)


def test_a_chip_that_restarted_is_named_once_and_gives_no_jump():
    for last in (50, 1000, TURN - 40, TURN // 2):
        chip = Chip(last)
        chip.take(last + 2)
        chip.take(last + 2)
        assert chip.count == 2
        first = chip.take(0, ms=1500)
        second = chip.take(1)
        if last == TURN - 40:
            # So close to the turn that it may have been one
            assert (first, second) == ("", "")
            assert chip.count == 2 + 38
            continue
        assert first.startswith("counter went from %d to 0" % (last + 2))
        assert second == "chip restarted, its counter is at 1"
        assert [chip.take(4), chip.take(4), chip.count] == ["", "", 2 + 4], last


def test_a_counter_that_jumped_is_named_once_and_counts_from_there():
    chip = Chip()
    assert chip.take(500000) != ""
    assert chip.take(500001) == "counter jumped, it is at 500001"
    assert [chip.take(500003), chip.take(500003), chip.count] == ["", "", 3]


def test_after_a_long_silence_the_energy_of_the_gap_is_left_out_by_name():
    # A turn of 65536 pulses at 375469 per kWh and 25 kW lasts 25 s, of which 2 s are slack
    for ms, lost in ((22900, False), (23500, True), (900000, True)):
        chip = Chip(5, 131072, 1000, 375469)
        said = chip.take(40005, ms)
        assert (said == "no frame for %d s, the counter may have turned" % (ms // 1000)) is lost
        assert chip.take(40006) == ""
        assert chip.take(40006) == ""
        assert chip.count == (1 if lost else 40001)


def test_noise_does_not_hide_how_long_the_good_frames_were_away():
    chip = Chip(5, 131072, 1000, 375469)
    # Frames that agree with nothing for half a minute, and then one that fits by chance
    for index in range(30):
        chip.take((50000 + index * 40000) % 131072, 1000)
    chip.take(100, 1000)
    chip.take(100, 1000)
    assert chip.count == 0


def test_a_counter_that_stands_while_power_flows_is_refused():
    chip = Chip()
    said = [chip.take(1000, 500, 7000) for _ in range(12)]
    # 10 Wh at 7 kW are 5.14 s
    assert said[:10] == [""] * 10
    assert said[10:] == ["counter stands still at 7000 W"] * 2
    assert chip.take(1005, 500, 7000) == ""
    assert chip.take(1006, 500, 7000) == ""
    assert chip.count == 5
    # Nothing flows: it may stand for ever
    assert [chip.take(1006, 500, 0) for _ in range(200)] == [""] * 200


def test_a_counter_that_stands_stays_refused_however_long():
    chip = Chip(5, 131072, 1000, 375469)
    said = [chip.take(5, 1000, 7000) for _ in range(60)]
    assert said[5:] == ["counter stands still at 7000 W"] * 55
    assert chip.take(70, 1000, 7000) == "no frame for 56 s, the counter may have turned"
    assert chip.take(72, 1000, 7000) == ""


def test_another_value_of_a_pulse_counts_from_then_on():
    register = ChipCounter(131072, 1, 1000000)
    register.rescale(500000)
    for counter in (0, 3, 3):
        register.step(55)
        assert register.take(counter, 0) == ""
    register.rescale(250000)
    for counter in (5, 5):
        register.step(55)
        assert register.take(counter, 0) == ""
    assert register.wh() == 2
    register.count += 0
    assert register.count == 5
