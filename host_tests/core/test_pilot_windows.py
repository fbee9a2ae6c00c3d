"""Windows of the pilot states and the gaps between them, for every profile."""

from evse.core import pilot, pilot_profiles
from evse.core.pilot_profiles import INVALID, A, B, C, D, E

PROFILES = tuple(pilot_profiles.load(name) for name in pilot_profiles.NAMES)
IEC, SAE, GBT15, GBT23 = PROFILES
STATES = (A, B, C, D, E, INVALID)


def test_both_ends_of_every_window():
    for profile in PROFILES:
        windows = profile.windows
        for at in range(0, len(windows), 3):
            state, lowest_mv, highest_mv = windows[at : at + 3]
            for previous in STATES:
                for mv in (lowest_mv, lowest_mv + 1, highest_mv - 1, highest_mv):
                    assert pilot.classify(profile, mv, previous) == state, (profile.standard, mv)
                for mv in (lowest_mv - 1, highest_mv + 1):
                    # Outside only what came before may be kept, or B and A as the higher state
                    found = pilot.classify(profile, mv, previous)
                    kept = found == previous and profile.keeps_in_gap
                    higher = found in (A, B) and profile.keeps_in_gap and mv < 11000
                    assert found == INVALID or kept or higher, (
                        profile.standard,
                        mv,
                        previous,
                        found,
                    )


def test_every_gap_from_every_previous_state():
    # profile, level, states after previous A, B, C, D, E, INVALID
    nothing = (INVALID,) * 6
    rows = (
        (IEC, 10500, (A, B, A, A, A, A)),
        (IEC, 7500, (B, B, C, B, B, B)),
        (IEC, 4500, (INVALID, INVALID, C, D, INVALID, INVALID)),
        (IEC, 1500, (INVALID, INVALID, INVALID, D, E, INVALID)),
        (GBT23, 10500, (A, B, A, A, A, A)),
        (GBT23, 7500, (B, B, C, B, B, B)),
        (GBT23, 3999, nothing),
        (GBT23, 3000, nothing),
        (GBT23, 1001, nothing),
        (SAE, 10500, nothing),
        (SAE, 7500, nothing),
        (SAE, 4500, nothing),
        (SAE, 1500, nothing),
        (GBT15, 10500, nothing),
        (GBT15, 7500, nothing),
        (GBT15, 3000, nothing),
    )
    for profile, mv, expected in rows:
        found = tuple(pilot.classify(profile, mv, previous) for previous in STATES)
        assert found == expected, (profile.standard, mv, found)
    for profile in PROFILES:
        for mv in (13001, 15000, -1001, -5000, -12000):
            for previous in STATES:
                assert pilot.classify(profile, mv, previous) == INVALID, (profile.standard, mv)
