"""Tables of the pile that the device model is made from; device code carries no types."""

from typing import Any

from evse.core import fault_codes as _fault_codes
from evse.core import faults as _faults
from evse.core import settings as _settings

fault_codes: Any = _fault_codes
faults: Any = _faults
settings: Any = _settings
