"""Two hundred connections in a heap that is all but full: what one leaves behind must not stop the next."""

import asyncio
import threading

import pytest

from interpreters import run_micropython
from scripted_broker import Broker

pytestmark = pytest.mark.processes
CONNECTIONS = 200
# What a connection, its end and the next one need is 9 KB, and 8 KB are too little for the first already
FREE_BYTES = 11264


class Impatient(Broker):
    """Answers a hello, and hangs up when the first records come."""

    def _answer(self, kind, body):
        super()._answer(kind, body)
        if b"/hello" in body[:40]:
            self.send(b"pile/P/ack", b"{}")
        elif b"/journal" in body[:40]:
            self.writer.close()


def brokers(port_of):
    """Serve until the loop is stopped; `port_of` gets (port, loop)."""

    async def serve():
        server = await asyncio.start_server(
            lambda reader, writer: Impatient().serve(reader, writer), "127.0.0.1", 0
        )
        stopped = asyncio.Event()
        port_of.append((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stopped))
        ready.set()
        await stopped.wait()
        server.close()

    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    return thread


def test_two_hundred_reconnects_in_a_heap_that_is_all_but_full(record_property):
    served = []
    thread = brokers(served)
    port, loop, stopped = served[0]
    try:
        ran = run_micropython(
            "host_tests/link/reconnects.py",
            *(str(port), str(CONNECTIONS), str(FREE_BYTES)),
            paths=("firmware", "build/lib"),
            heap="400K",
        )
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    begun, ended, free, greetings = (int(word) for word in ran.stdout.split()[:4])
    assert greetings >= CONNECTIONS
    assert free <= FREE_BYTES + 2048, "the heap was not full"
    assert abs(ended - begun) <= 2048
    record_property(
        "figure",
        f"{greetings} connections with {free} bytes free: {ended - begun} bytes more held",
    )
