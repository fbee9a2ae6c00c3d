"""Which messages of 1.6 and use cases of 2.0.1 each scenario of the suite shows; no claim of a version: not played there."""

# fmt: off
CLAIMS = {
    # scenario: (messages of 1.6, use cases of 2.0.1)
    "card_charge": (
        "Authorize StartTransaction StopTransaction MeterValues StatusNotification",
        "C01 E01 E02 E05 E06 G01 J02",
    ),
    "ended_by_plug_and_by_fault": (
        "StatusNotification StopTransaction",
        "E09 E06 G01 N07",
    ),
    "power_lost_and_resumed": (
        "BootNotification StopTransaction",
        "B01 E01",
    ),
    "reset_during_a_charge": (
        "Reset StopTransaction",
        "B12",
    ),
    "reset_at_rest": (
        "Reset",
        "B11",
    ),
    "unlock_of_a_socket": (
        "UnlockConnector StopTransaction",
        "F05 E06",
    ),
    "charge_without_the_central_system": (
        "StartTransaction MeterValues StopTransaction StatusNotification",
        "B04 E04 E08 E12",
    ),
    "charge_without_the_bridge": (
        "StartTransaction MeterValues StopTransaction",
        "E04 E08",
    ),
    "answers_that_are_lost": (
        "StartTransaction StopTransaction",
        "E13",
    ),
    "early_invalid_and_number_zero": (
        "StartTransaction StopTransaction",
        "",
    ),
    "taken_back_while_charging": (
        "StartTransaction StopTransaction Authorize",
        "E05",
    ),
    "cold_boot": (
        "BootNotification StatusNotification Heartbeat TriggerMessage RemoteStartTransaction",
        "B01 B02 B03 G01 G02 F06",
    ),
    "start_before_the_plug_in": (
        "RemoteStartTransaction RemoteStopTransaction",
        "F02",
    ),
    "remote_start_and_stop": (
        ("RemoteStartTransaction RemoteStopTransaction TriggerMessage "
         "UnlockConnector ExtendedTriggerMessage MeterValues Heartbeat LogStatusNotification "
         "FirmwareStatusNotification DiagnosticsStatusNotification"),
        "F01 F03 F05 F06 E14 K05 C05 P01",
    ),
    "another_platform_holds": (
        "RemoteStartTransaction",
        "F01",
    ),
    "availability_waits_for_the_end": (
        "ChangeAvailability StatusNotification",
        "G03 G04 G01",
    ),
    "reservations": (
        "ReserveNow CancelReservation StatusNotification StartTransaction",
        "H01 H02 H03 H04",
    ),
    "list_and_cache_before_the_central_system": (
        "SendLocalList GetLocalListVersion ClearCache Authorize",
        "D01 D02 C11",
    ),
    "profiles_and_the_duty": (
        "SetChargingProfile GetCompositeSchedule ClearChargingProfile StatusNotification",
        "K01 K08 K09 K10 G01",
    ),
    "configuration_and_transaction_data": (
        "GetConfiguration ChangeConfiguration MeterValues StopTransaction",
        "",
    ),
    "device_model_and_monitors": (
        "",
        "B05 B06 B07 B08 J02 N02 N03 N04 N05 N06 N07 N09 N10",
    ),
    "a_new_password": (
        "ChangeConfiguration",
        "A01",
    ),
    "files_and_security_events": (
        ("UpdateFirmware FirmwareStatusNotification GetDiagnostics "
         "DiagnosticsStatusNotification GetLog LogStatusNotification SignedUpdateFirmware "
         "SignedFirmwareStatusNotification SecurityEventNotification"),
        "L01 L02 N01 A04",
    ),
    "certificates": (
        ("InstallCertificate GetInstalledCertificateIds DeleteCertificate SignCertificate "
         "CertificateSigned ExtendedTriggerMessage"),
        "M03 M04 M05 A02",
    ),
    "what_is_not_done": (
        "DataTransfer",
        "P01",
    ),
    "limit_of_the_site": (
        "",
        "K12 K13",
    ),
    "a_day_offline": (
        "StartTransaction MeterValues StopTransaction",
        "E04 E08 E12 J02",
    ),
}
# fmt: on
