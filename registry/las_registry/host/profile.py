"""Host profiles: what is known of a machine, as a file (contract, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from packaging.version import Version

from las_registry.host.facts import (
    parse_cores,
    parse_label,
    parse_memory,
    parse_runtime_name,
    parse_runtime_version,
)
from las_registry.host.kept_profiles import keep_profile, known_profile
from las_registry.input_file import read_input_file
from las_registry.problem import FieldPath, InvalidFile, Problem, format_path
from las_registry.size import format_size
from las_solver.errors import InvalidInput
from las_solver.model import Gpu, Host

__all__ = ["host_from_document", "profile_document", "read_profile"]

Parsed = TypeVar("Parsed")
Locate = Callable[[FieldPath], int | None]

_LARGEST_FILE: Final = 1 << 20
_ANY_GPU: Final = Gpu(vram=0)
_KEYS: Final = ("cpu", "memory", "gpus", "runtimes", "modes", "interfaces", "system_packages")
_MISPLACED: Final = {
    "cores": "cpu: {cores: 16}",
    "ram": "memory: {ram: 64GiB}",
    "vram": "gpus: [{vram: 24GB}]",
    "gpu": "gpus: [{vram: 24GB}]",
    "cuda": 'runtimes: {cuda: "12.4"}',
}
"""What people write at the top of a profile, and where it belongs."""


def read_profile(path: Path, *, is_cached: bool = False) -> Host:
    """The host that the profile at `path` describes; nothing is detected.

    If `is_cached`, what it says is kept for this user, and a profile with the same bytes is not parsed again. Raises
    :class:`InvalidFile` with everything that is wrong with the file.
    """
    data = _read_bytes(path)
    known = known_profile(data) if is_cached else None
    if known is not None:
        with suppress(
            InvalidFile
        ):  # it was right when it was kept: what is wrong with the file is not known from there
            return host_from_document(known)
    from las_registry.yaml_reader import read_document

    document = read_document(data, str(path))
    if document.value is None:
        hint = "state at least one fact, like cpu: {cores: 16}; {} is a machine of which nothing is known"
        raise InvalidFile([Problem(file=str(path), message="the profile is empty", hint=hint)])
    host = _Reading(str(path), document.line_of).host(document.value)
    if is_cached:
        keep_profile(data, profile_document(host))
    return host


def host_from_document(document: object, *, file: str = "host") -> Host:
    """The host that plain values, e.g. from JSON, describe; the inverse of :func:`profile_document`.

    Numbers may be integers or their text. Raises :class:`InvalidFile`; its problems name `file`.
    """
    return _Reading(file, lambda path: None).host(document)


def profile_document(host: Host) -> dict[str, object]:
    """`host` as the plain values of a profile: texts, integers, lists and objects, in a fixed order.

    A fact that is unknown is absent, and so is ``modes`` where every mode is allowed. Sizes are exact.
    """
    document: dict[str, object] = {}
    if host.cores is not None:
        document["cpu"] = {"cores": host.cores}
    if host.ram is not None:
        document["memory"] = {"ram": format_size(host.ram)}
    document["gpus"] = [{"name": gpu.name, "vendor": gpu.vendor, "vram": format_size(gpu.vram)} for gpu in host.gpus]
    document["runtimes"] = {name: str(host.runtimes[name]) for name in sorted(host.runtimes)}
    if host.modes is not None:
        document["modes"] = sorted(host.modes)
    document["interfaces"] = sorted(host.interfaces)
    document["system_packages"] = sorted(host.system_packages)
    return document


def _read_bytes(path: Path) -> bytes:
    try:
        data = read_input_file(path, _LARGEST_FILE)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = "name a profile file with --profile, or --profile detect to look at this machine"
        raise InvalidFile(
            [Problem(file=str(path), message=f"the profile cannot be read: {reason}", hint=hint)]
        ) from None
    if len(data) > _LARGEST_FILE:
        message = f"the profile is larger than {format_size(_LARGEST_FILE)}"
        raise InvalidFile([Problem(file=str(path), message=message, hint="is this the right file?")])
    return data


class _Reading:
    """One pass over a document, which collects every problem on the way."""

    def __init__(self, file: str, locate: Locate) -> None:
        self.file = file
        self.locate = locate
        self.problems: list[Problem] = []

    def host(self, document: object) -> Host:
        if not isinstance(document, dict):
            self.refuse((), f"expected a profile, found {_kind(document)}", "write it like cpu: {cores: 16}")
            raise InvalidFile(self.problems)
        top = self.mapping(document, (), _KEYS)
        cpu = self.mapping(top.get("cpu"), ("cpu",), ("cores",), example="cpu: {cores: 16}")
        memory = self.mapping(top.get("memory"), ("memory",), ("ram",), example="memory: {ram: 64GiB}")
        host = Host(
            cores=self.fact(cpu.get("cores"), ("cpu", "cores"), parse_cores),
            ram=self.fact(memory.get("ram"), ("memory", "ram"), parse_memory),
            gpus=self.gpus(top.get("gpus")),
            runtimes=self.runtimes(top.get("runtimes")),
            modes=self.modes(top.get("modes")),
            interfaces=frozenset(self.labels(top.get("interfaces"), "interfaces", "[database]")),
            system_packages=frozenset(self.labels(top.get("system_packages"), "system_packages", "[git]")),
        )
        if self.problems:
            raise InvalidFile(sorted(self.problems, key=lambda problem: problem.line or 0))
        return host

    def gpus(self, value: object) -> tuple[Gpu, ...]:
        items = self.items(value, ("gpus",), "[{name: GeForce RTX 4090, vendor: nvidia, vram: 24GB}]")
        cards = (self.gpu(item, ("gpus", at)) for at, item in enumerate(items))
        return tuple(card for card in cards if card is not None)

    def gpu(self, value: object, path: FieldPath) -> Gpu | None:
        if not isinstance(value, dict):
            self.refuse(path, f"expected a card, found {_kind(value)}", "write it like {vram: 24GB}")
            return None
        fields = self.mapping(value, path, ("name", "vendor", "vram"))
        name = self.fact(fields.get("name"), (*path, "name"), parse_label)
        vendor = self.fact(fields.get("vendor"), (*path, "vendor"), parse_label)
        vram = self.fact(fields.get("vram"), (*path, "vram"), parse_memory)
        if fields.get("vram") is None:
            self.refuse(path, "the card's vram is missing", "add its memory, like vram: 24GB")
        if vram is None:
            return None
        return Gpu(name=name or _ANY_GPU.name, vendor=vendor or _ANY_GPU.vendor, vram=vram)

    def runtimes(self, value: object) -> Mapping[str, Version]:
        path: FieldPath = ("runtimes",)
        if value is not None and not isinstance(value, dict):
            self.refuse(path, f"expected names and versions, found {_kind(value)}", 'write it like {cuda: "12.4"}')
            return MappingProxyType({})
        found: dict[str, Version] = {}
        for name, text in (value or {}).items():
            version = self.fact(text, (*path, str(name)), parse_runtime_version)
            if self.fact(name, (*path, str(name)), parse_runtime_name) and version is not None:
                found[name] = version
        return MappingProxyType(found)

    def modes(self, value: object) -> frozenset[str] | None:
        if value is None:
            return None
        if value == []:
            self.refuse(("modes",), "no mode is allowed here", "leave out modes to allow every mode")
        return frozenset(self.labels(value, "modes", "[native, container]"))

    def labels(self, value: object, key: str, example: str) -> Iterable[str]:
        items = self.items(value, (key,), example)
        found = []
        for at, item in enumerate(items):
            if item is None:
                self.refuse((key, at), "expected a name, found nothing", f"write it like {key}: {example}")
            found.append(self.fact(item, (key, at), parse_label))
        return (one for one in found if one is not None)

    def items(self, value: object, path: FieldPath, example: str) -> Sequence[object]:
        """A list; a null is an empty one."""
        if value is None:
            return ()
        if isinstance(value, list):
            return value
        self.refuse(path, f"expected a list, found {_kind(value)}", f"write it like {format_path(path)}: {example}")
        return ()

    def mapping(self, value: object, path: FieldPath, keys: Sequence[str], example: str = "") -> Mapping[str, object]:
        """A mapping with only `keys` and keys that begin with ``x-``; a null is an empty one."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(path, f"expected a mapping, found {_kind(value)}", f"write it like {example}")
            return {}
        for key in value:
            if key not in keys and not str(key).startswith("x-"):
                self.refuse((*path, str(key)), "a profile has no such key", _key_hint(str(key), path, keys))
        return value

    def fact(self, value: object, path: FieldPath, parse: Callable[[str], Parsed]) -> Parsed | None:
        """What `parse` makes of a text or an integer; a null is absent."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.refuse(path, f"expected a text or a number, found {_kind(value)}")
            return None
        try:
            return parse(str(value))
        except InvalidInput as error:
            self.refuse(path, error.message, error.hint)
            return None

    def refuse(self, path: FieldPath, message: str, hint: str | None = None) -> None:
        self.problems.append(
            Problem(file=self.file, line=self.locate(path), field=format_path(path), message=message, hint=hint)
        )


def _key_hint(key: str, path: FieldPath, keys: Sequence[str]) -> str:
    """What was probably meant by an unknown key."""
    if not path and key in _MISPLACED:
        return f"write {_MISPLACED[key]}"
    from difflib import get_close_matches

    near = get_close_matches(key.lower().replace("-", "_"), keys, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"its keys are {', '.join(keys)}; your own begin with x-"


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"the text {value if len(value) <= 80 else value[:77] + '...'!r}"
        case _:
            return f"the number {value}"
