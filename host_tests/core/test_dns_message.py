"""DNS answers built here by an encoder of our own, damaged and forged ones among them."""

from evse.core import dns_message

NAME = "broker.example.com"
NUMBER = 0x1234
POINTER = b"\xc0\x0c"  # to the name in the question


def labels(name):
    return b"".join(bytes((len(p),)) + p.encode() for p in name.split(".") if p) + b"\0"


def u16(value):
    return bytes((value >> 8 & 255, value & 255))


def record(owner, kind, data, ttl_s=300, network=1):
    return owner + u16(kind) + u16(network) + u16(ttl_s >> 16) + u16(ttl_s) + u16(len(data)) + data


def a(owner, address, ttl_s=300):
    return record(owner, 1, bytes(int(part) for part in address.split(".")), ttl_s)


def cname(owner, target, ttl_s=300):
    return record(owner, 5, target, ttl_s)


def answer(*records, number=NUMBER, flags=0x8180, name=NAME, question=b"\0\1\0\1", questions=1):
    head = u16(number) + u16(flags) + u16(questions) + u16(len(records)) + bytes(4)
    return head + labels(name) + question + b"".join(records)


def decode(data):
    return dns_message.decode_answer(data, NUMBER, NAME)


def test_question():
    assert dns_message.encode_question(0xABCD, "a.bc") == (
        b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"
    )


def test_addresses_come_in_their_order_with_the_least_time_to_live():
    data = answer(a(POINTER, "10.0.0.1", 300), a(POINTER, "10.0.0.255", 60))
    assert decode(data) == (["10.0.0.1", "10.0.0.255"], 60, "")


def test_the_case_of_letters_does_not_matter():
    data = answer(a(labels("BROKER.example.COM"), "10.0.0.1"), name="Broker.Example.com")
    assert decode(data) == (["10.0.0.1"], 300, "")
    assert dns_message.decode_answer(data, NUMBER, "BROKER.EXAMPLE.COM")[0] == ["10.0.0.1"]


def test_aliases_are_followed_in_any_order():
    one, two = labels("lb.cloud.example"), labels("host-7.cloud.example")
    chain = (cname(POINTER, one, 600), cname(one, two, 20), a(two, "192.0.2.7", 3600))
    for records in (chain, (chain[2], chain[1], chain[0]), (chain[1], chain[0], chain[2])):
        assert decode(answer(*records)) == (["192.0.2.7"], 20, "")


def test_compressed_targets():
    # Behind 12 + 20 + 4: an alias with a pointer into the question, and an owner that points at it
    target = b"\x02lb" + b"\xc0\x13"  # lb.example.com
    data = answer(cname(POINTER, target), a(u16(0xC000 | 12 + 20 + 4 + 12), "192.0.2.9"))
    assert decode(data) == (["192.0.2.9"], 300, "")


def test_addresses_of_other_names_are_not_taken():
    for other in ("evil.example.com", "broker.example.com.evil", "example.com"):
        assert decode(answer(a(labels(other), "6.6.6.6"))) == ((), 0, "no IPv4 address"), other
    data = answer(cname(POINTER, labels("lb.example")), a(labels("evil.example"), "6.6.6.6"))
    assert decode(data) == ((), 0, "no IPv4 address")


def test_aliases_in_a_circle_end():
    one, two = labels("one.example"), labels("two.example")
    data = answer(cname(POINTER, one), cname(one, two), cname(two, one))
    assert decode(data) == ((), 0, "no IPv4 address")


def test_other_records_are_passed_over():
    data = answer(
        record(POINTER, 28, bytes(16)),
        record(POINTER, 1, b"\6\6\6\6", network=3),
        record(POINTER, 1, bytes(5)),
        a(POINTER, "10.0.0.1"),
    )
    assert decode(data) == (["10.0.0.1"], 300, "")


def test_refusals_are_named():
    rows = (
        (answer(flags=0x8183), "no such name"),
        (answer(flags=0x8182), "server failure 2"),
        (answer(flags=0x8185), "server failure 5"),
        (answer(), "no IPv4 address"),
        (answer(flags=0x8380), "answer cut off"),
    )
    for data, problem in rows:
        assert decode(data) == ((), 0, problem)


def test_a_time_to_live_with_the_top_bit_is_none():
    assert decode(answer(a(POINTER, "10.0.0.1", 1 << 31))) == (["10.0.0.1"], 0, "")


def test_what_answers_something_else_is_no_answer():
    good = a(POINTER, "6.6.6.6")
    rows = (
        answer(good, number=NUMBER ^ 1),
        answer(good, flags=0x0100),
        answer(good, flags=0x9180),
        answer(good, name="broker.example.org"),
        answer(good, name="roker.example.com"),
        answer(good, question=b"\0\x1c\0\1"),
        answer(good, question=b"\0\1\0\3"),
        answer(good, questions=0),
        answer(good, questions=2),
        dns_message.encode_question(NUMBER, NAME),
        b"",
    )
    for data in rows:
        assert decode(data) is None, data


def test_what_is_cut_short_is_no_answer():
    data = answer(cname(POINTER, labels("lb.example")), a(labels("lb.example"), "10.0.0.1"))
    assert decode(data)[0] == ["10.0.0.1"]
    for size in range(len(data)):
        assert decode(data[:size]) is None, size


def test_loops_of_pointers_end():
    at = 12 + 20 + 4
    itself = u16(0xC000 | at)
    for owner in (itself, u16(0xC000 | at + 2) + itself, b"\1a" + itself, u16(0xFFFF)):
        assert decode(answer(record(owner, 1, b"\6\6\6\6"))) is None, owner
    assert decode(answer(record(b"\x40" + bytes(64), 1, b"\6\6\6\6"))) is None
    assert decode(answer(a(b"\x3f" + b"a" * 63 + POINTER, "6.6.6.6")))[2] == "no IPv4 address"
    long = (b"\x3f" + b"a" * 63) * 4
    assert decode(answer(record(long + b"\0", 1, b"\6\6\6\6"))) is None


def test_a_message_costs_a_bounded_time():
    # Every record drags a name of 120 labels behind it
    deep = a(b"\1a" * 120 + b"\0", "6.6.6.6")
    again = [a(u16(0xC000 | 12 + 20 + 4), "6.6.6.6") for _ in range(15)]
    assert decode(answer(deep)) == ((), 0, "no IPv4 address")
    assert decode(answer(deep, *again)) is None
    many = [a(POINTER, "10.0.0.%d" % i) for i in range(40)]
    assert len(decode(answer(*many))[0]) == 32


def test_ten_thousand_damaged_answers_give_no_false_address():
    good = answer(cname(POINTER, labels("lb.example")), a(labels("lb.example"), "10.0.0.1"))
    body = 12 + 20 + 4
    state = 20240501
    taken = 0
    for _ in range(10000):
        data = bytearray(good)
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        hits = 1 + (state >> 20) % 4
        for _hit in range(hits):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            data[(state >> 8) % len(data)] = state >> 16 & 255
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        if state >> 28 == 0:
            data = data[: (state >> 8) % len(data)]
        result = decode(bytes(data))
        if result is None:
            continue
        addresses, ttl_s, problem = result
        assert bool(addresses) != bool(problem)
        assert 0 <= ttl_s < 1 << 31
        if addresses:
            taken += 1
            # Number, form and question stood: nothing before the records was touched
            assert data[:2] == good[:2] and data[12:body].lower() == good[12:body], data
            assert len(addresses) == 1 and addresses[0].count(".") == 3
    # Times to live, flags and addresses may change and pass
    assert 300 < taken < 8000, taken
