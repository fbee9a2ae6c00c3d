"""Every board folder: its pins can do their roles, its calibration fits its resistors, its page
agrees with it, and the whole firmware charges on it.
"""

import re

import pytest

from pilectl import boardlint
from pilectl.boardlint.front_ends import AGREEMENT_MV, adc_uv
from rig import ROOT, rig

BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
SAFE_LOW = (
    "contactor",
    "phase_contactor",
    "cp_pwm",
    "heartbeat",
    "dead_man_rmt",
    "dead_man_uart",
    "rcm_test",
    "lock_a",
    "lock_b",
)


def sentences(problems):
    return "\n".join(problem.text for problem in problems)


def anchors(page):
    """Anchors of the headings of a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in heads)
    return {head.replace(" ", "-") for head in plain}


def test_there_is_a_board():
    assert BOARDS


@pytest.mark.parametrize("name", BOARDS)
def test_board_and_wiring_page_keep_the_rules(name):
    problems = boardlint.folder_problems(ROOT / "boards" / name)
    assert not problems, sentences(problems)


@pytest.mark.parametrize("name", BOARDS)
def test_wiring_page_says_what_was_never_built(name):
    text = (ROOT / "boards" / name / "board.md").read_text(encoding="utf-8")
    assert "only been simulated" in " ".join(text.split()).replace("> ", "")
    assert "](../README.md#the-journals-partition)" in text


@pytest.mark.parametrize("name", BOARDS)
def test_links_between_wiring_pages_lead_somewhere(name):
    folder = ROOT / "boards" / name
    for link in re.findall(r"\]\(([^)]+)\)", (folder / "board.md").read_text(encoding="utf-8")):
        path, _sharp, anchor = link.partition("#")
        target = folder / path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", BOARDS)
def test_safe_outputs_lets_go_of_everything_and_puts_the_pilot_at_minus_12_v(name):
    with rig(board=name) as r:
        own = (r.board.PINS, r.board.SECOND or {})
        pins = [pins[role] for pins in own for role in SAFE_LOW if pins.get(role) is not None]
        pads = {pin: r.world.chip.pad(pin) for pin in pins}
        for pad in pads.values():
            pad.set_output(True)
            pad.write(1)
        r.board.safe_outputs()
        levels = {pin: (pad.output, pad.read(r.world.clock.now_us)) for pin, pad in pads.items()}
        low_mv = r.world.line.levels_mv()[1]
        r.world.clock.advance(1000)
        assert levels == dict.fromkeys(pins, (True, 0))
        assert abs(r.world.line.cp_mv(r.world.clock.now_us) - low_mv) <= AGREEMENT_MV


@pytest.mark.parametrize("name", BOARDS)
def test_board_boots_and_charges_and_reads_the_pilot_as_the_line_is(name, record_property):
    """Levels of states A, B and C, both half-waves, as the firmware reads them on this board."""
    errors = {}

    def compare(r, state):
        high_mv, low_mv = r.world.line.levels_mv()
        pilot = r.station.tick.pilot
        errors[state] = (pilot.high_mv - high_mv, pilot.low_mv - low_mv)

    async def story(r):
        await r.until(lambda: r.station.session.status() == "available")
        await r.run(100)
        compare(r, "A")
        r.world.vehicle.plug()
        await r.until(lambda: r.station.loop.machine.name() == "B1")
        await r.run(100)
        compare(r, "B")
        await r.charge()
        await r.run(5000)
        compare(r, "C")
        assert r.world.contactor.closed
        start_wh = r.station.register.wh
        await r.run(20000)
        if r.board.CONNECTOR_KIND == "socket":
            assert not r.world.vehicle.unplug(), "pulled out of a locked socket"
            assert r.station.stop_local() == ""
            await r.until(lambda: not r.world.lock.locked)
        assert r.world.vehicle.unplug()
        await r.until(lambda: r.station.session.status() == "available")
        await r.run(200)
        assert not r.world.contactor.closed
        kinds = [record["kind"] for record in r.records()]
        return kinds, r.station.register.wh - start_wh

    with rig(board=name) as r:
        kinds, energy_wh = r.play(story)
    assert [kind for kind in kinds if kind in {"tx_start", "tx_charging", "tx_stop"}] == [
        "tx_start",
        "tx_charging",
        "tx_stop",
    ]
    assert energy_wh > 0
    record_property("figure", f"{name}: worst pilot reading (high, low) off by {errors} mV")
    for state, (high_mv, low_mv) in errors.items():
        assert abs(high_mv) <= AGREEMENT_MV, (state, errors)
        # Without PWM there is no negative half-wave to read
        assert state != "C" or abs(low_mv) <= AGREEMENT_MV, (state, errors)


def test_levels_from_the_resistors_are_those_of_the_simulated_line():
    """The lint's own formula against the circuit of the simulator, without its measuring noise."""
    with rig(board=BOARDS[0]) as r:
        front_end = r.board.PILOT_FRONT_END
        line = r.world.line
        line.sigma_uv = 0
        line._noise = [0] * len(line._noise)
        for source_mv in (-12000, -6000, 0, 3000, 6000, 9000, 12000):
            line.low_mv = source_mv
            line.changed()
            r.world.clock.advance(1000)
            now_us = r.world.clock.now_us
            expected_uv = adc_uv(front_end, line.cp_mv(now_us))
            assert abs(line.adc_mv(now_us) * 1000 - expected_uv) <= 1000, source_mv
