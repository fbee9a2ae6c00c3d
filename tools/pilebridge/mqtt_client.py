"""The MQTT client behind a small interface, so that it can be replaced.

gmqtt acknowledges a message only when the handler's coroutine is done, which is after the commit.
Each connection is a new client object on the same persistent session; reconnecting is done here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from gmqtt import Client, Subscription

log = logging.getLogger(__name__)

_SESSION_S = 7 * 86400
_KEEPALIVE_S = 15
_CONNECT_TIMEOUT_S = 3.0
_CLOSE_TIMEOUT_S = 2.0
_BACKOFF_S = (0.2, 0.5, 1.0, 2.0)
_NEVER = -2

# topic, payload, retained -> done when it may be acknowledged
Handler = Callable[[str, bytes, bool], Awaitable[None]]


class Publisher(Protocol):
    """What the pile link needs of a client."""

    @property
    def connected(self) -> bool:
        """True while the broker is there."""
        ...

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Send with QoS 1; False when it could not be handed to the broker."""
        ...


class MqttClient:
    """One connection to the broker that comes back by itself; run() until cancelled."""

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        topics: tuple[str, ...],
        handler: Handler,
        on_link: Callable[[bool], None],
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._client_id = client_id
        self._topics = topics
        self._handler = handler
        self._on_link = on_link
        self._credentials = credentials
        self._client: Client | None = None
        self._quiet = logging.getLogger(__name__ + ".gmqtt")
        # It reports every ended connection as an error and a lost one with a traceback
        self._quiet.setLevel(logging.CRITICAL)
        logging.getLogger("gmqtt.mqtt.protocol").setLevel(logging.ERROR)

    @property
    def connected(self) -> bool:
        """True while the broker is there and our subscriptions stand."""
        return self._client is not None and self._client.is_connected

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Send with QoS 1; False when the link is down or its window is full."""
        client = self._client
        if client is None or not client.is_connected:
            return False
        try:
            client.publish(topic, payload, qos=1, retain=retain)
        except OverflowError:
            return False
        return True

    async def run(self) -> None:
        """Connect, subscribe, wait for the end of the connection, again; until cancelled."""
        attempt = 0
        while True:
            lost = asyncio.Event()
            client = self._new_client(lost)
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    await self._connect(client)
                attempt = 0
                await lost.wait()
                log.error("mqtt: connection lost")
            except (OSError, TimeoutError, RuntimeError) as error:
                if attempt == 0:
                    log.error("mqtt: no connection: %s", str(error) or type(error).__name__)
            finally:
                was_up, self._client = self._client is not None, None
                await _close(client)
                if was_up:
                    self._on_link(False)
            await asyncio.sleep(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])
            attempt += 1

    def _new_client(self, lost: asyncio.Event) -> Client:
        client = Client(
            self._client_id,
            clean_session=False,
            optimistic_acknowledgement=False,
            logger=self._quiet,
            session_expiry_interval=_SESSION_S,
        )
        client.set_config({"reconnect_retries": _NEVER})
        if self._credentials is not None:
            client.set_auth_credentials(*self._credentials)

        async def on_message(
            _client: Any, topic: str, payload: bytes, _qos: int, properties: dict[str, Any]
        ) -> int:
            try:
                await self._handler(topic, bytes(payload), bool(properties.get("retain")))
            except Exception:
                # Our own `ack` frees a journal, not the PUBACK: giving it keeps the window open
                log.exception("mqtt: message on %s failed", topic)
            return 0

        client.on_message = on_message
        client.on_disconnect = lambda *_: lost.set()
        return client

    async def _connect(self, client: Client) -> None:
        await _connected(client, self._host, self._port)
        subscribed = asyncio.Event()

        def on_subscribe(*_: object) -> None:
            # At once: retained messages follow in the same read
            self._client = client
            log.info("mqtt: connected to %s:%d", self._host, self._port)
            self._on_link(True)
            subscribed.set()

        client.on_subscribe = on_subscribe
        client.subscribe([Subscription(topic, qos=1) for topic in self._topics])
        await subscribed.wait()


async def _connected(client: Client, host: str, port: int) -> None:
    try:
        await client.connect(host, port, keepalive=_KEEPALIVE_S)
    except OSError:
        raise
    except Exception as error:
        raise RuntimeError(f"broker refused: {error}") from None


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await client.disconnect()
    except Exception as error:
        log.debug("mqtt: closing: %s", error)
