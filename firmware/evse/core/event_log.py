"""Reads the entries of an EventRing; loaded when a technician asks."""


def entries(ring, most):
    """The newest (up_s, what), at most so many, oldest first."""
    size = len(ring.data)
    at = ring.end % size
    text = bytes(ring.data[:at])
    if ring.end >= size:
        # What the newest has cut into is no entry any more
        text = bytes(ring.data[at:]) + text
        text = text[text.find(b"\n") + 1 :]
    found = []
    for entry in text.split(b"\n")[:-1][-most:]:
        up_s, _space, what = entry.partition(b" ")
        found.append((int(up_s), text_of(what)))
    return found


def text_of(data):
    """UTF-8 that may be cut within its last character; "?" for what is none."""
    for cut in range(4):
        try:
            return str(data[: len(data) - cut], "utf-8")
        except ValueError:
            pass
    return "?"
