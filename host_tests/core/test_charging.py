"""Every transition of the state machine by its sequence number, and what each state permits."""

from evse.core import charging, pilot_profiles
from evse.core.charging import A1, B1, B2, C1, C2, CLOSE, D1, D2, HOLD, OPEN, F
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from evse.core.pilot_profiles import INVALID, A, B, C, D, E

PROFILES = tuple(pilot_profiles.load(name) for name in pilot_profiles.NAMES)
IEC, SAE, GBT15, GBT23 = PROFILES
TO_C2 = ((B, False), (B, True), (C, True))


def machine(*steps, profile=IEC, ventilated=False, wake_up=False):
    m = charging.ChargingStateMachine(profile, wake_up)
    for vehicle, ready in steps:
        m.step(vehicle, ready, False, ventilated, 20)
    return m


def test_charge_goes_a1_b1_b2_c2_and_back():
    m = machine()
    names = [m.name()]
    story = ((B, False), (B, True), (C, True), (B, True), (A, True), (A, True))
    for vehicle, ready in story:
        m.step(vehicle, ready, False, False, 20)
        names.append(m.name())
    assert names == ["A1", "B1", "B2", "C2", "B2", "A2", "A1"], names


def test_outputs_of_every_state():
    rows = (
        ((), DRIVE_POSITIVE, OPEN),
        (((B, False),), DRIVE_POSITIVE, OPEN),
        (((B, False), (B, True)), DRIVE_PWM, OPEN),
        (((B, False), (B, True), (C, True)), DRIVE_PWM, CLOSE),
        (((B, False), (B, True), (C, True), (C, False)), DRIVE_POSITIVE, HOLD),
        (((B, False), (E, False)), DRIVE_POSITIVE, OPEN),
    )
    for steps, drive, permission in rows:
        m = machine(*steps)
        assert (m.drive(), m.permission(False)) == (drive, permission), m.name()


def test_simplified_vehicle_goes_from_a_to_c():
    m = machine((C, False))
    assert m.state == C1 and m.permission(False) == OPEN
    m.step(C, True, False, False, 20)
    assert m.state == C2 and m.permission(False) == CLOSE


def test_power_returns_while_a_vehicle_is_in_c():
    m = machine((C, False), (C, True))
    assert m.name() == "C2"


def test_seq_10_2_vehicle_ignores_the_stop_and_is_cut_after_the_wait():
    for profile in PROFILES:
        m = machine(*TO_C2, profile=profile)
        m.step(C, False, False, False, 20)
        assert m.sequence == "9.2, 10.1 station stops"
        held_ms = 0
        while m.permission(False) == HOLD:
            m.step(C, False, False, False, 20)
            held_ms += 20
        assert held_ms == profile.stop_wait_ms + 20, held_ms
        assert m.state == C1


def test_c1_reached_from_b1_never_holds():
    m = machine((B, False), (C, False))
    assert m.state == C1 and m.permission(False) == OPEN


def test_state_d_charges_only_where_it_is_ventilated():
    for ventilated, permission in ((False, OPEN), (True, CLOSE)):
        m = machine((B, False), (B, True), (D, True), ventilated=ventilated)
        assert m.state == D2
        assert m.permission(ventilated) == permission
        m.step(D, False, False, ventilated, 20)
        assert m.permission(ventilated) == (HOLD if ventilated else OPEN)


def test_lost_pilot_leads_to_e_from_everywhere_and_back_by_its_level():
    for steps in ((), ((B, False),), ((B, False), (B, True)), ((B, False), (B, True), (C, True))):
        for level in (E, INVALID):
            m = machine(*steps)
            m.step(level, True, False, False, 20)
            assert m.name() == "E"
            assert m.permission(False) == OPEN
            m.step(C, False, False, False, 20)
            assert m.state == C1 and m.permission(False) == OPEN


def test_state_f_dwells_and_returns_over_a1():
    m = machine((B, False))
    m.step(B, False, True, False, 20)
    assert m.state == F and m.drive() == DRIVE_NEGATIVE
    dwell_ms = 0
    while m.state == F:
        m.step(B, True, False, False, 20)
        dwell_ms += 20
    assert dwell_ms >= 300
    assert m.state == A1
    m.step(B, False, False, False, 20)
    assert m.state == B1


def test_every_row_of_the_table_is_reached():
    reached = set()
    for state in range(10):
        for vehicle in (A, B, C, D):
            for ready in (False, True):
                m = machine()
                m.state = state
                if m.step(vehicle, ready, False, True, 20):
                    reached.add((state, m.state))
    rows = set()
    for state, table in enumerate(charging._TRANSITIONS):
        for row in table:
            rows.add((state, row[2]))
    assert rows <= reached, rows - reached


def test_sequences_have_the_numbers_of_table_a6():
    # steps, last step, its sequence
    rows = (
        (((B, False), (B, True)), (C, True), "4 "),
        (TO_C2, (B, True), "8.1 "),
        (((B, False), (C, False)), (B, False), "8.2 "),
        (TO_C2, (A, True), "2.2 "),
        (((C, False),), (A, False), "2.2 "),
        (((B, False),), (A, False), "2.1 "),
        (((B, False),), (B, True), "3.1 "),
        (((C, False),), (C, True), "3.2 "),
        (TO_C2, (C, False), "9.2, 10.1 "),
    )
    for steps, last, number in rows:
        m = machine(*steps)
        m.step(last[0], last[1], False, False, 20)
        assert m.sequence.startswith(number), (m.name(), m.sequence)


def test_only_a_station_that_stops_may_hold():
    for ventilated in (False, True):
        for state in (C2, D2):
            for vehicle in (A, B, C, D, E, INVALID):
                for ready in (False, True):
                    m = machine()
                    m.state = state
                    m.step(vehicle, ready, False, ventilated, 20)
                    permission = m.permission(ventilated)
                    case = (state, vehicle, ready, ventilated)
                    if permission == HOLD:
                        assert not ready and vehicle in (C, D), case
                        assert m.state in (C1, D1), case
                    # and nothing may close without a station that is ready and a vehicle that asks
                    if permission == CLOSE:
                        assert ready and vehicle in (C, D), case
                    # What was open in an unventilated D stays open
                    if state == D2 and not ventilated:
                        assert permission != HOLD, case


def test_state_d_asked_for_in_the_moment_of_the_stop():
    m = machine(*TO_C2, ventilated=True)
    m.step(D, False, False, True, 20)
    assert m.state == D1 and m.permission(True) == HOLD and m.permission(False) == OPEN
    m.step(C, False, False, True, 20)
    assert m.state == C1 and m.permission(True) == HOLD


def wait(m, vehicle, ready, duration_ms):
    """Step on in steps of 20 ms."""
    for _ in range(duration_ms // 20):
        m.step(vehicle, ready, False, False, 20)


def sleeping(profile):
    """A machine that has just begun its wake-up."""
    m = machine((B, False), (B, True), profile=profile, wake_up=True)
    wait(m, B, True, profile.wake_wait_ms - 20)
    assert m.state == B2
    wait(m, B, True, 20)
    assert m.sequence == "A.5.3 wake-up"
    return m


def test_a_5_3_sleeping_vehicle_is_woken_once():
    for profile in PROFILES:
        m = sleeping(profile)
        pulse = F if profile.wake_kind == "F" else B1
        pulse_ms = 0
        while m.state == pulse:
            assert m.permission(False) == OPEN
            wait(m, B, True, 20)
            pulse_ms += 20
        # A step that began late must not make it shorter
        assert pulse_ms == profile.wake_pulse_ms + 20, (profile.standard, pulse_ms)
        if pulse == F:
            assert m.state == A1
            wait(m, B, True, 40)
        assert m.state == B2, profile.standard
        wait(m, B, True, 2 * profile.wake_wait_ms)
        assert m.state == B2, profile.standard


def test_a_5_3_wakes_nobody_unasked():
    m = machine((B, False), (B, True))
    wait(m, B, True, 60000)
    assert m.state == B2
    # A station that is not ready all the time begins to count anew
    m = machine((B, False), (B, True), wake_up=True)
    wait(m, B, True, 29000)
    wait(m, B, False, 20)
    wait(m, B, True, 29000)
    assert m.state == B2
    m = machine((B, False), wake_up=True)
    wait(m, B, False, 60000)
    assert m.state == B1


def test_a_5_3_next_plug_in_or_a_pause_by_the_station_allows_it_again():
    for profile in PROFILES:
        for between in (((A, True), (A, True), (B, False)), ((B, False), (B, True))):
            m = sleeping(profile)
            wait(m, B, True, profile.wake_pulse_ms + 100)
            assert m.state == B2
            for vehicle, ready in between:
                m.step(vehicle, ready, False, False, 20)
            wait(m, B, True, profile.wake_wait_ms + 40)
            assert m.sequence == "A.5.3 wake-up", profile.standard
        # Neither a lost pilot nor a full vehicle that answers the pulse is a new offer
        for level in (E, C):
            m = sleeping(profile)
            wait(m, B, True, profile.wake_pulse_ms + 100)
            wait(m, level, True, 100)
            wait(m, B, True, 2 * profile.wake_wait_ms)
            assert m.state == B2, profile.standard


def test_a_5_3_vehicle_that_wakes_in_the_pulse_is_charged():
    m = sleeping(GBT15)
    wait(m, C, True, 20)
    assert m.state == C1 and m.permission(False) == OPEN
    wait(m, C, True, 20)
    assert m.state == C2 and m.permission(False) == CLOSE
    m = sleeping(IEC)
    wait(m, B, True, IEC.wake_pulse_ms + 20)
    assert m.state == A1
    wait(m, C, True, 40)
    assert m.state == C2


def test_a_5_3_ends_early_when_the_station_stops():
    for profile in PROFILES:
        m = sleeping(profile)
        wait(m, B, False, profile.state_f_min_ms + 20)
        wait(m, B, False, 20)
        assert m.state == B1 and not m._waking, profile.standard
        m.step(B, True, False, False, 20)
        assert m.state == B2, profile.standard


def test_a_5_3_state_f_of_a_fault_outlasts_the_pulse():
    for profile in PROFILES:
        m = sleeping(profile)
        for _ in range(500):
            m.step(B, True, True, False, 20)
            assert m.state == F
        wait(m, B, True, 20)
        assert m.state == A1


def test_a_5_3_cannot_close_a_charge_that_was_stopped():
    for profile in PROFILES:
        m = machine(*TO_C2, profile=profile, wake_up=True)
        for vehicle in (C, B):
            wait(m, vehicle, False, 20000)
        assert m.state == B1
        for vehicle in (B, C, B, C):
            for _ in range(2000):
                m.step(vehicle, False, False, False, 20)
                assert m.permission(False) == OPEN
                assert m.state in (B1, C1), m.name()


def test_b2_falls_back_when_the_station_is_not_ready():
    m = machine((B, False), (B, True))
    assert m.state == B2
    m.step(B, False, False, False, 20)
    assert m.state == B1
    m = machine((B, False), (B, True), (C, True))
    assert m.state == C2
    m.step(B, False, False, False, 20)
    assert m.state == B2
