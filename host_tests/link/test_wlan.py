"""The Wi-Fi bearer: a running attempt is not disturbed, a hanging one is given up and begun anew."""

import asyncio

from pilesim import host
from pilesim.world import World


def play(story):
    world = World(1)
    host.install(world)
    try:
        return host.run(story(world))
    finally:
        host.uninstall()


def test_no_network_name_means_no_wait():
    async def story(world):
        from evse.link.wlan import Wlan

        await Wlan("", "").wait_up()
        return world.clock.now_us

    assert play(story) < 1000


def test_connects_and_says_so():
    async def story(world):
        from evse.link.wlan import Wlan

        bearer = Wlan("home", "secret")
        assert not bearer.up
        await bearer.wait_up()
        assert bearer.up
        return world.clock.now_us

    assert play(story) < 3_000_000


def test_hanging_attempt_is_asked_again_every_half_minute_and_survives_refusals():
    async def story(world):
        from evse.link import wlan

        calls = []

        class Radio:
            def isconnected(self):
                return world.clock.now_us > 95_000_000

            def connect(self, *_words):
                calls.append("connect")
                if len(calls) == 3:
                    raise OSError("busy")

            def disconnect(self):
                calls.append("disconnect")

        bearer = wlan.Wlan("home", "secret")
        bearer._wlan = Radio()
        await asyncio.wait_for(bearer.wait_up(), 120)
        return calls

    assert play(story) == ["connect", "connect", "connect", "disconnect", "connect"]
