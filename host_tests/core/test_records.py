"""The record codec: what goes in comes out, and one wrong bit is found by CRC and by tag."""

import struct
from binascii import crc32, hexlify

from evse.core import mac, records
from evse.core.records import RecordError

LIFE = "a55a41c3"
KEY = mac.Mac(mac.derive(bytes(range(32)), mac.JOURNAL))
HEAD = {"seq": 42, "boot": 7, "up": 93, "utc": 1763600093, "c": 1, "wh": 1234570}
SAMPLE = dict(HEAD, kind="tx_sample", tx=37, w=7034, mv=[220000], ma=[31900])


def sealed(record, link=records.NO_LINK):
    return records.encode(record, LIFE, link, KEY)


def refusal(call, *values):
    try:
        call(*values)
    except RecordError as error:
        return str(error)
    return ""


def with_crc(body):
    return bytes(body) + struct.pack("<I", crc32(body) & 0xFFFFFFFF)


def test_round_trip_of_every_kind_and_field():
    rows = [
        SAMPLE,
        dict(HEAD, kind="boot", cause="power_on", utc=None, wh=None, c=0),
        dict(HEAD, kind="tx_start", tx=37, ref="R" * 64, by="tcec102", meter="000012345678"),
        dict(HEAD, kind="tx_stop", tx=37, ref="", reason="remote", fault=""),
        dict(HEAD, kind="fault", fault="pilot_short", detail="充电 " + "x" * 100),
        dict(HEAD, kind="clock", step_s=-86400, source="ntp"),
        dict(HEAD, kind="tx_resume", tx=37, lost_wh=1 << 36),
        dict(HEAD, kind="key", number=2),
        dict(HEAD, kind="tx_sample", tx=37, w=-7000, mv=[0, 1, 2], ma=[-1, -64, -65]),
        dict(HEAD, kind="tx_charging", tx=37, seq=0xFFFFFFFE, wh=(1 << 40) - 2),
    ]
    for row in rows:
        data = sealed(row)
        assert len(data) == data[0] <= records.MOST_BYTES
        assert records.decode(data) == row
        assert records.seq_of(data) == row["seq"]
        assert records.proven(data, LIFE, KEY)


def test_bytes_of_a_record_are_these():
    # The layout is on flashes and in books: it may grow, never change
    assert hexlify(sealed(dict(HEAD, kind="tx_charging", tx=1), b"link")) == (
        b"32032a000000070000005d000000dd661e69018ad61200006c696e6b4002a7"
        b"9148399a7643d0b50f37d6d9af9c55c5368434"
    )


def test_every_wrong_bit_is_found_by_crc_and_by_tag():
    data = sealed(SAMPLE)
    for bit in range(8 * len(data)):
        wrong = bytearray(data)
        wrong[bit // 8] ^= 1 << bit % 8
        assert records.size_of(wrong) == 0, bit
        mended = with_crc(wrong[:-4])
        if bit < 8 * (len(data) - 4):
            assert not records.proven(mended, LIFE, KEY), bit
    assert not records.proven(data, "a55a41c4", KEY)


def test_every_cut_is_no_record():
    data = sealed(SAMPLE)
    for size in range(len(data)):
        assert records.size_of(data[:size]) == 0
        assert records.size_of(data[:size] + b"\xff" * (len(data) - size)) == 0
    assert "no whole record" in refusal(records.decode, data + b"\0")
    for erased in (b"", b"\xff" * 256, b"\0" * 256):
        assert records.size_of(erased) == 0


def test_link_is_the_head_of_the_tag_before():
    first = sealed(SAMPLE)
    link = records.tag_of(first)[: records.LINK_BYTES]
    second = sealed(dict(SAMPLE, seq=43), link)
    assert records.link_of(first) == records.NO_LINK
    assert records.link_of(second) == link


def test_what_does_not_fit_is_refused_by_name():
    for row, word in (
        (dict(SAMPLE, ref="x" * 128), "ref: 128 bytes"),
        (dict(SAMPLE, by="x" * 120, ref="x" * 120), "tx_sample of"),
        (dict(SAMPLE, wh=-1), "wh: -1"),
        (dict(SAMPLE, colour="red"), "colour: no such field"),
    ):
        assert word in refusal(sealed, row), row


def test_records_of_a_newer_pile_are_read_as_far_as_they_go():
    body = bytearray(sealed(SAMPLE)[:-20])
    body[1] = 60
    body += bytes((63 | 1 << 6, 10))
    body[0] = len(body) + 20
    record = records.decode(with_crc(body + b"t" * 16))
    assert record["kind"] == "kind60" and record["field63"] == 5 and record["w"] == 7034


def test_broken_fields_are_refused():
    head = sealed(SAMPLE)[:28]
    for fields in (
        b"\x01",
        b"\x01\x05ab",
        b"\x01\x02\xff\xfe",
        b"\x43\x80",
        b"\x43" + b"\xff" * 12,
        b"\x88\x04\x02",
        b"\xc0\x00",
    ):
        body = bytearray(head + fields)
        body[0] = len(body) + 20
        assert refusal(records.decode, with_crc(body + b"t" * 16)), fields
