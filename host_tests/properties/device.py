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
        "phase_contactor": False,
        "proximity": False,
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
    lock = random.random() < 0.4 or NEEDS.get(kind) in ("lock", "proximity")
    monitor = random.random() < 0.2 or NEEDS.get(kind) == "mains_monitor"
    # It holds every charge back for ten seconds
    switches = NEEDS.get(kind) == "phase_contactor" or random.random() < 0.03
    return device(
        settings=chosen,
        # Above 90 % duty a burst may miss the negative half-wave
        rated_a10=800 if kind == "spikes" else random.choice(_RATED_A10),
        phases=3 if switches else random.choice((1, 3)),
        phase_contactor=switches,
        proximity=lock and (random.random() < 0.7 or NEEDS.get(kind) == "proximity"),
        lock=lock,
        # A socket must have one
        mains_monitor=lock or monitor,
        voltage_feedback=random.random() < 0.4,
        missing=missing,
        outside=outside,
    )
