"""The serial port's two ends for the host, joined: a pseudo-terminal and a TCP socket on loopback."""

import asyncio
import os
import select
import socket
import termios
import tty

_LOOK_S = 0.05
_READ_BYTES = 65536
# More than this nobody is going to read
_MOST_WAITING = 1 << 20


class _Terminal:
    """The pseudo-terminal. What is sent while no program has it open is lost, as on a wire."""

    def __init__(self, take):
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._poller = select.poll()
        self._poller.register(self._master, select.POLLIN)
        self._waiting = b""
        self._open = False
        self._timer = None
        self._look()

    def _look(self):
        """Notice a program that opens the terminal; that one closes it shows when it is read."""
        found = self._poller.poll(0)
        if not found or not found[0][1] & select.POLLHUP:
            self._open = True
            self._loop.add_reader(self._master, self._readable)
            return
        self._timer = self._loop.call_later(_LOOK_S, self._look)

    def _readable(self):
        try:
            data = os.read(self._master, _READ_BYTES)
        except OSError:
            self._closed()
            return
        self._take(data)

    def _closed(self):
        self._open = False
        self._waiting = b""
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        # What the last program has not read is not for the next one
        slave = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        termios.tcflush(self._master, termios.TCOFLUSH)
        termios.tcflush(slave, termios.TCIFLUSH)
        os.close(slave)
        self._look()

    def write(self, data):
        """Send."""
        if self._open and len(self._waiting) < _MOST_WAITING:
            self._waiting += data
            self._send()

    def _send(self):
        try:
            self._waiting = self._waiting[os.write(self._master, self._waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            self._waiting = b""
        if self._waiting:
            self._loop.add_writer(self._master, self._send)
        else:
            self._loop.remove_writer(self._master)

    def close(self):
        """End it."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        os.close(self._master)


class Ports:
    """Both ends; `take(data)` gets what comes from either. `path` is the terminal's, `url` the socket's."""

    def __init__(self, take):
        self._take = take
        self._terminal = _Terminal(take)
        self.path = self._terminal.path
        self.url = ""
        self._server = None
        self._writers = set()

    async def listen(self):
        """Open the socket."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = "socket://127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writers.add(writer)
        try:
            while data := await reader.read(_READ_BYTES):
                self._take(data)
        except (ConnectionError, asyncio.CancelledError):
            # The other side is gone, or this one ends
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def write(self, data):
        """Send to both."""
        self._terminal.write(data)
        for writer in self._writers:
            if writer.transport.get_write_buffer_size() < _MOST_WAITING:
                writer.write(data)

    def close(self):
        """End both."""
        self._terminal.close()
        for writer in self._writers:
            writer.close()
        if self._server is not None:
            self._server.close()
