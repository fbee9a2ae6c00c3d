"""The sealed envelope of T/CEC 102.4: AES-128-CBC, base64, HMAC-MD5, time stamp and sequence.

Both ends use it: whoever sends seals with a set of secrets, whoever receives opens with the same
set. There are two independent sets, one per direction of call.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from secrets import randbelow
from typing import Any, NoReturn

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

RET_OK = 0
RET_BUSY = -1
RET_BAD_SIGNATURE = 4001
RET_BAD_TOKEN = 4002
RET_BAD_ENVELOPE = 4003
RET_BAD_PARAMETER = 4004
RET_SERVER_FAULT = 500

CHINA = timezone(timedelta(hours=8), "UTC+8")
WINDOW_S = 300

_BLOCK = 16
_FIRST_COUNTS = 9000
_REQUEST_FIELDS = ("OperatorID", "Data", "TimeStamp", "Seq", "Sig")
# Prices and energy leave as JSON numbers with the places they were built with
_encoder = msgspec.json.Encoder(decimal_format="number")


class EnvelopeError(ValueError):
    """A sealed message was refused; `ret` is the code of T/CEC 102.4, `msg` a sentence."""

    def __init__(self, ret: int, msg: str) -> None:
        super().__init__(f"Ret {ret}: {msg}")
        self.ret = ret
        self.msg = msg


@dataclass(frozen=True)
class Secrets:
    """The keys of one direction of call; `operator_id` is the caller's organisation code."""

    operator_id: str
    operator_secret: str
    data_secret: str
    data_iv: str
    sig_secret: str

    def __post_init__(self) -> None:
        if len(self.operator_id) != 9 or not self.operator_id.isascii():
            raise ValueError(f"operator_id: {self.operator_id!r}, allowed 9 ASCII characters")
        for name in ("data_secret", "data_iv"):
            length = len(getattr(self, name).encode())
            if length != _BLOCK:
                raise ValueError(f"{name}: {length} bytes, allowed exactly {_BLOCK}")
        for name in ("operator_secret", "sig_secret"):
            if not getattr(self, name):
                raise ValueError(f"{name}: empty")

    def __repr__(self) -> str:
        return f"Secrets(operator_id={self.operator_id!r})"


def encrypt(secrets: Secrets, plaintext: bytes) -> str:
    """Base64 text of `plaintext` under AES-128-CBC with PKCS#7 padding."""
    pad = _BLOCK - len(plaintext) % _BLOCK
    cipher = _cipher(secrets).encryptor()
    sealed = cipher.update(plaintext + bytes((pad,)) * pad) + cipher.finalize()
    return base64.b64encode(sealed).decode()


def decrypt(secrets: Secrets, data: str) -> bytes:
    """Plaintext of a Data field; EnvelopeError 4003 when it is not one of ours."""
    try:
        sealed = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeError(RET_BAD_ENVELOPE, "Data is not base64") from None
    if not sealed or len(sealed) % _BLOCK:
        raise EnvelopeError(RET_BAD_ENVELOPE, "Data is not a whole number of cipher blocks")
    cipher = _cipher(secrets).decryptor()
    padded = cipher.update(sealed) + cipher.finalize()
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes((pad,)) * pad:
        raise EnvelopeError(RET_BAD_ENVELOPE, "Data has wrong padding")
    return padded[:-pad]


def sign(secrets: Secrets, *parts: str) -> str:
    """HMAC-MD5 over the parts put together, 32 capital hex digits."""
    text = "".join(parts).encode()
    return hmac.new(secrets.sig_secret.encode(), text, hashlib.md5).hexdigest().upper()


def dump(body: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON; Decimal values become numbers with exactly their places."""
    return _encoder.encode(body)


def load(plaintext: bytes) -> dict[str, Any]:
    """JSON object with Decimal fractions; EnvelopeError 4004 otherwise."""
    # Some peers fill the last block with NUL before they pad
    text = plaintext.rstrip(b"\0")
    try:
        body = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise EnvelopeError(RET_BAD_PARAMETER, "Data does not hold JSON") from None
    if not isinstance(body, dict):
        raise EnvelopeError(RET_BAD_PARAMETER, "Data does not hold a JSON object")
    return body


def seal_request(
    secrets: Secrets, body: Mapping[str, Any], timestamp: str, seq: str
) -> dict[str, Any]:
    """The five-field request of T/CEC 102.4 around `body`."""
    data = encrypt(secrets, dump(body))
    sig = sign(secrets, secrets.operator_id, data, timestamp, seq)
    return {
        "OperatorID": secrets.operator_id,
        "Data": data,
        "TimeStamp": timestamp,
        "Seq": seq,
        "Sig": sig,
    }


def open_request(secrets: Secrets, envelope: object) -> dict[str, Any]:
    """The JSON object inside a request; EnvelopeError with Ret 4003, 4001 or 4004."""
    fields = check_request_fields(envelope)
    if fields["OperatorID"] != secrets.operator_id:
        raise EnvelopeError(RET_BAD_ENVELOPE, "OperatorID is not known")
    signed = (fields["OperatorID"], fields["Data"], fields["TimeStamp"], fields["Seq"])
    _check_sig(secrets, fields["Sig"], *signed)
    return load(decrypt(secrets, fields["Data"]))


def check_request_fields(envelope: object) -> dict[str, str]:
    """The five fields as text; EnvelopeError 4003 names the first that is wrong."""
    if not isinstance(envelope, dict):
        raise EnvelopeError(RET_BAD_ENVELOPE, "the request is not a JSON object")
    for name in _REQUEST_FIELDS:
        value = envelope.get(name)
        if not isinstance(value, str) or not value:
            raise EnvelopeError(RET_BAD_ENVELOPE, f"{name} is missing or not text")
    stamp, seq = envelope["TimeStamp"], envelope["Seq"]
    if len(stamp) != 14 or not (stamp.isascii() and stamp.isdigit()):
        raise EnvelopeError(RET_BAD_ENVELOPE, "TimeStamp is not yyyyMMddHHmmss")
    if len(seq) != 4 or not (seq.isascii() and seq.isdigit()):
        raise EnvelopeError(RET_BAD_ENVELOPE, "Seq is not four digits")
    return {name: envelope[name] for name in _REQUEST_FIELDS}


def seal_response(secrets: Secrets, ret: int, msg: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of T/CEC 102.4: Ret, Msg, Data, Sig; an empty body is sealed as `{}`."""
    data = encrypt(secrets, dump(body))
    return {"Ret": ret, "Msg": msg, "Data": data, "Sig": sign(secrets, str(ret), msg, data)}


def open_response(secrets: Secrets, envelope: object) -> tuple[int, str, dict[str, Any]]:
    """(Ret, Msg, inner object) of an answer; Ret may come as text, Data as null."""
    if not isinstance(envelope, dict):
        raise EnvelopeError(RET_BAD_ENVELOPE, "the answer is not a JSON object")
    raw_ret, msg, sig = envelope.get("Ret"), envelope.get("Msg"), envelope.get("Sig")
    if isinstance(raw_ret, bool) or not isinstance(raw_ret, int | str):
        raise EnvelopeError(RET_BAD_ENVELOPE, "Ret is missing or not a number")
    try:
        ret = int(raw_ret)
    except ValueError:
        raise EnvelopeError(RET_BAD_ENVELOPE, "Ret is not a number") from None
    msg = "" if msg is None else msg
    data = "" if envelope.get("Data") is None else envelope["Data"]
    if not (isinstance(msg, str) and isinstance(data, str) and isinstance(sig, str)):
        raise EnvelopeError(RET_BAD_ENVELOPE, "Msg, Data and Sig must be text")
    _check_sig(secrets, sig, str(raw_ret), msg, data)
    return ret, msg, load(decrypt(secrets, data)) if data else {}


class TimestampSeq:
    """Mints (TimeStamp, Seq): China local second, and a counter that restarts each second."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # In its first second a restarted process must not repeat what the one before it sent:
        # a peer takes that for a replay
        self._second = int(clock())
        self._count = randbelow(_FIRST_COUNTS)

    def next(self) -> tuple[str, str]:
        """The next pair; it never repeats in a process, even when the clock steps back."""
        now = max(int(self._clock()), self._second)
        if now > self._second:
            self._second, self._count = now, 0
        elif self._count == 9999:
            self._second, self._count = now + 1, 0
        self._count += 1
        return format_timestamp(self._second), f"{self._count:04d}"


def format_timestamp(utc: int) -> str:
    """`yyyyMMddHHmmss` in China local time."""
    return datetime.fromtimestamp(utc, CHINA).strftime("%Y%m%d%H%M%S")


def parse_timestamp(text: str) -> int:
    """Seconds since 1970 of a TimeStamp; EnvelopeError 4003 for an impossible date."""
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        raise EnvelopeError(RET_BAD_ENVELOPE, "TimeStamp is not a date") from None
    return int(moment.astimezone(UTC).timestamp())


class ReplayGuard:
    """Refuses an envelope that is too old, too new, or was seen inside the window."""

    def __init__(self, clock: Callable[[], float], window_s: int = WINDOW_S) -> None:
        self._clock = clock
        self._window_s = window_s
        self._seen: dict[bytes, float] = {}

    def check(self, envelope: Mapping[str, str]) -> None:
        """Remember a verified envelope; EnvelopeError 4003 when it may not be used (again)."""
        now = self._clock()
        if abs(now - parse_timestamp(envelope["TimeStamp"])) > self._window_s:
            text = f"TimeStamp is more than {self._window_s} s away from the clock here"
            raise EnvelopeError(RET_BAD_ENVELOPE, text)
        # The signed text, not Sig: its hex case is free
        signed = "\n".join(envelope[name] for name in _REQUEST_FIELDS[:4]).encode()
        digest = hashlib.sha256(signed).digest()
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest] > now:
                break
            del self._seen[oldest]
        if digest in self._seen:
            raise EnvelopeError(RET_BAD_ENVELOPE, "the same request came before")
        self._seen[digest] = now + 2 * self._window_s


def _cipher(secrets: Secrets) -> Cipher[modes.CBC]:
    key, iv = secrets.data_secret.encode(), secrets.data_iv.encode()
    return Cipher(algorithms.AES(key), modes.CBC(iv))


def _check_sig(secrets: Secrets, sig: str, *parts: str) -> None:
    expected = sign(secrets, *parts)
    if not hmac.compare_digest(sig.upper().encode(), expected.encode()):
        raise EnvelopeError(RET_BAD_SIGNATURE, "signature wrong")


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)
