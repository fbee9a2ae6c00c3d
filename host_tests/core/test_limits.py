"""Named limits: the least wins, remote ones run out, below 6 A is a pause."""

from evse.core import limits
from evse.core.limits import PLATFORM, SITE, TECHNICIAN, Limits


def test_least_limit_wins_and_is_named():
    x = Limits(320)
    assert (x.offered_a10(), x.holder_name()) == (320, "rated")
    x.set(SITE, 160)
    x.set(PLATFORM, 200)
    assert (x.offered_a10(), x.holder_name()) == (160, "site")
    x.set(TECHNICIAN, 100)
    assert x.holder_name() == "technician"
    x.set(TECHNICIAN, limits.UNLIMITED_A10)
    x.set(SITE, limits.UNLIMITED_A10)
    assert (x.offered_a10(), x.holder_name()) == (200, "platform")


def test_below_six_ampere_is_a_pause():
    x = Limits(320)
    for a10, offered in ((0, 0), (59, 0), (60, 60), (61, 61)):
        x.set(SITE, a10)
        assert x.offered_a10() == offered, a10


def test_remote_limit_runs_out_to_its_fallback():
    x = Limits(320)
    x.set(SITE, 160, 1000, 80)
    for _ in range(49):
        x.step(20)
    assert x.offered_a10() == 160
    x.step(20)
    assert x.offered_a10() == 80
    for _ in range(1000):
        x.step(20)
    assert x.offered_a10() == 80
    assert len(limits.NAMES) == limits.LINK + 1


def test_limit_without_time_left_is_its_fallback_at_once():
    for ttl_ms in (0, -5):
        slots = limits.Limits(320)
        slots.set(limits.SITE, 200, ttl_ms, 100)
        assert slots.offered_a10() == 100, ttl_ms
