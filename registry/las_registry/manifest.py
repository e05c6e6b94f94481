"""Manifests: from a YAML document to a module version (contract, section 1).

A manifest is accepted only if it is free of mistakes, and then it is read in one pass, without a schema
validator: the pass refuses what it does not expect. What it refuses goes to :mod:`las_registry.validate`,
which names every mistake. The two agree: whatever validation finds no fault with is accepted, and nothing
else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from las_registry.integrity import Content, checksum_of
from las_registry.problem import Problem
from las_registry.size import parse_size
from las_registry.trust.standing import UNSIGNED, Standing
from las_registry.yaml_reader import Document, Quoted, Value
from las_solver.constraint import Requirement, check_name, parse_version
from las_solver.errors import InvalidInput
from las_solver.model import NO_HARDWARE, Hardware, ModuleVersion

__all__ = ["CATEGORIES", "Manifest", "Pool", "content_of", "read_boolean", "read_integer", "read_manifest"]

CATEGORIES = ("language", "runtime", "framework", "service", "application", "tool", "model")
MAX_INTEGER = 2**53 - 1
"""The greatest integer that canonical JSON can carry exactly."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_LABEL = re.compile(r"[^\x00-\x20\x7f-\xa0-][^\x00-\x20\x7f-\xa0]*")
_CHECKSUM = re.compile(r"sha256:[0-9a-fA-F]{64}")
_SIGNATURE = re.compile(r"ed25519:[0-9a-f]{64}:[A-Za-z0-9+/]{85}[AQgw]==")
_MAX_LENGTH = 1000

_FIELDS = frozenset(
    (
        *("name", "category", "version", "description", "license"),
        *("hardware", "dependencies", "runtime", "interfaces", "integrity"),
    )
)
_HARDWARE = frozenset(("cpu", "memory", "gpu"))
_CPU = frozenset(("cores_min",))
_MEMORY = frozenset(("ram_min",))
_GPU = frozenset(("vram_min", "multi_gpu"))
_DEPENDENCIES = frozenset(("system", "modules", "runtime"))
_RUNTIME = frozenset(("modes", "preferred"))
_INTERFACES = frozenset(("provides", "consumes"))
_INTEGRITY = frozenset(("checksum", "signature"))
_SCALARS = frozenset((str, Quoted, type(None)))
_EMPTY: Mapping[str, Value] = {}

T = TypeVar("T")
_Requirements: TypeAlias = dict[tuple[Value, ...], tuple[Requirement, ...]]


@dataclass(frozen=True)
class Manifest:
    """An accepted manifest: the module version that it describes, the document that it was read from, and who vouches
    for it, by its own signature."""

    module: ModuleVersion
    document: Document
    signature: str | None = None
    standing: Standing = UNSIGNED

    @cached_property
    def content(self) -> dict[str, Content]:
        """All that the manifest says, with the values of section 1 and without nulls."""
        return content_of(self.document)

    @cached_property
    def checksum(self) -> str:
        """The checksum of the content, whether or not the manifest carries it."""
        return checksum_of(self.content)

    @property
    def mark(self) -> str:
        """What the manifest is known by in the digest of a registry, as cheap as it is to be had: the checksum that it
        carries, else the digest of its file's bytes and its place in that file."""
        carried, stream = self.module.checksum, self.document.stream
        if carried is not None or stream is None:
            return carried or self.checksum
        return f"{stream.digest}:{self.document.index}"

    def text(self, field: str) -> str | None:
        """The text of a field at the top, e.g. ``description``; None where it is absent."""
        value = self.document.value
        text = value.get(field) if isinstance(value, dict) else None
        return str(text) if isinstance(text, str) else None


class Refused(Exception):
    """The pass met something that no accepted manifest contains."""


class Pool:
    """Values that many manifests share, each kept once: those spelled alike are the same object."""

    def __init__(self) -> None:
        self._kept: dict[object, Any] = {NO_HARDWARE: NO_HARDWARE}
        self._names: dict[str, str] = {}
        self._labels: dict[tuple[Value, ...], tuple[str, ...]] = {}
        self._modules: _Requirements = {}
        self._runtimes: _Requirements = {}
        self._entries: dict[tuple[object, str], Requirement] = {}
        self._hardware: dict[tuple[object, ...], Hardware] = {}

    def keep(self, value: T) -> T:
        """The first value kept that equals `value`."""
        return self._kept.setdefault(value, value)  # type: ignore[no-any-return]

    def name(self, value: Value) -> str:
        """The name of a module that `value` spells."""
        found = self._names.get(value) if isinstance(value, str) else None
        if found is None:
            found = self._names.setdefault(check_name(_text(value)), _text(value))
        return found

    def labels(self, value: Value) -> tuple[str, ...]:
        """The names of modes, interfaces or system packages in a list, each once."""
        if value is None:
            return ()
        key = _key(value)
        found = self._labels.get(key)
        if found is None:
            items = _items(key)
            if not all(map(is_label, items)):
                raise Refused
            found = self._labels[key] = self.keep(tuple(dict.fromkeys(items)))
        return found

    def requirements(self, value: Value) -> tuple[Requirement, ...]:
        """The requirements on modules in a list, each once."""
        return self._parse_all(value, self._modules, Requirement.parse)

    def runtimes(self, value: Value) -> tuple[Requirement, ...]:
        """The requirements on runtimes in a list, each once."""
        return self._parse_all(value, self._runtimes, Requirement.parse_runtime)

    def hardware(self, cores: Value, ram: Value, vram: Value, several: Value) -> Hardware:
        """The hardware that the four fields spell."""
        key = (*_key([cores, ram, vram, several]), type(cores), type(several))
        found = self._hardware.get(key)
        if found is None:
            cores_min = None if cores is None else read_integer(cores)
            if cores_min is not None and not 1 <= cores_min <= MAX_INTEGER:
                raise Refused
            found = self.keep(
                Hardware(
                    cores_min=cores_min,
                    ram_min=None if ram is None else parse_size(_text(ram)),
                    vram_min=None if vram is None else parse_size(_text(vram)),
                    multi_gpu=False if several is None else read_boolean(several),
                )
            )
            self._hardware[key] = found
        return found

    def _parse_all(
        self, value: Value, known: _Requirements, parse: Callable[[str], Requirement]
    ) -> tuple[Requirement, ...]:
        if value is None:
            return ()
        key = _key(value)
        found = known.get(key)
        if found is None:
            entries = tuple(self._entry(text, parse) for text in _items(key))
            found = known[key] = tuple(dict.fromkeys(entries)) if len(entries) > 1 else entries
        return found

    def _entry(self, text: str, parse: Callable[[str], Requirement]) -> Requirement:
        found = self._entries.get((parse, text))
        if found is None:
            found = self._entries[parse, text] = parse(text)
        return found


def read_manifest(
    document: Document, source: str, pool: Pool, *, was_accepted: bool = False
) -> Manifest | tuple[Problem, ...]:
    """The manifest in a document, or everything that is wrong with it; `source` is the path that it is
    known by. Where the same bytes were accepted before, the checksum is not compared again."""
    if not document.problems:
        try:
            return _read(document, source, pool, is_intact=was_accepted)
        except (Refused, InvalidInput):
            pass
    from las_registry.validate import find_problems

    return find_problems(document)


def content_of(document: Document) -> dict[str, Content]:
    """All that a document says: nulls left out, integers and booleans in the fields that have them."""
    content: Any = _without_nulls(document.value)
    if not isinstance(content, dict):
        return {}
    hardware = content.get("hardware")
    for section, field, read in (("cpu", "cores_min", read_integer), ("gpu", "multi_gpu", read_boolean)):
        fields = hardware.get(section) if isinstance(hardware, dict) else None
        if isinstance(fields, dict) and field in fields:
            value = _field(document, ("hardware", section, field))
            try:
                fields[field] = read(value)
            except Refused:
                fields[field] = value
    return content


def read_integer(value: Value) -> int:
    """The integer that a scalar spells, as YAML 1.2 has it; raises :class:`Refused` where it spells none."""
    if type(value) is not str or not _INTEGER.fullmatch(value):
        raise Refused
    return int(value, {"0o": 8, "0x": 16}.get(value[:2], 10))


def read_boolean(value: Value) -> bool:
    """The boolean that a scalar spells, as YAML 1.2 has it; raises :class:`Refused` where it spells none."""
    found = _BOOLEANS.get(value) if type(value) is str else None
    if found is None:
        raise Refused
    return found


def is_label(text: str) -> bool:
    """Whether `text` can name a mode, an interface or a system package."""
    return _LABEL.fullmatch(text) is not None and len(text) <= _MAX_LENGTH


def is_checksum(text: str) -> bool:
    """Whether `text` has the form of a checksum."""
    return _CHECKSUM.fullmatch(text) is not None


def is_signature(text: str) -> bool:
    """Whether `text` has the form of a signature: 64 bytes of base64 after the algorithm and the key's id."""
    return _SIGNATURE.fullmatch(text) is not None


def _read(document: Document, source: str, pool: Pool, *, is_intact: bool) -> Manifest:
    """The manifest in a document; raises :class:`Refused` or :class:`InvalidInput` if anything is wrong
    with it."""
    top = _mapping(document.value, _FIELDS)
    dependencies = _mapping(top.get("dependencies"), _DEPENDENCIES)
    runtime = _mapping(top.get("runtime"), _RUNTIME)
    interfaces = _mapping(top.get("interfaces"), _INTERFACES)
    integrity = _mapping(top.get("integrity"), _INTEGRITY)
    category = top.get("category")
    if category not in CATEGORIES or not top.get("description"):
        raise Refused
    _text(top["description"])
    _optional_text(top.get("license"))
    modes, preferred = pool.labels(runtime.get("modes")), _optional_text(runtime.get("preferred"))
    if not modes or (preferred is not None and preferred not in modes):
        raise Refused
    if len(modes) != len(runtime["modes"]) - runtime["modes"].count(None):
        raise Refused
    checksum, signature = (
        _optional_text(integrity.get("checksum")),
        _optional_text(integrity.get("signature")),
    )
    if checksum is not None:
        checksum = checksum.lower()
        if not is_checksum(checksum) or not (is_intact or checksum == checksum_of(content_of(document))):
            raise Refused
    if signature is not None and not is_signature(signature):
        raise Refused
    module = ModuleVersion(
        name=pool.name(top.get("name")),
        version=parse_version(_text(top.get("version"))),
        category=pool.keep(_text(category)),
        requirements=pool.requirements(dependencies.get("modules")),
        runtimes=pool.runtimes(dependencies.get("runtime")),
        hardware=_hardware(top.get("hardware"), pool),
        modes=modes,
        preferred_mode=None if preferred is None else pool.keep(preferred),
        provides=pool.labels(interfaces.get("provides")),
        consumes=pool.labels(interfaces.get("consumes")),
        system_packages=pool.labels(dependencies.get("system")),
        source=source,
        checksum=checksum,
    )
    return Manifest(module, document, signature)


def _hardware(value: Value, pool: Pool) -> Hardware:
    if value is None:
        return pool.hardware(None, None, None, None)
    fields = _mapping(value, _HARDWARE)
    cpu, memory, gpu = (
        _mapping(fields.get(name), known) for name, known in (("cpu", _CPU), ("memory", _MEMORY), ("gpu", _GPU))
    )
    return pool.hardware(cpu.get("cores_min"), memory.get("ram_min"), gpu.get("vram_min"), gpu.get("multi_gpu"))


def _mapping(value: Value, known: frozenset[str]) -> Mapping[str, Any]:
    """`value` as a mapping that has only `known` keys, and those that begin with ``x-``."""
    if value is None:
        return _EMPTY
    if not isinstance(value, dict):
        raise Refused
    if not value.keys() <= known:
        for key, one in value.items():
            if key not in known and one is not None and not key.startswith("x-"):
                raise Refused
    return value


def _text(value: Value) -> str:
    if type(value) is str:
        return value
    if not isinstance(value, str):
        raise Refused
    return str(value)


def _optional_text(value: Value) -> str | None:
    return None if value is None else _text(value)


def _key(value: Value) -> tuple[Value, ...]:
    """A list of texts and nulls as a key to look it up by."""
    if not isinstance(value, list) or not _SCALARS.issuperset(map(type, value)):
        raise Refused
    return tuple(value)


def _items(values: tuple[Value, ...]) -> tuple[str, ...]:
    """The texts among texts and nulls."""
    return tuple(_text(one) for one in values if one is not None)


def _without_nulls(value: Value) -> Any:
    if isinstance(value, list):
        return [_without_nulls(one) for one in value if one is not None]
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return str(value) if type(value) is Quoted else value


def _field(document: Document, path: tuple[str, ...]) -> Value:
    """The value at a path of mappings, None where there is none."""
    value = document.value
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
