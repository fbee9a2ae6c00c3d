"""Devices that walks are made on: profile, rating, parts, settings."""

from evse.core import pilot_profiles, settings

from .chaos import NEEDS

_RATED_A10 = (160, 320, 320, 630, 800)


def device(**changes):
    """A tethered device with every part, and what is asked for in its place."""
    return {
        "settings": settings.defaults(),
        "rated_a10": 320,
        "phases": 1,
        "lock": False,
        "mains_monitor": False,
        "voltage_feedback": False,
        "missing": (),
        "outside": True,
        **changes,
    }


def choose_device(random, kind):
    """One at random that a kind of breakage can happen to."""
    chosen = settings.defaults()
    chosen["profile"] = random.choice(pilot_profiles.NAMES)
    chosen["ventilated"] = random.random() < 0.5
    chosen["wake_up"] = kind == "sleeper"
    chosen["pause_min_s"] = random.choice((0, 1, 10))
    chosen["unlock_on_mains_loss"] = random.random() < 0.5
    missing, outside = (), True
    if kind == "part_missing":
        missing, outside = (random.choice(("residual_current", "pe_monitor")),), False
    elif random.random() < 0.1:
        missing = (random.choice(("residual_current", "pe_monitor", "temperature")),)
    if kind.startswith("monitor_"):
        missing = ()
    lock = random.random() < 0.4 or NEEDS.get(kind) == "lock"
    monitor = random.random() < 0.2 or NEEDS.get(kind) == "mains_monitor"
    return device(
        settings=chosen,
        rated_a10=random.choice(_RATED_A10),
        phases=random.choice((1, 3)),
        lock=lock,
        # A socket must have one
        mains_monitor=lock or monitor,
        voltage_feedback=random.random() < 0.4,
        missing=missing,
        outside=outside,
    )
