"""MicroPython's old name of struct."""

from struct import *  # noqa: F403
