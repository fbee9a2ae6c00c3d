"""Refused settings of OCPP platforms: the key, the value, what is allowed; and what the good ones become."""

from dataclasses import fields
from pathlib import Path

import pytest

from bridge.fakes import EXAMPLE, PILE
from pilebridge import config
from pilebridge.config import ConfigError
from pilebridge.platform_setup import ocpp_settings

TEXT = EXAMPLE.read_text("utf-8")
OCPP = '\n[[platform]]\nkind = "ocpp"\nname = "csms"\nurl = "ws://127.0.0.1:9000/ocpp"\n'
OTHER = OCPP.replace('"csms"', '"other"')
WSS = OCPP.replace("ws://", "wss://")
LONG = 'password = "0123456789abcdef"\n'
SECOND = """
[[pile]]
id = "CP0002"
key = "5a4f273de6bc445d80689908f3ca62e9724c4dc8558b34a39c0b5223196ee64b"

[[station.connector]]
pile = "CP0002"
connector_id = "C2"
equipment_id = "E2"
rated_a = 16
power_kw = 3.5
"""


def parse(*added, folder=Path()):
    return config.parse(TEXT + "".join(added), folder)


REFUSED = [
    (OCPP.replace("ws://", "http://"), "platform[1].url = 'http://127.0.0.1:9000/ocpp'"),
    (OCPP + 'versions = ["ocpp2.0"]\n', "platform[1].versions[0] = 'ocpp2.0'"),
    (OCPP + "versions = []\n", "platform[1].versions"),
    (OCPP + 'versions = ["ocpp1.6", "ocpp1.6"]\n', "one stands twice"),
    (OCPP + "security_profile = 4\n", "platform[1].security_profile = 4"),
    (OCPP + "security_profile = 1\n", "password: missing, with security_profile = 1"),
    (
        OCPP + 'security_profile = 1\npassword = "0123456789abcde"\n',
        "platform[1].password: 15 bytes, allowed from 16 on",
    ),
    (OCPP + 'password_form = "base64"\n', "platform[1].password_form = 'base64'"),
    (
        OCPP + 'security_profile = 1\npassword_form = "hex"\n' + LONG,
        "platform[1].password: 8 bytes, allowed from 16 on",
    ),
    (
        OCPP + 'password_form = "hex"\npassword = "xyz"\n',
        "platform[1].password: not hex digits in pairs",
    ),
    (
        OCPP + f'password_form = "hex"\npassword = "{"ab" * 21}"\n',
        "platform[1].password: 21 bytes, allowed up to 20 as hex",
    ),
    (OCPP + LONG + "security_profile = 2\n", "security_profile = 2 it begins with wss://"),
    (OCPP + "security_profile = 3\n", "security_profile = 3 it begins with wss://"),
    (WSS + "security_profile = 3\n", "certificate_file: missing, with security_profile = 3"),
    (WSS + 'certificate_file = "x.pem"\n', "one without the other"),
    (WSS + 'ca_file = "none.pem"\n', "none.pem': no such file"),
    (OCPP + 'ca_file = "none.pem"\n', "only with a url that begins with wss://"),
    (OCPP + 'stations = ["CP0009"]\n', "platform[1].stations = 'CP0009': allowed ['CP0001']"),
    (OCPP + 'identities = { CP0009 = "X" }\n', "platform[1].identities = 'CP0009': allowed"),
    (OCPP + 'identities = { CP0001 = "a:b" }\n', "platform[1].identities"),
    (OCPP + 'identities = { CP0001 = "" }\n', "platform[1].identities"),
    (OCPP + "call_timeout_s = 0\n", "platform[1].call_timeout_s = 0"),
    (OCPP + "connect_per_s = -1\n", "platform[1].connect_per_s = -1"),
    (OCPP + 'vendor = "PileLink of a far too long name"\n', "platform[1].vendor"),
    (OCPP + 'accept_cards = "yes"\n', "platform[1].accept_cards = 'yes'"),
    (OCPP + 'tariff = "day and night"\n', "unknown field `tariff`"),
    (OCPP + OCPP, "platform: name 'csms' stands twice"),
    (OCPP + OTHER, "platform[2].accept_cards = true: the cards of CP0001 belong to 'csms'"),
    (OCPP.replace('"ocpp"', '"ocpi"'), "platform[1].kind = 'ocpi': allowed tcec102, ocpp"),
    (OCPP.replace('kind = "ocpp"\n', ""), "missing required field `kind`"),
]


@pytest.mark.parametrize(("added", "message"), REFUSED)
def test_refused_settings_say_where_and_what(added, message):
    with pytest.raises(ConfigError) as refused:
        parse(added)
    assert message in str(refused.value)


def test_two_piles_cannot_be_one_station(tmp_path):
    text = TEXT.replace("\n# What each pile of the site", SECOND + "\n# What each pile")
    assert len(config.parse(text + OCPP, tmp_path).station[0].connector) == 2
    for identities in ('{ CP0001 = "CP0002" }', '{ CP0001 = "X", CP0002 = "X" }'):
        with pytest.raises(ConfigError, match="CP0001 and CP0002 would both be"):
            config.parse(text + OCPP + f"identities = {identities}\n", tmp_path)


def test_a_password_is_in_no_message_and_in_no_log(tmp_path):
    with pytest.raises(ConfigError) as refused:
        parse(OCPP + 'security_profile = 1\npassword = ["0123456789abcdef"]\n')
    assert "0123456789abcdef" not in str(refused.value)
    row = parse(OCPP + LONG).platform[1]
    assert "0123456789abcdef" not in repr(row)


def test_settings_become_what_the_stations_take(tmp_path):
    (tmp_path / "password").write_text("00010203040506070809FFFFFFFFFFFFFFFFFFFF\n", "utf-8")
    for name in ("password", "key.pem", "certificate.pem", "ca.pem"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o600)
    keys = """
security_profile = 3
password_file = "password"
password_form = "hex"
ca_file = "ca.pem"
certificate_file = "certificate.pem"
private_key_file = "key.pem"
versions = ["ocpp1.6"]
call_timeout_s = 12.5
identities = { CP0001 = "SN-1" }
"""
    parsed = parse(WSS + keys, OTHER, "accept_cards = false\n", folder=tmp_path)
    row = parsed.platform[1]
    settings = ocpp_settings(row)
    assert (settings.name, settings.versions) == ("csms", ("ocpp1.6",))
    assert bytes.fromhex(settings.password)[-1] == 0xFF
    assert row.password_bytes == bytes.fromhex(settings.password)
    assert settings.ca_file == str(tmp_path / "ca.pem")
    assert settings.private_key_file == str(tmp_path / "key.pem")
    assert settings.call_timeout_s == 12.5
    assert settings.identities == {PILE: "SN-1"}
    plain = ocpp_settings(parsed.platform[2])
    assert plain.versions == ("ocpp2.0.1", "ocpp1.6")
    assert (plain.ca_file, plain.security_profile, plain.retry_max_s) == ("", 0, 300)
    assert (settings.accept_cards, plain.accept_cards) == (True, False)
    # Every key of a station's settings can be set
    assert {field.name for field in fields(plain)} <= set(row.__struct_fields__)
    assert [p.name for p in parsed.tcec102] == ["sandbox"]
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(ConfigError, match="private_key_file: others can read it"):
        parse(WSS + keys, folder=tmp_path)


def test_a_password_from_the_environment(monkeypatch):
    monkeypatch.setenv("PILELINK_TEST_SECRET", "0123456789abcdef")
    row = parse(OCPP + 'security_profile = 1\npassword = "env:PILELINK_TEST_SECRET"\n').platform[1]
    assert row.password_bytes == b"0123456789abcdef"
