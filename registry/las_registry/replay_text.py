"""Replay files as text: docs/replay.md describes the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, assert_never

from packaging.version import Version

from las_registry.replay import FORMAT, KEYS, Replay, default_source, installed_source
from las_registry.size import format_size
from las_registry.yaml_text import flow_text, scalar_text
from las_solver.errors import InvalidInput
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.source import Note, RejectedManifest, ShadowedModule

__all__ = ["manifest_line", "replay_text", "with_expected"]

_INDENT: Final = "  "

_Fields = Mapping[str, object]


def replay_text(replay: Replay) -> str:
    """`replay` as a file that :func:`las_registry.replay.read_replay` reads as the same.

    Modules stand in order of name, and newest first; facts that are unknown and options that were not used are left
    out. Raises :class:`InvalidInput` if the request has limits, which are functions.
    """
    if limits := replay.recording.request.limits:
        raise InvalidInput(f"a replay file cannot hold the limit {limits[0].name!r}, which is a function")
    return "".join(f"{line}\n" for line in _lines(replay))


def with_expected(text: str, expected: str) -> str:
    """`text`, a replay file, with another `expected`; the rest stays as it is, comments too."""
    lines = text.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if line.startswith("expected:")), len(lines))
    rest = (at for at in range(first + 1, len(lines)) if lines[at].strip() and not lines[at].startswith(" "))
    before = "".join(lines[:first])
    block = "".join(f"{line}\n" for line in _block("expected", expected))
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}{block}{''.join(lines[next(rest, len(lines)) :])}"


def manifest_line(one: ModuleVersion) -> str:
    """A module version as a manifest on one line."""
    return flow_text(_manifest(one))


def _lines(replay: Replay) -> Iterator[str]:
    yield f"{KEYS[0]}: {FORMAT}"
    if replay.about:
        yield from _block("about", replay.about)
    recording = replay.recording
    yield f"request: {flow_text([str(one) for one in recording.request.requirements])}"
    if options := _options(recording.request):
        yield f"options: {flow_text(options)}"
    yield f"host: {flow_text(_host(recording.host))}"
    yield "modules:" if recording.module_versions else "modules: []"
    newest_first = sorted(recording.module_versions, key=lambda one: one.version, reverse=True)
    for one in sorted(newest_first, key=lambda one: one.name):
        yield f"  - {manifest_line(one)}"
    installed = recording.host.installed
    if installed:
        yield "installed:"
        yield from (f"  - {flow_text(_installed(installed[name]))}" for name in sorted(installed))
    if recording.host.deprecated:
        yield f"deprecated: {flow_text([f'{name}@{version}' for name, version in sorted(recording.host.deprecated)])}"
    for key, kind in (("rejected", RejectedManifest), ("shadowed", ShadowedModule)):
        notes = sorted({f"  - {flow_text(_note(note))}" for note in recording.notes if isinstance(note, kind)})
        yield from (f"{key}:", *notes) if notes else ()
    for key, names in (("names", recording.names), ("interfaces", recording.interfaces)):
        if names:
            yield f"{key}: {flow_text(sorted(names))}"
    if replay.expected:
        yield from _block("expected", replay.expected)


def _options(request: Request) -> _Fields:
    return _used(
        {
            "strategy": None if request.strategy is Strategy.NEWEST else str(request.strategy),
            "prereleases": request.prereleases or None,
            "modes": None if request.modes is None else sorted(request.modes),
            "forced_modes": dict(sorted(request.forced_modes.items())) or None,
            "preferred": list(request.preferred) or None,
            "excluded": [str(one) for one in request.excluded] or None,
            "pinned": [str(one) for one in request.pinned] or None,
            "locked": None if request.locked is None else _locked(request.locked),
            "unlocked": sorted(request.unlocked) or None,
            "released": sorted(request.released) or None,
            "allow_removal": request.allow_removal or None,
            "together": request.together or None,
        }
    )


def _locked(versions: Mapping[str, Version]) -> _Fields:
    return {name: str(versions[name]) for name in sorted(versions)}


def _host(host: Host) -> _Fields:
    """The facts of a profile; a card is no more than its memory."""
    return _used(
        {
            "cpu": None if host.cores is None else {"cores": host.cores},
            "memory": None if host.ram is None else {"ram": format_size(host.ram)},
            "gpus": [{"vram": format_size(gpu.vram)} for gpu in host.gpus] or None,
            "runtimes": {name: str(host.runtimes[name]) for name in sorted(host.runtimes)} or None,
            "modes": None if host.modes is None else sorted(host.modes),
            "interfaces": sorted(host.interfaces) or None,
            "system_packages": sorted(host.system_packages) or None,
        }
    )


def _manifest(one: ModuleVersion) -> _Fields:
    hardware = one.hardware
    gpu = {
        "vram_min": None if hardware.vram_min is None else format_size(hardware.vram_min),
        "multi_gpu": hardware.multi_gpu or None,
    }
    needs = {
        "cpu": None if hardware.cores_min is None else {"cores_min": hardware.cores_min},
        "memory": None if hardware.ram_min is None else {"ram_min": format_size(hardware.ram_min)},
        "gpu": _used(gpu) or None,
    }
    dependencies = {
        "system": list(one.system_packages) or None,
        "modules": [str(requirement) for requirement in one.requirements] or None,
        "runtime": [str(requirement).replace("@", "", 1) for requirement in one.runtimes] or None,
    }
    runtime = {"modes": list(one.modes), "preferred": one.preferred_mode}
    return _used(
        {
            "name": one.name,
            "version": str(one.version),
            "category": None if one.category == "tool" else one.category,
            "source": None if one.source == default_source(one.name) else one.source,
            "hardware": _used(needs) or None,
            "dependencies": _used(dependencies) or None,
            "runtime": None if one.modes == ("native",) and one.preferred_mode is None else _used(runtime),
            "interfaces": _used({"provides": list(one.provides) or None, "consumes": list(one.consumes) or None})
            or None,
            "integrity": None if one.checksum is None else {"checksum": one.checksum},
        }
    )


def _installed(one: ModuleVersion) -> _Fields:
    is_usual = one.source == installed_source(one.name, str(one.version))
    fields = _manifest(replace(one, source=default_source(one.name)))
    return fields if is_usual else {**fields, "source": one.source}


def _note(note: Note) -> _Fields:
    match note:
        case RejectedManifest():
            fields = {
                "module": note.module,
                "version": None if note.version is None else str(note.version),
                "provides": list(note.provides) or None,
                "place": note.place,
                "reason": note.reason,
            }
        case ShadowedModule():
            versions = [str(version) for version in note.versions]
            fields = {"module": note.module, "versions": versions, "registry": note.registry, "rule": note.rule}
        case _:
            assert_never(note)
    return _used(fields)


def _used(fields: _Fields) -> _Fields:
    return {key: value for key, value in fields.items() if value is not None}


def _block(key: str, text: str) -> Iterator[str]:
    """Lines of text under a key, as they are where YAML has a spelling for that."""
    lines = text.split("\n")
    plain = text.endswith("\n") and not text.endswith("\n\n") and lines[0][:1] not in ("", " ", "\t")
    if not plain or not all(line.isprintable() for line in lines):
        yield f"{key}: {scalar_text(text)}"
        return
    yield f"{key}: |"
    yield from (_INDENT + line if line else "" for line in lines[:-1])
