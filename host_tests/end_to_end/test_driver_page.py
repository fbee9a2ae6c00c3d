"""A driver in headless Chromium on the page of the whole chain: real pile, broker, bridge, platform."""

import re
import time

import pytest

from browser import browser_page, require_chromium, running_browser
from sandbox.bench import Bench
from sandbox.bench_settings import CONNECTOR_ID

pytestmark = pytest.mark.processes

WORDS = {
    "en-US": ("Plugged in", "^Charging$", "Stopped from the app|app"),
    "zh-CN": ("已插枪", "^充电中$", ""),
}


def text_matching(locator, pattern, within_s):
    end_s, text = time.monotonic() + within_s, ""
    while time.monotonic() < end_s:
        text = locator.inner_text() if locator.count() else ""
        if re.search(pattern, text):
            return text
        locator.page.wait_for_timeout(100)
    raise AssertionError(f"{text!r} never matched {pattern!r}")


def charge(browser, url, language, other_language_word):
    with browser_page(browser, url, language=language) as seen:
        page, by = seen.page, seen.page.get_by_test_id
        card = page.locator(f'[data-testid="pile-card"][data-connector="{CONNECTOR_ID}"]')
        card.click(timeout=20000)
        plugged, charging, _stopped = WORDS[language]
        text_matching(by("pile-state"), plugged, 20)
        text_matching(by("price-now"), r"\d\.\d{4}", 10)
        by("start").click()
        text_matching(by("charge-status"), charging, 20)
        first = float(text_matching(by("energy"), r"^0\.0[1-9]", 30))
        risen = first
        end_s = time.monotonic() + 20
        while risen <= first:
            assert time.monotonic() < end_s, "the energy does not rise"
            page.wait_for_timeout(200)
            risen = float(by("energy").inner_text())
        assert float(by("power").inner_text()) > 6.5
        by("stop").click()
        total = text_matching(by("bill-total"), r"\d+\.\d\d", 30)
        assert by("bill-line").count() >= 1
        assert float(by("bill-energy").inner_text().split()[0]) >= risen
        by("language").click()
        text_matching(by("bill"), other_language_word, 5)
        assert by("bill-total").inner_text() == total
        assert seen.console_errors == []
        assert seen.foreign_requests == []


def test_driver_charges_in_both_languages(tmp_path):
    require_chromium()
    with Bench(tmp_path, scenario="run 1s; plug") as bench, running_browser() as browser:
        charge(browser, bench.page_url, "en-US", "账单|合计|费用|元")
        pile = bench.parts["pile"]
        pile.wait_line(" ended (", 20)
        for word in ("unplug", "plug"):
            time.sleep(2)
            pile.say(word)
        charge(browser, bench.page_url, "zh-CN", "(?i)total|energy|bill")
