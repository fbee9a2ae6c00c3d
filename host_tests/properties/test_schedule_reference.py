"""Composite schedules against a reference that asks every profile at every second."""

import random

from evse.core import schedule

SETS = 10_000
HORIZON_S = 40
NOW = 1_767_225_600


def _counts(one, utc, since):
    """Period of a profile (a dict) that holds at this second, or None."""
    if one["from"] is not None and utc < one["from"]:
        return None
    if one["until"] is not None and not utc < one["until"]:
        return None
    age = since if one["start"] is None else utc - one["start"]
    if one["recur"] and age >= 0:
        length = {"daily": 24 * 3600, "weekly": 7 * 24 * 3600}[one["recur"]]
        while age >= length:
            age -= length
    if age < 0 or (one["duration"] and age >= one["duration"]):
        return None
    begun = [period for period in one["periods"] if period[0] <= age]
    return begun[-1] if begun else None


def _held(profiles, connector, utc, since, ref):
    """(a10, phases) that the rules give at one second."""

    def highest(chosen):
        best = None
        for one in chosen:
            period = _counts(one, utc, since)
            if period and (best is None or one["stack"] > best[0]):
                best = (one["stack"], period)
        return best and best[1]

    def of(purpose, number):
        return [one for one in profiles if (one["purpose"], one["connector"]) == (purpose, number)]

    bounds = [highest(of("max", 0))]
    if connector:
        bounds.append(
            highest([one for one in of("tx", connector) if one["ref"] == ref])
            or highest(of("default", connector))
            or highest(of("default", 0))
        )
    named = [bound for bound in bounds if bound]
    phases = [bound[2] for bound in named if bound[2]]
    return min([bound[1] for bound in named] + [10000]), min(phases, default=0)


def _random_profile(rng, number):
    purpose = rng.choice(("max", "default", "default", "tx"))
    connector = (
        0 if purpose == "max" else rng.randint(1, 2) if purpose == "tx" else rng.randint(0, 2)
    )
    near = HORIZON_S + 10
    start = NOW + rng.randint(-near, near) if rng.random() < 0.6 else None
    recur = rng.choice(("", "daily", "weekly")) if start else ""
    if recur:
        # So that recurrences begin, run and turn within the horizon
        start -= rng.randint(0, 3) * (86400 if recur == "daily" else 604800)
    starts = sorted(rng.sample(range(HORIZON_S), rng.randint(1, 4)))
    if rng.random() < 0.7:
        starts[0] = 0
    return {
        "id": number,
        "purpose": purpose,
        "connector": connector,
        "stack": rng.randint(0, 3),
        "from": NOW + rng.randint(-near, near) if rng.random() < 0.3 else None,
        "until": NOW + rng.randint(-near, near) if rng.random() < 0.3 else None,
        "start": start,
        "recur": recur,
        "duration": rng.choice((0, rng.randint(1, near), 86400)),
        "ref": rng.choice(("a", "b")) if purpose == "tx" else "",
        "periods": [(at, rng.randint(0, 6) * 40, rng.randint(0, 3)) for at in starts],
    }


def _wire(one):
    """Arguments of the command that installs it."""
    args = {key: one[key] for key in ("id", "connector", "purpose", "stack")}
    for key, name in (("from", "from_utc"), ("until", "until_utc"), ("start", "start_utc")):
        if one[key] is not None:
            args[name] = one[key]
    for key, name in (("recur", "recur"), ("duration", "duration_s"), ("ref", "ref")):
        if one[key]:
            args[name] = one[key]
    args["periods"] = [list(period) for period in one["periods"]]
    return args


def _place(one):
    return one["connector"], one["purpose"], one["stack"], one["ref"]


def test_composites_follow_the_reference_at_every_second():
    rng = random.Random(16)
    held_something = pieces = 0
    for number in range(SETS):
        installed, reference = [], []
        for count in range(rng.randint(0, 8)):
            one = _random_profile(rng, rng.choice((count, rng.randint(0, 3))))
            installed = schedule.install(installed, schedule.profile(_wire(one)))
            reference = [
                old for old in reference if old["id"] != one["id"] and _place(old) != _place(one)
            ]
            reference.append(one)
        connector, since = rng.randint(0, 2), rng.randint(0, HORIZON_S)
        ref = rng.choice((None, "a", "b"))
        found = schedule.composite(installed, connector, NOW, since, ref, HORIZON_S)
        expected = []
        for second in range(HORIZON_S):
            held = _held(reference, connector, NOW + second, since + second, ref)
            if not expected or expected[-1][1:] != held:
                expected.append((second, *held))
        assert found == expected, (number, reference, connector, since, ref)
        held_something += found != [(0, 10000, 0)]
        pieces += len(found)
    # The sets are not empty talk: half of them bind, and they change within the horizon
    assert held_something > SETS * 4 // 10
    assert pieces > SETS * 3 // 2


def test_without_a_clock_nothing_exceeds_what_any_clock_would_allow():
    rng = random.Random(61)
    for _ in range(2000):
        reference = [_random_profile(rng, number) for number in range(rng.randint(1, 4))]
        places = {_place(one): one for one in reference}
        installed = [schedule.profile(_wire(one)) for one in places.values()]
        since = rng.randint(0, HORIZON_S)
        a10 = schedule.limit(installed, 1, None, since, "a")[0]
        for _ in range(8):
            utc = NOW + rng.randint(-2 * HORIZON_S, 2 * HORIZON_S)
            assert a10 <= _held(list(places.values()), 1, utc, since, "a")[0]
