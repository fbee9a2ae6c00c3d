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


def test_radio_that_does_not_start_is_said_and_stops_nothing():
    async def story(world):
        import network

        from evse.link import wlan

        def broken(_interface):
            raise OSError("no memory")

        whole = network.WLAN
        network.WLAN = broken
        # The constants of the interface are still asked for
        broken.IF_STA = getattr(whole, "IF_STA", 0)
        try:
            bearer = wlan.Wlan("home", "secret")
        finally:
            network.WLAN = whole
        assert bearer.problem == "the Wi-Fi radio did not start: no memory"
        assert not bearer.up
        try:
            await asyncio.wait_for(bearer.wait_up(), 100)
        except TimeoutError:
            return True
        return False

    assert play(story)
