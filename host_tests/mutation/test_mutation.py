"""The table of defects is true, and a survivor is noticed."""

from pathlib import Path

import pytest

from .defect import Defect
from .runner import ROOT, Copy, CopyError
from .table import DEFECTS

LEAST = 45


def test_every_old_text_occurs_exactly_once():
    wrong = []
    for defect in DEFECTS:
        count = (ROOT / "firmware" / "evse" / defect.file).read_text().count(defect.old)
        if count != 1:
            wrong.append("%s: %r occurs %d times" % (defect.file, defect.old, count))
    assert not wrong, "\n".join(wrong)


def test_every_defect_is_another_one(record_property):
    assert len({(defect.file, defect.old, defect.new) for defect in DEFECTS}) == len(DEFECTS)
    assert all(defect.old != defect.new and defect.breaks for defect in DEFECTS)
    assert len(DEFECTS) >= LEAST
    record_property("figure", "%d deliberate defects" % len(DEFECTS))


def test_every_test_named_exists():
    for test in {test for defect in DEFECTS for test in defect.tests}:
        path, _, function = test.partition("::")
        assert function in (ROOT / path).read_text(), test


@pytest.fixture
def small(tmp_path):
    """A copy of a repository with one rule and one test."""
    root = tmp_path / "root"
    for folder in ("firmware/evse/core", "boards", "tools", "host_tests"):
        (root / folder).mkdir(parents=True)
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["firmware"]\n')
    (root / "firmware/evse/__init__.py").write_text("")
    (root / "firmware/evse/core/__init__.py").write_text("")
    (root / "firmware/evse/core/rule.py").write_text("LIMIT = 60\nWAIT = 60\n")
    (root / "host_tests/test_rule.py").write_text(
        "from evse.core.rule import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == 60\n"
    )
    return Copy(tmp_path / "copy", root)


def _defect(old, new):
    return Defect("core/rule.py", old, new, "a rule", ("host_tests/test_rule.py",))


def test_the_copy_passes_without_a_defect(small):
    result = small.baseline(("host_tests/test_rule.py",))
    assert result.status == "survived", result.output


def test_a_defect_is_caught_and_taken_out(small):
    result = small.run(_defect("LIMIT = 60", "LIMIT = 61"))
    assert (result.status, result.test) == ("caught", "host_tests/test_rule.py::test_limit")
    text = Path(small.folder / "firmware/evse/core/rule.py").read_text()
    assert text == "LIMIT = 60\nWAIT = 60\n"


def test_a_defect_that_no_test_sees_survives(small):
    assert small.run(_defect("WAIT = 60", "WAIT = 61")).status == "survived"


def test_a_defect_that_breaks_the_import_is_not_caught(small):
    result = small.run(_defect("LIMIT = 60", "LIMIT = = 60"))
    assert result.status == "exit 2", result.output


def test_a_text_that_is_not_there_once_is_refused(small):
    for old, count in (("60", 2), ("LIMIT = 50", 0)):
        with pytest.raises(CopyError, match="occurs %d times" % count):
            small.run(_defect(old, "0"))
