"""A registry, compiled from what its files hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

from las_registry.compiled.digests import digest_groups
from las_registry.compiled.encoding import encode_module
from las_registry.compiled.extract import Extract, Shape, extract
from las_registry.compiled.kinds import (
    CONTENTS,
    DIGESTS,
    FOLDERS,
    INTERFACE,
    MODULE,
    NAMERS,
    ORIGIN,
    REGISTRY,
    REJECTIONS,
)
from las_registry.compiled.linking import Linker, version_keys
from las_registry.compiled.opening import Summary
from las_registry.compiled.reading import UNREADABLE, FileContent, manifest_file, read_contents
from las_registry.compiled.rejected import Rejected, encode_rejections, pack
from las_registry.compiled.shelf import changed_meanwhile
from las_registry.compiled.table import TableWriter
from las_registry.compiled.tree import Folder, Walk, chunks, shown
from las_registry.load import Progress, manifests_in, read_bytes, settle_duplicates
from las_registry.manifest import Manifest, Pool
from las_registry.registry_digest import digest_of, module_line
from las_registry.trust.trust import NO_TRUST, Trust
from las_solver.constraint import Constraint

__all__ = [
    "Built",
    "Compilation",
    "Traits",
    "Writer",
    "build",
    "compile_registry",
    "encoded",
    "ranked",
    "settled",
    "traits_of",
    "write_digests",
    "write_folders",
    "write_modules",
]


class Writer(Protocol):
    """What records are put into."""

    def put(self, kind: str, key: str, data: bytes) -> None: ...


class Built(NamedTuple):
    """What was compiled: the record of the registry as a whole, what its files are known by, the number of versions,
    and the record of what was rejected, None if nothing was."""

    summary: Summary
    known: Mapping[str, str]
    versions: int
    rejections: bytes | None


class Traits(NamedTuple):
    """What a module is found by: the interfaces that its versions provide, and the names of which they name a
    pre-release."""

    provided: list[str]
    prereleases: list[str]


class Compilation:
    """What was read of a registry so far."""

    def __init__(self, directory: str, trust: Trust) -> None:
        self.directory = directory
        self.trust = trust
        self.modules: dict[str, list[Extract]] = {}
        self.known: dict[str, tuple[str, list[str]]] = {}
        self.rejected: list[Rejected] = []
        self._shapes: dict[Shape, Shape] = {}

    def add(self, content: FileContent) -> None:
        """Adds what is in a file; files come in order."""
        self.known[content.path] = content.known, content.modules
        self.rejected += content.rejected
        for one in content.extracts:
            shape = self._shapes.setdefault(one.shape, one.shape)
            self.modules.setdefault(one.name, []).append(one._replace(shape=shape))

    def settle(self) -> None:
        """Keeps one manifest of each version, and none of those that contradict one another."""
        for name, several in self.modules.items():
            self.modules[name], clashes = settled(self.directory, several, self.trust, lambda path: self.known[path][0])
            self.rejected += clashes

    def origins(self) -> dict[str, list[str]]:
        """The paths of the files that have manifests of a module, by its name."""
        found: dict[str, list[str]] = {}
        for path, (_, modules) in self.known.items():
            for name in modules:
                found.setdefault(name, []).append(path)
        return found


def build(
    directory: str, walked: Walk, writer: Writer, on_progress: Progress | None = None, *, trust: Trust = NO_TRUST
) -> Built:
    """Compiles all of the registry in `directory`, of which the folders were `walked`, that passes by `trust`."""
    paths = walked.files()
    sizes = {
        path: mark[0] if mark else 0
        for one in walked.folders
        for path, mark in zip(one.paths(), one.marks, strict=True)
    }
    compilation = Compilation(directory, trust)

    def tell(done: int) -> None:
        if on_progress is not None:
            on_progress(done, len(paths))

    for content in read_contents(directory, paths, [sizes[path] for path in paths], tell, trust):
        compilation.add(content)
    origins = compilation.origins()
    compilation.settle()
    traits = write_modules(compilation.modules, writer, on_progress)
    for name, several in origins.items():
        writer.put(ORIGIN, name, encoded([several, *traits.get(name, ((), ()))]))
    number = write_folders(walked.folders, compilation.known, writer)
    unreadable = [(shown(path), why) for path, why in walked.unreadable]
    rejections = encode_rejections(unreadable, compilation.rejected)
    writer.put(REJECTIONS, "", rejections)
    digest = write_digests(compilation.modules, writer)
    return Built(
        Summary(len(paths), number, digest),
        {path: one for path, (one, _) in compilation.known.items()},
        sum(map(len, compilation.modules.values())),
        rejections if unreadable or compilation.rejected else None,
    )


def compile_registry(modules: Iterable[Extract], path: Path, *, identity: str = "") -> None:
    """Writes an index of `modules`, which have no files, to `path`; versions of one module are all different.

    It is opened by ``Table.open(path, identity)``.
    """
    grouped: dict[str, list[Extract]] = {}
    for one in modules:
        grouped.setdefault(one.name, []).append(one)
    writer = TableWriter(path)
    try:
        write_modules(grouped, writer)
        writer.put(REJECTIONS, "", encode_rejections((), ()))
        writer.put(REGISTRY, "", encoded(Summary(0, 0, write_digests(grouped, writer))))
        writer.finish(identity=identity, state="")
    except BaseException:
        writer.abandon()
        path.unlink(missing_ok=True)
        raise


def write_modules(
    modules: dict[str, list[Extract]], writer: Writer, on_progress: Progress | None = None
) -> dict[str, Traits]:
    """Writes the records of `modules`, and of what they are found by; the latter, by name."""
    ordered: dict[str, list[str]] = {}
    for name, several in modules.items():
        if several:
            modules[name] = ranked(several)
            ordered[name] = [one.version for one in modules[name]]
    linker = Linker(ordered.get)
    traits: dict[str, Traits] = {}
    kinds: tuple[tuple[str, dict[str, list[str]]], ...] = (INTERFACE, {}), (NAMERS, {})
    for done, name in enumerate(sorted(ordered), 1):
        writer.put(MODULE, name, encode_module(modules[name], linker.ranks_of))
        traits[name] = traits_of(modules[name])
        for (_, found), several_names in zip(kinds, traits[name], strict=True):
            for key in several_names:
                found.setdefault(key, []).append(name)
        if on_progress is not None and not done % 1000:
            on_progress(done, len(ordered))
    for kind, found in kinds:
        for key, names in found.items():
            writer.put(kind, key, encoded(names))
    return traits


def write_digests(modules: Mapping[str, Sequence[Extract]], writer: Writer) -> str:
    """Writes the records of the registry's digest, which has these `modules`; the digest."""
    lines = {name: module_line(name, [one.mark for one in several]) for name, several in modules.items() if several}
    for place, group in enumerate(digest_groups(lines)):
        writer.put(DIGESTS, str(place), group)
    return digest_of(lines.values())


def ranked(several: Sequence[Extract]) -> list[Extract]:
    """The versions of one module from old to new."""
    keys = version_keys([one.version for one in several])
    return [several[at] for at in sorted(range(len(several)), key=keys.__getitem__)]


def write_folders(folders: Iterable[Folder], known: Mapping[str, tuple[str, list[str]]], writer: Writer) -> int:
    """Writes the marks of `folders`, and what their files are known by; the number of records."""
    number = 0
    for part in chunks(folders):
        contents = {path: known[path] for one in part for path in one.paths()}
        writer.put(FOLDERS, str(number), encoded([_retried(one, contents) for one in part]))
        writer.put(CONTENTS, str(number), encoded(contents))
        number += 1
    return number


def _retried(folder: Folder, contents: Mapping[str, tuple[str, list[str]]]) -> Folder:
    """`folder` without marks of files that could not be read, so that this is tried again."""
    found = [contents[path][0] for path in folder.paths()]
    if not any(one.startswith(UNREADABLE) for one in found):
        return folder
    pairs = zip(folder.marks, found, strict=True)
    return folder._replace(marks=[None if one.startswith(UNREADABLE) else mark for mark, one in pairs])


def settled(
    directory: str, several: list[Extract], trust: Trust, known: Callable[[str], str]
) -> tuple[list[Extract], list[Rejected]]:
    """Of the manifests of one module, in order of files, one of each version, and those that contradict one another.

    Files are read again, by their paths. Where a list vouches for what they are `known` by, and they are not that any
    more, :class:`las_registry.problem.RegistryUnusable` is raised.
    """
    keys = version_keys([one.version for one in several])
    if all(one != two for one, two in pairwise(sorted(keys))):
        return several, []
    manifests, pool, paths = list[Manifest](), Pool(), dict[int, str]()
    for path in dict.fromkeys(one.path for one in several):
        file = manifest_file(directory, path, trust)
        try:
            data = read_bytes(file.path, file.within)
        except OSError:  # it was removed meanwhile, which is noticed the next time
            data = b""
        if trust.vouching and sha256(data).hexdigest() != known(path):
            raise changed_meanwhile(shown(directory))
        for one in manifests_in(file, data, pool, trust):
            if isinstance(one, Manifest) and one.module.name == several[0].name:
                paths[id(one)] = path
                manifests.append(one)
    accepted, clashes = settle_duplicates(manifests)
    first = (1, shown(several[0].path), several[0].document)
    return (
        [extract(one, paths[id(one)]) for one in accepted],
        [Rejected((*first, at), "", pack(one)) for at, one in enumerate(clashes)],
    )


def traits_of(several: Iterable[Extract]) -> Traits:
    """What a module is found by, of which `several` are the versions."""
    shapes = {id(one.shape): one.shape for one in several}.values()
    provided = {label for shape in shapes for label in shape.provides}
    needs = {need for shape in shapes for need in (*shape.requirements, *shape.runtimes)}
    prereleases = {name for name, text in needs if text and Constraint.parse(text).names_prerelease}
    return Traits(sorted(provided), sorted(prereleases))


def encoded(value: object) -> bytes:
    """`value` as JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
