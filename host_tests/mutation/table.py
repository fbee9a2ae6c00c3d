"""All defects, in the order of the layers."""

from . import control_defects, journal_defects, pilot_defects, rule_defects, update_defects

DEFECTS = (
    *pilot_defects.DEFECTS,
    *rule_defects.DEFECTS,
    *control_defects.DEFECTS,
    *journal_defects.DEFECTS,
    *update_defects.DEFECTS,
)
