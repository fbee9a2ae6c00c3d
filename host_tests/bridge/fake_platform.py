"""A platform that speaks T/CEC 102, for the bridge's tests."""

import asyncio
import contextlib
import json
import socket
import time

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.client import PeerClient
from pilebridge.platforms.tcec102.envelope import Secrets
from pilebridge.platforms.tcec102.tokens import TokenIssuer

PEER_KEYS = Secrets(
    "MA5TEST01", "OpSecretExample1", "0123456789ABCDEF", "FEDCBA9876543210", "SigSecretExample"
)
OUR_KEYS = Secrets(
    "MA5PILE01", "OpSecretExample2", "ABCDEF0123456789", "9876543210FEDCBA", "SigSecretExampl2"
)


async def until(condition, timeout_s=5.0, what=""):
    """Wait for a condition; fails with its source when it does not come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what or "condition did not come true"
        await asyncio.sleep(0.01)


class FakePlatform:
    """The customer side: takes pushes, keeps them, and calls the bridge."""

    def __init__(self):
        self.pushes = []
        self.ret = {}
        self.answers = {}
        self.down = False
        self.tokens = TokenIssuer(OUR_KEYS, time.time)
        self.port = 0

    def of(self, interface):
        return [body for name, body in self.pushes if name == interface]

    def statuses(self):
        rows = self.of("notification_stationStatus")
        return [row["ConnectorStatusInfo"]["Status"] for row in rows]

    async def endpoint(self, request):
        interface = request.path_params["interface"]
        if self.down:
            return Response(status_code=503)
        body = envelope.open_request(OUR_KEYS, json.loads(await request.body()))
        ret, answer = self.ret.get(interface, 0), {}
        if interface == "query_token":
            answer = self.tokens.answer(body)
        elif not self.tokens.check(request.headers.get("authorization")):
            ret = 4002
        else:
            self.pushes.append((interface, body))
            answer = {"Status": 0, "SuccStat": 0, "FailReason": 0, "ConfirmResult": 0}
            answer.update(self.answers.get(interface, {}))
        sealed = envelope.seal_response(OUR_KEYS, ret, "", answer)
        return Response(json.dumps(sealed), media_type="application/json")

    @contextlib.asynccontextmanager
    async def serve(self):
        app = Starlette(routes=[Route("/evcs/v1/{interface}", self.endpoint, methods=["POST"])])
        sock = socket.socket()
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="off", ws="none", access_log=False)
        )
        server.capture_signals = contextlib.nullcontext
        task = asyncio.create_task(server.serve(sockets=[sock]))
        await until(lambda: server.started)
        try:
            yield self
        finally:
            server.should_exit = True
            await task

    @contextlib.asynccontextmanager
    async def calling(self, application):
        """A client of the bridge with this platform's keys."""
        url = f"http://127.0.0.1:{application.http_port}/evcs/v1"
        async with httpx.AsyncClient(trust_env=False) as http:
            yield PeerClient(url, PEER_KEYS, http)
