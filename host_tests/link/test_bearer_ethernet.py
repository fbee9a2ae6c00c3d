"""Ethernet before Wi-Fi, and back to it without dropping what works."""

import pytest
from bearer_bench import LAN8720, Bench

HOME = ("home", "12345678")
DEPOT = ("depot", "abcdefgh")
DAY_S = 24 * 3600


def test_ethernet_comes_first_and_wifi_is_left_alone():
    with Bench([HOME], [HOME], ethernet=LAN8720) as bench:
        assert bench.until(lambda: bench.bearer.up, 10) <= 3
        bench.run(300)
        assert (bench.bearer.name, bench.bearer.problem) == ("Ethernet", "")
        assert bench.wifi.connects == 0


def test_wifi_carries_while_the_cable_is_out_and_a_minute_longer():
    with Bench([HOME], [HOME], ethernet=LAN8720) as bench:
        bench.run(100)
        bench.world.set_fault("lan_cable_out", True)
        assert bench.until(lambda: bench.bearer.name == "Wi-Fi home", 20) <= 3
        assert bench.bearer.problem == "Ethernet: cable out"
        bench.world.set_fault("lan_cable_out", False)
        back_s = bench.until(lambda: bench.bearer.name == "Ethernet", 200)
        assert 60 <= back_s <= 65
        assert bench.world.chip.wlan[0].status() != 1010, "Wi-Fi would keep the traffic"
        assert bench.wifi.connects == 1
        assert bench.bearer.problem == ""
        assert bench.lines == ["network: Ethernet", "network: Wi-Fi home", "network: Ethernet"]


def test_a_working_wifi_is_not_dropped_in_a_charge_nor_for_a_cable_that_comes_and_goes():
    bench = Bench([HOME], [HOME], ethernet=LAN8720)
    bench.world.set_fault("lan_cable_out", True)
    with bench:
        bench.until(lambda: bench.bearer.up, 20)
        for _ in range(30):
            bench.world.set_fault("lan_cable_out", False)
            bench.run(40)
            bench.world.set_fault("lan_cable_out", True)
            bench.run(20)
        assert (bench.bearer.name, bench.wifi.connects) == ("Wi-Fi home", 1)
        bench.permit.energised = True
        bench.world.set_fault("lan_cable_out", False)
        assert bench.run(3600) == 100
        assert bench.bearer.name == "Wi-Fi home"
        # When it breaks by itself there is nothing to lose
        bench.world.set_fault("wifi_down", True)
        bench.step()
        assert bench.bearer.name == "Ethernet"


def test_ethernet_takes_over_at_the_end_of_a_charge():
    bench = Bench([HOME], [HOME], ethernet=LAN8720)
    bench.world.set_fault("lan_cable_out", True)
    with bench:
        bench.until(lambda: bench.bearer.up, 20)
        bench.permit.energised = True
        bench.world.set_fault("lan_cable_out", False)
        bench.run(600)
        bench.permit.energised = False
        bench.step()
        assert bench.bearer.name == "Ethernet"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("lan_cable_out", "Ethernet: cable out"),
        ("lan_no_dhcp", "Ethernet: no address by DHCP"),
        ("lan_phy_dead", "Ethernet: no answer from the LAN8720: esp_eth_driver_install failed"),
    ],
)
def test_ethernet_alone_names_its_problem_and_wifi_would_carry(fault, said):
    for networks in ([], [HOME]):
        bench = Bench(networks, [HOME], ethernet=LAN8720)
        bench.world.set_fault(fault, True)
        with bench:
            bench.run(30)
            assert bench.bearer.problem == said
            assert bench.bearer.name == ("Wi-Fi home" if networks else "")
            assert bench.bearer.up == bool(networks)
            if not networks:
                assert bench.lines == ["network: " + said]


def test_both_broken_are_both_named():
    bench = Bench([HOME], [DEPOT], ethernet=LAN8720)
    bench.world.set_fault("lan_cable_out", True)
    with bench:
        bench.run(30)
        assert bench.bearer.problem == "Ethernet: cable out; Wi-Fi home: not found"
        assert bench.lines == ["network: " + bench.bearer.problem]


def test_a_day_of_a_loose_cable_is_no_storm_either(record_property):
    with Bench([HOME], [HOME], ethernet=LAN8720) as bench:
        out = False
        for _ in range(DAY_S // 4):
            out = not out
            bench.world.set_fault("lan_cable_out", out)
            bench.run(3 if out else 5)
        assert bench.wifi.refused_calls == 0
        assert bench.wifi.connects < DAY_S / 30
        record_property("figure", f"24 h of a loose cable: {bench.wifi.connects} connect()")
        bench.world.set_fault("lan_cable_out", True)
        assert bench.until(lambda: bench.bearer.name == "Wi-Fi home", 70) <= 70
