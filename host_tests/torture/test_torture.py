"""A small part of the torture bench, that it repeats itself exactly, and that it finds what is planted."""

import pytest

from pilesim.nor_flash import TORN

from . import central_cuts, central_defects, cuts, defects
from .__main__ import failures, one
from .bench import AloneBench, Bench
from .faults import LEAST
from .place import Place

# With both versions of OCPP, and without
_SEEDS = (1, 4, 6, 8)
# A planted defect must show within these; each does in one of the first three
_HUNT = (10, 18, 14, 9, 11, 12, 13, *range(15, 18))


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_books_agree(seed):
    result = one(seed)
    assert failures(result) == []
    assert sum(result.faults.values()) >= LEAST


def test_something_was_charged_and_billed():
    figures = one(6).figures
    for name in ("records", "transactions", "orders", "wh", "ocpp transactions", "ocpp wh"):
        assert figures[name] > 0, name


def test_the_same_seed_gives_the_same_log():
    first, second = one(5), one(5)
    assert first.log == second.log
    assert one(6).log != first.log


@pytest.mark.parametrize("defect", defects.TABLE, ids=lambda defect: defect.__name__)
def test_a_planted_defect_is_found(defect):
    for seed in _HUNT:
        if AloneBench(seed, Place, defect).run().misses:
            return
    pytest.fail("%s was not found in %d runs" % (defect.__name__, len(_HUNT)))


@pytest.mark.parametrize(
    ("defect", "version", "where"),
    central_defects.TABLE,
    ids=[row[0].__name__ for row in central_defects.TABLE],
)
def test_a_planted_defect_of_ocpp_is_found(defect, version, where):
    if isinstance(where[0], str):
        what, moments = where
        runs = (central_cuts.run_one(version, what, at, defect) for at in moments)
    else:
        runs = (Bench(seed, Place, defect).run() for seed in where)
    assert any(result.misses for result in runs)


@pytest.mark.parametrize(("charge", "every"), [(cuts.SHORT, 23), (cuts.LONG, 41)])
def test_cuts_at_some_flash_operations(charge, every):
    operations = cuts.count(1, charge)
    # Formatting, records, erasing: fewer would be no charge
    assert operations > 40
    for at in range(1, operations + 1, every):
        mode = TORN[at // every % len(TORN)]
        assert cuts.run_one(1, charge, at, mode).misses == []


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize(
    ("what", "least", "every"),
    [(central_cuts.BRIDGE, 80, 13), (central_cuts.UNTAKEN, 8, 5), (central_cuts.TAKEN, 8, 5)],
)
def test_deaths_at_some_moments_of_a_charge(version, what, least, every):
    moments = central_cuts.count(version, what)
    # Connecting is over by then: a start, its values and its end
    assert moments >= least
    for at in range(3, moments + 1, every):
        assert central_cuts.run_one(version, what, at).misses == []
