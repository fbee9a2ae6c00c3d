"""What the profiles in a pile's book allow, from a moment on."""

import pytest

from bridge.book_pile import bridge_with_books, profile
from bridge.fake_platform import until
from bridge.fakes import PILE
from pilebridge.station_services import DEFAULT, MAX, TX, ChargingProfile, Period

T = 1763600000


async def test_the_composite_schedule_is_what_the_profiles_allow(tmp_path):
    async with bridge_with_books(tmp_path) as (bridge, _):
        services = bridge.piles.by_name[PILE]
        assert list(services.composite(1, T, 3600)) == [Period(0, 320)]
        periods = (Period(0, 160), Period(600, 60, 1), Period(1200, 9000))
        day = ChargingProfile(1, 1, DEFAULT, 0, periods, start_utc=T, recur="daily")
        await services.set_profile(day)
        assert list(services.composite(1, T, 1800)) == [
            Period(0, 160),
            Period(600, 60, 1),
            Period(1200, 320),
        ]
        assert list(services.composite(1, T + 86400 + 300, 600)) == [
            Period(0, 160),
            Period(300, 60, 1),
        ]
        await services.set_profile(profile(2, connector=0, purpose=MAX, a10=100))
        assert list(services.composite(0, T, 600)) == [Period(0, 100)]
        assert [p.a10 for p in services.composite(1, T, 1800)] == [100, 60, 100]
        await services.start(1, "R1", "ocpp")
        await until(lambda: bridge.assembly.on_connector(PILE, 1))
        began = bridge.assembly.on_connector(PILE, 1)
        relative = ChargingProfile(3, 1, TX, 0, (Period(0, 70), Period(60, 90)), ref="R1")
        await services.set_profile(relative)
        assert [p.a10 for p in services.composite(1, began.start_utc, 120)] == [70, 90]
        with pytest.raises(KeyError):
            services.composite(9, T, 60)
