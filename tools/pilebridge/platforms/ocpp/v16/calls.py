"""The calls of a central system: which part answers what."""

from collections.abc import Awaitable, Callable
from typing import Any

from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.certificates import Certificates
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.core_calls import CoreCalls
from pilebridge.platforms.ocpp.v16.firmware import Firmware
from pilebridge.platforms.ocpp.v16.local_list import LocalList
from pilebridge.platforms.ocpp.v16.meter_reports import MeterReports
from pilebridge.platforms.ocpp.v16.own_certificate import OwnCertificate
from pilebridge.platforms.ocpp.v16.reservations import Reservations
from pilebridge.platforms.ocpp.v16.smart_charging import SmartCharging
from pilebridge.platforms.ocpp.v16.statuses import Statuses
from pilebridge.platforms.ocpp.v16.triggers import Triggers
from pilebridge.platforms.ocpp.v16.uploads import Uploads


class Calls:
    """`table`: action -> what gives the answer's payload for the call's."""

    def __init__(
        self,
        context: ChargerContext,
        configuration: Configuration,
        reservations: Reservations,
        statuses: Statuses,
        meter_reports: MeterReports,
        boot: Callable[[], Awaitable[None]],
        heartbeat: Callable[[], Awaitable[object]],
    ) -> None:
        smart_charging = SmartCharging(context)
        core = CoreCalls(context, configuration, smart_charging, reservations)
        self.local_list = LocalList(context, configuration)
        certificates = Certificates(context)
        self.firmware = Firmware(context, certificates)
        uploads = Uploads(context, configuration)
        own_certificate = OwnCertificate(context, configuration)
        triggers = Triggers(
            context,
            boot,
            heartbeat,
            statuses,
            meter_reports,
            self.firmware,
            uploads,
            own_certificate,
        )
        self.table: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "CancelReservation": reservations.cancel,
            "CertificateSigned": own_certificate.signed,
            "ChangeAvailability": core.change_availability,
            "ChangeConfiguration": configuration.change,
            "ClearCache": core.clear_cache,
            "ClearChargingProfile": smart_charging.clear,
            "DataTransfer": core.data_transfer,
            "DeleteCertificate": certificates.delete,
            "ExtendedTriggerMessage": triggers.extended,
            "GetCompositeSchedule": smart_charging.composite,
            "GetConfiguration": configuration.get,
            "GetDiagnostics": uploads.diagnostics,
            "GetInstalledCertificateIds": certificates.identities,
            "GetLocalListVersion": self.local_list.version,
            "GetLog": uploads.log,
            "InstallCertificate": certificates.install,
            "RemoteStartTransaction": core.remote_start,
            "RemoteStopTransaction": core.remote_stop,
            "ReserveNow": reservations.reserve,
            "Reset": core.reset,
            "SendLocalList": self.local_list.send,
            "SetChargingProfile": smart_charging.set,
            "SignedUpdateFirmware": self.firmware.signed_update,
            "TriggerMessage": triggers.trigger,
            "UnlockConnector": core.unlock,
            "UpdateFirmware": self.firmware.update,
        }
