"""Provisioning: the pile and the bridge get the same key, nothing is half done, and the label names the connector."""

import json
import re
import shutil
import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import segno
from fake_console import FakePile

from pilebridge import config
from pilectl import __main__
from pilectl.provisioning import label
from pilectl.provisioning.label import Labelled

EXAMPLE = Path(config.__file__).with_name("example.toml")
STATION = {
    "--name": "东站",
    "--address": '路"1"号',
    "--area-code": "310101",
    "--lng": "121.5",
    "--lat": "31.25",
    "--equipment": "310101000777",
}
NETWORK = ["--broker", "192.0.2.7", "--wifi", "depot 2", "--wifi-password", "correct horse"]


@pytest.fixture
def bridge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(EXAMPLE, tmp_path / "bridge.toml"))


def provision(fake, bridge, capsys, *words, station="P042", place=STATION):
    line = ["provision", fake.port, "--station", station, "--bridge", str(bridge), *NETWORK]
    line += [text for pair in place.items() for text in pair]
    status = __main__.main([*line, *words])
    seen = capsys.readouterr()
    return status, seen.out, seen.err


def test_a_new_pile_and_the_bridge_have_the_same_key(bridge, capsys, tmp_path):
    with FakePile() as fake:
        fake.settings["service_code"] = ""
        status, out, err = provision(fake, bridge, capsys, "--set", "supply_a10=250")
        assert status == 0, err
        now = fake.settings
        assert fake.starts == 1
    known = config.load(bridge)
    row = next(row for row in known.pile if row.id == "P042")
    assert now["key"] == row.key
    assert re.fullmatch("[0-9a-f]{64}", row.key)
    assert (now["station_id"], now["supply_a10"]) == ("P042", 250)
    assert (now["wifi_ssid"], now["wifi_password"]) == ("depot 2", "correct horse")
    assert (now["broker_host"], now["broker_port"], now["link_security"]) == (
        "192.0.2.7",
        8883,
        "psk",
    )
    assert re.fullmatch("[0-9]{8}", now["service_code"])
    assert f"Service code {now['service_code']}: write it down" in out
    assert stat.S_IMODE((tmp_path / "keys" / "P042").stat().st_mode) == 0o600
    station = next(row for row in known.station if row.id == "P042")
    assert (station.name, station.address) == ("东站", '路"1"号')
    (connector,) = station.connectors()
    assert (connector.connector_id, connector.rated_a10) == ("31010100077701", 320)
    assert (connector.power_w, connector.kind) == (7000, "cable")
    assert "restart the bridge" in out
    assert row.key not in out
    assert "correct horse" not in out


def test_a_replaced_board_of_a_known_station_gets_the_key_that_the_bridge_has(bridge, capsys):
    before = bridge.read_text()
    with FakePile() as fake:
        status, out, err = provision(fake, bridge, capsys, station="CP0001", place={})
        assert status == 0, err
        assert fake.settings["key"] == config.load(bridge).pile[0].key
        assert fake.settings["site"] == "demo"
        assert "31010100010101" in out
    assert bridge.read_text() == before
    assert not (bridge.parent / "keys").exists()


def test_nothing_is_touched_when_a_setting_would_be_refused(bridge, capsys):
    before = bridge.read_text()
    with FakePile() as fake:
        status, _, err = provision(fake, bridge, capsys, "--set", "supply_a10=5", "--set", "nam=1")
        assert status == 1
        assert "supply_a10 = 5: allowed 60..10000 0.1 A" in err
        assert "nam: unknown key" in err
        assert not any(line.startswith("set ") for line in fake.asked)
    assert bridge.read_text() == before


def test_a_station_that_the_bridge_refuses_leaves_no_key_behind(bridge, capsys):
    before = bridge.read_text()
    with FakePile() as fake:
        place = {**STATION, "--area-code": "Shanghai"}
        status, _, err = provision(fake, bridge, capsys, place=place)
        assert status == 2
        assert "area_code" in err
        assert not any(line.startswith("set ") for line in fake.asked)
    assert bridge.read_text() == before
    assert list((bridge.parent / "keys").iterdir()) == []


def test_what_the_pile_refuses_is_told_and_a_second_run_goes_on(bridge, capsys):
    with FakePile(code="2468") as fake:
        status, _, err = provision(fake, bridge, capsys)
        assert status == 1
        assert err.count("login CODE") == 1
        key = next(row.key for row in config.load(bridge).pile if row.id == "P042")
        status, _, err = provision(fake, bridge, capsys, "--code", "2468", place={})
        assert status == 0, err
        assert fake.settings["key"] == key


def test_records_of_another_bridge_are_not_orphaned(bridge, capsys):
    with FakePile() as fake:
        fake.settings["key"] = "ab" * 32
        fake.answers["journal"]["waiting"] = 12
        status, _, err = provision(fake, bridge, capsys)
        assert status == 1
        assert "holds 12 records for its former bridge" in err
        assert provision(fake, bridge, capsys, "--anyway")[0] == 0


def test_what_is_missing_is_asked_for_or_named(bridge, capsys, monkeypatch):
    with FakePile() as fake:
        line = ["provision", fake.port, "--station", "P042", "--bridge", str(bridge), *NETWORK]
        assert __main__.main(line) == 2
        assert "is missing: say it with --equipment." in capsys.readouterr().err
        answers = iter(["310101000778", "North", "Road 2", "310101", "121.4", "31.2"])
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", lambda _prompt: next(answers))
        assert __main__.main(line) == 0
        assert next(answers, None) is None
    assert config.load(bridge).station[1].address == "Road 2"


def test_every_connector_of_a_pile_stands_in_the_bridge_and_on_the_label(bridge, capsys, tmp_path):
    with FakePile() as fake:
        rows = fake.answers["status"]["connectors"]
        rows.append({**rows[0], "id": 2})
        fake.answers["status"]["board"] = "esp32s3_twin"
        assert provision(fake, bridge, capsys)[0] == 0
    station = config.load(bridge).station[1]
    assert [(c.number, c.connector_id) for c in station.connectors()] == [
        (1, "31010100077701"),
        (2, "31010100077702"),
    ]
    sheet = ET.fromstring((tmp_path / "P042.svg").read_text())
    contents = [group.get("data-content") for group in sheet if group.get("data-content")]
    assert contents == [f"hlht://3101010007770{number}.MA5PILE01/" for number in (1, 2)]


def test_the_label_holds_the_code_that_an_app_reads():
    one = Labelled("P042", 1, "31010100077701", "MA5PILE01")
    assert one.content == "hlht://31010100077701.MA5PILE01/"
    drawn = label.as_svg([one])
    expected = segno.make(one.content, error="q", micro=False)
    path = re.search(r' d="([^"]+)"', expected.svg_inline(border=4, scale=1)).group(1)
    assert path in drawn
    texts = [
        element.text for element in ET.fromstring(drawn).iter() if element.tag.endswith("text")
    ]
    assert texts == ["P042", "1", "31010100077701"]
    shown = label.as_text([one])
    assert "P042  1  31010100077701  hlht://31010100077701.MA5PILE01/" in shown
    assert len(shown.splitlines()) > expected.symbol_size(border=4)[0] // 2
    assert json.dumps(shown)


def test_a_broken_bridge_file_is_named(tmp_path, capsys):
    file = tmp_path / "bridge.toml"
    file.write_text("[mqtt\n")
    words = ["provision", "/dev/null", "--station", "P1", "--bridge", str(file)]
    assert __main__.main(words) == 2
    assert "mend the bridge's settings first" in capsys.readouterr().err
