"""A name server: `table` has the addresses and the time to live of each name; it answers packets, not sockets."""

FAULTS = ("dns_silent", "dns_lying")

_NO_NAME = 3


class Names:
    """One server; `questions` counts."""

    def __init__(self):
        self.table = {}  # name: (addresses as text, time to live in s)
        self.faults = set()
        self.questions = 0
        # Code of every answer, 0 for an answer from the table
        self.failure = 0

    def set_fault(self, name, on):
        """Switch one of FAULTS: no answer, or answers of somebody who did not see the question."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def answers(self, question):
        """Packets that go back for one packet."""
        self.questions += 1
        if "dns_silent" in self.faults or len(question) < 17:
            return []
        name = _name_of(question)
        if "dns_lying" in self.faults:
            wrong_number = bytes((question[0] ^ 1,)) + question[1:]
            other = question[:13] + b"x" + question[14:]
            lies = [_answer(asked, ("6.6.6.6",), 3600, 0) for asked in (wrong_number, other)]
            # One that ends too early, and an echo
            return lies + [_answer(question, ("6.6.6.6",), 3600, 0)[:-2], question]
        if self.failure:
            return [_answer(question, (), 0, self.failure)]
        if name not in self.table:
            return [_answer(question, (), 0, _NO_NAME)]
        addresses, ttl_s = self.table[name]
        return [_answer(question, addresses, ttl_s, 0)]


def _name_of(question):
    labels = []
    at = 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode().lower())
        at += 1 + question[at]
    return ".".join(labels)


def _answer(question, addresses, ttl_s, code):
    head = question[:2] + bytes((0x81, 0x80 | code, 0, 1, 0, len(addresses), 0, 0, 0, 0))
    records = b""
    for address in addresses:
        records += b"\xc0\x0c\x00\x01\x00\x01" + ttl_s.to_bytes(4, "big") + b"\x00\x04"
        records += bytes([int(part) for part in address.split(".")])
    return head + question[12:] + records
