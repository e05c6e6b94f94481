"""Replay files: a request with all that its answer depends on, in one file that gives the same answer anywhere.

docs/replay.md describes the format; :mod:`las_registry.replay_text` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from las_registry.document_reading import MOST_PROBLEMS, DocumentReading, boolean, label, shown
from las_registry.host.profile import host_from_document
from las_registry.load import Shelf
from las_registry.loaded_shelf import LoadedShelf
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.problem import FieldPath, InvalidFile, Problem, format_path
from las_registry.registry import Registry
from las_registry.yaml_document import Document, Limits
from las_registry.yaml_reader import Value, read_document
from las_solver.constraint import Requirement, check_name, parse_version
from las_solver.errors import InvalidInput
from las_solver.model import Host, ModuleVersion, Request
from las_solver.recording import RecordedSource, Recording
from las_solver.source import Note, RejectedManifest, ShadowedModule

__all__ = ["FORMAT", "KEYS", "Replay", "default_source", "installed_source", "read_replay"]

FORMAT: Final = 1
"""The version of the format, which stands under the first of `KEYS`."""

KEYS: Final = (
    "las-solve-replay",
    "about",
    "request",
    "options",
    "host",
    "modules",
    "installed",
    "deprecated",
    "rejected",
    "shadowed",
    "names",
    "interfaces",
    "expected",
)
_OPTIONS: Final = (
    *("strategy", "prereleases", "modes", "forced_modes", "preferred", "excluded"),
    *("pinned", "locked", "unlocked", "released", "allow_removal", "together"),
)
_REJECTED: Final = ("module", "version", "provides", "place", "reason")
_SHADOWED: Final = ("module", "versions", "registry", "rule")
_LIMITS: Final = Limits(nodes=8_000_000)
_LEAST: Final[Mapping[str, Value]] = {"category": "tool", "description": "-", "runtime": {"modes": ["native"]}}
"""What a manifest in a replay file need not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What an answer depends on, and what it shows: `about` is prose, `expected` the text that is to be printed.

    Both are empty where the file says nothing about that.
    """

    recording: Recording
    about: str = ""
    expected: str = ""

    def registry(self) -> Registry:
        """The registry of the file."""
        return _RecordedRegistry(self.recording)


class _RecordedRegistry(Registry):
    """The registry of a replay file: of some modules and interfaces it only knows the names."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._source = RecordedSource(recording)
        nowhere = Document(file="", index=0, line=1, value=None)
        names = sorted({one.name for one in recording.module_versions})
        manifests = {name: tuple(Manifest(one, nowhere) for one in self._source.versions(name)) for name in names}
        super().__init__([LoadedShelf(Shelf(manifests=manifests, rejected={}, problems=(), files=0))])

    @cached_property
    def digest(self) -> str:
        """That of what the file says of manifests: another one than that of the registry where they are from."""
        from hashlib import sha256

        from las_registry.replay_text import manifest_line  # late: it writes what this file reads

        lines = sorted(map(manifest_line, self._recording.module_versions))
        return "sha256:" + sha256("\n".join(lines).encode()).hexdigest()

    def names(self) -> Iterable[str]:
        return self._source.names()

    def interfaces(self) -> Iterable[str]:
        return self._source.interfaces()

    def notes(self, name: str) -> Iterable[Note]:
        return self._source.notes(name)


def default_source(name: str) -> str:
    """Where the manifests of the module `name` stand, if a replay file does not say."""
    return f"{name}.manifest.yaml"


def installed_source(name: str, version: str) -> str:
    """Where the manifest of an installed module stands, if a replay file does not say."""
    return f"installed {name} {version}"


def read_replay(data: bytes, file: str) -> Replay:
    """The replay file with the content `data`; `file` is the name that problems carry.

    Raises :class:`InvalidFile` with everything that is wrong with it.
    """
    return _Reading(read_document(data, file, _LIMITS)).replay()


class _Reading(DocumentReading):
    """One pass over a replay file."""

    def replay(self) -> Replay:
        top = self.document.value
        if not isinstance(top, dict) or KEYS[0] not in top:
            self.refuse((), "this is not a replay file", f"a replay file begins with {KEYS[0]}: {FORMAT}")
            raise InvalidFile(self.problems)
        self.version(top[KEYS[0]], KEYS[0], FORMAT)
        self.known_keys(top, (), KEYS)
        host = replace(
            self.host(top.get("host")),
            installed=self.installed(top.get("installed")),
            deprecated=frozenset(self.each(top.get("deprecated"), ("deprecated",), _module_version)),
        )
        recording = Recording(
            request=self.request(top, _OPTIONS, is_optional=bool(host.installed)),
            host=host,
            module_versions=self.modules(top.get("modules")),
            notes=(*self.rejected(top.get("rejected")), *self.shadowed(top.get("shadowed"))),
            names=self.each(top.get("names"), ("names",), check_name),
            interfaces=self.each(top.get("interfaces"), ("interfaces",), label),
        )
        about, expected = (self.text(top.get(key), (key,)) or "" for key in ("about", "expected"))
        if self.problems:
            raise InvalidFile(sorted(self.problems, key=lambda problem: problem.line or 0))
        return Replay(recording=recording, about=about, expected=expected)

    def request(self, top: Mapping[str, Value], keys: Sequence[str], *, is_optional: bool = False) -> Request:
        request = super().request(top, keys, is_optional=is_optional)
        options = self.mapping(top.get("options"), ("options",))
        locked = options.get("locked")
        return replace(
            request,
            pinned=self.each(options.get("pinned"), ("options", "pinned"), Requirement.parse),
            locked=None if locked is None else self.locked(locked),
            unlocked=frozenset(self.each(options.get("unlocked"), ("options", "unlocked"), check_name)),
            released=frozenset(self.each(options.get("released"), ("options", "released"), check_name)),
            allow_removal=self.fact(options.get("allow_removal"), ("options", "allow_removal"), boolean) or False,
            together=self.fact(options.get("together"), ("options", "together"), boolean) or False,
        )

    def locked(self, value: Value) -> Mapping[str, Version]:
        path: FieldPath = ("options", "locked")
        found: dict[str, Version] = {}
        for name, version in self.mapping(value, path).items():
            if self.fact(name, (*path, name), check_name):
                parsed = self.required({"version": version}, (*path, name), "version", parse_version)
                if parsed is not None:
                    found[name] = parsed
        return MappingProxyType(found)

    def host(self, value: Value) -> Host:
        if value is not None:
            try:
                return host_from_document(value, file=self.document.file)
            except InvalidFile as error:
                self.problems += _within(self.document, ("host",), error.problems)
        return Host()

    def modules(self, value: Value) -> tuple[ModuleVersion, ...]:
        pool = Pool()
        found: dict[tuple[str, object], ModuleVersion] = {}
        for at, entry in enumerate(self.items(value, ("modules",))):
            one = self.module(entry, ("modules", at), pool)
            if one is not None and found.setdefault((one.name, one.version), one) is not one:
                self.refuse(("modules", at), f"{one} is there twice", "keep one of them")
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return tuple(found.values())

    def installed(self, value: Value) -> Mapping[str, ModuleVersion]:
        """The installed modules by name, one version each."""
        pool = Pool()
        found: dict[str, ModuleVersion] = {}
        for at, entry in enumerate(self.items(value, ("installed",))):
            one = self.module(entry, ("installed", at), pool, installed_source)
            if one is not None and found.setdefault(one.name, one) is not one:
                self.refuse(("installed", at), f"{one.name} is there twice", "one version of a module can be installed")
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return MappingProxyType(found)

    def module(
        self, entry: Value, path: FieldPath, pool: Pool, source_of: Callable[[str, str], str] | None = None
    ) -> ModuleVersion | None:
        """The module version of a manifest; its checksum is that of the original, and not compared. `source_of` says
        where it stands by name and version, if the entry does not."""
        if not isinstance(entry, dict):
            self.refuse(path, f"expected a manifest, found {shown(entry)}", "write it like {name: app, version: 1.0}")
            return None
        value = {**_LEAST, **{key: one for key, one in entry.items() if one is not None and key != "source"}}
        name, version = str(entry.get("name")), str(entry.get("version"))
        usual = default_source(name) if source_of is None else source_of(name, version)
        source = self.text(entry.get("source"), (*path, "source")) or usual
        document = Document(file=self.document.file, index=0, line=1, value=value)
        one = read_manifest(document, source, pool, was_accepted=True)
        if isinstance(one, Manifest):
            return one.module
        self.problems += _within(self.document, path, one)
        return None

    def rejected(self, value: Value) -> Iterator[RejectedManifest]:
        for path, fields in self.notes(value, ("rejected",), _REJECTED):
            yield RejectedManifest(
                module=self.required(fields, path, "module", str) or "",
                version=self.fact(fields.get("version"), (*path, "version"), parse_version),
                provides=self.each(fields.get("provides"), (*path, "provides"), str),
                place=self.required(fields, path, "place", str) or "",
                reason=self.required(fields, path, "reason", str) or "",
            )

    def shadowed(self, value: Value) -> Iterator[ShadowedModule]:
        for path, fields in self.notes(value, ("shadowed",), _SHADOWED):
            yield ShadowedModule(
                module=self.required(fields, path, "module", check_name) or "",
                versions=self.each(fields.get("versions"), (*path, "versions"), parse_version),
                registry=self.required(fields, path, "registry", str) or "",
                rule=self.fact(fields.get("rule"), (*path, "rule"), str),
            )

    def notes(
        self, value: Value, path: FieldPath, keys: Sequence[str]
    ) -> Iterator[tuple[FieldPath, Mapping[str, Value]]]:
        """The mappings of a list, with their paths."""
        for at, item in enumerate(self.items(value, path)):
            yield (*path, at), self.mapping(item, (*path, at), keys)


def _module_version(text: str) -> tuple[str, Version]:
    """The name and the version of ``name@version``."""
    name, at, version = text.partition("@")
    if not at:
        raise InvalidInput(f"{shown(text)} names no version", hint="write it like app@1.0")
    return check_name(name.strip()), parse_version(version.strip())


def _within(document: Document, path: FieldPath, problems: Iterable[Problem]) -> list[Problem]:
    """What is wrong with the value at `path`, which was read as a document of its own, with fields and lines of the
    whole."""
    length = len(path)
    lines = document.stream.lines_of(0) if document.stream is not None else {}
    known = {format_path(one[length:]): line for one, line in lines.items() if one[:length] == path}
    top = format_path(path)
    found = []
    for problem in problems:
        inside = problem.field
        while inside and inside not in known:
            inside = inside[: max(inside.rfind("."), inside.rfind("["), 0)]
        place = top + ("." if problem.field[:1] not in ("", "[") else "") + problem.field
        found.append(replace(problem, field=place, line=known.get(inside, document.line_of(path))))
    return found
