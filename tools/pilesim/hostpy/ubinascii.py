"""MicroPython's old name of binascii."""

from binascii import *  # noqa: F403
