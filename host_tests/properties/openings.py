"""Openings that nothing asked for: they wear the contactor and end charges."""

from evse.core import faults
from evse.core.pilot import DRIVE_POSITIVE, DRIVE_PWM

# What a spike on one reading may not bring about
_OF_READINGS = (
    faults.PILOT_SHORT
    | faults.PILOT_INVALID
    | faults.CONTACTOR_RELEASED
    | faults.RESIDUAL_CURRENT
    | faults.PE_LOST
    | faults.EMERGENCY_STOP
    | faults.MAINS_LOST
)


class Openings:
    """Judges openings in a tick that saw a good pilot, while nothing demanded one."""

    def __init__(self, world, site, profile):
        self._world = world
        self._site = site
        self._stop_wait_us = (profile.stop_wait_ms - 40) * 1000

    def needless_stop(self, active):
        """Why the vehicle should not have been asked to stop, or None; `active`: faults of the register."""
        site = self._site
        wanted = site.power.pin and site.line.wants_energy and site.is_surely_ready()
        # Other phases are a stop that the session did not ask for
        if not wanted or site.phase_contactor or active & faults.STOPS:
            return None
        return "stopped for nothing, faults %s" % faults.names(active)

    def needless(self, active, of_tick, unclear, waited_us):
        """Why this opening should not have been, or None.

        `active`: faults of the register; `of_tick`: of this tick; `unclear`: the line was noisy
        lately; `waited_us`: since the pilot went to +12 V.
        """
        site, world = self._site, self._world
        line = site.line
        wanted = line.drive == DRIVE_PWM and line.wants_energy and site.is_ready()
        if wanted and world.spoilt_bursts <= 1:
            if of_tick & faults.CONTACTOR_RELEASED and site.power.was_released:
                # Contacts that fell for a moment bounce when they are back, and no cause stands then
                return None
            # Whatever is read wrong once is read a second time, which decides
            if not active & faults.STOPS and not of_tick & ~_OF_READINGS:
                return "opened for nothing, %d readings and %d bursts spoilt" % (
                    world.spikes,
                    world.spoilt_bursts,
                )
            return None
        if line.drive != DRIVE_POSITIVE or unclear or (active | of_tick) & faults.TRIPS:
            return None
        # A stop without a fault waits for the vehicle: opening under load wears the contacts
        if waited_us < self._stop_wait_us:
            return "opened under load %d ms after the stop" % (waited_us // 1000)
        return None
