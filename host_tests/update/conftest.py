"""Fixtures of the tests that update a whole station."""

import pytest

from rig import rig
from update import bundles


@pytest.fixture
def pile(monkeypatch):
    """A rig whose folder is flashed, in a build that has the key."""
    from evse.app import updates
    from evse.core import update_key

    for module in (updates, update_key):
        monkeypatch.setattr(module, "HAS_KEY", True)
    monkeypatch.setattr(update_key, "MODULUS", bundles.modulus())
    with rig() as r:
        bundles.flashed(r.folder)
        yield r


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A bundle of a small tree."""
    return bundles.made(tmp_path_factory.mktemp("made") / "new")
