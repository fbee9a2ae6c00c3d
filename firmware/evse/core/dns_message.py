"""DNS messages (RFC 1035): the question for the IPv4 addresses of a name, and what an answer says. No I/O."""

from micropython import const

PORT = 53
# Longer answers come cut off, with a bit that says so
MOST_BYTES = 512
# What no server will change by being asked again
NO_NAME = "no such name"
NO_ADDRESS = "no IPv4 address"

_A = const(1)
_CNAME = const(5)
_IN = const(1)
_RECURSION_WANTED = const(0x0100)
# Answer, kind of question
_FORM_MASK = const(0xF800)
_ANSWER = const(0x8000)
_CUT_OFF = const(0x0200)
_MOST_NAME = const(255)
_MOST_RECORDS = const(32)
# Labels and pointers of all names of a message: 5 ms on the pile, whatever somebody sends
_MOST_STEPS = const(256)
_MOST_ALIASES = const(8)


def encode_question(number, name):
    """A question for the addresses of `name`, whose labels have 1..63 characters; `number` is 16 bits."""
    return bytes(
        (number >> 8, number & 255, _RECURSION_WANTED >> 8, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    ) + _question(name)


def _question(name):
    labels = b""
    for label in name.split("."):
        labels += bytes((len(label),)) + label.encode()
    return labels + bytes((0, 0, _A, 0, _IN))


def decode_answer(data, number, name):
    """(addresses as text, time to live in s, problem or "") of an answer to exactly this question.

    None when it answers anything else or is damaged.
    """
    try:
        if _u16(data, 0) != number or (_u16(data, 2) & _FORM_MASK) != _ANSWER:
            return None
        return _decode(data, name)
    except (IndexError, ValueError):
        return None


def _decode(data, name):
    steps = [_MOST_STEPS]
    asked, at = _name(data, 12, steps)
    wanted = _question(name.lower())
    if _u16(data, 4) != 1 or asked + data[at : at + 4] != wanted:
        return None
    flags = _u16(data, 2)
    code = flags & 15
    if code:
        return (), 0, NO_NAME if code == 3 else "server failure %d" % code
    aliases, addresses = _records(data, at + 4, min(_u16(data, 6), _MOST_RECORDS), steps)
    least_s = 1 << 31
    for _ in range(_MOST_ALIASES):
        found = []
        for owner, text, ttl_s in addresses:
            if owner == asked:
                found.append(text)
                least_s = min(least_s, ttl_s)
        if found:
            return found, least_s, ""
        if asked not in aliases:
            break
        asked, ttl_s = aliases[asked]
        least_s = min(least_s, ttl_s)
    return (), 0, "answer cut off" if flags & _CUT_OFF else NO_ADDRESS


def _records(data, at, count, steps):
    aliases = {}
    addresses = []
    for _ in range(count):
        owner, at = _name(data, at, steps)
        kind, network = _u16(data, at), _u16(data, at + 2)
        ttl_s = _u16(data, at + 4) << 16 | _u16(data, at + 6)
        if ttl_s >> 31:
            ttl_s = 0
        size = _u16(data, at + 8)
        at += 10
        if at + size > len(data):
            raise ValueError
        if network == _IN and kind == _CNAME:
            aliases[owner] = _name(data, at, steps)[0], ttl_s
        elif network == _IN and kind == _A and size == 4:
            addresses.append((owner, "%d.%d.%d.%d" % tuple(data[at : at + 4]), ttl_s))
        at += size
    return aliases, addresses


def _name(data, at, steps):
    """(labels as on the wire without pointers, in lower case; the place behind) of a name at `at`."""
    labels = b""
    behind = 0
    while True:
        steps[0] -= 1
        size = data[at]
        if size >= 0xC0:
            behind = behind or at + 2
            # Two that lead to each other end with the steps
            at = (size & 0x3F) << 8 | data[at + 1]
        else:
            labels += data[at : at + 1 + size]
            at += 1 + size
            if not size:
                return labels.lower(), behind or at
        if 63 < size < 0xC0 or at > len(data) or len(labels) > _MOST_NAME or not steps[0]:
            raise ValueError


def _u16(data, at):
    return data[at] << 8 | data[at + 1]
