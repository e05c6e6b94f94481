"""What is fuzzed: each target takes any bytes, and raises where something is not as it has to be.

That bytes are refused by an error of our own is right; any other exception, and a law that does not hold, is a finding.
Nothing here needs the fuzzer, so that the test suite can run every target over its corpus.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import SpecifierSet

from fuzz.answers import HOST, REGISTRY, documents, edited
from las_cli.render.terminal import printable as terminal_text
from las_cli.sides import read_side
from las_registry.compiled.extract import extract
from las_registry.compiled.table import Damaged, Table, TableWriter
from las_registry.document_reading import label
from las_registry.host.assume import assume
from las_registry.host.profile import host_from_document, profile_document
from las_registry.lifecycle.export import read_lines
from las_registry.lifecycle.plan_document import read_plan
from las_registry.lock import read_lock
from las_registry.lock_text import lock_text
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.problem import InvalidFile, Problem
from las_registry.rejection import Rejection
from las_registry.replay import read_replay
from las_registry.replay_text import replay_text
from las_registry.size import format_size, parse_size
from las_registry.trust.configuration import read_configuration
from las_registry.trust.envelope import signed_envelope
from las_registry.trust.kept_configuration import keep_configuration, known_configuration
from las_registry.trust.keys import PrivateKey, generate_private_key
from las_registry.trust.signature import Signature
from las_registry.trust.signed_list import PAYLOAD_TYPE, read_list
from las_registry.trust.trusted_keys import TrustedKey, TrustedKeys, read_trusted_keys
from las_registry.validate import find_problems
from las_registry.yaml_places import find_places
from las_registry.yaml_reader import read_document, read_documents
from las_solver.check import check
from las_solver.constraint import Constraint, Requirement, check_name, parse_version
from las_solver.errors import InvalidInput

__all__ = ["TARGETS", "Target"]

Target = Callable[[bytes], None]

_LONGEST_PROBLEM: Final = 2_500
_VERSIONS: Final = ("0", "1", "1.0.post1", "1.2", "1.2rc1", "2.dev3", "1!1", "10.4.2", "1.2+local")
_FILE: Final = Path("/input/file")


def manifest(data: bytes) -> None:
    """A manifest is accepted by the pass that reads it exactly if validation finds nothing wrong with it."""
    pool = Pool()
    for document in read_documents(data, "app/manifest.yaml"):
        problems = find_problems(document)
        found = read_manifest(document, "app/manifest.yaml", pool)
        _check_problems(problems, data)
        if document.value is None and not document.problems:
            continue
        assert isinstance(found, Manifest) == (not problems), (found, problems)
        if isinstance(found, Manifest):
            again = read_manifest(document, "app/manifest.yaml", Pool())
            assert isinstance(again, Manifest) and again.module == found.module
            assert json.loads(json.dumps(extract(found)))[0] == found.module.name
            assert found.checksum == again.checksum
            found.module.version.__hash__()
        else:
            note = Rejection.of("app/manifest.yaml", document.value, problems).note("app")
            assert note.module.isprintable() and note.reason.isprintable() and len(note.reason) <= 1000
    for places in find_places(data):
        assert all(0 <= one.start <= one.end <= len(data) for one in places.values())


def profile(data: bytes) -> None:
    """What a profile says is what its plain values say."""
    with _refusal(data):
        host = host_from_document(read_document(data, "profile.yaml").value, file="profile.yaml")
        assert host_from_document(profile_document(host)) == host


def lock(data: bytes) -> None:
    """A lock that is read is the same when it is written and read again."""
    with _refusal(data):
        found = read_lock(data, "las-solve.lock")
        assert read_lock(lock_text(found).encode(), "las-solve.lock") == found


def replay(data: bytes) -> None:
    """A replay file that is read is the same when it is written and read again."""
    with _refusal(data):
        found = read_replay(data, "replay.yaml")
        text = replay_text(found)
        assert replay_text(read_replay(text.encode(), "replay.yaml")) == text


def answer(data: bytes) -> None:
    """Of the answers to one request, only the right one is called right; the input says what changes in one."""
    document = edited(data)
    with _refusal(data):
        read_plan(document)
    with _refusal(data):
        read_side(_written(json.dumps(document).encode()))
    complaints = check(document, REGISTRY, HOST)
    for right in documents():
        asked = ("status", "optimal", "request", "options", "installed")
        if not complaints and all(document.get(key) == right.get(key) for key in asked):
            assert _chosen(document) == _chosen(right)


def registries(data: bytes) -> None:
    """What ``registries.yaml`` says is the same where it is kept in plain values."""
    with _refusal(data):
        found = read_configuration(data, _FILE)
        for name in ("app", "torch", "x.y"):
            found.rule_of(name)
        keep_configuration(data, found)
        kept = known_configuration(data, _FILE)
        assert kept is None or (kept.entries, kept.default) == (found.entries, found.default)


def keys(data: bytes) -> None:
    """``keys.json``: every key is known by its own id."""
    with _refusal(data):
        found = read_trusted_keys(data, _FILE)
        assert all(one.id == key for key, one in (*found.keys.items(), *found.revoked.items()))


def signed_list(data: bytes) -> None:
    """An envelope that nobody signed is nobody's; and anything may stand in one that a trusted key did sign."""
    private = _private_key()
    trusted = TrustedKeys({private.id: TrustedKey(private.id, private.public, "")}, {})
    with _refusal(data):
        assert read_list(data, "las-solve.list.json", trusted).key_ids == ()
    with _refusal(data):
        envelope = signed_envelope(data, PAYLOAD_TYPE, private)
        found = read_list(envelope, "las-solve.list.json", trusted)
        assert found.key_ids == (private.id,) and found.files.keys() == found.modules.keys()
        assert not any(path.startswith("/") or ".." in path.split("/") for path in found.files)


def export(data: bytes) -> None:
    """The export of a store."""
    with _refusal(data):
        for _ in read_lines(data.decode("utf-8", "replace").splitlines()):
            pass


def texts(data: bytes) -> None:
    """Versions, constraints, requirements, sizes, facts and signatures, whose first byte says which."""
    text = data[1:].decode("utf-8", "surrogateescape")
    with _refusal(data):
        _PARSERS[data[0] % len(_PARSERS) if data else 0](text)


def index(data: bytes) -> None:
    """Of an index that was damaged, what is found is what was written, or it is said to be damaged.

    The input is a list of changes of four bytes each: a place in three, and what stands there from now on.
    """
    whole, records = _table()
    damaged = bytearray(whole)
    for at in range(0, len(data) - 3, 4):
        place = int.from_bytes(data[at : at + 3], "little") % (len(whole) + 1)
        if place == len(whole):
            del damaged[data[at + 3] * len(whole) // 256 :]
        elif place < len(damaged):
            damaged[place] = data[at + 3]
    with suppress(Damaged):
        table = Table.open(_written(bytes(damaged)), "fuzz")
        for kind, key in records:
            with suppress(Damaged):
                assert table.get(kind, key) == records[kind, key]
            with suppress(Damaged):
                assert table.get(kind, f"{key}?") is None
        for kind in table.kinds:
            with suppress(Damaged):
                assert all(records[kind, key] == data for key, data in table.scan(kind))


def _version(text: str) -> None:
    version = parse_version(text)
    assert parse_version(str(version)) == version and _is_plain(str(version))


def _constraint(text: str) -> None:
    constraint = Constraint.parse(text)
    assert Constraint.parse(constraint.text) == constraint == Constraint.of_text(constraint.text)
    assert Constraint.of_text(constraint.text).parts == constraint.parts
    library = SpecifierSet(constraint.text)
    for one in _VERSIONS:
        version = parse_version(one)
        assert constraint.admits(version) == library.contains(version, prereleases=True), one
    assert constraint.names_prerelease in (True, False)


def _requirement(text: str) -> None:
    requirement = Requirement.parse(text)
    assert Requirement.parse(str(requirement)) == requirement


def _runtime(text: str) -> None:
    requirement = Requirement.parse_runtime(text)
    assert Requirement.parse_runtime(f"{requirement.name}{requirement.constraint}") == requirement


def _size(text: str) -> None:
    size = parse_size(text)
    assert size >= 0 and parse_size(format_size(size)) == size


def _signature(text: str) -> None:
    assert Signature.parse(text).text == text


def _fact(text: str) -> None:
    assume(HOST, [text[:1000]])  # whose mistakes are shown whole, since the user typed them


def _name(text: str) -> None:
    assert check_name(text).isascii() and text.isprintable() and " " not in text


def _label(text: str) -> None:
    assert label(text) == text


_PARSERS: Final[tuple[Callable[[str], None], ...]] = (
    *(_version, _constraint, _requirement, _runtime, _size, _signature, _fact, _name, _label),
)


class _refusal:
    """An error of our own is allowed here, if it can be shown."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        if isinstance(error, InvalidFile):
            _check_problems(error.problems, self._data)
        elif isinstance(error, InvalidInput):
            assert len(error.message) < _LONGEST_PROBLEM and len(error.hint or "") < _LONGEST_PROBLEM, len(
                error.message
            )
            assert _is_plain(terminal_text(str(error).replace("\n", " ")))
        return isinstance(error, InvalidInput)


def _check_problems(problems: Iterable[Problem], data: bytes) -> None:
    lines = data.count(b"\n") + data.count(b"\r") + data.count("\x85".encode()) + data.count("\u2028".encode()) + 2
    lines += data.count("\u2029".encode())
    for one in problems:
        text = str(one)
        assert len(text) < _LONGEST_PROBLEM, len(text)
        assert all(map(_is_plain, text.split("\n"))), text
        assert one.line is None or 1 <= one.line <= lines, one


def _is_plain(text: str) -> bool:
    """Whether a terminal shows `text` as it is."""
    return terminal_text(text) == text


def _chosen(document: Mapping[str, Any]) -> object:
    steps = [(one["module"], one["version"], one["action"], one["mode"]) for one in document.get("steps", ())]
    return sorted(map(str, steps)), document["status"]


@cache
def _private_key() -> PrivateKey:
    return generate_private_key()


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)  # noqa: PTH112


def _written(data: bytes) -> Path:
    """A file with this content."""
    path = Path(_folder().name, "input")
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(data)
    return path


@cache
def _table() -> tuple[bytes, dict[tuple[str, str], bytes]]:
    """The bytes of a table, and its records."""
    records = {(kind, f"key{at}"): bytes([at]) * at * 9 for kind in ("module", "interface") for at in range(40)}
    path = Path(_folder().name, "table")
    writer = TableWriter(path)
    for (kind, key), record in records.items():
        writer.put(kind, key, record)
    writer.finish(identity="fuzz", state="")
    return path.read_bytes(), records


TARGETS: Final[Mapping[str, Target]] = {
    one.__name__: one
    for one in (manifest, profile, lock, replay, answer, registries, keys, signed_list, export, texts, index)
}
