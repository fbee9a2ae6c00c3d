"""The Ethernet interface against the simulated port: every PHY by name, and what is wrong by name too."""

import pytest
from bearer_bench import LAN8720, PINS, Board

from pilesim import host
from pilesim.world import World


@pytest.fixture
def world():
    with host.installed(World(1)) as world:
        world.board = Board(LAN8720)
        yield world


def lan(ethernet=LAN8720, pins=PINS):
    from evse.link.lan import Lan

    lan = Lan(ethernet, pins)
    lan.start()
    return lan


@pytest.mark.parametrize("phy", ["LAN8720", "RTL8201", "KSZ8081", "IP101", "DP83848"])
@pytest.mark.parametrize("clock", ["gpio0_in", "gpio16_out", "gpio17_out"])
def test_every_phy_and_clock_comes_up(world, phy, clock):
    ethernet = {"phy": phy, "address": 3, "clock": clock}
    world.board = Board(ethernet)
    port = lan(ethernet)
    assert (port.started, port.up, port.problem) == (True, False, "Ethernet: cable out")
    world.clock.advance(2_200_000)
    # A link is no address yet
    assert (port.up, port.problem) == (False, "Ethernet: no address by DHCP")
    world.clock.advance(500_000)
    assert (port.up, port.problem, port.dns_server) == (True, "", "127.0.0.1")
    world.set_fault("lan_cable_out", True)
    assert (port.up, port.problem) == (False, "Ethernet: cable out")
    world.set_fault("lan_cable_out", False)
    world.clock.advance(3_000_000)
    assert port.up


@pytest.mark.parametrize(
    "wrong",
    [{"phy": "IP101"}, {"address": 0}, {"clock": "gpio0_in"}, {"clock": "gpio17_in"}],
)
def test_what_is_wired_otherwise_is_named(world, wrong):
    port = lan({**LAN8720, **wrong})
    world.clock.advance(5_000_000)
    phy = wrong.get("phy", "LAN8720")
    assert port.problem == f"Ethernet: no answer from the {phy}: esp_eth_driver_install failed"
    assert (port.up, port.started) == (False, False)


def test_a_board_without_power_pin_and_one_with_other_pins(world):
    pins = {"eth_mdc": 23, "eth_mdio": 18}
    assert "no answer" in lan(pins=pins).problem
    world.board.PINS = pins
    world.replace_chip(1)
    assert lan(pins=pins).started


def test_an_image_without_the_driver_is_named(world, monkeypatch):
    import network

    said = "Ethernet: this MicroPython has no driver for KSZ8081"
    monkeypatch.delattr(network, "PHY_KSZ8081")
    assert lan({**LAN8720, "phy": "KSZ8081"}).problem == said
    monkeypatch.delattr(network, "LAN")
    assert lan().problem == "Ethernet: this MicroPython has no driver for LAN8720"


def test_one_that_does_not_start_may_start_later(world):
    from evse.link.lan import Lan

    port = Lan(LAN8720, PINS)
    world.set_fault("lan_phy_dead", True)
    port.start()
    assert (port.started, port.problem) == (
        False,
        "Ethernet did not start: ethernet enable failed",
    )
    world.set_fault("lan_phy_dead", False)
    port.start()
    world.clock.advance(3_000_000)
    assert (port.up, port.problem) == (True, "")


def test_finding_and_starting_it_hold_the_interpreter(world):
    before_us = world.clock.now_us
    lan()
    assert world.clock.now_us - before_us > 100_000
    assert world.ethernet.installs == 1
