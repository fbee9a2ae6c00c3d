"""What profiles allow over time, as the page draws it."""

import pytest

from sandbox.csms.curve import limit_at, steps
from sandbox.csms.profiles import Profile


def profile(**values):
    """A Profile on connector 1, 10 A for ever."""
    words = {"id": 1, "connector": 1, "purpose": "default", "periods": [[0, 10]]}
    return Profile.from_dict({**words, **values})


@pytest.mark.parametrize(
    ("rows", "utc", "limit"),
    [
        ([], 100, None),
        ([profile(start_utc=50)], 49, None),
        ([profile(start_utc=50, periods=[[0, 10], [60, 6]])], 109, 10),
        ([profile(start_utc=50, periods=[[0, 10], [60, 6]])], 110, 6),
        ([profile(start_utc=50, duration_s=10)], 60, None),
        ([profile(start_utc=0, until_utc=100)], 100, None),
        ([profile(start_utc=0, from_utc=101)], 100, None),
        ([profile(start_utc=0), profile(start_utc=0, stack=1, periods=[[0, 20]])], 100, 20),
        ([profile(start_utc=0), profile(start_utc=0, connector=0, stack=9)], 100, 10),
        ([profile(start_utc=0, connector=2)], 100, None),
        ([profile(start_utc=0), profile(purpose="tx", periods=[[0, 30]])], 100, 30),
        ([profile(start_utc=0), profile(purpose="tx", transaction="8", periods=[[0, 30]])], 100, 10),
        (
            [profile(purpose="tx"), profile(start_utc=0, connector=0, purpose="max", periods=[[0, 7]])],
            100,
            7,
        ),
        ([profile(start_utc=0, recur="Daily", periods=[[0, 10], [3600, 6]])], 86_400 + 3600, 6),
        ([profile(start_utc=0, unit="W", periods=[[0, 6900]])], 100, 10),
        ([profile(start_utc=0, unit="W", periods=[[0, 2300, 1]])], 100, 10),
    ],
)  # fmt: skip
def test_limit_of_profiles(rows: list, utc: float, limit: float | None) -> None:
    assert limit_at(rows, 1, utc, 90, "7") == limit


def test_steps_are_where_the_limit_changes() -> None:
    rows = [profile(start_utc=60, duration_s=120, periods=[[0, 10], [60, 6]])]
    assert steps(rows, 1, (0, 300, 10)) == [(0, None), (60, 10), (120, 6), (180, None)]
    own = [profile(purpose="tx")]
    assert steps(own, 1, (0, 100, 10), (50, "7")) == [(0, None), (50, 10)]
