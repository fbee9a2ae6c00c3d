"""POST /evcs/v1/{interface} for every T/CEC 102 peer, told apart by OperatorID.

Verdicts travel inside the answer: HTTP is 200 also when a request is refused (T/CEC 102.4).
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pilebridge.platforms.tcec102 import fields
from pilebridge.platforms.tcec102.adapter import Tcec102Platform
from pilebridge.platforms.tcec102.envelope import (
    RET_BAD_ENVELOPE,
    RET_BAD_PARAMETER,
    RET_BAD_TOKEN,
    RET_SERVER_FAULT,
    EnvelopeError,
    check_request_fields,
    open_request,
    seal_response,
)

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024


class Tcec102Server:
    """The interfaces we offer; `routes` for the web application."""

    def __init__(self, platforms: Sequence[Tcec102Platform]) -> None:
        self._platforms = {platform.inbound.operator_id: platform for platform in platforms}
        self.refused = 0

    @property
    def routes(self) -> list[Route]:
        """Routes of the web application."""
        return [Route("/evcs/v1/{interface}", self._endpoint, methods=["POST"])]

    async def _endpoint(self, request: Request) -> Response:
        interface = str(request.path_params["interface"])
        platform: Tcec102Platform | None = None
        ret, msg, answer = 0, "", {}
        try:
            envelope = await _read(request)
            platform = self._caller(envelope)
            answer = await self._answer(platform, interface, envelope, request)
        except EnvelopeError as error:
            ret, msg = error.ret, error.msg
            self.refused += 1
            name = platform.name if platform else "unknown caller"
            log.warning("tcec %s: %.64s refused: Ret %d %.200s", name, interface, ret, msg)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            ret, msg = RET_SERVER_FAULT, "internal fault"
            log.exception("tcec: %.64s failed", interface)
        return self._sealed(platform, ret, msg, answer)

    def _caller(self, envelope: object) -> Tcec102Platform:
        given = check_request_fields(envelope)
        platform = self._platforms.get(given["OperatorID"])
        if platform is None:
            raise EnvelopeError(RET_BAD_ENVELOPE, "OperatorID is not known")
        return platform

    async def _answer(
        self, platform: Tcec102Platform, interface: str, envelope: object, request: Request
    ) -> dict[str, Any]:
        body = open_request(platform.inbound, envelope)
        platform.replays.check(check_request_fields(envelope))
        header = request.headers.get("authorization")
        if interface != "query_token" and not platform.tokens.check(header):
            raise EnvelopeError(RET_BAD_TOKEN, "token is wrong or has expired")
        handler = platform.handlers.get(interface)
        if handler is None:
            raise EnvelopeError(RET_BAD_PARAMETER, f"interface {interface[:64]} is not offered")
        fields.check(interface, body)
        return await handler(body)

    def _sealed(
        self, platform: Tcec102Platform | None, ret: int, msg: str, answer: dict[str, Any]
    ) -> Response:
        if platform is None and len(self._platforms) == 1:
            # With a single peer there is no doubt whose keys to answer with
            platform = next(iter(self._platforms.values()))
        if platform is None:
            sealed = {"Ret": ret, "Msg": msg, "Data": "", "Sig": ""}
        else:
            sealed = seal_response(platform.inbound, ret, msg, answer)
        text = json.dumps(sealed, ensure_ascii=False)
        return Response(text, media_type="application/json;charset=utf-8")


async def _read(request: Request) -> object:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise EnvelopeError(RET_BAD_ENVELOPE, f"request is over {MAX_BODY_BYTES} bytes")
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise EnvelopeError(RET_BAD_ENVELOPE, "request is not JSON") from None
    return parsed
