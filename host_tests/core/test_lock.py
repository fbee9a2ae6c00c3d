"""Connector lock: pulses, attempts, jams, and no unlocking before the contactor is open."""

from evse.core.lock import (
    AGAIN_MS,
    ATTEMPTS,
    LOCK,
    PAUSE_MS,
    PULSE_MS,
    REST,
    UNLOCK,
    ConnectorLock,
)


class Bolt:
    """A bolt that needs `travel_ms` of drive; `stuck` holds it where it is."""

    def __init__(self, home=False, travel_ms=200):
        self.lock = ConnectorLock()
        self.home = home
        self.stuck = False
        self.travel_ms = travel_ms
        self.pulses = []  # (direction, length)
        self._direction = REST
        self._ms = 0

    def step(self, wanted=False, may_unlock=True, dt_ms=20):
        if self._direction != REST:
            self._ms += dt_ms
            if self._ms >= self.travel_ms and not self.stuck:
                self.home = self._direction == LOCK
        direction = self.lock.step(wanted, may_unlock, self.home, dt_ms)
        if direction != self._direction:
            if self._direction != REST:
                self.pulses.append((self._direction, self._ms))
            self._direction = direction
            self._ms = 0
        assert may_unlock or direction != UNLOCK
        return direction

    def run(self, ms, wanted=False, may_unlock=True):
        for _ in range(ms // 20):
            self.step(wanted, may_unlock)

    def directions(self):
        return [direction for direction, _ in self.pulses]


def locked_bolt():
    b = Bolt()
    b.run(1000)
    b.run(1000, wanted=True)
    assert b.lock.locked and b.home
    b.pulses.clear()
    return b


def test_figures():
    assert (PULSE_MS, PAUSE_MS, ATTEMPTS, AGAIN_MS) == (600, 1000, 3, 10000)
    assert (LOCK, UNLOCK, REST) == (1, -1, 0)


def test_nothing_stands_before_the_first_step():
    lock = ConnectorLock()
    assert not lock.locked and not lock.jammed


def test_each_wish_has_all_its_attempts():
    b = Bolt()
    b.run(1000)
    b.stuck = True
    b.run(2 * (PULSE_MS + PAUSE_MS), wanted=True)
    b.home = True
    b.run(ATTEMPTS * (PULSE_MS + PAUSE_MS))
    assert b.directions().count(UNLOCK) == 1 + ATTEMPTS and b.lock.jammed


def test_bolt_that_leaves_the_unlocked_position_has_all_attempts_each_time():
    b = Bolt()
    b.run(5000)
    for _ in range(3):
        b.pulses.clear()
        b.stuck = b.home = True
        b.run(2 * (PULSE_MS + PAUSE_MS))
        assert not b.lock.jammed
        b.stuck = False
        b.run(1000)
        assert b.directions() == [UNLOCK] * ATTEMPTS and not b.home and not b.lock.jammed


def test_unlocked_after_power_up_whatever_the_position():
    for home in (False, True):
        b = Bolt(home)
        assert b.step() == UNLOCK
        b.run(1000)
        assert b.pulses == [(UNLOCK, PULSE_MS)]
        assert not b.home and not b.lock.locked and not b.lock.jammed


def test_no_drive_after_power_up_while_the_contactor_is_closed():
    b = Bolt(home=True)
    b.run(60000, may_unlock=False)
    assert b.pulses == [] and not b.lock.locked
    b.run(1000)
    assert b.directions() == [UNLOCK] and not b.home


def test_locks_by_one_pulse_and_says_so_at_its_end():
    b = Bolt()
    b.run(1000)
    b.pulses.clear()
    assert b.step(wanted=True) == LOCK
    b.run(PULSE_MS - 20, wanted=True)
    assert b.home and not b.lock.locked
    assert b.step(wanted=True) == REST
    assert b.lock.locked and not b.lock.jammed
    b.run(60000, wanted=True)
    assert b.pulses == [(LOCK, PULSE_MS)]


def test_vehicle_found_locked_at_power_up_is_locked_by_a_pulse_of_its_own():
    b = Bolt(home=True)
    b.step(wanted=True, may_unlock=False)
    assert not b.lock.locked
    b.run(1000, wanted=True, may_unlock=False)
    assert b.lock.locked and b.directions() == [LOCK]


def test_stays_locked_until_the_contactor_is_open():
    b = locked_bolt()
    b.run(60000, wanted=False, may_unlock=False)
    assert b.pulses == [] and b.lock.locked and b.home
    b.run(1000)
    assert b.directions() == [UNLOCK] and not b.home and not b.lock.locked


def test_unlocking_pulse_ends_when_the_contactor_closes():
    b = locked_bolt()
    b.travel_ms = 400
    b.run(100)
    assert b.step(may_unlock=False) == REST
    assert not b.lock.locked
    b.run(5000, may_unlock=False)
    assert b.directions() == [UNLOCK]
    b.run(1000)
    assert b.directions() == [UNLOCK, UNLOCK] and not b.home


def test_wish_that_changes_in_a_pulse_turns_the_drive_round():
    b = Bolt()
    b.run(1000)
    b.step(wanted=True)
    assert b.step(wanted=False) == UNLOCK
    b.run(1000)
    assert not b.home and not b.lock.locked and not b.lock.jammed


def test_bolt_that_does_not_go_home_is_jammed_after_three_attempts():
    b = Bolt()
    b.run(1000)
    b.pulses.clear()
    b.stuck = True
    jam_ms = ATTEMPTS * PULSE_MS + (ATTEMPTS - 1) * PAUSE_MS
    b.run(jam_ms, wanted=True)
    assert not b.lock.jammed
    b.step(wanted=True)
    assert b.lock.jammed and not b.lock.locked
    b.run(120000, wanted=True)
    assert b.pulses == [(LOCK, PULSE_MS)] * ATTEMPTS


def test_second_attempt_may_succeed():
    b = Bolt()
    b.run(1000)
    b.stuck = True
    b.run(PULSE_MS + PAUSE_MS, wanted=True)
    b.stuck = False
    b.run(1000, wanted=True)
    assert b.lock.locked and not b.lock.jammed


def test_pause_between_attempts():
    b = Bolt()
    b.run(1000)
    b.stuck = True
    directions = [b.step(wanted=True) for _ in range((2 * PULSE_MS + PAUSE_MS) // 20 + 1)]
    pulse, pause = PULSE_MS // 20, PAUSE_MS // 20
    assert directions == [LOCK] * pulse + [REST] * pause + [LOCK] * pulse + [REST]


def test_position_reached_in_the_pause_needs_no_further_pulse():
    b = Bolt()
    b.run(1000)
    b.pulses.clear()
    b.stuck = True
    b.run(PULSE_MS + 200, wanted=True)
    b.home = True
    b.run(5000, wanted=True)
    assert b.lock.locked and b.pulses == [(LOCK, PULSE_MS)]


def test_bolt_that_leaves_its_position_is_jammed_at_once():
    for wanted in (True, False):
        b = locked_bolt()
        b.home = False
        b.step(wanted, may_unlock=False)
        assert b.lock.jammed and not b.lock.locked, wanted
        b.run(30000, wanted, may_unlock=False)
        assert b.pulses == [] and b.lock.jammed, wanted


def test_jam_ends_when_the_bolt_is_home_after_all():
    b = locked_bolt()
    b.home = False
    b.step(wanted=True)
    b.home = True
    b.step(wanted=True)
    assert not b.lock.jammed and b.lock.locked


def test_jam_ends_unlocked_once_nobody_wants_it_locked():
    b = Bolt()
    b.run(1000)
    b.stuck = True
    b.run(10000, wanted=True)
    assert b.lock.jammed
    b.step()
    assert not b.lock.jammed
    b.stuck = False
    b.run(1000)
    b.run(1000, wanted=True)
    assert b.lock.locked


def test_bolt_that_does_not_let_go_is_jammed_and_tried_again_and_again():
    b = locked_bolt()
    b.stuck = True
    jam_ms = ATTEMPTS * PULSE_MS + (ATTEMPTS - 1) * PAUSE_MS
    b.run(jam_ms)
    assert not b.lock.jammed
    b.step()
    assert b.lock.jammed and not b.lock.locked
    assert b.pulses == [(UNLOCK, PULSE_MS)] * ATTEMPTS
    b.run(AGAIN_MS - 20)
    assert len(b.pulses) == ATTEMPTS
    b.run(20 + PULSE_MS)
    assert len(b.pulses) == ATTEMPTS + 1 and b.lock.jammed
    b.stuck = False
    b.run(AGAIN_MS + PULSE_MS)
    assert not b.home and not b.lock.jammed


def test_bolt_that_reads_locked_though_unlocked_is_driven_back():
    b = Bolt()
    b.run(1000)
    b.pulses.clear()
    b.home = True
    b.run(1000)
    assert b.directions() == [UNLOCK] and not b.home


def test_broken_position_wire_never_reads_locked():
    lock = ConnectorLock()
    for _ in range(1000):
        lock.step(True, True, False, 20)
        assert not lock.locked
    assert lock.jammed
