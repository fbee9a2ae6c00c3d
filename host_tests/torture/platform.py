"""The platform's company: takes pushes and misbehaves as told, and orders charges over signed calls.

Its books: which references it ordered, what it was answered, every order it was sent.
"""

import asyncio
import json

import httpx

from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.client import PeerClient, PeerError
from pilebridge.platforms.tcec102.envelope import Secrets
from pilebridge.platforms.tcec102.tokens import TokenIssuer

THEIR_KEYS = Secrets(
    "MA5TEST01", "OpSecretExample1", "0123456789ABCDEF", "FEDCBA9876543210", "SigSecretExample"
)
BRIDGE_KEYS = Secrets(
    "MA5PILE01", "OpSecretExample2", "ABCDEF0123456789", "9876543210FEDCBA", "SigSecretExampl2"
)
ORDER = "notification_charge_order_info"
TIMEOUT_S = 10.0
# How an answer may go wrong, see Platform.mood
MOODS = ("down", "error", "unsigned", "deaf", "late", "busy", "disputed", "logged_out")


class Order:
    """One order as it was sent: its body, when, and what the sender was told of it."""

    def __init__(self, at_s, body, told):
        self.at_s = at_s
        self.body = body
        self.told = told  # "confirmed", "disputed" or "nothing"


class Platform:
    """`mood` is "" or one of MOODS; `ask(...)` calls the bridge through `transport`."""

    def __init__(self, wall_s, transport, say):
        self.mood = ""
        self.orders = {}  # reference -> list of Order
        self.results = {}  # reference -> last StartChargeSeqStat of a start result
        self.asked = {}  # reference -> last SuccStat it was answered, None for no answer
        self._wall_s = wall_s
        self._say = say
        self._tokens = TokenIssuer(BRIDGE_KEYS, wall_s)
        http = httpx.AsyncClient(transport=transport, timeout=TIMEOUT_S)
        self._client = PeerClient("http://bridge/evcs/v1", THEIR_KEYS, http, wall_s)
        self._count = 0

    def new_reference(self):
        """A StartChargeSeq of its own."""
        self._count += 1
        return "MA5TEST01%018d" % self._count

    async def start(self, ref, connector_id):
        """query_start_charge: True accepted, False refused, None when no answer came."""
        self.asked.setdefault(ref, None)
        answer = await self._ask(
            "query_start_charge", {"StartChargeSeq": ref, "ConnectorID": connector_id}
        )
        if answer is None:
            return None
        self.asked[ref] = answer["SuccStat"]
        return answer["SuccStat"] == 0

    async def stop(self, ref, connector_id):
        """query_stop_charge: True accepted or over already, False refused, None without an answer."""
        answer = await self._ask(
            "query_stop_charge", {"StartChargeSeq": ref, "ConnectorID": connector_id}
        )
        return None if answer is None else answer["SuccStat"] == 0 or answer["FailReason"] == 3

    async def look(self, ref):
        """query_equip_charge_status, whose answer matters to nobody."""
        await self._ask("query_equip_charge_status", {"StartChargeSeq": ref})

    async def _ask(self, interface, body):
        try:
            return await self._client.call(interface, body)
        except PeerError as error:
            self._say("platform: %s" % str(error)[:100])
            return None

    # What the bridge calls

    def transport(self):
        """For the bridge's httpx client."""
        return httpx.MockTransport(self._endpoint)

    async def _endpoint(self, request):
        mood = self.mood
        if mood == "down":
            raise httpx.ConnectError("connection refused", request=request)
        if mood == "error":
            return httpx.Response(500)
        interface = request.url.path.rsplit("/", 1)[1]
        ret, told, answer = self._take(interface, json.loads(request.content), request.headers)
        if mood == "late":
            await asyncio.sleep(TIMEOUT_S * 0.6)
        elif mood == "deaf":
            # It took the message, and its answer never arrives
            await asyncio.sleep(TIMEOUT_S)
            raise httpx.ReadTimeout("no answer", request=request)
        told.told = {0: "confirmed", 1: "disputed"}.get(answer.get("ConfirmResult"), "nothing")
        sealed = envelope.seal_response(BRIDGE_KEYS, ret, "", answer)
        if mood == "unsigned":
            told.told = "nothing"
            sealed["Sig"] = "0" * 32
        return httpx.Response(200, json=sealed)

    def _take(self, interface, sealed, headers):
        body = envelope.open_request(BRIDGE_KEYS, sealed)
        told = Order(asyncio.get_running_loop().time(), body, "nothing")
        if interface == "query_token":
            return 0, told, self._tokens.answer(body)
        if self.mood == "logged_out":
            self._tokens.revoke()
            self.mood = ""
        if not self._tokens.check(headers.get("authorization")):
            return 4002, told, {}
        if self.mood == "busy":
            return -1, told, {}
        answer = {"Status": 0, "SuccStat": 0, "FailReason": 0}
        if interface == ORDER:
            answer["ConfirmResult"] = 1 if self.mood == "disputed" else 0
            self.orders.setdefault(body["StartChargeSeq"], []).append(told)
            if self.mood == "disputed":
                self.mood = ""
        elif interface == "notification_start_charge_result":
            self.results[body["StartChargeSeq"]] = body["StartChargeSeqStat"]
        if interface != "notification_stationStatus":
            self._say("platform: took %s %s" % (interface, body.get("StartChargeSeq", "")))
        return 0, told, answer
