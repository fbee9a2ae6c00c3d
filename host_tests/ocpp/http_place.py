"""A place on loopback that files are fetched from and put to."""

import asyncio
import contextlib


class HttpPlace:
    """`answers[method, path]` is (code, body), or a list of them to be used up; `got` are the requests."""

    def __init__(self):
        self.answers = {}
        self.got = []
        self.url = ""

    async def serve(self, reader, writer):
        """One request of one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            sizes = [
                line for line in head.lower().split("\r\n") if line.startswith("content-length")
            ]
            size = int(sizes[0].partition(":")[2]) if sizes else 0
            self.got.append((method, path, (await reader.readexactly(size)).decode()))
            answer = self.answers.get((method, path), (404, b""))
            if isinstance(answer, list):
                answer = answer.pop(0)
            code, body = answer
            reply = (
                f"HTTP/1.1 {code} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(reply.encode() + body)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def http_place():
    """A place that is there while the block lasts."""
    place = HttpPlace()
    server = await asyncio.start_server(place.serve, "127.0.0.1", 0)
    place.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield place
    finally:
        server.close()
        await server.wait_closed()
