"""Measurands that the piles tell, by their names in 2.0.1."""

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
VOLTAGE = "Voltage"
CURRENT = "Current.Import"
MEASURANDS = (ENERGY, POWER, VOLTAGE, CURRENT)
