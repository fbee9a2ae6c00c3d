"""mosquitto.conf for piles and bridge: a TLS-PSK listener, one with a certificate, a plain one for us."""

from pathlib import Path

from msgspec import Struct

from pilebridge import broker_access
from pilebridge.broker_access import BRIDGE_USER, StationKey
from pilebridge.settings import CertificateListener, Mqtt

CONFIGURATION_FILE = "mosquitto.conf"
LOOPBACK = "127.0.0.1"

# Names of OpenSSL for what a pile offers, see firmware/evse/link/secure.py. Without a key exchange
# there is no forward secrecy, but a handshake takes a few milliseconds on a pile that is charging.
_PSK_CIPHERS = "PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384"


class Listeners(Struct, frozen=True, kw_only=True):
    """Where mosquitto listens; `plain_port` is on loopback, for the bridge."""

    plain_port: int
    psk_host: str = LOOPBACK
    psk_port: int
    certificate: CertificateListener | None = None


class MissingPasswordError(ValueError):
    """The settings name no password for the bridge's own login."""


def access_lines(listeners: Listeners, folder: Path) -> list[str]:
    """Lines that let in nobody but the identities in `folder`'s files, each to its own topics."""
    return [
        # Its defaults drop acknowledged reports while a consumer is away
        "max_inflight_messages 1000",
        "max_queued_messages 200000",
        "message_size_limit 65536",
        "sys_interval 0",
        "allow_anonymous false",
        f"psk_file {folder / broker_access.PSK_FILE}",
        f"password_file {folder / broker_access.PASSWORD_FILE}",
        f"acl_file {folder / broker_access.ACL_FILE}",
        *_psk_listener(listeners),
        *_certificate_listener(listeners.certificate),
        # The last one, so that all listen when this one does
        f"listener {listeners.plain_port} {LOOPBACK}",
        # Else a client with another's id would end that one's connection
        "use_username_as_clientid true",
    ]


def _psk_listener(listeners: Listeners) -> list[str]:
    return [
        f"listener {listeners.psk_port} {listeners.psk_host}",
        "psk_hint pilelink",
        f"ciphers {_PSK_CIPHERS}",
        "tls_version tlsv1.2",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]


def _certificate_listener(listener: CertificateListener | None) -> list[str]:
    if listener is None:
        return []
    return [
        f"listener {listener.port} {listener.host}",
        f"certfile {listener.certificate}",
        f"keyfile {listener.private_key}",
        "tls_version tlsv1.2",
        "use_username_as_clientid true",
    ]


def child_configuration(listeners: Listeners, data: Path, as_root: bool) -> str:
    """Text of mosquitto.conf for our own child, persistent in `data`."""
    lines = [
        "persistence true",
        f"persistence_location {data}/",
        "autosave_interval 30",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    if as_root:
        # It would change to user `mosquitto`, who cannot read our folder
        lines.append("user root")
    return "\n".join(lines + access_lines(listeners, data)) + "\n"


def write_operator_files(mqtt: Mqtt, keys: list[StationKey], folder: str | Path) -> Path:
    """Write what an operator's own mosquitto needs into `folder`; the file it has to include.

    Persistence and logs stay the operator's. After every change of keys write again and send mosquitto
    SIGHUP. MissingPasswordError, AccessError.
    """
    if not mqtt.password:
        raise MissingPasswordError("mqtt.password: empty, the bridge needs one at this broker")
    home = Path(folder).resolve()
    broker_access.write(home, keys, mqtt.username or BRIDGE_USER, mqtt.password)
    listeners = Listeners(
        plain_port=mqtt.port,
        psk_host=mqtt.broker.psk_host,
        psk_port=mqtt.broker.psk_port,
        certificate=mqtt.broker.certificate,
    )
    text = "\n".join(access_lines(listeners, home)) + "\n"
    configuration = home / CONFIGURATION_FILE
    broker_access.replace(configuration, text)
    return configuration
