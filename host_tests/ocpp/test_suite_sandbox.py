"""Every scenario of the conformance suite at our own central system, which breaks no rule of order."""

from suite_play import each_scenario, play


@each_scenario
def test_sandbox(version, entry, tmp_path, record_property):
    play(entry, version, "sandbox", tmp_path, record_property)
