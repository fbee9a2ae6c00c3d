"""MicroPython's old name of socket."""

from socket import *  # noqa: F403
