"""``Protocol``: every choice between masks and an LVEF that changes the number."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

from . import _native


class Protocol:
    """Every choice between masks and an LVEF: a preset by its name, the protocol of a TOML file, or one from a dictionary.

    >>> Protocol("paper").name
    'paper'
    """

    __slots__ = ("_native",)

    NAMES: tuple[str, ...] = tuple(_native.Protocol.names())
    """Names of the presets."""

    def __init__(self, name: str) -> None:
        """A preset by its name."""
        self._native = _native.Protocol.by_name(name)

    @classmethod
    def _of(cls, native: _native.Protocol) -> Protocol:
        protocol = cls.__new__(cls)
        protocol._native = native
        return protocol

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Protocol:
        """The protocol of a TOML file, which has every choice."""
        return cls._of(_native.Protocol.from_file(os.fspath(path)))

    @classmethod
    def from_dict(cls, choices: Mapping[str, Any]) -> Protocol:
        """The protocol with these choices: what :meth:`to_dict` gives, changed, under a name of its own."""
        return cls._of(_native.Protocol.from_json(json.dumps(choices)))

    @property
    def name(self) -> str:
        """Its name."""
        return self._native.name

    def to_dict(self) -> dict[str, Any]:
        """Every choice, as field ``protocol`` of ``bloodpool.analysis/1`` has it."""
        choices: dict[str, Any] = json.loads(self._native.to_json())
        return choices

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protocol) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self._native.to_json())

    def __repr__(self) -> str:
        return f"<bloodpool.Protocol {self.name!r}>"

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        return Protocol.from_dict, (self.to_dict(),)


ProtocolLike: TypeAlias = Union[Protocol, str, "os.PathLike[str]"]
"""A protocol, the name of a preset, or a file whose name ends in ``.toml``."""


def native_protocol(given: ProtocolLike | None) -> _native.Protocol | None:
    """The protocol that was named; ``None`` for the default."""
    if given is None:
        return None
    if isinstance(given, Protocol):
        return given._native
    name = os.fspath(given)
    if name.lower().endswith(".toml"):
        return _native.Protocol.from_file(name)
    return _native.Protocol.by_name(name)
