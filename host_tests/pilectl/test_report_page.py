"""The commissioning report as a person sees it: in a browser, on a desk and on a telephone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import browser_page, running_browser
from pilectl.commissioning import report_page
from pilectl.commissioning.commission_steps import STATE, connector_steps, judge_state
from pilectl.commissioning.pilot_plot import PERIODS
from pilectl.commissioning.report_page import Report
from pilectl.texts import Texts
from report_waves import drawn

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("page")]

PROFILE = "iec_61851_1_2017"
# step: positive level, negative level or None, duty
SHOWN = {
    "A1": (11950, None, 1000),
    "B1": (8950, None, 1000),
    "B2": (8940, -11940, 266),
    "C2": (5990, -11930, 533),
    "B2_back": (8950, -11940, 533),
    "D": (2990, -11920, 533),
    "B1_end": (8950, None, 1000),
    "E": (20, None, 1000),
    "A1_end": (11950, None, 1000),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module", params=("en", "zh"))
def url(request: Any, tmp_path_factory: Any) -> str:
    report = Report(head={"station": "P001", "technician": "Li <b>Wei</b>", "standard": PROFILE})
    for step in connector_steps(PROFILE):
        if step.kind == STATE:
            high_mv, low_mv, duty = SHOWN[step.key]
            state = step.letter + ("" if step.letter == "E" else "1" if low_mv is None else "2")
            cp = {"id": 1, "state": state, "high_mv": high_mv, "low_mv": low_mv or 0}
            cp |= {"drive": "positive" if low_mv is None else "pwm", "duty_permille": duty}
            cp["limit_a10"] = 0 if low_mv is None else duty * 6 // 10
            words = {True: "closed", False: "open"}
            lines, wave = judge_state(step, cp, {"closed": step.closed}, PROFILE, words)
            report.lines += lines
            report.waves.append(wave)
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_page.page(report, Texts(request.param)), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_wave_is_drawn_to_scale_and_the_page_fits(
    browser: Any, url: str, width: int
) -> None:
    with browser_page(browser, url, width=width) as seen:
        page = seen.page
        for step, (high_mv, low_mv, duty) in SHOWN.items():
            wave = drawn(page, f"{step}-1")
            volts = wave["volts"]
            levels = sorted({round(volt, 1) for volt in volts})
            wanted = sorted({high_mv, high_mv if low_mv is None else low_mv})
            assert levels == pytest.approx([mv / 1000 for mv in wanted], abs=0.06), step
            assert len(volts) == (2 if low_mv is None else 4 * PERIODS + 1), step
            if low_mv is not None:
                at = [x for x, _ in wave["points"]]
                assert (at[2] - at[1]) / (at[5] - at[1]) == pytest.approx(duty / 1000, abs=0.01)
            assert wave["visible"] > 100, step
            assert wave["right"] <= width, step
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.console_errors == []
        assert seen.foreign_requests == []


def test_what_people_typed_is_text_and_the_outcome_stands_above(browser: Any, url: str) -> None:
    with browser_page(browser, url) as seen:
        page = seen.page
        assert page.locator("dd b").count() == 0
        assert "Li <b>Wei</b>" in page.locator("dl").inner_text()
        assert re.match("Passed|合格", page.get_by_test_id("outcome").inner_text())
        # State and level always, the contactor unless either will do, low and duty where the PWM runs
        steps = [step for step in connector_steps(PROFILE) if step.kind == STATE]
        wanted = sum(2 + (step.closed is not None) for step in steps)
        wanted += sum(2 for _high, low_mv, _duty in SHOWN.values() if low_mv is not None)
        assert page.locator("tr[data-step]").count() == wanted
