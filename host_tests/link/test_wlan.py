"""The Wi-Fi station against the simulated port, and the port's habits that it has to live with."""

import pytest

from pilesim import host
from pilesim.wifi import AccessPoint
from pilesim.world import World


@pytest.fixture
def world():
    with host.installed(World(1)) as world:
        yield world


def station():
    import network

    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    return wlan


def test_the_port_connects_anywhere_in_half_a_second_unless_told_otherwise(world):
    wlan = station()
    wlan.connect("home", "secret")
    world.clock.advance(400_000)
    assert (wlan.isconnected(), wlan.status()) == (False, 1001)
    world.clock.advance(200_000)
    assert (wlan.isconnected(), wlan.status(), wlan.status("rssi")) == (True, 1010, -55)
    assert wlan.ifconfig()[0] == "127.0.0.1"
    world.set_fault("wifi_down", True)
    assert not wlan.isconnected()
    assert wlan.ifconfig()[0] == "0.0.0.0"
    world.clock.advance(10_000_000)
    assert wlan.status() == 201
    world.set_fault("wifi_down", False)
    world.clock.advance(4_000_000)
    assert wlan.isconnected(), "the port tries again for ever by itself"


def test_the_port_takes_no_second_attempt(world):
    wlan = station()
    wlan.connect("home", "secret")
    with pytest.raises(OSError, match="Wifi Internal State Error"):
        wlan.connect("home", "secret")
    assert (world.wifi.connects, world.wifi.refused_calls) == (2, 1)
    wlan.active(False)
    with pytest.raises(OSError, match="Wifi Not Started"):
        wlan.connect("home", "secret")


def test_the_port_shows_an_old_reason_all_through_a_new_attempt(world):
    world.wifi.access_points = [AccessPoint("depot", "abcdefgh")]
    wlan = station()
    wlan.config(reconnects=0)
    wlan.connect("home", "12345678")
    world.clock.advance(3_000_000)
    assert wlan.status() == 201
    wlan.connect("depot", "abcdefgh")
    assert wlan.status() == 201
    world.clock.advance(600_000)
    assert wlan.status() == 1010


def test_the_strongest_access_point_of_a_name_is_taken(world):
    world.wifi.access_points = [AccessPoint("home", "x", -80), AccessPoint("home", "x", -50)]
    wlan = station()
    wlan.connect("home", "x")
    world.clock.advance(600_000)
    assert wlan.status("rssi") == -50
    wlan.disconnect()
    assert wlan.status() == 1000
    with pytest.raises(OSError, match="Wifi Not Connected"):
        wlan.status("rssi")


def test_starting_the_radio_holds_the_interpreter(world):
    import network

    wlan = network.WLAN(network.STA_IF)
    before_us = world.clock.now_us
    wlan.active(True)
    assert world.clock.now_us - before_us > 100_000
    wlan.active(True)
    assert world.wifi.starts == 1


def test_a_radio_that_refuses_connect_is_left_and_asked_again(world):
    from evse.link.wlan import Wlan

    wlan = Wlan((("home", "secret"),))
    assert not wlan.up
    wlan.start()
    assert wlan.started
    # Somebody else has begun one
    station().connect("other", "")
    assert not wlan.join()
    assert wlan.problem == "Wi-Fi home: Wifi Internal State Error"
    assert wlan.join()
    world.clock.advance(600_000)
    assert not wlan.trying(600)
    assert (wlan.up, wlan.problem) == (True, "")


def test_radio_that_does_not_start_is_said_and_stops_nothing(world, monkeypatch):
    import network

    from evse.link import wlan

    def broken(_interface):
        raise OSError("no memory")

    monkeypatch.setattr(network, "WLAN", broken)
    bearer = wlan.Wlan((("home", "secret"),))
    assert bearer.problem == "the Wi-Fi radio did not start: no memory"
    bearer.start()
    assert (bearer.up, bearer.started) == (False, False)
    assert bearer.problem == "the Wi-Fi radio did not start: no memory"
