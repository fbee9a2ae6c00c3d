"""The serial port of the technician: answers among echo and events, and a sentence for each thing that is wrong."""

import fcntl
import os
import pty
import time

import pytest
from fake_console import FakePile

from pilectl.port import ports
from pilectl.port.pile_port import PilePort, RefusedError
from pilectl.port.port_error import PortError
from pilectl.port.port_words import find_port


def sentence(port, **options):
    """What the technician reads when a greeting fails."""
    with pytest.raises(PortError) as caught, PilePort(port, silent_s=0.5, **options) as pile:
        pile.greet(1.2)
    return str(caught.value)


def test_answers_are_found_among_echo_events_and_broken_lines():
    with FakePile() as fake:
        fake.noise = (
            b'[  12 s] pilot A1 -> B1\r\n{"half":\r\n[  12 s] \xe5\xaf\xbc\xe5\xbc\x95\r\n'
        )
        with PilePort(fake.port) as pile:
            assert pile.greet()["station"] == "P001"
            assert pile.ask("cp")["connectors"][0]["high_mv"] == 11950
        assert fake.asked == ["status", "cp"]


def test_a_refusal_is_the_piles_own_sentence_and_a_code_opens_what_is_guarded():
    with FakePile(code="2468") as fake:
        with PilePort(fake.port) as pile:
            pile.greet()
            with pytest.raises(RefusedError, match="login CODE"):
                pile.ask("selftest")
        with PilePort(fake.port, code="2468") as pile:
            pile.greet()
            assert len(pile.ask("selftest")["results"]) == 8
        with PilePort(fake.port, code="1111") as pile, pytest.raises(RefusedError, match="wrong"):
            pile.greet()


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("events", "this is a pile, but its console does not answer: reset it"),
        ("silent", "nothing answers: check that the pile has power"),
        ("repl", "MicroPython's REPL and not the pile's console: press reset"),
        ("garbage", "only garbage arrives: the pile speaks 115200 baud"),
        ("bare", "the chip has no program: put it on with `pilectl flash`"),
        ("other", "no pile ('OK'): choose the port of the pile"),
    ],
)
def test_what_is_no_console_is_named(mode, says):
    with FakePile() as fake:
        fake.mode = mode
        assert says in sentence(fake.port)


def test_ports_that_cannot_be_opened_are_named(tmp_path, monkeypatch):
    assert "there is no such port" in sentence("/dev/ttyUSB99")
    assert "nobody listens there" in sentence("socket://127.0.0.1:1")
    locked = PermissionError(13, "Permission denied")
    monkeypatch.setattr("serial.serialposix.os.open", lambda *_: (_ for _ in ()).throw(locked))
    assert "you may not use this port: join its group" in sentence("/dev/ttyS0")


def test_a_port_that_another_program_holds_is_named():
    master, slave = pty.openpty()
    try:
        fcntl.flock(slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert "another program uses this port: close it" in sentence(os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)


def test_the_only_port_is_taken_and_the_others_are_named(monkeypatch):
    class Port:
        description = "CP2102"

        def __init__(self, device, vid=0x10C4):
            self.device, self.vid = device, vid

    monkeypatch.delenv(ports.VARIABLE, raising=False)
    found = []
    monkeypatch.setattr(ports.list_ports, "comports", lambda: found)
    with pytest.raises(PortError, match="plug the board in"):
        find_port(None)
    found += [Port("/dev/ttyS0", vid=None), Port("/dev/ttyUSB1")]
    assert find_port(None) == find_port("auto") == "/dev/ttyUSB1"
    found.append(Port("/dev/ttyUSB0"))
    with pytest.raises(PortError, match=r"/dev/ttyUSB0 .*/dev/ttyUSB1"):
        find_port(None)
    monkeypatch.setenv(ports.VARIABLE, "socket://127.0.0.1:9")
    assert find_port(None) == "socket://127.0.0.1:9"
    assert find_port("/dev/ttyUSB0") == "/dev/ttyUSB0"


def test_maint_leaves_to_a_repl_that_mpremote_drives(tmp_path):
    with FakePile(tmp_path, code="2468") as fake, PilePort(fake.port, code="2468") as pile:
        pile.greet()
        pile.maint()
        transport = pile.repl()
        transport.fs_writefile("note.bin", bytes(range(256)) * 3)
        assert bytes(transport.fs_readfile("note.bin")) == bytes(range(256)) * 3
        pile.reset(transport)
        assert pile.greet()["station"] == "P001"
        assert fake.starts == 1
    assert (tmp_path / "note.bin").read_bytes() == bytes(range(256)) * 3


def test_late_answers_to_a_repeated_question_are_not_taken_for_another():
    slow = []

    def starts_slowly(fake, name):
        if not slow:
            slow.append(name)
            time.sleep(2.5)

    with FakePile() as fake:
        fake.before_answer = starts_slowly
        with PilePort(fake.port, silent_s=4) as pile:
            assert pile.greet()["station"] == "P001"
            assert "high_mv" in pile.ask("cp")["connectors"][0]
        assert fake.asked == ["status", "status", "cp"]
