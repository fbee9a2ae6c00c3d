"""From an identity to an open websocket: address, credentials, TLS, subprotocol, and why it failed."""

import asyncio
import base64
import os
import ssl
import tempfile
import urllib.parse
from collections import Counter

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from pilebridge.log_sometimes import log_sometimes
from pilebridge.platforms.ocpp.codes import V16, V201, Version
from pilebridge.platforms.ocpp.context import Settings
from pilebridge.platforms.ocpp.credentials import Credentials
from pilebridge.platforms.ocpp.frames import MAX_BYTES
from pilebridge.platforms.ocpp.pacing import Pacer

_CLOSE_S = 2.0
_WITH_CERTIFICATE = 3
# asyncio keeps a buffer of this size for each TLS connection; its own 256 KiB is too much for thousands
_TLS_BUFFER = 16384
_REFUSALS = {401, 403}
_MEANS = {
    400: "it does not take the request, or none of our versions",
    401: "identity or password refused (security profile, password form?)",
    403: "not allowed",
    404: "it does not know this identity, or the address is wrong",
    426: "it does not speak this protocol",
    429: "too many connections at once",
    503: "not available now",
}


class DialError(Exception):
    """No connection; the text is for the operator, equal causes have equal texts.

    `refused`: what the station showed, or was shown, is the reason.
    """

    def __init__(self, text: str, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class Dialer:
    """Makes the connections of one platform, no more than `connect_per_s` of them a second."""

    def __init__(self, settings: Settings, pacer: Pacer | None = None) -> None:
        self._settings = settings
        self._pacer = pacer or Pacer(settings.connect_per_s)
        self._causes: Counter[str] = Counter()
        self._contexts: dict[int, ssl.SSLContext] = {}
        known: tuple[Version, ...] = (V16, V201)
        self._versions = [version for version in settings.versions if version in known]
        if not self._versions:
            raise ValueError(f"ocpp {settings.name}: none of {settings.versions} is known here")

    async def dial(
        self, identity: str, credentials: Credentials | None = None
    ) -> tuple[ClientConnection, Version]:
        """An open connection and the version agreed on; DialError."""
        own = credentials or Credentials()
        profile = own.security_profile
        if profile is None:
            profile = self._settings.security_profile
        uri = address(self._settings.url, identity, profile)
        headers = {}
        if profile in {1, 2}:
            password = own.password or self._settings.password
            form = (own.password_form if own.password else "") or self._settings.password_form
            headers["Authorization"] = basic(identity, password, form)
        context = self._context(profile, own) if profile >= 2 else None
        await self._pacer.turn()
        try:
            # The machine's proxy settings are not for calls between platforms
            socket = await connect(
                uri,
                subprotocols=[Subprotocol(version) for version in self._versions],
                additional_headers=headers,
                user_agent_header="PileLink",
                compression=None,
                proxy=None,
                ssl=context,
                open_timeout=self._settings.call_timeout_s,
                ping_interval=None,
                close_timeout=_CLOSE_S,
                max_size=MAX_BYTES,
            )
        except (InvalidHandshake, InvalidURI, OSError, TimeoutError, EOFError) as error:
            raise DialError(_cause(error), _is_refusal(error, context is not None)) from None
        for version in self._versions:
            if socket.subprotocol == version:
                return socket, version
        await socket.close(1002, "no subprotocol agreed")
        offered = ", ".join(self._versions)
        raise DialError(f"it agrees on none of our versions ({offered})")

    def note(self, identity: str, cause: str) -> None:
        """Log why a connection was not made: each cause the 1st, 2nd, 4th, 8th time it comes."""
        self._causes[cause] += 1
        text = "ocpp %s: %s: no connection: %s"
        log_sometimes(self._causes[cause], text, self._settings.name, identity, cause)

    def _context(self, profile: int, own: Credentials) -> ssl.SSLContext:
        """TLS for a station; those with nothing of their own share one context of a profile."""
        certificate = own.certificate if profile == _WITH_CERTIFICATE else ""
        try:
            if certificate or own.roots:
                return self._made(profile, certificate, own.roots)
            if profile not in self._contexts:
                self._contexts[profile] = self._made(profile, "", "")
            return self._contexts[profile]
        except (OSError, ssl.SSLError) as error:
            raise DialError(f"certificate files cannot be used: {error}", True) from None

    def _made(self, profile: int, certificate: str, roots: str) -> ssl.SSLContext:
        settings = self._settings
        context = tls_context(settings.ca_file, roots)
        if certificate:
            # OpenSSL takes it from a file only; this one is private and gone at once
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(certificate)
                file.flush()
                context.load_cert_chain(file.name)
        elif profile == _WITH_CERTIFICATE and settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.private_key_file or None)
        return context


def address(url: str, identity: str, security_profile: int) -> str:
    """The URL of a station; from profile 2 on it is wss, whatever the settings say."""
    if security_profile >= 2 and url.startswith("ws://"):
        url = "wss://" + url.removeprefix("ws://")
    return url.rstrip("/") + "/" + urllib.parse.quote(identity, safe="")


def basic(identity: str, password: str, form: str) -> str:
    """The Authorization header; with the form "hex" the password is the bytes that its digits name."""
    try:
        secret = bytes.fromhex(password) if form == "hex" else password.encode()
    except ValueError:
        raise DialError("the password is not hex, as password_form says", True) from None
    return "Basic " + base64.b64encode(identity.encode() + b":" + secret).decode()


def tls_context(ca_file: str, roots: str) -> ssl.SSLContext:
    """TLS of at least 1.2 that checks the server's name and certificate; OSError or ssl.SSLError.

    Believed are the authorities of the file and the roots (PEM); those of the machine when there are neither.
    """
    context = ssl.create_default_context(cafile=ca_file or None, cadata=roots or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    asyncio.sslproto.SSLProtocol.max_size = _TLS_BUFFER  # type: ignore[attr-defined]
    return context


def _is_refusal(error: Exception, secure: bool) -> bool:
    if isinstance(error, InvalidStatus):
        return error.response.status_code in _REFUSALS
    # A server that takes no certificate of ours, or speaks no TLS, may just end the connection
    ended = isinstance(error, InvalidMessage | ConnectionResetError | EOFError)
    return isinstance(error, ssl.SSLError) or (secure and ended)


def _cause(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"HTTP {status}: {_MEANS.get(status, 'refused')}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        # Without the address and port that some systems put into strerror
        return os.strerror(error.errno) if error.errno else f"{type(error).__name__}: {error}"
    return f"{type(error).__name__}: {error}"[:200]
