"""Every fault of the world by name, and whose it is. `name@2` is the second outlet's."""

from pilesim import buttons, card, ethernet, mains, names, nor_flash, outlet, rs485, wifi

# What the outlets share: attribute of the world, its faults by name
SHARED = (
    ("emergency_stop", ("emergency_stop",)),
    ("pe_monitor", ("pe_lost",)),
    ("mains", mains.FAULTS),
    ("bus", rs485.FAULTS),
    ("flash", nor_flash.FAULTS),
    ("wifi", wifi.FAULTS),
    ("ethernet", ethernet.FAULTS),
    ("names", names.FAULTS),
    ("rfid", card.FAULTS),
    ("button", buttons.FAULTS),
)


def _flat(rows):
    names = ()
    for _attribute, faults in rows:
        names += faults
    return names


OUTLET = _flat(outlet.MODELS)
FAULTS = OUTLET + _flat(SHARED)


def split(name):
    """(name of FAULTS, outlet number) of `name` or `name@2`; ValueError says what is allowed."""
    name, separator, number = name.partition("@")
    if name not in FAULTS:
        raise ValueError("fault %s, allowed %s" % (name, " ".join(FAULTS)))
    if not separator:
        return name, 1
    if number not in ("1", "2"):
        raise ValueError("fault %s@%s, allowed @1 @2" % (name, number))
    if number != "1" and name not in OUTLET:
        raise ValueError("fault %s is of the whole pile, not of outlet %s" % (name, number))
    return name, int(number)


def model_of(name, world, outlet_models):
    """The model that has a fault of FAULTS."""
    for owner, rows in ((outlet_models, outlet.MODELS), (world, SHARED)):
        for attribute, faults in rows:
            if name in faults:
                return getattr(owner, attribute)
    raise ValueError("fault %s has no model" % name)
