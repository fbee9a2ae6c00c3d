"""Each fault, light and message leads to a page of the service manual, and its numbers are those of the firmware."""

import re

import pytest

from evse.app import id_tokens, indication
from evse.core import (
    contactor,
    faults,
    messages,
    meter,
    outbox,
    pilot_profiles,
    proximity,
    residual_current,
    settings,
    supply,
    temperature,
    why,
)
from evse.core.limits import NAMES as LIMITS
from interpreters import ROOT
from pilectl import boardlint
from pilectl import build as builder
from pilectl.commissioning.commission_steps import duty_permille
from pilectl.diagnosis import checks_link, checks_station
from pilectl.diagnosis.seen import window

FOLDER = ROOT / "docs" / "service"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
INDEX = PAGES["README.md"]
SYMPTOMS = {name: text for name, text in PAGES.items() if name != "README.md"}


def section(text, title):
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_fault_leads_to_a_page_that_speaks_of_it():
    rows = re.findall(r"(?m)^\| `(\w+)` \| \[([\w-]+\.md)\]\(\2\) \|$", section(INDEX, "By fault"))
    assert [name for name, _page in rows] == list(faults.NAMES)
    for name, page in rows:
        assert f"`{name}`" in SYMPTOMS[page], (name, page)


def test_every_page_is_reached_by_its_symptom():
    linked = re.findall(r"\]\(([\w-]+\.md)\) \|", section(INDEX, "By symptom"))
    assert sorted(linked) == sorted(SYMPTOMS)


def test_every_light_is_explained_as_it_is_shown():
    rows = section(INDEX, "By light")
    for name, on_ms, period_ms, _rgb in indication.PATTERNS:
        shown = f"{on_ms / 1000:g} s on every {period_ms / 1000:g} s"
        shown = "dark" if not on_ms else "always" if on_ms == period_ms else shown
        assert f"| `{name}`: {shown} |" in rows, name


@pytest.mark.parametrize("page", sorted(SYMPTOMS))
def test_every_page_says_what_to_ask_why_and_when_to_stop(page):
    text = SYMPTOMS[page]
    titles = re.findall(r"(?m)^## (.+)$", text)
    wanted = ["Seen", "Ask", "Causes, likeliest first", "Stop and call an electrician"]
    assert [title for title in titles if title in wanted] == wanted
    causes = re.findall(r"(?m)^\| (\d+) \| (.*) \|$", section(text, wanted[2]))
    assert len(causes) >= 6
    for number, (shown, cells) in enumerate(causes, 1):
        assert int(shown) == number
        # Reading, cause, what to do; the cause alone may be open
        reading, _cause, do = cells.split(" | ")
        assert reading.strip(), cells
        assert do.strip(), cells


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_link_leads_somewhere(page):
    for target, heading in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", PAGES[page]):
        path = (FOLDER / target).resolve() if target else FOLDER / page
        assert path.exists(), target
        if heading:
            titles = re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8"))
            assert heading in [title.lower().replace(" ", "-") for title in titles], heading


def test_reasons_refusals_and_holders_are_explained():
    stops = section(SYMPTOMS["stops-in-the-middle.md"], "Why it ended")
    for reason in messages.STOP_REASONS:
        assert reason == "fault" or f"`{reason}`" in stops, reason
    for limit in LIMITS:
        assert f"`{limit}`" in SYMPTOMS["too-little-current.md"], limit
    spoken = "".join(SYMPTOMS.values())
    # `busy` and its like: someone else's charge; pauses go by themselves
    for key in set(why.SENTENCES) - {"pause", "ending", "finished", "phases", "charging"}:
        assert f"`{key}`" in spoken, key


def expected_numbers():
    """(page, text with a number of the firmware)."""
    ranges = {row[0]: row for row in settings.TABLE}
    profile = pilot_profiles.load("gbt_18487_1_2015")
    knee_ma, plus_ma, permille, over_ms, _grace_ms = profile.over_current
    for _fault, quantity, side, limit, back, time_ms, _clause, _tag in supply._TABLE:
        if quantity == supply._VOLTAGE:
            word = "above" if side > 0 else "below"
            volts, again = 220 * limit / 1000, 220 * back / 1000
            text = f"{word} {volts:g} V for {time_ms / 1000:g} s, back at {again:g} V"
        else:
            text = f"{'above' if side > 0 else 'below'} {50 * limit // 1000} Hz"
        yield "stops-in-the-middle.md", text
    yield (
        "stops-in-the-middle.md",
        (
            f"for {over_ms // 1000} s more than {plus_ma // 1000} A over an offer up to {knee_ma // 1000} A, "
            f"more than {permille // 10 - 100} % over"
        ),
    )
    yield "stops-in-the-middle.md", f"{ranges['pause_min_s'][2]} s (`pause_min_s`)"
    yield "does-not-charge.md", f"{ranges['start_timeout_s'][2]} s (`start_timeout_s`)"
    for i in range(0, 9, 3):
        yield "pilot-and-plug.md", window(*profile.windows[i + 1 : i + 3])
    yield "pilot-and-plug.md", window(profile.low_min_mv, profile.low_max_mv)
    yield "pilot-and-plug.md", f"{proximity._LEAST_OHM} .. {proximity._BANDS[-1][0]} ohm"
    yield "residual-current.md", f"within {residual_current.TRIP_WITHIN_MS} ms"
    yield "residual-current.md", f"{residual_current.RELEASE_WITHIN_MS // 1000} s; one miss"
    yield "contactor.md", f"within {contactor.FOLLOW_MS} ms"
    open_s, most_s = contactor.MIN_OPEN_MS // 1000, contactor.MOST_OPEN_MS // 1000
    yield (
        "contactor.md",
        f"open for {open_s} s, longer after each short closing, {most_s} s at most",
    )
    yield "does-not-charge.md", f"from {open_s} s to {most_s} s"
    yield "meter.md", f"{meter._LOST_MS / 1000:g} s without a reading"
    yield (
        "hot.md",
        f"from {temperature.FULL_UP_TO_C10 // 10} °C on, 6 A from {temperature.LEAST_FROM_C10 // 10} °C",
    )
    yield "hot.md", f"from {temperature.OVER_FROM_C10 // 10} °C on the charge stops"
    yield "hot.md", f"below {temperature.OVER_UNTIL_C10 // 10} °C, 60 s later, six times"
    yield "hot.md", f"for {temperature.LOST_MS // 1000} s: 6 A"
    yield "card-refused.md", f"for {id_tokens._FAILED_MS // 1000} s or longer"
    yield "journal.md", f"{outbox._RESERVE} records before the end"
    yield "offline.md", f"below {checks_link._WEAK_DBM} dBm"
    yield "offline.md", f"below {checks_link._TOO_WEAK_DBM} dBm"
    yield "offline.md", f"more than {checks_link.CLOCK_S} s off"
    yield "after-an-update.md", f"below {checks_station.HEAP_LEAST}"


@pytest.mark.parametrize(("page", "text"), list(expected_numbers()))
def test_numbers_are_those_of_the_firmware(page, text):
    assert text in PAGES[page]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("hot.md", ("1240", "506", "398", "2384", "118 mV", "within 6 K", "more than 2 K")),
        ("pilot-and-plug.md", ("11.95 V", "8.95 V", "5.99 V", "11.94 V", "8.76 V")),
        ("residual-current.md", ("10.0 mA", "six turns", "60 mA", "1.2 k", "34 ms", "3 × 68 k")),
        ("card-refused.md", ("I0 high", "300 mA", "4.7 k", "20 cm")),
        ("contactor.md", ("40 to 50 ms",)),
        ("meter.md", ("390 ", "120 ")),
    ],
)
def test_values_of_the_parts_are_those_of_the_boards_page(page, shown):
    board = (ROOT / "boards" / "devkitc" / "board.md").read_text(encoding="utf-8")
    for value in shown:
        assert value in board, value
        plain = value.replace("×", "x").replace("10.0", "10")
        assert plain in PAGES[page], value


def test_derating_is_what_the_firmware_does():
    heads, offered = re.findall(r"(?m)^\| (?:at 32 A|offered) \| (.+) \|$", PAGES["hot.md"])
    for head, shown in zip(heads.split(" | ")[:3], offered.split(" | "), strict=False):
        degrees = int(head.removeprefix("up to ").split()[0])
        limit_a10, _causes = temperature.Derating(320).step(degrees * 10, 200)
        assert shown == f"{limit_a10 // 10}.{limit_a10 % 10} A"


def test_duties_are_those_of_the_law():
    page = PAGES["too-little-current.md"]
    amperes, duties = (
        re.search(rf"(?m)^\| {row} \| (.+) \|$", page) for row in ("offered", "duty")
    )
    wanted = [int(head.split()[0]) * 10 for head in amperes[1].split(" | ")]
    assert duties[1].split(" | ") == [f"{duty_permille(a10) / 10:.1f} %" for a10 in wanted]


def test_all_boards_are_for_the_supply_that_the_pages_speak_of():
    for name in builder.boards(ROOT):
        board = boardlint.load(ROOT / "boards" / name / "board.py")
        assert (board.VOLTS, board.HERTZ) == (220, 50), name


@pytest.mark.parametrize("page", ["console-silent.md", "after-an-update.md"])
def test_messages_are_those_of_the_program(page):
    files = (ROOT / "tools" / "pilectl").rglob("*.py")
    source = re.sub(r'"\s+f?"', "", "".join(path.read_text("utf-8") for path in files))
    table = PAGES[page].partition("| it says |")[2].partition("\n\n")[0]
    messages_of = re.findall(r'(?m)^\| "([^"]+)" \|', table)
    assert len(messages_of) >= 5
    for fragment in messages_of:
        assert fragment in source, fragment
