"""What a station shows at the door: from its settings, or what the central system gave it since."""

from dataclasses import dataclass
from typing import Any, Protocol

from pilebridge.platforms.ocpp.context import Settings

# Values that version handlers keep when the central system changes them. BasicAuthPassword of 2.0.1 is
# text, AuthorizationKey of 1.6 is of the form that the settings name
_TEXT_PASSWORD, _PASSWORD = "password", "key:AuthorizationKey"
_PROFILE = ("security_profile", "key:SecurityProfile")
# {"chain", "key"} and {"certificate", "key"} in PEM
_OWN = ("station_certificate", "client_certificate")
# Roots to believe: 2.0.1 keeps {"type", "pem"}, 1.6 texts by use
_ROOTS_201, _ROOT_TYPE_201 = "v201.certificates", "CSMSRootCertificate"
_ROOTS_16, _ROOT_USE_16 = "certificates", "CentralSystemRootCertificate"


class Readable(Protocol):
    """Values by key, as a station has them."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value."""
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is a station's own; an empty field is that of the settings. The last two are PEM texts."""

    security_profile: int | None = None
    password: str = ""
    password_form: str = ""
    certificate: str = ""
    roots: str = ""


def credentials_of(values: Readable, settings: Settings) -> Credentials:
    """The newest credentials of a station; the security profile never falls below that of the settings."""
    profiles = [int(found) for name in _PROFILE if (found := values.get(name)) is not None]
    text = values.get(_TEXT_PASSWORD)
    password = str(values.get(_PASSWORD, "")) if text is None else str(text)
    return Credentials(
        security_profile=max([settings.security_profile, *profiles]),
        password=password,
        password_form=settings.password_form if text is None else "text",
        certificate=_certificate(values),
        roots="".join(_roots(values)),
    )


def _certificate(values: Readable) -> str:
    own: dict[str, str] = next((found for name in _OWN if (found := values.get(name))), {})
    chain = own.get("chain") or own.get("certificate", "")
    return f"{chain.strip()}\n{own['key']}" if chain else ""


def _roots(values: Readable) -> list[str]:
    rows: list[dict[str, Any]] = values.get(_ROOTS_201, [])
    found = [str(row["pem"]) for row in rows if row["type"] == _ROOT_TYPE_201]
    found += values.get(_ROOTS_16, {}).get(_ROOT_USE_16, [])
    return [pem.strip() + "\n" for pem in found]
