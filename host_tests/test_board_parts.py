"""What a board builds from its data: which modules it imports, and how two EVSEs share their parts."""

import ast
import importlib
import sys
from types import ModuleType
from unittest.mock import MagicMock

import pytest

from evse.core import settings
from pilectl import board_modules, boardlint
from pilesim import host
from pilesim.world import World
from planted_boards import GOOD, good
from rig import ROOT, load_board

BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
DRIVERS = ROOT / "firmware" / "evse" / "drivers"
METER_MODELS = ("dlt645", "sdm630")
# Methods of a board that are not parts, or take no part in this
NOT_PARTS = ("evses", "safe_pins", "safe_outputs", "serial_port", "watchdog", "chip")
# Built for the board, not asked for by its parts
STANDARD = {"standard_board", "standard_parts", "safe_state", "serial_port", "watchdog", "chip"}


def part_names():
    """Names of the methods of StandardParts."""
    tree = ast.parse((DRIVERS / "standard_parts.py").read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name[0] != "_" and name not in NOT_PARTS]


class Recorder:
    """Finds drivers that record who asked for them, whether their files are there or not."""

    def __init__(self):
        self.asked = {}

    def find_spec(self, name, path=None, target=None):
        package, _dot, last = name.rpartition(".")
        is_driver = package == "evse.drivers" and last not in STANDARD
        if is_driver or name == "evse.core.modbus_meters":
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec):
        module = ModuleType(spec.name)
        classes = self.asked.setdefault(spec.name.rpartition(".")[2], {})
        table = dict.fromkeys(METER_MODELS, (None, (9600, 8, None, 1), 1))
        module.MODELS, module.FRAMING, module.ADDRESS = table, 1, 2

        def made(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return classes.setdefault(name, MagicMock(side_effect=lambda *_values: MagicMock()))

        module.__getattr__ = made
        return module

    def exec_module(self, module):
        pass


@pytest.fixture
def recorder(monkeypatch):
    found = Recorder()
    with host.installed(World()):
        for name in list(sys.modules):
            if name.startswith("evse.drivers.") or name == "evse.core.modbus_meters":
                monkeypatch.delitem(sys.modules, name)
        package = importlib.import_module("evse.drivers")
        for name in [path.stem for path in DRIVERS.glob("[a-z]*.py")]:
            monkeypatch.delattr(package, name, raising=False)
        monkeypatch.setattr(sys, "meta_path", [found, *sys.meta_path])
        yield found
        # Before what was there comes back: nobody else may find the stand-ins
        for name in list(sys.modules):
            if name.startswith("evse.drivers.") or name == "evse.core.modbus_meters":
                del sys.modules[name]
                package_name, _dot, last = name.rpartition(".")
                if hasattr(sys.modules[package_name], last):
                    delattr(sys.modules[package_name], last)


def all_parts(board):
    """Build every part of a board, its meter as each setting may want it."""
    for name in part_names():
        if name != "meter":
            getattr(board, name)()
    for model in METER_MODELS:
        values = {**settings.defaults(), "meter_model": model, "meter_address": "000000000001"}
        board.meter({**values, "meter_address_2": "000000000002"})


def imported(recorder):
    return set(recorder.asked) - {"modbus_meters"}


def as_board(facts):
    """A StandardBoard with the data of `facts`."""
    from evse.drivers.standard_board import StandardBoard

    board = StandardBoard()
    for name, value in vars(facts).items():
        setattr(board, name, value)
    return board


@pytest.mark.parametrize("name", BOARDS)
def test_the_table_of_modules_is_what_a_board_imports(recorder, name):
    board = load_board(name)
    for evse in board.evses():
        all_parts(evse)
    assert imported(recorder) == board_modules.drivers(board) - STANDARD


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_so_it_is_for_boards_of_every_kind(recorder, number):
    board = as_board(good(**GOOD[number]))
    all_parts(board)
    assert imported(recorder) == board_modules.drivers(board) - STANDARD


def test_every_driver_is_used_by_a_board_or_can_be_chosen():
    boards = [load_board(name) for name in BOARDS]
    boards += [good(**changes) for changes in GOOD]
    used = set().union(*(board_modules.drivers(board) for board in boards))
    there = {path.stem for path in DRIVERS.glob("*.py")} - {"__init__"}
    assert there <= used, there - used


def test_what_is_left_out_is_reached_by_nothing_that_stays():
    board = load_board("devkitc")
    gone = board_modules.left_out(ROOT, board)
    assert "evse/drivers/dead_man_rmt.py" in gone
    assert "evse/drivers/lock_hbridge.py" in gone
    kept = {
        path.relative_to(ROOT / "firmware").as_posix()
        for path in (ROOT / "firmware").rglob("*.py")
    } - gone
    assert {"main.py", "evse/drivers/dead_man.py", "evse/core/pilot.py"} <= kept
    # Loaded by name, as a setting wants
    assert "evse/core/profile_sae_j1772.py" in kept


def test_a_core_module_that_only_a_driver_needs_goes_with_it(tmp_path):
    evse = tmp_path / "firmware" / "evse"
    files = {
        "drivers/meter_s0.py": "from ..core import pulses\nfrom ..core.ring import Ring\n",
        "drivers/dead_man.py": "from ..core import pilot\n",
        "core/pulses.py": "from . import counting\nfrom .shared import x\n",
        "core/counting.py": "",
        "core/shared.py": "",
        "core/ring.py": "",
        "core/pilot.py": "from .shared import x\n",
        "app/journal.py": "from ..core.ring import Ring\n",
    }
    for name, text in files.items():
        path = evse / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    gone = board_modules.left_out(tmp_path, good())
    assert gone == {
        "evse/drivers/meter_s0.py",
        "evse/core/pulses.py",
        "evse/core/counting.py",
    }


def test_one_evse_is_the_board_itself():
    board = load_board("devkitc")
    assert board.evses() == (board,)
    assert board.number == 1


def test_two_evses_have_their_own_pins_and_share_the_rest(recorder):
    board = load_board("esp32s3_twin")
    first, second = board.evses()
    assert (first.number, second.number) == (1, 2)
    assert (first.PINS["cp_pwm"], second.PINS["cp_pwm"]) == (4, 21)
    assert first.PINS["rs485_tx"] == second.PINS["rs485_tx"] == 17
    assert "phase_contactor" in first.PINS
    assert "phase_contactor" not in second.PINS
    assert second.phase_contactor() is None
    assert first.phase_contactor() is not None
    for name in ("rfid", "button", "buzzer", "emergency_stop", "pe_monitor"):
        assert getattr(first, name)() is getattr(second, name)(), name
    for name in ("light", "temperature", "contactor", "residual_current", "dead_man"):
        assert getattr(first, name)() is not getattr(second, name)(), name
    first.tick_timer()
    second.tick_timer()
    made = recorder.asked["tick_timer"]["TickTimer"].call_args_list
    assert [call.args for call in made] == [(0,), (1,)]


def test_both_meters_talk_through_one_port(recorder):
    first, second = load_board("esp32s3_twin").evses()
    for board, address in ((first, "000000000001"), (second, "000000000002")):
        board.meter({**settings.defaults(), "meter_model": "sdm630", "meter_address": address})
    assert recorder.asked["rs485"]["Rs485"].call_count == 1
    made = recorder.asked["meter_modbus"]["MeterModbus"].call_args_list
    assert [call.args[2:] for call in made] == [(1, 3), (2, 3)]
    assert made[0].args[0] is made[1].args[0]


def test_a_new_pair_of_evses_shares_nothing_with_the_one_before(recorder):
    board = load_board("esp32s3_twin")
    assert board.evses()[0].rfid() is not board.evses()[0].rfid()


def test_what_the_parts_are_told(recorder):
    load_board("smartevse_v3").meter(settings.defaults())
    (call,) = recorder.asked["rs485"]["Rs485"].call_args_list
    assert call.args == (2, 21, 23, (2400, 8, 0, 1), 22, 1)
    board = load_board("esp32_evse_devkitc")
    board.meter({**settings.defaults(), "meter_model": "sdm630"})
    # The address that the meter leaves the factory with
    assert recorder.asked["meter_modbus"]["MeterModbus"].call_args.args[2:] == (1, 1)
    board.residual_current()
    made = recorder.asked["residual_current_two_level"]["ResidualCurrentTwoLevel"]
    assert made.call_args.args == (34, 35, 23, False, False, 1)
    board = load_board("esp32c6")
    board.rfid()
    assert recorder.asked["rfid_pn532"]["RfidPn532I2c"].call_args.args == (6, 7)


def test_data_that_a_board_has_not_is_named():
    board = load_board("devkitc")
    with pytest.raises(AttributeError, match="UART_RFID"):
        _ = board.UART_RFID
    with host.installed(World()), pytest.raises(AttributeError, match="no_such_part"):
        board.no_such_part()


def test_every_choice_of_the_lint_has_its_driver():
    for name, choices in boardlint.CHOICES.items():
        wanted = {choice for choice in choices if choice is not None}
        assert set(board_modules.CHOSEN[name]) == wanted
