"""What goes wrong at the technician's end."""


class PortError(Exception):
    """There is no pile to talk to, or the words are wrong; the text is one sentence that says what to do."""
