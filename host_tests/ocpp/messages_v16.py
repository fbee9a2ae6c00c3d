"""Every message of OCPP 1.6 and its security extensions: who sends it, how it is served, which test shows it.

`files` are named without `test_v16_` in front and `.py` behind.
"""

STATION, CENTRAL = "station", "central system"
FIELDS = ("action", "sent_by", "profile", "how", "file", "test")

# fmt: off
TABLE = (
    # Core
    ("Authorize", STATION, "Core", "sent for a card at the pile, and before a remote start when so configured",
     "station", "test_authorize_gives_the_verdict"),
    ("BootNotification", STATION, "Core", "sent after each start of the pile, and when triggered",
     "station", "test_boot_says_who_the_pile_is_and_takes_the_interval"),
    ("DataTransfer", CENTRAL, "Core", "answered UnknownVendorId, or UnknownMessageId for our own vendor name",
     "station", "test_data_transfer_knows_no_vendor"),
    ("Heartbeat", STATION, "Core", "sent",
     "station", "test_heartbeat_gives_the_central_systems_clock"),
    ("MeterValues", STATION, "Core", "sent in a transaction, by the clock, and when triggered",
     "transactions", "test_a_sample_goes_out_with_what_is_wanted"),
    ("StartTransaction", STATION, "Core", "sent from the queue",
     "transactions", "test_a_start_is_told_and_its_number_bound"),
    ("StatusNotification", STATION, "Core", "sent on a change, after a boot, and when triggered",
     "statuses", "test_every_status_of_a_pile_has_its_name"),
    ("StopTransaction", STATION, "Core", "sent from the queue",
     "transactions", "test_an_end_is_told_with_its_reason"),
    ("ChangeAvailability", CENTRAL, "Core", "done by the pile",
     "core_calls", "test_change_availability"),
    ("ChangeConfiguration", CENTRAL, "Core", "done by the pile or the bridge, as the table of keys says",
     "configuration", "test_a_writable_key_takes_what_is_good_and_refuses_the_rest"),
    ("ClearCache", CENTRAL, "Core", "done by the pile",
     "core_calls", "test_clear_cache"),
    ("GetConfiguration", CENTRAL, "Core", "answered",
     "configuration", "test_all_keys_are_told_and_the_required_ones_are_there"),
    ("RemoteStartTransaction", CENTRAL, "Core", "done by the pile; waits for a vehicle up to ConnectionTimeOut",
     "core_calls", "test_remote_start_is_written_down_and_then_done"),
    ("RemoteStopTransaction", CENTRAL, "Core", "done by the pile",
     "core_calls", "test_remote_stop_ends_the_transaction_of_that_number"),
    ("Reset", CENTRAL, "Core", "done by the pile",
     "core_calls", "test_reset"),
    ("UnlockConnector", CENTRAL, "Core", "done by the pile; NotSupported without a lock",
     "core_calls", "test_unlock"),
    # Firmware management
    ("DiagnosticsStatusNotification", STATION, "FirmwareManagement", "sent",
     "uploads", "test_a_file_about_the_pile_is_put_where_it_is_wanted"),
    ("FirmwareStatusNotification", STATION, "FirmwareManagement", "sent",
     "firmware", "test_an_update_is_fetched_handed_over_and_followed"),
    ("GetDiagnostics", CENTRAL, "FirmwareManagement", "a text file by HTTP; other ways: UploadFailed",
     "uploads", "test_a_file_about_the_pile_is_put_where_it_is_wanted"),
    ("UpdateFirmware", CENTRAL, "FirmwareManagement", "fetched by HTTP; other ways: DownloadFailed",
     "firmware", "test_an_update_is_fetched_handed_over_and_followed"),
    # Local authorization list
    ("GetLocalListVersion", CENTRAL, "LocalAuthListManagement", "answered; -1 while switched off",
     "lists", "test_a_whole_list_takes_the_place_of_the_one_before"),
    ("SendLocalList", CENTRAL, "LocalAuthListManagement", "handed to the pile; NotSupported while switched off",
     "lists", "test_a_difference_is_merged"),
    # Reservation
    ("CancelReservation", CENTRAL, "Reservation", "done by the pile",
     "lists", "test_reserve_and_cancel"),
    ("ReserveNow", CENTRAL, "Reservation", "done by the pile",
     "lists", "test_reserve_says_why_not"),
    # Smart charging
    ("ClearChargingProfile", CENTRAL, "SmartCharging", "done by the pile",
     "smart_charging", "test_clear_by_every_filter"),
    ("GetCompositeSchedule", CENTRAL, "SmartCharging", "answered",
     "smart_charging", "test_the_composite_schedule_in_amperes_and_in_watts"),
    ("SetChargingProfile", CENTRAL, "SmartCharging", "done by the pile",
     "smart_charging", "test_a_profile_is_put_into_the_piles_terms"),
    # Remote trigger
    ("TriggerMessage", CENTRAL, "RemoteTrigger", "each message it may ask for is sent",
     "triggers", "test_each_message_can_be_asked_for"),
    # Security extensions
    ("CertificateSigned", CENTRAL, "Security", "kept for the TLS of profile 3",
     "certificates", "test_the_station_gets_a_certificate_of_its_own"),
    ("DeleteCertificate", CENTRAL, "Security", "done",
     "certificates", "test_a_root_is_installed_listed_and_deleted"),
    ("ExtendedTriggerMessage", CENTRAL, "Security", "each message it may ask for is sent",
     "triggers", "test_each_message_can_be_asked_for"),
    ("GetInstalledCertificateIds", CENTRAL, "Security", "answered",
     "certificates", "test_a_root_is_installed_listed_and_deleted"),
    ("GetLog", CENTRAL, "Security", "a text file by HTTP; other ways: NotSupportedOperation",
     "uploads", "test_the_security_log_has_the_events_of_its_time"),
    ("InstallCertificate", CENTRAL, "Security", "kept",
     "certificates", "test_a_root_that_is_not_good_is_rejected"),
    ("LogStatusNotification", STATION, "Security", "sent",
     "uploads", "test_a_file_about_the_pile_is_put_where_it_is_wanted"),
    ("SecurityEventNotification", STATION, "Security", "sent, unless the central system does not know it",
     "station", "test_a_security_event_is_told_and_kept"),
    ("SignCertificate", STATION, "Security", "sent when triggered",
     "certificates", "test_the_station_gets_a_certificate_of_its_own"),
    ("SignedFirmwareStatusNotification", STATION, "Security", "sent",
     "firmware", "test_a_signed_update_is_installed"),
    ("SignedUpdateFirmware", CENTRAL, "Security", "fetched by HTTP, installed when its signature holds",
     "firmware", "test_a_signed_update_is_installed"),
    # The other way round
    ("DataTransfer", STATION, "Core", "never sent: there are no private messages",
     "messages", "test_a_station_never_sends_private_messages"),
)
# fmt: on
# What only a station sends is answered NotSupported when a central system sends it; what 1.6 does not know
# NotImplemented
THE_OTHER_WAY = ("station", "test_our_own_actions_are_not_supported_the_other_way")
UNKNOWN = ("station", "test_an_unknown_action_is_not_implemented")
