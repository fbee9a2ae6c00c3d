"""Arguments of the commands that operate a pile: profiles, cards, reservations, service. Rows as in messages.py.

The pile loads them with what carries them out.
"""

_UINT = " int 0 2147483647"
# Schedules may have begun long before the clock
_UTC = " int 1 4102444800"
_GROUP = ", ?group token 1 36"
ORDER_ARGS = {
    # Beyond the table: schedule.profile(). Held if `revision` follows the pile's own
    "profile": "revision"
    + _UINT
    + ", connector int 0 4, id"
    + _UINT
    + ", purpose token 2 7, stack int 0 99, ?from_utc"
    + _UTC
    + ", ?until_utc"
    + _UTC
    + ", ?start_utc"
    + _UTC
    + ", ?recur token 5 6, ?duration_s"
    + _UINT
    + ", ?ref token 1 64, periods list 1 24",
    "clear_profiles": "revision" + _UINT + ", ids list 0 32",
    # A part of the whole local list, entries as token_list.py has them
    "tokens": "version" + _UINT + ", from int 0 1000, total int 0 1000, entries list 0 16",
    "clear_cache": "",
    "authorized": "ask int 1 65535, status token 5 12, ?until_utc" + _UTC + _GROUP,
    "reserve": "connector int 0 4, id" + _UINT + ", token token 1 36, until_utc" + _UTC + _GROUP,
    "unreserve": "id" + _UINT,
    "unlock": "connector int 1 4",
    "availability": "connector int 0 4, operative int 0 1",
    "reset": "kind token 4 4",
    # The value in a list of one
    "configure": "key token 1 32, value list 1 1",
    "settings": "keys list 1 8",
}
