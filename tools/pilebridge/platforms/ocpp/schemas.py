"""Payloads against the schemas that the `ocpp` package ships: compiled at first use, once for all stations."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import jsonschema_rs

from pilebridge.platforms.ocpp import codes
from pilebridge.platforms.ocpp.codes import V16, V201, Version
from pilebridge.platforms.ocpp.context import CallError

_FOLDER: dict[Version, str] = {V16: "v16", V201: "v201"}
# How the files of a version name a request
_REQUEST: dict[Version, str] = {V16: "", V201: "Request"}
_SAYS = {
    "maxLength": "longer than {limit}",
    "minLength": "shorter than {limit}",
    "maxItems": "more than {limit} of them",
    "minItems": "fewer than {limit} of them",
    "maximum": "more than {limit}",
    "minimum": "less than {limit}",
    "multipleOf": "not a multiple of {multiple_of}",
    "format": "not a {format}",
    "enum": "not one of the allowed values",
}


class _Validator(Protocol):
    def is_valid(self, instance: Any) -> bool: ...

    def iter_errors(self, instance: Any) -> Any: ...


class Schemas:
    """The messages of one version; `of()` gives the one that all connections share."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self._folder = _package() / _FOLDER[version] / "schemas"
        self._names = frozenset(path.stem for path in self._folder.glob("*.json"))
        self._compiled: dict[tuple[str, bool], _Validator] = {}

    @staticmethod
    @cache
    def of(version: Version) -> "Schemas":
        """The messages of a version."""
        return Schemas(version)

    def knows(self, action: str) -> bool:
        """True for an action of the version."""
        return action + _REQUEST[self.version] in self._names and not action.endswith("Response")

    def actions(self) -> list[str]:
        """Every action of the version."""
        return sorted(
            name.removesuffix("Response") for name in self._names if name.endswith("Response")
        )

    def check_request(self, action: str, payload: dict[str, Any]) -> None:
        """CallError for a call's payload that breaks its schema."""
        self._check(action + _REQUEST[self.version], payload, True)

    def check_response(self, action: str, payload: dict[str, Any], ours: bool) -> None:
        """CallError for an answer's payload that breaks its schema.

        The form of dates counts in what we send. In an answer to us it does not: a sloppy clock in it is
        no reason to send a bill again.
        """
        self._check(action + "Response", payload, ours)

    def _check(self, name: str, payload: dict[str, Any], formats: bool) -> None:
        validator = self._compiled.get((name, formats)) or self._compile(name, formats)
        try:
            if validator.is_valid(payload):
                return
            error = next(iter(validator.iter_errors(payload)))
        except (ValueError, StopIteration):
            # Nested deeper than any message of the version
            code = codes.spelt(self.version, "FormatViolation")
            raise CallError(code, "nested too deeply") from None
        path = ".".join(str(part) for part in error.instance_path)
        keyword, facts = error.kind.name, error.kind.as_dict()
        raise CallError(codes.of_keyword(self.version, keyword), _sentence(path, keyword, facts))

    def _compile(self, name: str, formats: bool) -> _Validator:
        if name not in self._names:
            raise CallError("NotImplemented", f"{name} is not of {self.version}")
        schema = json.loads((self._folder / f"{name}.json").read_text("utf-8-sig"))
        validator = cast(_Validator, jsonschema_rs.validator_for(schema, validate_formats=formats))
        return self._compiled.setdefault((name, formats), validator)


def _sentence(path: str, keyword: str, facts: dict[str, Any]) -> str:
    """What is wrong and where, without the value: it may be a password."""
    if keyword == "required":
        return f"{path}.{facts['property']} is missing".lstrip(".")
    if keyword == "additionalProperties":
        return f"{path}.{str(facts['unexpected'][0])[:50]} is not known".lstrip(".")
    if keyword == "type":
        return f"{path or 'payload'}: not {' or '.join(facts['types'])}"
    text = _SAYS.get(keyword, keyword).format(**facts)
    return f"{path or 'payload'}: {text}"


def _package() -> Path:
    # Found without importing it: only its data files are used
    spec = importlib.util.find_spec("ocpp")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package ocpp is not installed: its schema files are needed")
    return Path(spec.origin).parent
