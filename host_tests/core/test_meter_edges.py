"""A meter that counts energy but does not tell what protection hangs on."""

from evse.core.meter import MeterRegister

STEP_MS = 100
MOST_MS = 5000


def lost_after_ms(voltages, currents):
    """Time until a meter is lost that tells its register each second and what else is asked for."""
    m = MeterRegister(10000)
    wh = 0
    for passed_ms in range(0, 20000, STEP_MS):
        if passed_ms % 1000 == 0:
            m.accept(wh)
            m.heard(True)
            if voltages:
                m.take_voltages((220000,))
            if currents:
                m.take_currents((16000,))
        m.step(STEP_MS)
        if m.lost:
            return passed_ms + STEP_MS
    return None


def test_meter_without_voltage_or_current_is_lost():
    assert lost_after_ms(True, True) is None
    for voltages, currents in ((False, True), (True, False), (False, False)):
        assert lost_after_ms(voltages, currents) == MOST_MS + STEP_MS, (voltages, currents)


def test_old_voltages_are_not_judged():
    m = MeterRegister(10000)
    assert not m.supply_known
    m.take_voltages((220000,))
    m.step(MOST_MS)
    assert m.supply_known
    m.step(1)
    assert not m.supply_known


def test_old_frequency_is_unknown():
    m = MeterRegister(10000)
    m.take_frequency(5000)
    m.step(10000)
    assert m.chz == 5000
    m.step(1)
    assert m.chz == 0
