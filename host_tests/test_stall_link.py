"""What the reasons of the link's calls rest on: the permit of a radio, and that no name is looked up in between."""

import ast

import pytest

from rig import ROOT
from stall_link import LINK
from stall_search import search

FIRMWARE = ROOT / "firmware"


@pytest.fixture(scope="module")
def found():
    return search(FIRMWARE)


def text_of(name):
    return ast.unparse(ast.parse((FIRMWARE / LINK / name).read_text(encoding="utf-8")))


def test_a_radio_is_started_only_by_what_asks(found):
    hits, uses = found
    asked = [hit for hit in hits if hit.call == "interface.start"]
    assert [(hit.file, hit.function, hit.asks) for hit in asked] == [
        (LINK + "bearer.py", "Bearer._start", True)
    ]
    # Whatever else is started is called by another name
    starts = {use.call for use in uses if use.name == "start" and use.file.startswith(LINK)}
    assert starts == {"interface.start"}
    others = {use.receiver.strip("_") for use in uses if use.name == "start"} - {"interface"}
    assert not [name for name in others if "lan" in name or "bearer" in name]


def test_a_name_is_a_number_before_a_socket_sees_it(found):
    from evse.core import settings

    _hits, uses = found
    kinds = {row[0]: row[1] for row in settings.TABLE}
    hosts = {key for key, kind in kinds.items() if kind.startswith("host")}
    assert hosts == {"broker_host", "ntp_host"}
    assert kinds["dns_server"] == "ipv4?"
    # Where there is a name, the bearer has a way to resolve it
    assert "for host in (settings['broker_host'], settings['ntp_host']):" in text_of("bearer.py")
    for file, call in (
        ("dialer.py", "asyncio.open_connection(number, port)"),
        ("ntp.py", "socket.getaddrinfo(number, self._port)"),
    ):
        assert call in text_of(file)
        assert "number = await self._bearer.resolve(number)" in text_of(file)
    looks_up = {use.file for use in uses if use.name in ("getaddrinfo", "open_connection")}
    # umqtt's own socket module is a buffer
    assert looks_up == {LINK + name for name in ("dialer.py", "dns.py", "ntp.py")}
    assert text_of("dns.py").count("_address(") == 3
    assert "_address('0.0.0.0', port)" in text_of("dns.py")
    assert "_address(server, self._port)" in text_of("dns.py")
