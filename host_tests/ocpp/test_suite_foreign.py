"""Every scenario of the conformance suite at the strict server of others: each frame passes its schemas."""

import pytest
from suite_play import play
from suite_registry import rows


@pytest.mark.parametrize(("version", "entry"), [pytest.param(v, e, id=f"{v}-{e.name}") for v, e in rows()])
def test_foreign(version, entry, tmp_path, record_property):
    central = play(entry, version, "foreign", tmp_path, record_property)
    assert central.faults() == []
    record_property("frames", dict(central.frames()))
