"""The journal's flash: NOR sectors that stay, an operation in which the power goes, bits that fall over."""
from ringstub import Flash
