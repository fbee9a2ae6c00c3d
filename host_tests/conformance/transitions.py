"""Measured transitions of the pilot: PWM on and off, closing, stopping with and without the vehicle's help."""

from pilesim.vehicle import allowed_ma

_FULL_DUTY = 65535
_IEC_MOST_MA = 80_000
_GBT_MOST_MA = 63_000


def in_state(*names):
    """A condition: the station is in one of these states."""
    return lambda m: m.loop.machine.name() in names


def is_steady(m):
    """True when the generator drives steady +12 V."""
    return m.world.line.duty_u16() == _FULL_DUTY


def is_negative(m):
    """True when the generator drives steady -12 V."""
    return m.world.line.duty_u16() == 0


def is_pwm(duty_u16):
    """True for a duty that is neither steady high nor steady low."""
    return 0 < duty_u16 < _FULL_DUTY


def has_pwm(m):
    """True when the generator drives PWM."""
    return is_pwm(m.world.line.duty_u16())


def wave_changes(m):
    """A list that gets (us, duty of 65535) whenever the generator's wave changes."""
    changes = []
    pad = m.world.chip.pad(m.r.board.PINS["cp_pwm"])
    pad.watchers.append(lambda pad, now_us: changes.append((now_us, pad.duty_u16)))
    return changes


def _steady_us(changes):
    return next((us for us, duty in changes if duty == _FULL_DUTY), None)


def reaches(action, condition, within_ms, *, order=False, every_us=100):
    """From the event until `condition(moment)` holds; the contactor must not close on the way.

    `order`: the action is the firmware's own doing, not the world's.
    """

    async def story(m):
        before_us = m.world.contactor.last_close_command_us
        if order:
            await m.do(action)
        else:
            m.arm(action)
        found = m.watch(lambda: m.event_us is not None and condition(m), every_us)
        await m.until(lambda: found, within_ms)
        m.require(m.world.contactor.last_close_command_us == before_us, "a close command came")
        return m.since_event(found[0]) if found else None

    return story


def stop_obeyed(action):
    """Order a stop of some kind; from the vehicle's opening of S2 to the open command."""

    async def story(m):
        changes = wave_changes(m)
        contactor, vehicle = m.world.contactor, m.world.vehicle
        # The loop's 20 ms would else fix the phase at which S2 opens
        vehicle.stop_us = m.rng.randrange(500_000, 2_500_000)
        await m.do(action)
        ordered_us = m.event_us
        await m.until(lambda: not contactor.closed, 10_000)
        m.require(_steady_us(changes) is not None, "the PWM did not stop")
        m.require(vehicle.last_s2_open_us > ordered_us, "the vehicle did not open S2")
        m.event_us = vehicle.last_s2_open_us
        m.require(m.open_command_us is not None, "opened before S2 did")
        return m.open_command_us

    return story


def stop_ignored(within_ms):
    """Order a stop that the vehicle ignores; from the PWM's end to the open command."""

    async def story(m):
        m.world.vehicle.force_s2("closed")
        m.stall_now_and_then()
        changes = wave_changes(m)
        await m.do(lambda m: m.require(m.station.stop_local() == "", "stop refused"))
        contactor = m.world.contactor
        await m.until(lambda: not contactor.closed, within_ms)
        m.event_us = _steady_us(changes)
        return m.open_command_us

    return story


def closes(action, within_ms, *, stable_ms=0, order=False):
    """From the event to the closing of the contacts; no close command before `stable_ms`."""

    async def story(m):
        contactor = m.world.contactor
        m.stall_now_and_then()
        if order:
            await m.do(action)
        else:
            m.arm(action)
        await m.until(lambda: contactor.closed, within_ms)
        commanded_us = m.since_event(contactor.last_close_command_us)
        if commanded_us is None:
            return None
        m.require(commanded_us >= stable_ms * 1000, "close command at %d us" % commanded_us)
        return m.since_event(contactor.main_closed_us)

    return story


def closings(action, within_ms):
    """How often the contactor closes after the event."""

    async def story(m):
        operations = m.world.contactor.operations
        m.arm(action)
        await m.run(within_ms)
        return m.world.contactor.operations - operations

    return story


async def duty_error(m):
    """Current read from the duty on the line minus the limit, in mA."""
    most_ma = _GBT_MOST_MA if m.loop.machine.profile.standard.startswith("gbt") else _IEC_MOST_MA
    limit_ma = m.loop.limits.offered_a10() * 100
    await m.run(1 + m.rng.randrange(20))
    return allowed_ma(m.world.line.duty_u16()) - min(limit_ma, most_ma)
