"""A small part of the torture bench, that it repeats itself exactly, and that it finds what is planted."""

import pytest

from pilesim.nor_flash import TORN

from . import cuts, defects
from .__main__ import failures, one
from .bench import Bench
from .faults import LEAST
from .place import Place

_SEEDS = range(1, 5)
# A planted defect must show within these; each does in one of the first three
_HUNT = (10, 13, 14, 9, 11, 12, *range(15, 21))


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_books_agree(seed):
    result = one(seed)
    assert failures(result) == []
    assert sum(result.faults.values()) >= LEAST


def test_something_was_charged_and_billed():
    figures = one(2).figures
    for name in ("records", "transactions", "orders", "wh"):
        assert figures[name] > 0, name


def test_the_same_seed_gives_the_same_log():
    first, second = one(5), one(5)
    assert first.log == second.log
    assert one(6).log != first.log


@pytest.mark.parametrize("defect", defects.TABLE, ids=lambda defect: defect.__name__)
def test_a_planted_defect_is_found(defect):
    for seed in _HUNT:
        if Bench(seed, Place, defect).run().misses:
            return
    pytest.fail("%s was not found in %d runs" % (defect.__name__, len(_HUNT)))


@pytest.mark.parametrize(("charge", "every"), [(cuts.SHORT, 23), (cuts.LONG, 41)])
def test_cuts_at_some_flash_operations(charge, every):
    operations = cuts.count(1, charge)
    # Formatting, records, erasing: fewer would be no charge
    assert operations > 40
    for at in range(1, operations + 1, every):
        mode = TORN[at // every % len(TORN)]
        assert cuts.run_one(1, charge, at, mode).misses == []
