"""What has changed since a plan was made: the registry, the machine, and what is installed there; and its refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from las_cli.installed import digest_of, pins_of
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_registry.registry import Registry
    from las_solver.model import Host

__all__ = ["BRINGS", "PlanRefused", "changes_of_host", "changes_of_installed", "changes_of_registry"]

Document = Mapping[str, Any]

BRINGS: Final = ("install", "upgrade", "downgrade")
"""The actions that bring a version that was not installed."""


class PlanRefused(InvalidInput):
    """A plan is not recorded, for each of the `complaints`, and `more` that are left out."""

    def __init__(self, message: str, complaints: Sequence[str], *, more: int, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.complaints = (*complaints, *([f"and {more:,} more"] if more else ()))


def changes_of_registry(document: Document, registry: Registry) -> Iterator[str]:
    """What is otherwise in `registry` than in the one that the plan was made from."""
    stated = document.get("registry")
    digest = stated.get("digest") if isinstance(stated, Mapping) else None
    if not isinstance(digest, str):
        yield "registry: the plan does not say which one it was made from"
        return
    if digest == registry.digest:
        return
    named = list(_changed_manifests(document, registry))
    yield from named
    if not named:
        yield "registry: it holds other manifests than when the plan was made"


def changes_of_host(document: Document, host: Host) -> Iterator[str]:
    """What is otherwise on `host` than on the one that the plan was made for; raises :class:`InvalidFile` if what the
    plan says of it is no profile."""
    from las_registry.host.difference import differences
    from las_registry.host.profile import host_from_document

    stated = document.get("host")
    if stated is None:
        yield "host: the plan does not say which one it was made for"
        return
    for one in differences(host_from_document(stated, file="host of the plan"), host):
        yield f"{one.fact}: {one.before} in the plan, {one.after} now"


def changes_of_installed(document: Document, content: StoreContent | None) -> Iterator[str]:
    """What is otherwise installed, pinned or deprecated than when the plan was made."""
    if "installed" not in document:
        yield "installed: the plan does not say what was installed when it was made"
        return
    stated = document["installed"]
    if stated is None and content is not None and content.installed:
        yield "installed: nothing was when the plan was made, or it was made without the store"
    named = [*_changed_pins(document, content), *_changed_modules(document, content)]
    yield from named
    if stated != digest_of(content) and not named:
        yield "installed: other manifests are kept, or other versions are deprecated"


def _changed_manifests(document: Document, registry: Registry) -> Iterator[str]:
    """What the plan brings, of which the registry has no such version any more, or another manifest."""
    for name, version, step in _steps(document):
        if step.get("action") not in BRINGS:  # its manifest is the one that the store keeps
            continue
        manifest = next((one for one in registry.versions(name) if str(one.version) == version), None)
        if manifest is None:
            yield f"registry: {name} {version} is not there any more"
        elif manifest.checksum != step.get("checksum"):
            yield f"registry: the manifest of {name} {version} is another one now"


def _changed_pins(document: Document, content: StoreContent | None) -> Iterator[str]:
    options = document.get("options")
    stated = options.get("pinned") if isinstance(options, Mapping) else None
    before = {one for one in stated if isinstance(one, str)} if isinstance(stated, list) else set()
    now = set(map(str, pins_of(content)))
    yield from (f"pins: {one} is new" for one in sorted(now - before))
    yield from (f"pins: {one} is gone" for one in sorted(before - now))


def _changed_modules(document: Document, content: StoreContent | None) -> Iterator[str]:
    """The modules that are installed at another version than the plan says, or that it says nothing about."""
    now = {} if content is None else {name: str(one.version) for name, one in content.installed.items()}
    before: dict[str, str | None] = {name: step.get("installed") for name, _, step in _steps(document)}
    invalid = document.get("invalid")
    for one in invalid if isinstance(invalid, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("module"), str):
            before.setdefault(one["module"], one.get("version"))
    for name in sorted({*before, *now}):
        was, found = before.get(name), now.get(name)
        if was != found:
            was_text = "not installed" if was is None else str(was)
            yield f"installed: {name} was {was_text}, and is {'not' if found is None else found} now"


def _steps(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Module, version and the rest of each step that has them."""
    steps = document.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, Mapping):
            name, version = step.get("module"), step.get("version")
            if isinstance(name, str) and isinstance(version, str):
                yield name, version, step
