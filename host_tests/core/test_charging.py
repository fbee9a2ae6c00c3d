"""Every transition of the state machine by its sequence number, and what each state permits."""

from evse.core import charging
from evse.core.charging import A1, B1, B2, C1, C2, CLOSE, D2, HOLD, OPEN, F
from evse.core.pilot import DRIVE_NEGATIVE, DRIVE_POSITIVE, DRIVE_PWM
from evse.core.pilot_profiles import GBT_18487_1_2015, IEC_61851_1, INVALID, A, B, C, D, E


def machine(*steps, profile=IEC_61851_1, ventilated=False):
    m = charging.ChargingStateMachine(profile)
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
    for profile in (IEC_61851_1, GBT_18487_1_2015):
        m = machine((B, False), (B, True), (C, True), profile=profile)
        m.step(C, False, False, False, 20)
        held_ms = 0
        while m.permission(False) == HOLD:
            m.step(C, False, False, False, 20)
            held_ms += 20
        assert held_ms == profile.stop_wait_ms, held_ms
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


def test_b2_falls_back_when_the_station_is_not_ready():
    m = machine((B, False), (B, True))
    assert m.state == B2
    m.step(B, False, False, False, 20)
    assert m.state == B1
    m = machine((B, False), (B, True), (C, True))
    assert m.state == C2
    m.step(B, False, False, False, 20)
    assert m.state == B2
