"""Names and texts that deceive (LAS301 to LAS307)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from las_registry.lint.likeness import form_of, hidden_in_label, hidden_in_text, scripts_of, skeleton_of
from las_registry.lint.remark import Beside, Remark, items_of
from las_registry.lint.stock import Stock
from las_registry.manifest import Manifest
from las_registry.problem import FieldPath
from las_registry.yaml_value import Value
from las_solver.constraint import Requirement

__all__ = ["deceptive_labels", "deceptive_names", "deceptive_texts"]

_LABELS: Final[tuple[tuple[str, tuple[FieldPath, ...]], ...]] = (
    ("interface", (("interfaces", "provides"), ("interfaces", "consumes"))),
    ("mode", (("runtime", "modes"),)),
    ("system package", (("dependencies", "system"),)),
)
_Where = tuple[Manifest, FieldPath]


def deceptive_names(stock: Stock) -> Iterator[Remark]:
    """Modules whose names people may take for one another, of whatever registry."""
    where: dict[str, _Where] = {}
    for shelf in stock.shelves:
        for name in sorted(shelf.manifests):
            manifest = shelf.manifests[name][0]
            if name not in where or (stock.is_linted(manifest) and not stock.is_linted(where[name][0])):
                where[name] = manifest, ("name",)
    yield from _alike(stock, "module", where, ("LAS301", "LAS302"))


def deceptive_labels(stock: Stock) -> Iterator[Remark]:
    """Interfaces, runtimes, modes and system packages that people may take for one another, or cannot read."""
    for kind, paths in _LABELS:
        where = _labels(stock, paths)
        for label, (manifest, path) in where.items():
            yield from _unreadable(kind, label, manifest, path)
        yield from _alike(stock, kind, where, ("LAS303", "LAS304"))
    yield from _alike(stock, "runtime", _runtimes(stock), ("LAS303", "LAS304"))


def deceptive_texts(stock: Stock) -> Iterator[Remark]:
    """Descriptions, licences and extra fields with characters that are not seen, or do something to what is seen."""
    seen: set[str] = set()
    for manifest in stock.manifests:
        value = manifest.document.value
        for key, one in value.items() if isinstance(value, dict) else ():
            if key in ("description", "license") or key.startswith("x-"):
                for path, text in (((key,), key), *_texts((key,), one)):
                    if text in seen:
                        continue
                    hidden = hidden_in_text(text)
                    if hidden:
                        message = f"the text has {_named(hidden)}"
                        yield Remark(
                            code="LAS307", manifest=manifest, path=path, message=message, hint="leave them out"
                        )
                    else:
                        seen.add(text)


def _labels(stock: Stock, paths: Iterable[FieldPath]) -> dict[str, _Where]:
    """Where each label stands first, in a linted manifest if there is one."""
    where: dict[str, _Where] = {}
    seen: set[tuple[FieldPath, tuple[str, ...]]] = set()
    for manifest in _in_order(stock):
        module = manifest.module
        lists = {
            "provides": module.provides,
            "consumes": module.consumes,
            "modes": module.modes,
            "system": module.system_packages,
        }
        for path in paths:
            labels = lists[str(path[-1])]
            if labels and (path, labels) not in seen:  # versions of a module mostly have the same
                seen.add((path, labels))
                for at, label in items_of(manifest, path):
                    where.setdefault(label, (manifest, (*path, at)))
    return where


def _runtimes(stock: Stock) -> dict[str, _Where]:
    """Where each runtime is needed first, by its name."""
    where: dict[str, _Where] = {}
    path = ("dependencies", "runtime")
    for manifest in _in_order(stock):
        if any(entry.name not in where for entry in manifest.module.runtimes):
            for at, text in items_of(manifest, path):
                where.setdefault(Requirement.parse_runtime(text).name, (manifest, (*path, at)))
    return where


def _in_order(stock: Stock) -> Iterator[Manifest]:
    """The linted manifests, then all others."""
    yield from stock.manifests
    for shelf in stock.shelves:
        for name in sorted(shelf.manifests):
            yield from (one for one in shelf.manifests[name] if not stock.is_linted(one))


def _alike(stock: Stock, kind: str, where: Mapping[str, _Where], codes: tuple[str, str]) -> Iterator[Remark]:
    """A remark for each name but the first of those that are alike; those that are not linted come first."""
    forms = _groups(sorted(where, key=lambda one: (stock.is_linted(where[one][0]), one)), form_of)
    looks = _groups([several[0] for several in forms], skeleton_of)
    for code, groups, how in (
        (codes[0], forms, "differs in case, width or - _ . only from"),
        (codes[1], looks, "looks like"),
    ):
        for first, *others in groups:
            for name in others:
                manifest, path = where[name]
                if stock.is_linted(manifest):
                    yield Remark(
                        code=code,
                        manifest=manifest,
                        path=path,
                        message=f"the {kind} {name!r} {how} {first!r}",
                        hint="give one of them another name" if kind == "module" else "write both the same way",
                        beside=(Beside(*where[first], f"{first!r} is here"),),
                    )


def _groups(names: Iterable[str], key: Callable[[str], str]) -> list[list[str]]:
    """The names by what they have in common, both in the order in which they are met."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return list(found.values())


def _unreadable(kind: str, label: str, manifest: Manifest, path: FieldPath) -> Iterator[Remark]:
    hidden = hidden_in_label(label)
    if hidden:
        yield Remark(code="LAS305", manifest=manifest, path=path, message=f"the {kind} {label!r} has {_named(hidden)}")
    scripts = scripts_of(label)
    if len(scripts) > 1:
        names = " and ".join(one.capitalize() for one in scripts)
        yield Remark(
            code="LAS306", manifest=manifest, path=path, message=f"the {kind} {label!r} has letters that are {names}"
        )


def _named(characters: Iterable[str]) -> str:
    """Characters by their numbers."""
    codes = [f"U+{ord(one):04X}" for one in characters]
    return ", ".join(codes[:5]) + (f" and {len(codes) - 5} more such" if len(codes) > 5 else "")


def _texts(path: FieldPath, value: Value) -> Iterator[tuple[FieldPath, str]]:
    """All texts of a value, keys included."""
    waiting: list[tuple[FieldPath, Value]] = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            waiting += [((*path, at), one) for at, one in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            for key, one in reversed(value.items()):
                yield (*path, key), key
                waiting.append(((*path, key), one))
