"""The simulated flash: NOR's rules, time, faults, cuts and rot; as esp32.Partition and over processes."""

import os
import subprocess
import sys

import pytest

from interpreters import find_micropython
from pilesim import host
from pilesim.chip import PWRON_RESET, ResetRequest
from pilesim.nor_flash import ERASE_LEAST_US, ERASE_MOST_US, PROGRAM_US, NorFlash, PowerCut
from pilesim.rng import Random
from pilesim.scenario import Runner
from pilesim.scenario_words import ScenarioError, parse
from pilesim.world import World
from rig import ROOT, load_board

SECTOR = 4096


@pytest.fixture
def world():
    with host.installed(World(3)) as installed:
        yield installed


def run(world, text):
    host.run(Runner(world, parse(text)).run())


def test_programming_clears_bits_and_only_erasing_sets_them():
    flash = NorFlash(2 * SECTOR)
    flash.program(10, b"\xf0\x0f")
    flash.program(10, b"\x3c\xff")
    assert flash.read(9, 4) == b"\xff\x30\x0f\xff"
    flash.program(SECTOR, b"\0")
    flash.erase(0)
    assert flash.read(0, SECTOR) == b"\xff" * SECTOR
    assert flash.read(SECTOR, 1) == b"\0"
    assert flash.wear == [1, 0]


def test_programs_are_counted_by_page():
    flash = NorFlash(SECTOR)
    for at, size, pages in ((0, 1, 1), (200, 56, 1), (200, 57, 2), (255, 258, 3)):
        before = flash.programs
        flash.program(at, bytes(size))
        assert flash.programs - before == pages


def test_what_lies_outside_is_refused():
    flash = NorFlash(SECTOR)
    for call in (lambda: flash.read(SECTOR, 1), lambda: flash.program(SECTOR - 1, b"ab")):
        with pytest.raises(OSError, match="flash: "):
            call()
    with pytest.raises(ValueError, match="no start of a sector"):
        flash.erase(1)
    with pytest.raises(ValueError, match="allowed multiples of 4096"):
        NorFlash(5000)
    with pytest.raises(ValueError, match="torn third, allowed none half full"):
        flash.cut_in(1, "third")


def test_a_cut_leaves_nothing_half_or_all_of_the_operation():
    seen = {"none": set(), "half": set(), "full": set()}
    for seed in range(40):
        for torn, programmed in seen.items():
            flash = NorFlash(SECTOR, Random(seed))
            flash.program(0, b"ab")
            flash.cut_in(2, torn)
            flash.program(100, b"\0")
            with pytest.raises(PowerCut):
                flash.program(8, bytes(8))
            programmed.add(flash.read(8, 8))
            flash.cut_in(1, torn)
            with pytest.raises(PowerCut):
                flash.erase(0)
            left = flash.read(0, 2)
            assert (left == b"ab") if torn == "none" else (left == b"\xff\xff" or torn == "half")
    assert seen["none"] == {b"\xff" * 8}
    assert seen["full"] == {bytes(8)}
    assert {b"\0\0\0\0\xff\xff\xff\xff", b"\xff\xff\xff\xff\0\0\0\0"} < seen["half"]
    assert len(seen["half"]) > 10


def test_rot_flips_as_many_bits_as_asked_and_follows_from_the_seed():
    flashes = [NorFlash(16 * SECTOR, Random(9)) for _ in range(2)]
    places = [flash.rot(20) for flash in flashes]
    assert places[0] == places[1]
    content = flashes[0].content
    assert sum(bin(byte ^ 0xFF).count("1") for byte in content) == 20
    assert all(SECTOR <= at < SECTOR + 9 for at in flashes[0].rot(50, SECTOR, SECTOR + 9))


def test_faults_of_the_world_reach_the_flash(world):
    flash = world.flash
    run(world, "fault flash_fail on")
    for call in (lambda: flash.program(0, b"\0"), lambda: flash.erase(0)):
        with pytest.raises(OSError, match="flash does not answer"):
            call()
    run(world, "fault flash_fail off; fault flash_silent on")
    flash.program(0, b"\0")
    assert flash.read(0, 1) == b"\xff"
    run(world, "fault flash_silent off; fault flash_worn on")
    flash.erase(0)
    assert flash.read(0, SECTOR).count(b"\xff") == SECTOR - 1
    run(world, "fault flash_worn off")
    flash.erase(0)
    flash.program(0, b"\0")
    assert flash.read(0, SECTOR).count(b"\xff") == SECTOR - 1


def test_operations_hold_the_interpreter_for_their_time(world):
    called = []
    world.clock.schedule(called.append, 1)
    start_us = world.clock.now_us
    world.flash.program(250, bytes(10))
    assert world.clock.now_us - start_us == 2 * PROGRAM_US
    times_us = []
    for _ in range(50):
        start_us = world.clock.now_us
        world.flash.erase(0)
        times_us.append(world.clock.now_us - start_us)
    assert ERASE_LEAST_US <= min(times_us) < 100_000
    assert 300_000 < max(times_us) <= ERASE_MOST_US
    assert called == [], "a callback ran while the interpreter was held"


def test_words_of_a_scenario(world):
    run(world, "flash rot 8; flash cut 2 full")
    assert sum(bin(byte ^ 0xFF).count("1") for byte in world.flash.content) == 8
    old_chip = world.chip
    world.flash.erase(0)
    with pytest.raises(ResetRequest) as reset:
        world.flash.program(0, b"kept")
    assert reset.value.cause == PWRON_RESET
    assert not old_chip.alive
    assert world.chip.alive
    assert world.flash.read(0, 4) == b"kept"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flash", "too few words; usage: flash rot 8|cut 17 none|half|full"),
        ("flash melt 8", "'melt' is not one of: rot cut"),
        ("flash rot", "takes 2 words"),
        ("flash rot some", "'some' is no number, allowed 1..1000000"),
        ("flash cut 0 half", "'0' is no number"),
        ("flash cut 17", "takes 3 words"),
        ("flash cut 17 most", "'most' is not one of: none half full"),
    ],
)
def test_words_that_are_not_understood(text, message):
    with pytest.raises(ScenarioError) as error:
        parse(text)
    assert message in str(error.value)


def test_partition_is_found_like_the_port_s(world):
    from esp32 import Partition

    (partition,) = Partition.find(Partition.TYPE_DATA, label="journal")
    assert Partition.find(label="journal") == []
    assert Partition.find(Partition.TYPE_DATA, label="nvs") == []
    assert Partition("journal").info() == partition.info()
    assert partition.info()[0] == Partition.TYPE_DATA
    assert partition.info()[3:] == (65536, "journal", False)
    with pytest.raises(OSError, match="2"):
        Partition("nvs")


def test_partition_erases_first_only_without_an_offset(world):
    from esp32 import Partition

    partition = Partition("journal")
    partition.writeblocks(1, b"\x0f", 5)
    partition.writeblocks(1, b"\xf0", 5)
    data = bytearray(7)
    partition.readblocks(1, data)
    assert bytes(data) == b"\xff" * 5 + b"\0\xff"
    assert world.flash.erases == 0
    partition.writeblocks(1, b"\x55" * SECTOR)
    assert world.flash.read(SECTOR, SECTOR) == b"\x55" * SECTOR
    assert world.flash.wear[:3] == [0, 1, 0]


def test_nothing_of_a_dead_chip_reaches_the_flash(world):
    from esp32 import Partition

    partition = Partition("journal")
    partition.writeblocks(0, b"old", 0)
    world.replace_chip(PWRON_RESET)
    partition.writeblocks(0, b"\0\0\0", 0)
    partition.ioctl(6, 0)
    assert world.flash.read(0, 3) == b"old"
    assert (world.flash.programs, world.flash.erases) == (1, 0)


@pytest.mark.parametrize("name", ["devkitc", "devkitc_socket", "devkitc_uart"])
def test_every_board_drives_its_partition(world, name):
    flash = load_board(name).journal_flash()
    assert (flash.size, flash.SECTOR_BYTES) == (65536, SECTOR)
    flash.program(SECTOR + 254, b"abc")
    assert flash.read(SECTOR + 253, 5) == b"\xffabc\xff"
    assert world.flash.programs == 2
    flash.erase(SECTOR)
    assert flash.read(SECTOR, SECTOR) == b"\xff" * SECTOR
    assert world.flash.wear[:3] == [0, 1, 0]
    run(world, "fault flash_fail on")
    with pytest.raises(OSError, match="does not answer"):
        flash.erase(0)


def test_an_image_without_the_partition_is_told_where_to_look():
    told = pytest.raises(OSError, match=r"no partition journal: see boards/README\.md")
    with host.installed(World(partitioned=False)), told:
        load_board("devkitc").journal_flash()


KEPT = """
import sys
from pilesim import current
from pilesim.world import World
world = World(5)
current.use(world)
world.flash.keep_in(sys.argv[1])
print(bytes(world.flash.read(0, 4)), bytes(world.flash.read(4096, 4)))
from esp32 import Partition
partition = Partition("journal")
partition.writeblocks(0, b"abcd", 0)
partition.writeblocks(1, b"efgh", 0)
partition.ioctl(6, 1)
print("written")
sys.stdin.readline()
"""


@pytest.mark.parametrize("python", ["micropython", "cpython"])
def test_a_killed_process_leaves_what_was_programmed(python, tmp_path):
    binary = find_micropython() if python == "micropython" else sys.executable
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    folders = [ROOT / "tools" / "pilesim" / "standins", ROOT / "tools"]
    path = ":".join(str(folder) for folder in folders)
    script = tmp_path / "kept.py"
    script.write_text(KEPT)
    lines = []
    for _ in range(2):
        process = subprocess.Popen(
            [binary, script, tmp_path / "journal.flash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MICROPYPATH": path + ":.frozen", "PYTHONPATH": path},
        )
        lines.append(process.stdout.readline().strip())
        assert process.stdout.readline() == "written\n"
        process.kill()
        process.communicate()
    blank = "b'\\xff\\xff\\xff\\xff'"
    assert lines == [f"{blank} {blank}", f"b'abcd' {blank}"]
    assert (tmp_path / "journal.flash").stat().st_size == 65536
