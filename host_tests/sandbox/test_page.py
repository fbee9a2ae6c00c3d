"""The driver's page in a real browser, against the sandbox and a small operator."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fake_operator import LivingOperator
from tcec_bodies import AWAY, BROKEN, CLOSED_BOX, PLUGGED, UNPLUGGED

from browser import Browsing, browser_page, running_browser
from local_server import serving
from sandbox.config import Config
from sandbox.platform import Platform
from sandbox.server import create_app

# One worker, one browser
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("page")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as running:
        yield running


@pytest.fixture
def operator() -> LivingOperator:
    return LivingOperator(time.time)


@pytest.fixture
def bench(operator: LivingOperator) -> Iterator[tuple[str, LivingOperator]]:
    with serving(operator.app) as bridge_url:
        config = replace(Config(), bridge_url=f"{bridge_url}/evcs/v1", charge_poll_s=0.5)
        platform = Platform(config)
        with serving(create_app(platform), platform.hub.close) as url:
            operator.platform = httpx.AsyncClient(base_url=url, trust_env=False)
            yield url, operator


def card(page: Any, connector: str) -> Any:
    return page.locator(f'[data-testid="pile-card"][data-connector="{connector}"]')


def wait_text(locator: Any, pattern: str, timeout_s: float = 10) -> str:
    """The text once it matches; fails with the last text seen."""
    deadline, text = time.monotonic() + timeout_s, ""
    while time.monotonic() < deadline:
        text = locator.inner_text()
        if re.search(pattern, text):
            return text
        locator.page.wait_for_timeout(50)
    raise AssertionError(f"{text!r} never matched {pattern!r}")


def assert_quiet(seen: Browsing) -> None:
    assert seen.console_errors == []
    assert seen.foreign_requests == []


def test_driver_finds_starts_watches_stops_and_reads_the_bill(browser: Any, bench: Any) -> None:
    url, _ = bench
    with browser_page(browser, url) as seen:
        page = seen.page
        by = page.get_by_test_id
        assert "test bench" in by("bench-note").inner_text()
        card(page, PLUGGED).click()
        assert by("pile-state").inner_text() == "Plugged in"
        assert "1.1000" in by("price-now").inner_text()
        assert by("price-row").count() == 1
        by("start").click()
        wait_text(by("charge-status"), "^Charging$")
        first = float(wait_text(by("energy"), r"0\.0[2-9]"))
        deadline = time.monotonic() + 5
        while float(by("energy").inner_text()) <= first:
            assert time.monotonic() < deadline, "energy does not rise"
            page.wait_for_timeout(50)
        assert by("power").inner_text() == "7.00"
        assert re.fullmatch(r"\d+\.\d\d", by("cost").inner_text())
        assert re.fullmatch(r"\d\d:\d\d:\d\d", by("elapsed").inner_text())
        wait_text(card(page, PLUGGED), "Charging")
        by("stop").click()
        wait_text(by("charge-status"), "^Charge complete$")
        energy = by("bill-energy").inner_text()
        assert float(energy) > first
        assert by("bill-line").count() == 1
        assert energy in by("bill-line").inner_text()
        parts = [float(by(name).inner_text()) for name in ("bill-elec", "bill-service")]
        assert float(by("bill-total").inner_text()) == pytest.approx(sum(parts))
        assert by("bill-why").inner_text() == "Stopped by you, from this page"
        by("done").click()
        by("pile").wait_for()
        assert_quiet(seen)


def test_page_speaks_both_languages_and_remembers_the_choice(browser: Any, bench: Any) -> None:
    url, _ = bench
    with browser_page(browser, url, language="zh-CN") as seen:
        page = seen.page
        assert page.locator("h1").inner_text() == "充电桩测试台"
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        card(page, PLUGGED).click()
        assert page.get_by_test_id("start").inner_text() == "开始充电"
        page.get_by_test_id("language").click()
        assert page.get_by_test_id("start").inner_text() == "Start charging"
        assert page.get_by_test_id("pile-state").inner_text() == "Plugged in"
        page.reload()
        assert page.locator("h1").inner_text() == "Charging pile test bench"
        assert page.locator("html").get_attribute("lang") == "en"
        assert_quiet(seen)


@pytest.mark.parametrize(
    ("connector", "state", "hint"),
    [
        (BROKEN, "Out of order", "out of order"),
        (AWAY, "Offline", "offline"),
        (CLOSED_BOX, "Reserved", "reserved"),
    ],
)
def test_pile_that_cannot_charge_says_so_and_offers_no_start(
    browser: Any, bench: Any, connector: str, state: str, hint: str
) -> None:
    url, _ = bench
    with browser_page(browser, url) as seen:
        card(seen.page, connector).click()
        assert seen.page.get_by_test_id("pile-state").inner_text() == state
        assert hint in seen.page.get_by_test_id("hint").inner_text()
        assert seen.page.get_by_test_id("start").is_disabled()
        assert_quiet(seen)


def test_unplugged_pile_says_plug_in_first_and_then_shows_the_plug(
    browser: Any, bench: Any
) -> None:
    url, operator = bench
    with browser_page(browser, url) as seen:
        page = seen.page
        card(page, UNPLUGGED).click()
        page.get_by_test_id("start").click()
        wait_text(page.get_by_test_id("error"), "Plug in first")
        page.get_by_test_id("language").click()
        assert "请先插好充电枪" in page.get_by_test_id("error").inner_text()
        assert operator.asked[-1][0] == "query_equip_auth"
        assert_quiet(seen)


def test_keyboard_alone_chooses_a_pile_on_list_and_map(browser: Any, bench: Any) -> None:
    url, _ = bench
    with browser_page(browser, url) as seen:
        page = seen.page
        card(page, BROKEN).focus()
        page.keyboard.press("Enter")
        assert page.get_by_test_id("pile-station").inner_text() == "Library 图书馆站"
        pin = page.get_by_test_id("map-pin").first
        assert page.get_by_test_id("map-pin").count() == 3
        pin.focus()
        page.keyboard.press("Enter")
        assert page.get_by_test_id("pile-station").inner_text() == "Riverside 江边站"
        assert page.evaluate("document.activeElement.dataset.testid") == "map-pin"
        assert_quiet(seen)


def test_reload_during_a_charge_finds_it_again(browser: Any, bench: Any) -> None:
    url, _ = bench
    with browser_page(browser, url) as seen:
        page = seen.page
        card(page, PLUGGED).click()
        page.get_by_test_id("start").click()
        wait_text(page.get_by_test_id("charge-status"), "^Charging$")
        seq = page.get_by_test_id("seq").inner_text()
        page.reload()
        wait_text(page.get_by_test_id("charge-status"), "^Charging$")
        assert page.get_by_test_id("seq").inner_text() == seq
        page.get_by_test_id("stop").click()
        wait_text(page.get_by_test_id("charge-status"), "^Charge complete$")
        assert_quiet(seen)


HOSTILE = "<img src=x onerror=boom()><b>"


@pytest.fixture
def hostile_operator(operator: LivingOperator) -> LivingOperator:
    operator.stations[0] |= {"StationName": HOSTILE, "Address": HOSTILE}
    return operator


@pytest.mark.usefixtures("hostile_operator")
def test_names_from_the_bridge_are_text_never_markup(browser: Any, bench: Any) -> None:
    url, _ = bench
    with browser_page(browser, url) as seen:
        card(seen.page, PLUGGED).click()
        assert seen.page.get_by_test_id("pile-station").inner_text() == HOSTILE
        assert seen.page.locator("main img, main b").count() == 0
        assert_quiet(seen)


def test_bridge_out_of_reach_is_said_and_no_pile_is_invented(browser: Any) -> None:
    platform = Platform(replace(Config(), bridge_url="http://127.0.0.1:9/evcs/v1"))
    with (
        serving(create_app(platform), platform.hub.close) as url,
        browser_page(browser, url) as seen,
    ):
        wait_text(seen.page.get_by_test_id("trouble"), "cannot be reached")
        assert seen.page.get_by_test_id("none").is_visible()
        assert seen.page.get_by_test_id("pile-card").count() == 0
        assert_quiet(seen)


def test_stop_that_fails_at_the_pile_is_said_and_the_button_is_back(
    browser: Any, bench: Any, operator: LivingOperator
) -> None:
    url, _ = bench
    operator.fail_next_stop = True
    with browser_page(browser, url) as seen:
        by = seen.page.get_by_test_id
        card(seen.page, PLUGGED).click()
        by("start").click()
        wait_text(by("charge-status"), "^Charging$")
        by("stop").click()
        wait_text(by("charge-note"), "Stopping did not work")
        by("stop").click()
        wait_text(by("charge-status"), "^Charge complete$")
        assert_quiet(seen)
