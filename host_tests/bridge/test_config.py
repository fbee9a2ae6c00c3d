"""Refused settings: the message names the key, the value and what is allowed."""

from pathlib import Path

import pytest

from bridge.fakes import EXAMPLE
from pilebridge import config
from pilebridge.config import ConfigError

TEXT = EXAMPLE.read_text("utf-8")

REFUSED = [
    ('area_code = "310101"', 'area_code = "x"', "station[0].area_code = 'x'"),
    ("service_tel", "servicetel", "operator: Object contains unknown field `servicetel`"),
    ("lng = 121.473701", "lng = 1121", "station[0].lng = 1121: allowed -180..180"),
    ('"22:00"', '"07:00"', "tariff[0].periods: from = ['00:00', '08:00', '07:00'], must ascend"),
    ('"00:00"', '"00:01"', "must ascend and begin at 00:00"),
    ('"0.6500"', '"0.65"', "tariff[0].periods[1].energy = '0.65'"),
    ('"FEDCBA9876543210"', '"FE"', "platform[0].inbound.data_iv: 2 bytes, allowed exactly 16"),
    ('"SigSecretExample"', '"env:PILELINK_NONE"', "the environment has no PILELINK_NONE"),
    ("number = 1", 'number = "1"', "station[0].connector[0].number = '1'"),
    ("port = 8102", "port = 81020", "bridge.http.port = 81020"),
    ('tariff = "day and night"\n', 'tariff = "x"\n', "platform[0].tariff = 'x': allowed"),
    ('kind = "tcec102"', 'kind = "ocpi"', "platform[0].kind = 'ocpi': allowed tcec102, ocpp"),
    ("start = true", "start = 1", "mqtt.broker.start = 1"),
    ('operator_id = "MA5PILE01"', 'operator_id = "MA5PILE02"', "must be operator.id"),
    ("[bridge]", "[bridge", "not TOML"),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_refused_settings_say_where_and_what(old, new, message):
    assert old in TEXT
    with pytest.raises(ConfigError) as refused:
        config.parse(TEXT.replace(old, new), Path())
    assert message in str(refused.value)


def test_secrets_are_never_in_a_message():
    with pytest.raises(ConfigError) as refused:
        config.parse(TEXT.replace('"SigSecretExample"', '["SigSecretExample"]'), Path())
    assert "SigSecretExample" not in str(refused.value)


def test_secrets_come_from_files_and_the_environment(tmp_path, monkeypatch):
    (tmp_path / "sig").write_text("FromFile\n", "utf-8")
    (tmp_path / "sig").chmod(0o600)
    monkeypatch.setenv("PILELINK_TEST_SECRET", "FromEnvironment")
    text = TEXT.replace('sig_secret = "SigSecretExample"', 'sig_secret_file = "sig"')
    text = text.replace('"OpSecretExample1"', '"env:PILELINK_TEST_SECRET"')
    keys = config.parse(text, tmp_path).platform[0].inbound
    assert (keys.sig_secret, keys.operator_secret) == ("FromFile", "FromEnvironment")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        config.load(tmp_path / "none.toml")
