"""Linting: what a schema cannot see of a registry (docs/lint.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from las_registry.lint.breaking import breaking_changes
from las_registry.lint.codes import CODES
from las_registry.lint.contents import licences, repeated_manifests, seals, vain_words
from las_registry.lint.cycles import unavoidable_cycles
from las_registry.lint.finding import Finding
from las_registry.lint.names import deceptive_labels, deceptive_names, deceptive_texts
from las_registry.lint.reading import read_stock
from las_registry.lint.remark import Remark
from las_registry.lint.requirements import unmet_requirements
from las_registry.lint.selection import EVERYTHING, Selection
from las_registry.lint.stock import Secret, Stock
from las_registry.lint.suppression import Suppressions
from las_registry.manifest import Manifest

__all__ = ["Linted", "lint"]

_Rule: TypeAlias = Callable[[Stock], Iterable[Remark]]
_RULES: Final[tuple[_Rule, ...]] = (
    repeated_manifests,
    seals,
    breaking_changes,
    unmet_requirements,
    unavoidable_cycles,
    deceptive_names,
    deceptive_labels,
    deceptive_texts,
    licences,
    vain_words,
)


@dataclass(frozen=True, slots=True)
class Linted:
    """The findings, in order of files, lines and codes, and how many files and manifests were looked at."""

    findings: tuple[Finding, ...]
    files: int
    manifests: int


def lint(
    directories: Sequence[Path],
    files: Sequence[Path] = (),
    *,
    beside: Sequence[Path] = (),
    selection: Selection = EVERYTHING,
    on_progress: Callable[[int, int], None] | None = None,
) -> Linted:
    """What there is to say about the manifests in `directories` and `files`.

    Modules in the directories `beside` are known, and nothing is said about them; of several directories, the first
    that has a module's name counts, in the order `directories`, `beside`. A file that stands in one of them is read as
    part of it. Raises :class:`las_registry.problem.RegistryUnusable` for a directory without manifest files.
    """
    stock = read_stock(directories, files, beside, on_progress)
    suppressions = Suppressions(stock.manifests)
    found = [
        one for shelf in stock.shelves for one in shelf.findings if one.file in stock.linted and selection.has(one.code)
    ]
    found += _secrets(stock, suppressions, selection)
    for rule in _RULES:
        for remark in rule(stock):
            if not suppressions.suppress(remark.manifest, remark.code) and selection.has(remark.code):
                found.append(remark.finding())
    found += [one.finding() for one in suppressions.remarks() if selection.has(one.code)]
    count = sum(file in stock.linted for shelf in stock.shelves for file in shelf.files)
    return Linted(tuple(sorted(found, key=lambda one: one.order)), count, len(stock.manifests))


def _secrets(stock: Stock, suppressions: Suppressions, selection: Selection) -> Iterator[Finding]:
    """What looks like a secret in a file, with the manifest in which it stands, if that can be read."""
    by_file = stock.by_file()
    for secret in (one for shelf in stock.shelves for one in shelf.secrets if one.file in stock.linted):
        manifest = _manifest_at(by_file.get(secret.file, ()), secret)
        if manifest is not None and suppressions.suppress(manifest, secret.code):
            continue
        if selection.has(secret.code):
            yield Finding(
                code=secret.code,
                severity=CODES[secret.code].severity,
                file=secret.file,
                line=secret.line,
                module=None if manifest is None else manifest.module.name,
                version=None if manifest is None else str(manifest.module.version),
                message=secret.message,
                hint="take it out, and withdraw it where it was made: whoever has a copy of the registry has it",
            )


def _manifest_at(manifests: Sequence[Manifest], secret: Secret) -> Manifest | None:
    """The last of the manifests that begins no later than the secret."""
    return next((one for one in reversed(manifests) if one.document.line <= secret.line), None)
