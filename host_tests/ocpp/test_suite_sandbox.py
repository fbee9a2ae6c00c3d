"""Every scenario of the conformance suite at our own central system, which breaks no rule of order."""

import pytest
from suite_play import play
from suite_registry import rows


@pytest.mark.parametrize(("version", "entry"), [pytest.param(v, e, id=f"{v}-{e.name}") for v, e in rows()])
def test_sandbox(version, entry, tmp_path, record_property):
    central = play(entry, version, "sandbox", tmp_path, record_property)
    assert central.faults() == []
