"""GetConfiguration and ChangeConfiguration: every key, what it refuses, and where its value works."""

import pytest
from fakes16 import Bench, refused

from evse.core import settings
from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v16.keys import PILE, TABLE

# OCPP 1.6 section 9: what every charge point of our profiles has
REQUIRED = [
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
    "AuthorizationKey",
    "SecurityProfile",
    "AdditionalRootCertificateCheck",
    "CertificateSignedMaxChainSize",
    "CertificateStoreMaxLength",
    "CpoName",
]
GOOD = {
    "AllowOfflineTxForUnknownId": "true",
    "AuthorizeRemoteTxRequests": "TRUE",
    "ClockAlignedDataInterval": "900",
    "ConnectionTimeOut": "120",
    "ConnectorPhaseRotation": "0.RST,1.RTS",
    "HeartbeatInterval": "60",
    "LocalPreAuthorize": "true",
    "MeterValuesAlignedData": "Voltage",
    "MeterValuesSampledData": "Voltage,Current.Import",
    "MeterValueSampleInterval": "30",
    "MinimumStatusDuration": "3",
    "ResetRetries": "2",
    "StopTransactionOnInvalidId": "false",
    "StopTxnAlignedData": "Voltage",
    "StopTxnSampledData": "Voltage",
    "TransactionMessageAttempts": "5",
    "TransactionMessageRetryInterval": "10",
    "WebSocketPingInterval": "20",
    "LocalAuthListEnabled": "false",
    "AuthorizationKey": "00112233445566778899aabbccddeeff",
    "CpoName": "Grid Ltd",
    "SecurityProfile": "0",
}
BAD = {
    "AllowOfflineTxForUnknownId": ["yes", "1", ""],
    "AuthorizeRemoteTxRequests": ["maybe"],
    "ClockAlignedDataInterval": ["-1", "86401", "1.5", "", "abc", "9" * 400],
    "ConnectionTimeOut": ["0", "601"],
    "ConnectorPhaseRotation": ["1", "1.XYZ", "x.RST"],
    "HeartbeatInterval": ["0", "-5"],
    "LocalPreAuthorize": ["2"],
    "MeterValuesAlignedData": ["SoC"],
    "MeterValuesSampledData": ["Voltage,Moonlight"],
    "MeterValueSampleInterval": ["4", "901", "-1"],
    "MinimumStatusDuration": ["-1"],
    "ResetRetries": ["6"],
    "StopTransactionOnInvalidId": ["no"],
    "StopTxnAlignedData": ["SoC"],
    "StopTxnSampledData": ["SoC"],
    "TransactionMessageAttempts": ["0"],
    "TransactionMessageRetryInterval": ["-1"],
    "WebSocketPingInterval": ["-1"],
    "LocalAuthListEnabled": ["?"],
    "AuthorizationKey": ["short", "zz" * 16, "00" * 21, "00 1" * 9],
    "CpoName": ["x" * 65],
    "SecurityProfile": ["4", "-1"],
}
WRITABLE = [key.name for key in TABLE if not key.read_only]
READ_ONLY = [key.name for key in TABLE if key.read_only]


async def test_all_keys_are_told_and_the_required_ones_are_there():
    bench = Bench(connectors=2)
    answer = await bench.ask("GetConfiguration")
    rows = {row["key"]: row for row in answer["configurationKey"]}
    assert set(REQUIRED) <= set(rows)
    assert len(rows) == len(TABLE) == len(answer["configurationKey"])
    assert "unknownKey" not in answer
    assert rows["NumberOfConnectors"] == {
        "key": "NumberOfConnectors",
        "readonly": True,
        "value": "2",
    }
    # What opens the door is never told
    assert "value" not in rows["AuthorizationKey"]


async def test_keys_that_are_asked_for_and_such_that_do_not_exist():
    bench = Bench()
    answer = await bench.ask("GetConfiguration", key=["heartbeatinterval", "Wings"])
    assert [row["key"] for row in answer["configurationKey"]] == ["HeartbeatInterval"]
    assert answer["unknownKey"] == ["Wings"]
    answer = await bench.ask("GetConfiguration", key=["Wings"])
    assert answer == {"unknownKey": ["Wings"]}


async def test_more_keys_than_allowed_are_refused():
    with pytest.raises(CallError) as caught:
        await Bench().ask("GetConfiguration", key=["x"] * 101)
    assert caught.value.code == "OccurenceConstraintViolation"


def test_the_samples_cover_every_writable_key():
    assert set(GOOD) == set(BAD) == set(WRITABLE)


@pytest.mark.parametrize("key", WRITABLE)
async def test_a_writable_key_takes_what_is_good_and_refuses_the_rest(key):
    bench = Bench()
    before = await bench.value_of(key)
    for value in BAD[key]:
        assert await bench.status_of("ChangeConfiguration", key=key, value=value) == "Rejected"
    assert await bench.value_of(key) == before
    assert bench.pile.asked == [each for each in bench.pile.asked if each[0] == "settings"]
    answer = await bench.ask("ChangeConfiguration", key=key, value=GOOD[key])
    assert answer == {"status": "Accepted"}
    bench.drop()
    bench.again()
    if key != "AuthorizationKey":
        wanted = "true" if GOOD[key] == "TRUE" else GOOD[key]
        assert await bench.value_of(key) == wanted


@pytest.mark.parametrize("key", READ_ONLY)
async def test_a_read_only_key_stays(key):
    bench = Bench()
    value = await bench.value_of(key)
    assert await bench.status_of("ChangeConfiguration", key=key, value="1") == "Rejected"
    assert await bench.value_of(key) == value


async def test_a_key_that_does_not_exist_is_not_supported():
    status = await Bench().status_of("ChangeConfiguration", key="Wings", value="2")
    assert status == "NotSupported"


@pytest.mark.parametrize("key", [key for key in TABLE if key.place == PILE], ids=lambda k: k.name)
async def test_a_key_of_the_pile_is_written_there(key):
    bench = Bench()
    value = GOOD[key.name]
    await bench.configure(**{key.name: value})
    wanted = value == "true" if value in {"true", "false"} else int(value)
    assert bench.pile.asked[-1] == ("configure", key.setting, wanted)
    bench.pile.replies["configure"] = Reply("accepted", "restart")
    status = await bench.status_of("ChangeConfiguration", key=key.name, value=value)
    assert status == "RebootRequired"
    for reply in (None, refused("bad_value"), refused("unknown_key")):
        bench.pile.replies["configure"] = reply
        status = await bench.status_of("ChangeConfiguration", key=key.name, value=value)
        assert status == "Rejected"


def test_the_piles_own_bounds_are_those_of_the_keys():
    rows = {row[0]: row for row in settings.TABLE}
    numbers = [key for key in TABLE if key.place == PILE and key.setting in rows and key.high]
    assert {key.setting for key in numbers} == {"start_timeout_s", "sample_interval_s"}
    for key in numbers:
        assert (key.low, key.high) == (rows[key.setting][3], rows[key.setting][4])


async def test_what_a_technician_changed_at_the_pile_is_told():
    bench = Bench()
    bench.pile.settings["start_timeout_s"] = 45
    assert await bench.value_of("ConnectionTimeOut") == "45"
    # While it is away the last that was known holds
    bench.pile.reachable = False
    bench.pile.settings["start_timeout_s"] = 50
    assert await bench.value_of("ConnectionTimeOut") == "45"


async def test_no_samples_is_the_bridges_to_know():
    bench = Bench()
    await bench.configure(MeterValueSampleInterval="0")
    assert bench.pile.asked == []
    assert await bench.value_of("MeterValueSampleInterval") == "0"
    await bench.configure(MeterValueSampleInterval="15")
    assert await bench.value_of("MeterValueSampleInterval") == "15"


async def test_a_change_is_felt_where_it_works():
    bench = Bench()
    assert bench.context.rules == (3, 60)
    await bench.configure(HeartbeatInterval="45", TransactionMessageAttempts="4")
    assert bench.context.intervals == [45]
    assert bench.context.rules == (4, 60)
    await bench.configure(TransactionMessageRetryInterval="7", WebSocketPingInterval="9")
    assert bench.context.rules == (4, 7)
    assert bench.context.pings == [9]
    bench.again()
    await bench.station.announce()
    assert bench.context.pings == [9, 9]
    assert bench.context.rules == (4, 7)


async def test_a_new_key_makes_a_new_connection():
    bench = Bench()
    await bench.context.values.set("password", "of 2.0.1")
    await bench.configure(AuthorizationKey="0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    assert bench.context.reconnects == 1
    values = bench.context.values
    kept = values.get("key:AuthorizationKey")
    assert kept == "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
    # One of another version does not stand in front of it
    assert values.get("password") is None


async def test_the_security_profile_rises_only_with_what_it_needs():
    bench = Bench()

    async def raised(profile):
        return await bench.status_of("ChangeConfiguration", key="SecurityProfile", value=profile)

    assert await raised("1") == "Rejected"
    await bench.configure(AuthorizationKey="00" * 16)
    assert await raised("2") == "Rejected"
    assert await raised("1") == "Accepted"
    assert bench.context.reconnects == 2
    roots = {"CentralSystemRootCertificate": ["pem"]}
    await bench.context.values.set("certificates", roots)
    assert await raised("2") == "Accepted"
    assert await raised("3") == "Rejected"
    assert await raised("1") == "Rejected"
    await bench.context.values.set("client_certificate", {"certificate": "pem", "key": "pem"})
    assert await raised("3") == "Accepted"
    assert await bench.value_of("SecurityProfile") == "3"


async def test_the_settings_file_names_the_least_security():
    bench = Bench()
    bench.context.settings.security_profile = 2
    bench.context.settings.password = "secret"
    assert await bench.value_of("SecurityProfile") == "2"
    assert (
        await bench.status_of("ChangeConfiguration", key="SecurityProfile", value="1")
        == "Rejected"
    )
