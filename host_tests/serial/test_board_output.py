"""Line ends and raw bytes of the simulated chip's process, in whatever pieces they come."""

import pytest

from pilesim.serial.board_output import BoardOutput
from pilesim.serial.board_sys import RAW_MARK

RAW = b"a\nb\r\n" + RAW_MARK[:3]
WRITTEN = b"one\ntwo\r\n\n" + RAW_MARK + len(RAW).to_bytes(2, "little") + RAW + b"\n\x00\xf5r\r"
SENT = b"one\r\ntwo\r\n\r\n" + RAW + b"\r\n\x00\xf5r\r"


@pytest.mark.parametrize("size", range(1, len(WRITTEN) + 1))
def test_pieces_of_any_size(size):
    output = BoardOutput()
    pieces = [WRITTEN[at : at + size] for at in range(0, len(WRITTEN), size)]
    assert b"".join(output.take(piece) for piece in pieces) == SENT


def test_nothing_but_the_beginning_of_a_mark_waits():
    output = BoardOutput()
    assert output.take(b">>> " + RAW_MARK[:2]) == b">>> "
    assert output.take(b"x") == RAW_MARK[:2] + b"x"
