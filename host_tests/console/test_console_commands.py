"""Every command of the console, as text that fits and as JSON, in both languages, on one and two connectors."""

import json

import pytest

from console.typist import at_the_port
from evse.app.shell_commands import COMMANDS
from evse.core import fault_sentences, fault_sentences_zh, faults, phrases
from evse.core.quantities import width
from rig import rig

VIEWS = (
    "status",
    "why",
    "cp",
    "relay",
    "meter",
    "faults",
    "limits",
    "parts",
    "net",
    "journal",
    "log",
    "settings",
)
CONNECTOR_FIELDS = {
    "status": {"id", "status", "cp", "closed", "faults", "limit_a10", "limit_by", "tx", "w", "wh"},
    "why": {"id", "key", "sentence"},
    "cp": {"id", "state", "high_mv", "low_mv", "duty_permille", "drive", "limit_a10"},
    "relay": {"id", "commanded", "closed", "operations", "phases"},
    "meter": {
        "id",
        "model",
        "wh",
        "w",
        "mv",
        "ma",
        "chz",
        "frame",
        "bad_frames",
        "last_error",
        "age_ms",
    },
    "faults": {"id", "active"},
    "limits": {"id", "offered_a10", "holder", "limits"},
}
CHARGE = 20000


async def charge(r):
    r.world.vehicle.plug()
    await r.run(1000)
    assert r.station.authorize_local() == ""
    await r.until(lambda: r.station.loop.closed, 60000)


def names_in(answer):
    """Every key of an answer, nested ones too."""
    if isinstance(answer, dict):
        return {name for key, value in answer.items() for name in {key} | names_in(value)}
    return (
        {name for each in answer for name in names_in(each)} if isinstance(answer, list) else set()
    )


@pytest.mark.parametrize("board", ["devkitc", "esp32s3_twin"])
def test_every_view_is_one_line_of_json_with_its_fields_and_text_that_fits(board):
    shown = set()

    async def story(r, typist):
        for name in VIEWS:
            answer = await typist.ask(name)
            assert "error" not in answer, answer
            shown.update(names_in(answer) if name != "settings" else ())
            for row in answer.get("connectors", ()):
                assert CONNECTOR_FIELDS[name] <= set(row), name
            if name in CONNECTOR_FIELDS:
                numbers = [row["id"] for row in answer["connectors"]]
                assert numbers == sorted(r.station.connectors)
                only = await typist.ask(f"{name} 1") if name != "status" else answer
                assert only["connectors"][0]["id"] == 1
        for language in ("en", "zh"):
            await typist.lines(f"lang {language}")
            for name in (*VIEWS, "help"):
                lines = await typist.lines(name)
                assert len(lines) >= 2, name
                assert max(width(line) for line in lines) < 80, (name, lines)
        return True

    with rig(board=board) as r:
        assert at_the_port(r, story)
    known = set(phrases.NAMES)
    assert shown - known - {"connectors", "limits", "events", "inputs", "settings"} == set()


def test_each_name_has_its_chinese():
    assert len(phrases.NAMES) == len(phrases.NAMES_ZH) == len(set(phrases.NAMES))
    chinese = dict(zip(phrases.NAMES, phrases.NAMES_ZH, strict=True))
    assert chinese["station"] == "桩编号"
    assert chinese["what"] == "内容"
    assert chinese["value"] == "值"


def test_the_table_of_commands_is_whole():
    assert [row[0] for row in COMMANDS] == list(dict.fromkeys(row[0] for row in COMMANDS))
    for name, usage, _trusted, english, chinese in COMMANDS:
        assert len(name) <= 9
        assert len(usage) <= 15
        assert english
        assert any(char > "\u4e00" for char in chinese)
        assert width(f"{name:9} {usage:15} {english}") < 80


def test_what_is_shown_while_charging_is_what_the_pile_does():
    async def story(r, typist):
        await typist.lines("help")  # loads the console, before anything is energised
        await charge(r)
        await r.run(CHARGE)
        status = (await typist.ask("status"))["connectors"][0]
        assert status["status"] == "charging"
        assert status["cp"] == "C2"
        assert status["closed"] is True
        assert abs(status["w"] - r.station.register.w) < 100 < status["w"]
        assert status["tx"].endswith("-%d" % r.station.session.tx.tx)
        pilot = (await typist.ask("cp"))["connectors"][0]
        assert 5500 < pilot["high_mv"] < 6500
        assert -12600 < pilot["low_mv"] < -11400
        assert (pilot["duty_permille"], pilot["drive"]) == (533, "pwm")
        relay = (await typist.ask("relay"))["connectors"][0]
        assert (relay["commanded"], relay["closed"], relay["operations"]) == (True, True, 1)
        meter = (await typist.ask("meter"))["connectors"][0]
        assert meter["frame"].startswith("68")
        assert meter["frame"].endswith("16")
        assert meter["age_ms"] < 3500
        assert (await typist.ask("why"))["connectors"][0]["key"] == "charging"
        # Nothing is read from flash now
        assert "contactor is closed" in (await typist.ask("settings"))["error"]
        assert (await typist.ask("faults"))["connectors"][0]["active"][0]["sentence"] == ""
        assert r.station.loop.closed
        log = (await typist.ask("log"))["events"]
        assert any(e["task"] == "transaction" and "started by local" in e["what"] for e in log)
        assert any((e["task"], e["what"]) == ("contactor", "closed") for e in log)
        # Other than what comes every few seconds
        assert not any("in frame" in e["what"] for e in log)
        return True

    with rig() as r:
        assert at_the_port(r, story)


def test_watch_shows_the_levels_until_a_key_is_pressed():
    async def story(r, typist):
        lines = await typist.lines("watch cp", most_ms=2000)
        await typist.type(b" ", 200)
        size = len(typist.port.text)
        await r.run(3000)
        assert len(typist.port.text) == size
        return lines

    with rig() as r:
        lines = at_the_port(r, story)
    assert 5 < len(lines) < 15
    assert all(line.split()[1] == "A1" and line.split()[3] == "mV" for line in lines[:-1])


def test_orders_do_what_they_say():
    async def story(r, typist):
        assert "not_plugged" in (await typist.ask("tx start"))["error"]
        r.world.vehicle.plug()
        await r.run(1000)
        assert (await typist.ask("tx start"))["ok"] is True
        await r.until(lambda: r.station.loop.closed, 60000)
        assert (await typist.ask("tx stop"))["ok"] is True
        await r.until(lambda: r.station.session.tx is None, 60000)
        assert (await typist.ask("reset"))["ok"] is False
        tests = (await typist.ask("selftest"))["results"]
        assert {row["name"] for row in tests} >= {
            "residual_current",
            "contactor",
            "pilot",
            "meter",
            "journal",
        }
        assert all(row["ok"] for row in tests), tests
        return [record["kind"] for record in r.records("tx_start", "tx_stop")]

    with rig() as r:
        assert at_the_port(r, story) == ["tx_start", "tx_stop"]


def test_a_dead_monitor_fails_the_self_test_and_is_named():
    async def story(r, typist):
        r.world.set_fault("rcm_dead", True)
        tests = {row["name"]: row for row in (await typist.ask("selftest"))["results"]}
        assert tests["residual_current"]["ok"] is False
        assert tests["residual_current"]["reading"] == "failed"
        faults = (await typist.ask("faults"))["connectors"][0]["active"]
        named = next(row for row in faults if row["name"] == "residual_current_test")
        assert "replace it" in named["sentence"]
        assert (await typist.ask("why"))["connectors"][0]["key"] == "fault"
        return True

    with rig() as r:
        assert at_the_port(r, story)


def test_a_setting_is_checked_stored_and_hidden(tmp_path):
    async def story(r, typist):
        assert (await typist.ask("set keepalive_s 30"))["ok"] is True
        assert "allowed 5..600 s" in (await typist.ask("set keepalive_s 4"))["error"]
        assert "unknown setting" in (await typist.ask("set nonsense 4"))["error"]
        assert "usage: set" in (await typist.ask("set keepalive_s"))["error"]
        assert (await typist.ask("set wifi_password correct horse battery"))["ok"] is True
        assert (await typist.ask("set wifi_ssid 充电站 一号"))["ok"] is True
        assert (await typist.ask('set wifi_networks [["b", "12345678"]]'))["ok"] is True
        assert (await typist.ask('set site ""'))["ok"] is True
        found = (await typist.ask("settings"))["settings"]
        assert found["wifi_ssid"] == "充电站 一号"
        assert found["wifi_password"] == found["key"] == "(hidden)"
        assert found["wifi_networks"] == [["b", "(hidden)"]]
        assert (await typist.ask("settings keepalive_s"))["settings"] == {"keepalive_s": 30}
        return json.loads((r.folder / "settings.json").read_text())

    with rig() as r:
        stored = at_the_port(r, story)
    assert stored["keepalive_s"] == 30
    assert stored["wifi_password"] == "correct horse battery"
    assert stored["station_id"] == "P001"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("stauts", "unknown command stauts: type help"),
        ("cp 3", "connector 3: this pile has 1..1"),
        ("cp x", "connector x: this pile has 1..1"),
        ("journal x", "usage: journal [FROM]"),
        ("log x", "usage: log [COUNT]"),
        ("tx", "usage: tx start|stop [N]"),
        ("tx fly", "usage: tx start|stop [N]"),
        ("watch", "usage: watch cp [N]"),
        ("lang fr", "usage: lang en|zh"),
        ("login", "no service code"),
    ],
)
def test_a_wrong_line_gets_a_sentence(line, sentence):
    async def story(r, typist):
        return " ".join(await typist.lines(line))

    with rig() as r:
        assert sentence in at_the_port(r, story)


def test_a_fault_is_explained_in_the_technicians_language():
    async def story(r, typist):
        r.world.set_fault("emergency_stop", True)
        await r.run(1000)
        found = {}
        for language in ("en", "zh"):
            await typist.lines(f"lang {language}")
            active = (await typist.ask("faults"))["connectors"][0]["active"]
            found[language] = next(row["sentence"] for row in active if row["severity"] == "trip")
        return found

    with rig() as r:
        found = at_the_port(r, story)
    assert found["en"] == fault_sentences.SENTENCES[faults.NAMES.index("emergency_stop")]
    assert found["zh"] == fault_sentences_zh.SENTENCES[faults.NAMES.index("emergency_stop")]
