"""What the OCPP platforms of the settings must be besides their types: files, passwords, who has the cards."""

import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pilebridge.settings import OcppPlatformTable

# Keys whose value names a file that is read by others, not a secret to be read in its place
PATH_KEYS = ("ca_file", "certificate_file", "private_key_file")
_LEAST_PASSWORD_BYTES = 16
# As many as 40 hex digits name: what a central system may set
_MOST_HEX_BYTES = 20


def problems(row: OcppPlatformTable, piles: Sequence[str]) -> Iterator[str]:
    """What is wrong with one platform, each as key, value and why; `piles` are those that it has."""
    profile, secure = row.security_profile, row.url.startswith("wss://")
    where = f"with security_profile = {profile}"
    if profile >= 2 and not secure:
        yield f"url = {row.url!r}: {where} it begins with wss://"
    if len(set(row.versions)) != len(row.versions):
        yield f"versions = {list(row.versions)}: one stands twice"
    yield from _password_problems(row, where)
    yield from _file_problems(row, secure, where)
    yield from _identity_problems(row.identities, piles)


def card_problems(rows: Mapping[int, tuple[OcppPlatformTable, Sequence[str]]]) -> Iterator[str]:
    """Piles whose card starts two platforms would have; rows by their place among all platforms."""
    owners: dict[str, str] = {}
    for index, (row, piles) in rows.items():
        for pile in piles if row.accept_cards else ():
            first = owners.setdefault(pile, row.name)
            if first != row.name:
                text = f"the cards of {pile} belong to {first!r} already"
                yield f"platform[{index}].accept_cards = true: {text}"


def _password_problems(row: OcppPlatformTable, where: str) -> Iterator[str]:
    needed = row.security_profile in {1, 2}
    if not row.password:
        if needed:
            yield f"password: missing, {where} it is needed"
        return
    try:
        password = row.password_bytes
    except ValueError:
        yield "password: not hex digits in pairs, and password_form = 'hex'"
        return
    if needed and len(password) < _LEAST_PASSWORD_BYTES:
        yield f"password: {len(password)} bytes, allowed from {_LEAST_PASSWORD_BYTES} on"
    if row.password_form == "hex" and len(password) > _MOST_HEX_BYTES:
        yield f"password: {len(password)} bytes, allowed up to {_MOST_HEX_BYTES} as hex"


def _file_problems(row: OcppPlatformTable, secure: bool, where: str) -> Iterator[str]:
    if row.security_profile == 3:
        for key in ("certificate_file", "private_key_file"):
            if not getattr(row, key):
                yield f"{key}: missing, {where} it is needed"
    elif bool(row.certificate_file) != bool(row.private_key_file):
        yield "certificate_file and private_key_file: one without the other"
    for key in PATH_KEYS:
        name = getattr(row, key)
        if name and not secure:
            yield f"{key} = {name!r}: only with a url that begins with wss://"
        elif name and not Path(name).is_file():
            yield f"{key} = {name!r}: no such file"
    key_file = Path(row.private_key_file)
    if row.private_key_file and key_file.is_file():
        mode = stat.S_IMODE(key_file.stat().st_mode)
        if mode & 0o077:
            yield f"private_key_file: others can read it (mode {mode:o}): chmod 600 {key_file}"


def _identity_problems(identities: Mapping[str, str], piles: Sequence[str]) -> Iterator[str]:
    for pile in identities:
        if pile not in piles:
            yield f"identities = {pile!r}: allowed {sorted(piles)}"
    owners: dict[str, str] = {}
    for pile in piles:
        identity = identities.get(pile, pile)
        other = owners.setdefault(identity, pile)
        if other != pile:
            yield f"identities: {other} and {pile} would both be {identity!r}"
