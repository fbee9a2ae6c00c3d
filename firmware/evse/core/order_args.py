"""Arguments of the commands that operate a pile: profiles, cards, reservations, service.

The pile loads them with what carries them out. Texts as in messages.py, with short forms; see args_of().
"""

ORDER_ARGS = {
    # Beyond the table: schedule.profile(). Held if `revision` follows the pile's own
    "profile": "revision #u, #c, id #u, purpose token 2 7, stack int 0 99, ?from_utc #s, ?until_utc #s, ?start_utc #s, "
    "?recur token 5 6, ?duration_s #u, ?ref token 1 64, periods list 1 24",
    "clear_profiles": "revision #u, ids list 0 32",
    # A part of the whole local list, entries as token_list.py has them
    "tokens": "version #u, from int 0 1000, total int 0 1000, entries list 0 16",
    "clear_cache": "",
    "authorized": "ask int 1 65535, status token 5 12, ?until_utc #s, ?group token 1 36",
    "reserve": "#c, id #u, token token 1 36, until_utc #s, ?group token 1 36",
    "unreserve": "id #u",
    "unlock": "connector int 1 4",
    "availability": "#c, operative int 0 1",
    "reset": "kind token 4 4",
    # The value in a list of one
    "configure": "key token 1 32, value list 1 1",
    "settings": "keys list 1 8",
}


def args_of(name):
    """The text of a command's arguments, as messages.rows() reads it."""
    text = ORDER_ARGS[name].replace("#u", "int 0 2147483647").replace("#c", "connector int 0 4")
    # Schedules may have begun long before the clock
    return text.replace("#s", "int 1 4102444800")
