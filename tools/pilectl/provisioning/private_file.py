"""Files that hold secrets: nobody else can read them, and a write that breaks off leaves the old one."""

from __future__ import annotations

import os
from pathlib import Path

from ..port.port_error import PortError


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file anew with this mode; PortError says what is in the way."""
    new = path.with_name(path.name + ".new")
    try:
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        raise PortError(
            f"{path}: it cannot be written ({error.strerror}): choose another place."
        ) from None
