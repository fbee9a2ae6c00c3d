"""What a station shows at the door: from its settings, or what the central system gave it since."""

from pilebridge.platforms.ocpp.context import Settings, Values
from pilebridge.platforms.ocpp.dialer import Credentials

# Values that version handlers keep when the central system changes them. BasicAuthPassword of 2.0.1 is
# text, AuthorizationKey of 1.6 is of the form that the settings name
_TEXT_PASSWORD, _PASSWORD = "password", "key:AuthorizationKey"
_PROFILE = ("security_profile", "key:SecurityProfile")


def credentials_of(values: Values, settings: Settings) -> Credentials:
    """The newest credentials of a station; the security profile never falls below that of the settings."""
    profiles = [int(found) for name in _PROFILE if (found := values.get(name)) is not None]
    profile = max([settings.security_profile, *profiles])
    text = values.get(_TEXT_PASSWORD)
    if text is not None:
        return Credentials(profile, str(text), "text")
    return Credentials(profile, str(values.get(_PASSWORD, "")), settings.password_form)
