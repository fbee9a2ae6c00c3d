"""Every scenario of the conformance suite at the strict server of others: each frame passes its schemas."""

from suite_play import each_scenario, play


@each_scenario
def test_foreign(version, entry, tmp_path, record_property):
    play(entry, version, "foreign", tmp_path, record_property)
