"""The network supervisor: one attempt at a time, named problems, growing pauses, Ethernet before Wi-Fi."""

import subprocess
import sys
from itertools import pairwise

import pytest
from bearer_bench import LAN8720, Bench

from interpreters import ROOT, find_micropython

HOME = ("home", "12345678")
DEPOT = ("depot", "abcdefgh")
DAY_S = 24 * 3600


def loaded():
    return {name for name in ("wlan", "lan", "dns") if "evse.link." + name in sys.modules}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, set()),
        ({"networks": [HOME]}, {"wlan"}),
        ({"wifi_ssid": "home"}, {"wlan"}),
        ({"ethernet": LAN8720}, {"lan"}),
        ({"ethernet": LAN8720, "networks": [HOME]}, {"lan", "wlan"}),
        ({"broker_host": "mq.example"}, {"dns"}),
        ({"ntp_host": "time1.example"}, {"dns"}),
        ({"ntp_host": "10.0.0.2"}, set()),
    ],
)
def test_only_what_is_needed_is_loaded(options, names):
    for name in ("wlan", "lan", "dns"):
        sys.modules.pop("evse.link." + name, None)
    with Bench(**options) as bench:
        assert loaded() == names
        assert bool(bench.bearer.resolve) == ("dns" in names)
        assert bench.bearer.up == (not names & {"lan", "wlan"})


def test_joins_at_once_and_says_so():
    with Bench([HOME], [HOME]) as bench:
        assert bench.until(lambda: bench.bearer.up, 5) <= 1
        assert (bench.bearer.name, bench.bearer.problem) == ("Wi-Fi home", "")
        assert bench.bearer.dns_server == "127.0.0.1"
        assert bench.lines == ["network: Wi-Fi home"]


def test_the_plain_setting_is_the_first_network():
    with Bench([DEPOT], [HOME, DEPOT], wifi_ssid="home", wifi_password="12345678") as bench:
        bench.until(lambda: bench.bearer.up, 5)
        assert bench.bearer.name == "Wi-Fi home"


def test_each_network_has_its_problem_and_the_last_one_works():
    networks = [("gone", "12345678"), ("home", "wrong-one"), ("stern", "12345678"), DEPOT]
    with Bench(networks, [HOME, DEPOT, ("stern", "12345678")]) as bench:
        bench.point("stern").refusal = 203
        assert bench.until(lambda: bench.bearer.up, 60) < 20
        assert bench.bearer.name == "Wi-Fi depot"
        assert bench.bearer.problem == (
            "Wi-Fi gone: not found, Wi-Fi home: wrong password, "
            "Wi-Fi stern: refused by the access point"
        )
        assert bench.wifi.connects == 4


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (204, "no handshake: wrong password?"),
        (15, "no handshake: wrong password?"),
        (211, "not found with this security"),
        (39, "disconnected, reason 39"),
    ],
)
def test_other_refusals_are_named(status, said):
    with Bench([HOME], [HOME]) as bench:
        bench.point("home").refusal = status
        bench.run(10)
        assert bench.bearer.problem == "Wi-Fi home: " + said


def test_the_last_good_network_is_tried_first_after_a_loss():
    with Bench([HOME, DEPOT], [HOME, DEPOT]) as bench:
        bench.point("home").present = False
        bench.until(lambda: bench.bearer.up, 30)
        bench.run(70)
        bench.point("home").present = True
        bench.point("depot").present = False
        bench.wifi.changed()
        bench.until(lambda: not bench.bearer.up, 2)
        assert bench.bearer.problem.endswith("Wi-Fi depot: signal lost")
        bench.point("depot").present = True
        assert bench.until(lambda: bench.bearer.up, 10) <= 3
        assert bench.bearer.name == "Wi-Fi depot"


def test_a_slow_address_is_waited_for_whatever_failed_before():
    # The port shows 'not found' of the first network all through the attempt at the second
    with Bench([HOME, DEPOT], [DEPOT]) as bench:
        bench.point("depot").dhcp_us = 25_000_000
        bench.until(lambda: bench.bearer.up, 60)
        assert bench.wifi.connects == 2
        assert bench.wifi.refused_calls == 0
        assert bench.bearer.problem == "Wi-Fi home: not found"


def test_the_same_failure_twice_is_seen_though_the_status_does_not_change():
    with Bench([HOME], [DEPOT]) as bench:
        bench.run(60)
        assert bench.bearer.problem == "Wi-Fi home: not found"
        # Each takes the 8 s after which the old status is believed again
        assert bench.wifi.connects >= 4


def test_no_address_is_named_after_half_a_minute_of_patience():
    with Bench([HOME], [HOME]) as bench:
        bench.world.set_fault("wifi_no_dhcp", True)
        bench.run(29)
        assert (bench.wifi.connects, bench.bearer.problem) == (1, "")
        bench.run(2)
        assert bench.bearer.problem == "Wi-Fi home: no address by DHCP"
        bench.world.set_fault("wifi_no_dhcp", False)
        bench.until(lambda: bench.bearer.up, 40)
        assert bench.wifi.refused_calls == 0


def test_an_absent_network_is_tried_ever_more_slowly_and_never_twice_at_once():
    with Bench([HOME], [DEPOT]) as bench:
        bench.run(3600)
        gaps = [later - earlier for earlier, later in pairwise(bench.connects_s)]
        # An attempt of 8 s at most and a pause of half to a whole 1, 2, 4 .. 60 s
        for number, gap_s in enumerate(gaps):
            most_s = min(2 ** min(number + 1, 6), 60)
            assert most_s / 2 <= gap_s <= most_s + 10, (number, gap_s)
        assert max(gaps) > 55
        assert len({round(gap_s, 1) for gap_s in gaps[8:]}) > 5, "no chance in it"
        assert 3600 / 70 <= bench.wifi.connects <= 3600 / 30 + 10
        assert bench.wifi.refused_calls == 0
        assert bench.lines == ["network: Wi-Fi home: not found"]


def test_what_held_for_a_minute_starts_with_short_pauses_again():
    with Bench([HOME], [HOME]) as bench:
        bench.world.set_fault("wifi_down", True)
        bench.run(600)
        bench.world.set_fault("wifi_down", False)
        bench.until(lambda: bench.bearer.up, 70)
        bench.run(61)
        connects = bench.wifi.connects
        bench.world.set_fault("wifi_down", True)
        bench.step()
        bench.world.set_fault("wifi_down", False)
        assert bench.until(lambda: bench.bearer.up, 10) <= 2
        assert bench.wifi.connects == connects + 1


def test_a_day_of_flapping_is_no_storm_and_ends_with_a_link(record_property):
    with Bench([HOME, DEPOT], [HOME, DEPOT]) as bench:
        bench.world.set_fault("wifi_flapping", True)
        up = bench.run(DAY_S)
        connects = bench.wifi.connects
        assert bench.wifi.refused_calls == 0
        assert DAY_S / 100 < connects < DAY_S / 10
        assert min(later - earlier for earlier, later in pairwise(bench.connects_s)) >= 0.5
        bench.world.set_fault("wifi_flapping", False)
        assert bench.until(lambda: bench.bearer.up, 70) <= 70
        record_property("figure", f"24 h of flapping Wi-Fi: {connects} connect(), up {up} %")


def test_a_port_that_retries_by_itself_is_told_not_to():
    # With its own endless retries every connect() would meet a running attempt
    with Bench([HOME], [DEPOT]) as bench:
        assert bench.world.chip.wlan[0].reconnects == 0
        bench.world.chip.wlan[0].reconnects = -1
        bench.run(600)
        assert bench.wifi.connects < 40


@pytest.mark.parametrize("ethernet", [None, LAN8720])
def test_a_radio_that_does_not_start_is_a_state(ethernet):
    bench = Bench([HOME], [HOME], ethernet)
    bench.world.set_fault("radio_dead", True)
    with bench:
        bench.run(300)
        said = "the Wi-Fi radio did not start: Wifi Unknown Error 0x0101"
        assert bench.bearer.problem == said
        assert bench.bearer.name == ("Ethernet" if ethernet else "")
        assert bench.wifi.connects == 0


def test_a_radio_starts_only_while_nothing_is_energised():
    with Bench([HOME], [HOME]) as bench:
        bench.world.replace_chip(1)
        bench.wifi.starts = 0
        bench.boot(energised=True)
        bench.run(600)
        assert bench.wifi.starts == 0
        # Another chance every minute
        bench.world.set_fault("radio_dead", True)
        bench.permit.energised = False
        bench.run(61)
        assert bench.bearer.problem.startswith("the Wi-Fi radio did not start")
        bench.world.set_fault("radio_dead", False)
        assert bench.until(lambda: bench.bearer.up, 70) <= 62
        assert (bench.wifi.starts, bench.bearer.problem) == (1, "")


SCRIPT = """
from bearer_bench import LAN8720, Bench
bench = Bench([("home", "12345678"), ("depot", "")], [("home", "other"), ("depot", "")], LAN8720, 7)
bench.world.set_fault("lan_cable_out", True)
def play():
    for fault, on, s in (("wifi_down", True, 90), ("wifi_down", False, 90), ("wifi_flapping", True, 900),
                         ("wifi_flapping", False, 70), ("lan_cable_out", False, 90),
                         ("lan_phy_dead", True, 40), ("lan_phy_dead", False, 90)):
        bench.world.set_fault(fault, on)
        for _ in range(s):
            bench.run(1)
            print(int(bench.now_s * 10), bench.bearer.name, bench.bearer.problem, bench.wifi.connects)
    print(bench.lines)
"""
# What `host` does for CPython, the stand-ins do there
NO_HOST = """
import sys
import pilesim
from pilesim import current
pilesim.host = sys.modules["pilesim.host"] = current
"""


def test_the_same_under_micropython():
    binary = find_micropython()
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    shared = ["tools", "firmware", "host_tests/link"]

    def output(command, script, variable, folders, end=""):
        path = ":".join(str(ROOT / folder) for folder in [*folders, *shared]) + end
        ran = subprocess.run(
            [command, "-c", script],
            env={variable: path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    sim = "tools/pilesim/"
    here = output(sys.executable, SCRIPT + "with bench: play()", "PYTHONPATH", [sim + "hostpy"])
    there = output(
        binary,
        NO_HOST + SCRIPT + "current.use(bench.world)\nbench.boot()\nplay()",
        "MICROPYPATH",
        [sim + "standins_upy", sim + "standins"],
        ":.frozen",
    )
    assert here == there
    for word in ("Wi-Fi depot", "Ethernet", "wrong password", "cable out", "not found"):
        assert word in here
