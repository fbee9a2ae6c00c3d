"""What hangs on a port that gives no answer of a pile, told by the bytes that came from it."""

from __future__ import annotations

import re

# Share of bytes that are no text, above which the line runs at another speed
_GARBAGE = 0.2
_REPL = (b">>>", b"raw REPL", b"NameError", b"SyntaxError", b"MicroPython v")
_BARE = (b"invalid header", b"waiting for download", b"flash read err")
_PANIC = (b"Guru Meditation", b"abort() was called")


def sentence_for(port: str, heard: bytes) -> str:
    """One sentence: what it probably is, and what to do next."""
    text = heard.decode("utf-8", "replace")
    if not heard.strip():
        return (
            f"{port}: nothing answers: check that the pile has power, that this is its port, "
            "and that the cable carries data."
        )
    strange = sum(char == "\ufffd" or (char < " " and char not in "\r\n\t\x1b") for char in text)
    if strange > _GARBAGE * len(text):
        return (
            f"{port}: only garbage arrives: the pile speaks 115200 baud, so leave --baud out, "
            "and check the ground of the cable."
        )
    if any(mark in heard for mark in _BARE):
        return f"{port}: the chip has no program: put it on with `pilectl flash`."
    if any(mark in heard for mark in _PANIC):
        return f"{port}: the chip panics and starts again and again: flash it anew with `pilectl flash`."
    if any(mark in heard for mark in _REPL):
        return (
            f"{port}: this is MicroPython's REPL and not the pile's console: press reset, "
            "or put the firmware on with `pilectl flash`."
        )
    if re.search(rb"^\[ *\d+ s\] ", heard, re.MULTILINE):
        return (
            f"{port}: this is a pile, but its console does not answer: reset it, "
            "or update its firmware with `pilectl flash`."
        )
    last = [line.strip() for line in text.splitlines() if line.strip()][-1][:60]
    return (
        f"{port}: something answers that is no pile ({last!r}): "
        "choose the port of the pile, or update its firmware."
    )
