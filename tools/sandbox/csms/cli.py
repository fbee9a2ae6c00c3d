"""The command `sandbox csms`: the central system and its page until Ctrl-C."""

import argparse
import ssl
import sys
from pathlib import Path
from socket import socket

import uvicorn

from sandbox.csms.schemas import VERSIONS
from sandbox.csms.store import Store
from sandbox.csms.system import CentralSystem
from sandbox.csms.web import create_app

PORT, PAGE_PORT = 8180, 8181


class Server(uvicorn.Server):
    """uvicorn that says where both doors are."""

    def __init__(self, config: uvicorn.Config, system: CentralSystem) -> None:
        super().__init__(config)
        self._system = system

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"page    http://{host}:{port}/", flush=True)
            print(f"OCPP    {self._system.url}/<identity>", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = _parser().parse_args(arguments)
    if bool(options.certificate) != bool(options.private_key):
        print("sandbox csms: --certificate and --private-key belong together", file=sys.stderr)
        return 2
    try:
        tls = _tls(options)
        store = Store(options.store)
    except OSError as error:
        print(f"sandbox csms: {error}", file=sys.stderr)
        return 2
    system = CentralSystem(
        store,
        host=options.host,
        port=options.port,
        versions=[options.version] if options.version else VERSIONS,
        passwords=options.password.encode() if options.password else None,
        tls=tls,
    )
    system.books.behaviour.interval_s = options.interval
    print("This is a test bench (测试台), not a real charging network.", flush=True)
    config = uvicorn.Config(
        create_app(system),
        host=options.host,
        port=options.page_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    Server(config, system).run()
    store.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandbox csms",
        description="A strict OCPP 1.6J and 2.0.1 central system with a page. Not a real network.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address of both doors")
    parser.add_argument("--port", type=int, default=PORT, help="of OCPP; 0: any (%(default)s)")
    parser.add_argument("--page-port", type=int, default=PAGE_PORT, help="0: any (%(default)s)")
    parser.add_argument("--store", type=Path, help="SQLite file that outlives a restart")
    parser.add_argument("--version", choices=VERSIONS, help="agree on this one only")
    parser.add_argument("--interval", type=int, default=300, help="of heartbeats, s (%(default)s)")
    parser.add_argument("--password", help="that every station must give (security profile 1, 2)")
    parser.add_argument("--certificate", type=Path, help="PEM, for wss (security profile 2)")
    parser.add_argument("--private-key", type=Path, help="PEM of the certificate")
    parser.add_argument("--client-ca", type=Path, help="PEM: stations need one (profile 3)")
    return parser


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if not options.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.certificate, options.private_key)
    if options.client_ca:
        context.load_verify_locations(options.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
