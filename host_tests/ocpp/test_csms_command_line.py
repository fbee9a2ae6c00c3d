"""`sandbox csms` as a process: both doors, commands by HTTP, TLS, and a table that outlives it."""

import asyncio
import contextlib
import datetime
import ipaddress
import os
import re
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from central_bench import BOOT, V16, V201, start
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scripted_station import StationError, scripted_station

from sandbox.csms import cli

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.processes


@contextlib.asynccontextmanager
async def central_process(*words: str) -> AsyncIterator[tuple[str, str]]:
    """(page, base of the stations' address) of `sandbox csms` with these words."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "csms", "--port", "0", "--page-port", "0", *words),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'firmware'}:{ROOT / 'tools'}"},
    )
    try:
        lines = [
            (await asyncio.wait_for(process.stdout.readline(), 20)).decode() for _ in range(3)
        ]
        assert "not a real charging network" in lines[0]
        page = re.fullmatch(r"page +(http://\S+)/\n", lines[1])[1]
        yield page, re.fullmatch(r"OCPP +(\S+)/<identity>\n", lines[2])[1]
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) in {0, -15}


async def test_a_command_goes_by_http_and_the_table_outlives_the_process(tmp_path: Path) -> None:
    words = ("--store", str(tmp_path / "csms.sqlite"), "--interval", "77", "--version", V16)
    async with (
        central_process(*words) as (page, url),
        scripted_station(url, "P1", V201, V16) as station,
        httpx.AsyncClient(base_url=page, trust_env=False) as http,
    ):
        assert station.socket.subprotocol == V16
        assert (await station.call("BootNotification", BOOT[V16]))["interval"] == 77
        number = (await station.call("StartTransaction", start(0)))["transactionId"]
        station.answers["RemoteStopTransaction"] = {"status": "Accepted"}
        order = {
            "station": "P1",
            "command": "remote_stop",
            "arguments": {"transaction": str(number)},
        }
        answer = await http.post("/api/command", json=order)
        assert answer.json() == {"answer": {"status": "Accepted"}}
        assert station.heard == [("RemoteStopTransaction", {"transactionId": number})]
        for wrong, code in (
            ({**order, "command": "_old"}, "BadRequest"),
            ({**order, "arguments": {"what": 1}}, "BadRequest"),
            ({**order, "station": "P9"}, "NoAnswer"),
            ({**order, "command": "clear_cache", "arguments": {}}, "NotSupported"),
            ([], "BadRequest"),
        ):
            assert (await http.post("/api/command", json=wrong)).json()["error"]["code"] == code
        assert (await http.post("/api/command", content=b"{}")).status_code == 415
        log = (await http.get("/api/log")).json()
        assert [row["action"] for row in log][:2] == ["BootNotification", "StartTransaction"]
        assert "default-src 'self'" in (await http.get("/")).headers["content-security-policy"]
    async with (
        central_process(*words) as (page, _),
        httpx.AsyncClient(base_url=page, trust_env=False) as http,
    ):
        (row,) = (await http.get("/api/state")).json()["transactions"]
        assert (row["id"], row["end_utc"], row["token"]) == (str(number), None, "CARD1")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Files of a self-signed certificate for the loopback and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


async def test_tls_and_a_password_for_all(tmp_path: Path) -> None:
    chain, private = certificate(tmp_path)
    words = ("--certificate", str(chain), "--private-key", str(private), "--password", "secret")
    async with central_process(*words) as (_, url):
        assert url.startswith("wss://")
        trusting = ssl.create_default_context(cafile=str(chain))
        async with scripted_station(url, "P1", V201, password="secret", ssl=trusting) as station:
            assert (await station.call("BootNotification", BOOT[V201]))["status"] == "Accepted"
            with pytest.raises(StationError):
                await station.call("Heartbeat", {"extra": 1})
        with pytest.raises(ssl.SSLCertVerificationError):
            async with scripted_station(
                url, "P1", V201, password="secret", ssl=ssl.create_default_context()
            ):
                pass


def test_half_a_pair_of_certificate_and_key_is_refused(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["--certificate", "x.pem"]) == 2
    assert "belong together" in capsys.readouterr().err
    assert cli.main(["--certificate", "/no/x.pem", "--private-key", "/no/y.pem"]) == 2
