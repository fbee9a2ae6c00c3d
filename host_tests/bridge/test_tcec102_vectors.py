"""Known-answer vectors of the T/CEC 102.4 envelope, in both directions.

Vector 1 is the example in the appendix of T/CEC 102.4, vectors 2 and 3 are from a public operator
handbook that uses the same keys. Vectors 4 to 8 are ours: key, IV and signing key differ there,
so that swapped secrets fail.
"""

import json

import pytest

from pilebridge.platforms.tcec102 import envelope
from pilebridge.platforms.tcec102.envelope import EnvelopeError, Secrets

ONE_KEY = "1234567890abcdef"
PUBLISHED = Secrets("123456789", ONE_KEY, ONE_KEY, ONE_KEY, ONE_KEY)
OURS = Secrets(
    "MA5TEST01", "OpSecretExample1", "0123456789ABCDEF", "FEDCBA9876543210", "SigSecretExample"
)

V1_PLAIN = (
    '{"total":1,"stationStatusInfo":{"operationID":"123456789","stationID":"111111111'
    '111111","connectorStatusInfos":{"connectorID":1,"equipmentID":"10000000000000000'
    '000001","status":4,"currentA":0,"currentB":0,"currentC":0,"voltageA":0,"voltageB'
    '":0,"voltageC":0,"soc":10,}}}'
)
V1_DATA = (
    "il7B0BSEjFdzpyKzfOFpvg/Se1CP802RItKYFPfSLRxJ3jf0bVl9hvYOEktPAYW2nd7S8MBcyHYyacHK"
    "bISq5iTmDzG+ivnR+SZJv3USNTYVMz9rCQVSxd0cLlqsJauko79NnwQJbzDTyLooYoIwz75qBOH2/xOM"
    "irpeEqRJrF/EQjWekJmGk9RtboXePu2rka+Xm51syBPhiXJAq0GfbfaFu9tNqs/e2Vjja/ltE1M0lqvx"
    "fXQ6da6HrThsm5id4ClZFIi0acRfrsPLRixS/IQYtksxghvJwbqOsbIsITail9Ayy4tKcogeEZiOO+4E"
    "d264NSKmk7l3wKwJLAFjCFogBx8GE3OBz4pqcAn/ydA="
)
V1_SIG = "745166E8C43C84D37FFEC0F529C4136F"
V2_PLAIN = '{"OperatorID":"123456789",\n"OperatorSecret":"1234567890abcdef"}'
V2_DATA = (
    "mYvffpNoFf4E/ZTC1tOw41TC5OlkEobfAYCm5N8hEusaLUaUIqOrXtdbMrSck0DSmfM7mRuOGMoCQzH0nWPGuw=="
)
V2_SIG = "D2D584A14F3F284445DF85D0E8C0697C"
V3_DATA = (
    "uxeKP0ezR5yL8xSg4/ZCDh/N91/u86NXFxd2DrwZVW8zCPYcpl59Twz/yQZ3RaO4rDDrGmkvQignmNEJ"
    "+k4PGxdmIC+4fpJ8rU6osSobY+AeA0uueuQ5+eQiWBL6p6v5XMMm91brtK8yfFELYUWQzVcxABnAwK/+"
    "dyxtUhqLIxUpkwTEU/4ktN40df9IzzlLO5uvUknPGYu9yL0pp5w9vdRxmA1RiiTDNCysz6klr9bunGV3"
    "VJa2qpLcgeZMf/oG"
)
V3_SIG = "58E52010C7DEE87FE183B0AFA5B2BE30"
V3_TOKEN = "kVnStIRknCCOBdXgJrmu8rb3pcccifKW2NcQrysKKIzb7iQBxkkjeq3WoGdjgrIL"

V4 = (
    {"OperatorID": "MA5TEST01", "OperatorSecret": "OpSecretExample1"},
    "20260102030405",
    "EbLlsqBvI7GKoL2dyxz68MMc102PksqUEoowtpVUeBYJcXF3+ObMV2p8I1lz3jXxRD34m/Hzx0Ot73KkMoTdvQ==",
    "22E594FFA78446DAB8272B9D9430965E",
)
V5 = (
    {
        "ConnectorStatusInfo": {
            "ConnectorID": "31010100010101",
            "Status": 3,
            "ParkStatus": 50,
            "LockStatus": 10,
        }
    },
    "20260102030406",
    (
        "4wPOwUFkaL2zXMBrcieQiHFj/e/dRdvtXnQya1EpVwuEKiSTIFMW2MemFrJFXMgS"
        "ePK/QqzJtBOEWGBWISzwAzQYT7kr9NZjpKbkJ1OKMSGc6awNXEr/hlEeM7c2s8dA"
        "F++oSaPw+JB7NEMK7PrHQw=="
    ),
    "907E8704B2E2BA7E4CA7AC0280D45D33",
)
V6 = (0, "请求成功", {"Status": 0}, "kJxKirNiOCjDKepIaRXwAQ==", "5BF029C48144883FC6A1444073C9E9D1")
V7 = (4001, "签名错误", {}, "hllQyhUz2B16IyEKs1BcIQ==", "DCC89B450C1CE7DD1F7809A67D83A8B2")
V8_PLAIN = b'{"StationID":"0"}' + b" " * 15
V8_DATA = "DzICpuFI9TtJdA8LqdtOXtDlOkw5jyzIK0ElsAPMVQBUEcyUncATceOzrbdXoJe1"


def request(data, sig, timestamp, seq="0001", operator_id="123456789"):
    return {
        "OperatorID": operator_id,
        "Data": data,
        "TimeStamp": timestamp,
        "Seq": seq,
        "Sig": sig,
    }


def test_vector_1_standard_example_seals_and_opens():
    assert envelope.encrypt(PUBLISHED, V1_PLAIN.encode()) == V1_DATA
    assert envelope.decrypt(PUBLISHED, V1_DATA) == V1_PLAIN.encode()
    assert envelope.sign(PUBLISHED, "123456789", V1_DATA, "20160729142400", "0001") == V1_SIG


def test_vector_1_is_not_json_and_is_refused_as_a_parameter_error():
    with pytest.raises(EnvelopeError) as refused:
        envelope.open_request(PUBLISHED, request(V1_DATA, V1_SIG, "20160729142400"))
    assert refused.value.ret == 4004


def test_vector_2_token_request_seals_and_opens():
    assert envelope.encrypt(PUBLISHED, V2_PLAIN.encode()) == V2_DATA
    opened = envelope.open_request(PUBLISHED, request(V2_DATA, V2_SIG, "20180120165755"))
    assert opened == json.loads(V2_PLAIN)


def test_vector_3_token_answer_seals_and_opens():
    answer = {"Ret": 0, "Msg": "", "Data": V3_DATA, "Sig": V3_SIG}
    ret, msg, body = envelope.open_response(PUBLISHED, answer)
    assert (ret, msg) == (0, "")
    assert body == {
        "OperatorID": "123456789",
        "SuccStat": 0,
        "AccessToken": V3_TOKEN,
        "TokenAvailableTime": 7200,
        "FailReason": 0,
    }
    assert envelope.encrypt(PUBLISHED, envelope.decrypt(PUBLISHED, V3_DATA)) == V3_DATA
    assert envelope.sign(PUBLISHED, "0", "", V3_DATA) == V3_SIG


@pytest.mark.parametrize("vector", [V4, V5])
def test_vectors_4_and_5_requests_seal_and_open(vector):
    body, timestamp, data, sig = vector
    sealed = envelope.seal_request(OURS, body, timestamp, "0001")
    assert sealed == request(data, sig, timestamp, operator_id="MA5TEST01")
    assert envelope.open_request(OURS, sealed) == body


@pytest.mark.parametrize("vector", [V6, V7])
def test_vectors_6_and_7_answers_seal_and_open(vector):
    ret, msg, body, data, sig = vector
    sealed = envelope.seal_response(OURS, ret, msg, body)
    assert sealed == {"Ret": ret, "Msg": msg, "Data": data, "Sig": sig}
    assert envelope.open_response(OURS, sealed) == (ret, msg, body)
    assert envelope.open_response(OURS, {**sealed, "Ret": str(ret)}) == (ret, msg, body)


def test_vector_8_an_aligned_text_gets_a_whole_block_of_padding():
    assert len(V8_PLAIN) == 32
    assert envelope.encrypt(OURS, V8_PLAIN) == V8_DATA
    assert envelope.decrypt(OURS, V8_DATA) == V8_PLAIN


def test_processes_that_start_in_the_same_second_do_not_repeat_each_other():
    first = {envelope.TimestampSeq(lambda: 1000.5).next() for _process in range(50)}
    assert len(first) > 40


def test_sequence_counts_from_one_in_every_later_second():
    now = [1000.5]
    stamps = envelope.TimestampSeq(lambda: now[0])
    one, other = stamps.next(), stamps.next()
    assert one[0] == other[0]
    assert int(other[1]) == int(one[1]) + 1
    now[0] = 1001.0
    assert [stamps.next()[1], stamps.next()[1]] == ["0001", "0002"]
    now[0] = 900.0
    assert stamps.next() == (envelope.format_timestamp(1001), "0003")
