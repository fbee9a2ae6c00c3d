"""Rows of the device model that come often."""

from pilebridge.platforms.ocpp.v201.variable_rows import READ_ONLY, READ_WRITE, Fixed, Kept, Row

TRUE, FALSE = Fixed("true"), Fixed("false")


def flag(component: str, variable: str, value: bool) -> Row:
    """A fact that is true or false."""
    return Row(component, variable, "boolean", TRUE if value else FALSE)


def switch(component: str, variable: str, default: bool) -> Row:
    """What may be switched on and off."""
    return Row(component, variable, "boolean", Kept("true" if default else "false"), READ_WRITE)


def number(component: str, variable: str, value: int, instance: str = "", unit: str = "") -> Row:
    """A number that stands."""
    return Row(
        component, variable, "integer", Fixed(str(value)), READ_ONLY, instance=instance, unit=unit
    )


def chosen(
    component: str,
    variable: str,
    default: int,
    lowest: int,
    highest: int,
    instance: str = "",
    unit: str = "",
) -> Row:
    """A number that may be chosen between two bounds."""
    return Row(
        component,
        variable,
        "integer",
        Kept(str(default)),
        READ_WRITE,
        instance=instance,
        unit=unit,
        lowest=lowest,
        highest=highest,
    )
