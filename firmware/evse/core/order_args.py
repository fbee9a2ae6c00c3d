"""Arguments of the commands that operate a pile: profiles, cards, reservations, service.

The pile loads them with what carries them out. Texts as in messages.py, with short forms; see args_of().
"""

# What a `profile` says beyond the table: schedule.profile(); `entries` are as token_list.py has them. A value to
# be configured comes in a list of one. One text takes less than a dict
_TEXT = (
    "profile:revision #u, #c, id #u, purpose token 2 7, stack int 0 99, ?from_utc #s, ?until_utc #s, "
    "?start_utc #s, ?recur token 5 6, ?duration_s #u, ?ref token 1 64, periods list 1 24\n"
    "clear_profiles:revision #u, ids list 0 32\n"
    "tokens:version #u, from int 0 1000, total int 0 1000, entries list 0 16\n"
    "clear_cache:\n"
    "authorized:ask int 1 65535, status token 5 12, ?until_utc #s, ?group token 1 36\n"
    "reserve:#c, id #u, token token 1 36, until_utc #s, ?group token 1 36\n"
    "unreserve:id #u\n"
    "unlock:connector int 1 4\n"
    "availability:#c, operative int 0 1\n"
    "reset:kind token 4 4\n"
    "configure:key token 1 32, value list 1 1\n"
    "settings:keys list 1 8"
)


def names():
    """Names of all such commands."""
    return [line.split(":")[0] for line in _TEXT.split("\n")]


def args_of(name):
    """The text of a command's arguments, as messages.rows() reads it; "" for a name that is none."""
    for line in _TEXT.split("\n"):
        if line.startswith(name + ":"):
            text = line[len(name) + 1 :].replace("#u", "int 0 2147483647")
            # Schedules may have begun long before the clock
            return text.replace("#c", "connector int 0 4").replace("#s", "int 1 4102444800")
    return ""
