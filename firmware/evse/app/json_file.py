"""Reads a JSON file: loaded at the start and for the technician, and forgotten again."""

import json

_ENOENT = 2


def parsed(path):
    """Value in a file, None when there is none, a text saying why when it cannot be read."""
    try:
        with open(path) as file:
            return json.loads(file.read())
    except OSError as error:
        return None if error.errno == _ENOENT else "unreadable: %s" % error
    except ValueError:
        return "not JSON"
