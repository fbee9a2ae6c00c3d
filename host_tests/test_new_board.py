"""`make new-board`: the copy keeps the rules, boots and charges unchanged; bad names are refused."""

import shutil
import subprocess

import pytest

import rig as rig_module
from pilectl import boardlint, new_board
from rig import ROOT, rig


@pytest.fixture
def tree(tmp_path):
    """A tree with one board in it."""
    shutil.copytree(ROOT / "boards" / "devkitc", tmp_path / "boards" / "devkitc")
    return tmp_path


def test_the_copy_has_its_name_and_keeps_the_rules(tree):
    folder = new_board.create(tree, "my_pile2")
    assert folder == tree / "boards" / "my_pile2"
    assert sorted(path.name for path in folder.iterdir()) == ["board.md", "board.py"]
    assert boardlint.folder_problems(folder) == []
    for name in ("board.md", "board.py"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "my_pile2" in text
        assert "new_board" not in text


def test_the_template_has_every_line_that_a_board_may_fill_in():
    text = (new_board.TEMPLATE / "board.py").read_text(encoding="utf-8")
    board = boardlint.load(new_board.TEMPLATE / "board.py")
    for role in ("cp_pwm", "cp_adc", "contactor", "mirror", "rcm_trip", "rcm_test", "pe_monitor"):
        assert role in board.PINS
    for choices in boardlint.CHOICES.values():
        for choice in filter(None, choices):
            assert f'"{choice}"' in text
    for chip in boardlint.CHIPS:
        assert chip in text


def test_the_copy_boots_and_charges_unchanged(tree, monkeypatch):
    new_board.create(tree, "my_pile")
    monkeypatch.setattr(rig_module, "ROOT", tree)

    async def story(r):
        await r.until(lambda: r.station.session.status() == "available")
        await r.charge()
        await r.run(20000)
        assert r.world.contactor.closed
        assert r.world.vehicle.unplug()
        await r.until(lambda: r.station.session.status() == "available")
        assert not r.world.contactor.closed
        return [record["wh"] for record in r.records("tx_start", "tx_stop")]

    with rig(board="my_pile") as r:
        started_wh, stopped_wh = r.play(story)
        assert r.board.NAME == "my_pile"
    assert stopped_wh > started_wh


@pytest.mark.parametrize(
    "name", ["", "x", "Mine", "my board", "2mine", "mine_", "../mine", "m" * 40]
)
def test_a_bad_name_is_refused_with_a_sentence(tree, name):
    with pytest.raises(new_board.NewBoardError, match="is no board name: 3 to 32 small letters"):
        new_board.create(tree, name)
    assert [path.name for path in (tree / "boards").iterdir()] == ["devkitc"]


def test_a_taken_name_is_refused_and_nothing_is_overwritten(tree):
    before = (tree / "boards" / "devkitc" / "board.py").read_text()
    with pytest.raises(new_board.NewBoardError, match="boards/devkitc is there already"):
        new_board.create(tree, "devkitc")
    assert (tree / "boards" / "devkitc" / "board.py").read_text() == before
    with pytest.raises(new_board.NewBoardError, match="a name of its own"):
        new_board.create(tree, "new_board")


def test_make_says_what_it_wants():
    asked = subprocess.run(
        ["make", "-n", "new-board"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode
    assert "make new-board NAME=mine" in asked.stderr
    words = subprocess.run(
        ["make", "-n", "lint-board", "BOARD=devkitc_uart"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "-m pilectl lint devkitc_uart" in words.stdout
