"""Who may do what at mosquitto: the pre-shared keys, the passwords and the access list, as files.

A station logs in with an identity for each of its secrets, and reaches its own topics only. The key
of an identity is derived from the secret: who reads these files can listen, not command or seal.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from evse.core import mac, messages

# (station, number of the secret, secret)
StationKey = tuple[str, int, bytes]

PSK_FILE, PASSWORD_FILE, ACL_FILE = "psk", "passwords", "acl"
BRIDGE_USER = "bridge"

# No dot: it parts the station from the number of its secret
_STATION = re.compile(r"[A-Za-z0-9_-]{1,32}")
# What mosquitto_passwd takes; the passwords are random and need no slow hash
_ROUNDS = 101
_SALT_BYTES = 12
_READABLE_BY_US = 0o600


class AccessError(ValueError):
    """A station or key that cannot be let in; the text says which and why."""


def psk_key(secret: bytes) -> bytes:
    """The TLS-PSK key of a secret; its hex is the password where there is no PSK."""
    return bytes(mac.derive(secret, mac.PSK))


def write(folder: Path, keys: Iterable[StationKey], user: str, password: str) -> None:
    """Write the three files for these stations and for `user`, the bridge; AccessError before any."""
    rows = _checked(list(keys), user)
    make_private(folder)
    replace(folder / PSK_FILE, _psk(rows))
    replace(folder / PASSWORD_FILE, _passwords(rows, user, password))
    replace(folder / ACL_FILE, _access_list(rows, user))


def make_private(folder: Path) -> None:
    """Create a folder nobody else can look into, or close an open one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def replace(file: Path, text: str) -> None:
    """Put a file in place whole or not at all, readable by us only."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READABLE_BY_US)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    new.replace(file)


def _checked(keys: Sequence[StationKey], user: str) -> dict[str, tuple[str, bytes]]:
    """identity -> (station, key)"""
    rows: dict[str, tuple[str, bytes]] = {}
    for station, number, secret in keys:
        if not _STATION.fullmatch(station) or station == user:
            raise AccessError(
                f"station {station!r}: allowed 1..32 letters, digits, - and _, and not {user!r}"
            )
        if number < 1 or len(secret) != mac.SECRET_BYTES:
            raise AccessError(
                f"station {station!r}: secret {number} of {len(secret)} bytes,"
                f" allowed {mac.SECRET_BYTES} bytes and numbers from 1"
            )
        identity = mac.identity(station, number)
        if identity in rows:
            raise AccessError(f"station {station!r}: secret {number} stands twice")
        rows[identity] = (station, psk_key(secret))
    return rows


def _psk(rows: dict[str, tuple[str, bytes]]) -> str:
    return "".join(f"{identity}:{key.hex()}\n" for identity, (_station, key) in rows.items())


def _passwords(rows: dict[str, tuple[str, bytes]], user: str, password: str) -> str:
    lines = [f"{user}:{_hashed(password)}\n"]
    lines += [f"{identity}:{_hashed(key.hex())}\n" for identity, (_s, key) in rows.items()]
    return "".join(lines)


def _hashed(password: str) -> str:
    salt = os.urandom(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _access_list(rows: dict[str, tuple[str, bytes]], user: str) -> str:
    blocks = [f"user {user}\ntopic readwrite pile/#\ntopic readwrite site/#\n"]
    for identity, (station, _key) in rows.items():
        lines = [f"user {identity}"]
        lines += [f"topic write {messages.topic(station, name)}" for name in messages.UP_TOPICS]
        lines += [f"topic read {messages.topic(station, name)}" for name in messages.DOWN_TOPICS]
        lines.append(f"topic read {messages.site_topic('+')}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)
