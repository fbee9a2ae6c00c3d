"""Builds the control loop of one connector from its board and the settings."""

from ..control.control_loop import ControlLoop
from ..control.parts import Parts
from ..control.protection import Protection
from ..control.safety_tick import SafetyTick
from ..core import limits, pilot_profiles
from ..core.meter import MeterRegister


def build_loop(board, settings, permit, lockouts):
    """ControlLoop with its tick, register, limits and protection; nothing runs yet."""
    profile = pilot_profiles.load(settings["profile"])
    unit = "" if board.number == 1 else "_%d" % board.number
    control_pilot = board.control_pilot(
        settings["pilot_zero_mv" + unit], settings["pilot_gain" + unit]
    )
    parts = Parts(board)
    tick = SafetyTick(profile, control_pilot, board.contactor(), parts.dead_man, parts.inputs())
    rated_w = board.RATED_A10 * board.VOLTS * board.PHASES // 10
    register = MeterRegister(rated_w * 12 // 10)
    slots = limits.Limits(board.RATED_A10)
    slots.set(limits.TECHNICIAN, settings["technician_limit_a10"])
    if settings["site"]:
        # Until the site speaks, its fallback holds: others may be drawing all it has
        slots.set(limits.SITE, settings["site_fallback_a10"])
    protection = Protection(board, profile, parts, tick, register, slots)
    return ControlLoop(
        profile,
        settings,
        control_pilot,
        tick,
        register,
        slots,
        protection,
        permit,
        lockouts,
        board.number - 1,
    )
