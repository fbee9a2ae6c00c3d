"""docs/ocpp.md says what the code does: its tables, its settings, the names that stand in its sentences."""

import re
import tomllib

import pytest
from page_tables import TABLES

from interpreters import ROOT
from pilebridge.platforms.ocpp.door import REFUSALS
from pilebridge.platforms.ocpp.v16.keys import KEYS
from pilebridge.settings import OcppPlatformTable

PAGE = (ROOT / "docs" / "ocpp.md").read_text(encoding="utf-8")
BRIDGE = (ROOT / "tools" / "pilebridge" / "README.md").read_text(encoding="utf-8")
FIELDS = set(OcppPlatformTable.__struct_fields__)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_each_table_is_what_the_code_has(table):
    assert table() in PAGE, f"docs/ocpp.md should have\n{table()}"


def test_the_example_has_every_key_and_is_taken():
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (row,) = tomllib.loads(text)["platform"]
    assert row.pop("kind") == OcppPlatformTable.__struct_config__.tag
    assert set(row) == FIELDS


def test_every_key_stands_in_the_bridges_readme():
    rows = re.findall(r"^\| (`platform\.[^|]*) \|", BRIDGE, re.MULTILINE)
    told = {
        name.removeprefix("platform.") for row in rows for name in re.findall(r"`([^`]+)`", row)
    }
    assert told >= FIELDS


def test_what_is_said_of_credentials_and_keys_holds():
    assert REFUSALS == 3
    assert "refused then three times in a row" in PAGE
    for key in ("ConnectionTimeOut", "MinimumStatusDuration", "TransactionMessageAttempts"):
        assert f"`{key}`" in PAGE
        assert key.lower() in KEYS
