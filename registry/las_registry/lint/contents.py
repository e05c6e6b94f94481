"""Single manifests: licences, seals, and things said in vain (LAS005, LAS006, LAS009, LAS4 and LAS6)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from las_registry.lint.finding import FixKind
from las_registry.lint.remark import Beside, Remark, items_of
from las_registry.lint.stock import Stock
from las_registry.manifest import Manifest
from las_registry.problem import FieldPath
from las_solver.constraint import Requirement

__all__ = ["licences", "repeated_manifests", "seals", "vain_words"]

_CHECKSUM: Final[FieldPath] = ("integrity", "checksum")
_LONGEST_LICENCE: Final = 500


def licences(stock: Stock) -> Iterator[Remark]:
    """Manifests without a licence, and with one that is no SPDX expression."""
    path = ("license",)
    for manifest in stock.manifests:
        text = manifest.text("license")
        if text is None or not text.strip():
            hint = "write an SPDX expression, e.g. license: Apache-2.0"
            yield Remark(code="LAS401", manifest=manifest, path=path, message="there is no licence", hint=hint)
            continue
        usual = _usual_spelling(text)
        if usual is None:
            hint = "write an SPDX expression; another licence is LicenseRef- and a name of letters, digits, . and -"
            message = f"{_short(text)} is no SPDX expression"
            yield Remark(code="LAS402", manifest=manifest, path=path, message=message, hint=hint)
        elif usual != text:
            message = f"{_short(text)} is usually written {_short(usual)}"
            yield Remark(code="LAS403", manifest=manifest, path=path, message=message)


def seals(stock: Stock) -> Iterator[Remark]:
    """Manifests without a checksum where most of their registry have one, and checksums in capitals."""
    for shelf in stock.shelves:
        everything = [one for several in shelf.manifests.values() for one in several]
        sealed = sum(one.module.checksum is not None for one in everything)
        are_mostly_sealed = 2 * sealed > len(everything)
        for manifest in filter(stock.is_linted, everything):
            if manifest.module.checksum is None:
                if are_mostly_sealed:
                    yield Remark(
                        code="LAS006",
                        manifest=manifest,
                        path=_CHECKSUM,
                        message=f"there is no checksum; {sealed} of {len(everything)} manifests here have one",
                        hint="las-solve registry seal FILE writes it",
                        fix=FixKind.SEAL,
                    )
            elif manifest.module.checksum != _written_checksum(manifest):
                yield Remark(
                    code="LAS009",
                    manifest=manifest,
                    path=_CHECKSUM,
                    message="the checksum has capitals",
                    hint="write its letters small",
                    fix=FixKind.LOWER_CASE,
                )


def repeated_manifests(stock: Stock) -> Iterator[Remark]:
    """Manifests that say what another one says already."""
    for shelf in stock.shelves:
        for one in shelf.repetitions:
            if stock.is_linted(one.manifest):
                place = Beside(one.counted, (), "this one counts")
                message = f"{one.manifest.module} is described in the same words elsewhere"
                hint = "keep one of them"
                yield Remark(code="LAS005", manifest=one.manifest, message=message, hint=hint, beside=(place,))


def vain_words(stock: Stock) -> Iterator[Remark]:
    """Items that a list has twice, and a preferred mode beside no other."""
    for manifest in stock.manifests:
        module = manifest.module
        for path, kept in (
            (("dependencies", "system"), module.system_packages),
            (("dependencies", "modules"), module.requirements),
            (("dependencies", "runtime"), module.runtimes),
            (("interfaces", "provides"), module.provides),
            (("interfaces", "consumes"), module.consumes),
        ):
            yield from _repeated_items(manifest, path, len(kept))
        if module.preferred_mode is not None and len(module.modes) == 1:
            message = f"{module.preferred_mode!r} is the only mode: it is taken without being preferred"
            path = ("runtime", "preferred")
            yield Remark(code="LAS602", manifest=manifest, path=path, message=message, hint="leave it out")


def _repeated_items(manifest: Manifest, path: FieldPath, kept: int) -> Iterator[Remark]:
    section = manifest.document.value
    for key in path:
        section = section.get(str(key)) if isinstance(section, dict) else None
    if not isinstance(section, list) or len(section) - section.count(None) == kept:
        return
    parse = {"modules": Requirement.parse, "runtime": Requirement.parse_runtime}.get(str(path[-1]), str)
    seen: dict[object, int] = {}
    for at, text in items_of(manifest, path):
        first = seen.setdefault(parse(text), at)
        if first != at:
            yield Remark(
                code="LAS601",
                manifest=manifest,
                path=(*path, at),
                message=f"{_short(text)} is there already",
                hint="leave it out",
                fix=FixKind.DROP_ITEM,
                beside=(Beside(manifest, (*path, first), "here"),),
            )


def _written_checksum(manifest: Manifest) -> str | None:
    value = manifest.document.value
    integrity = value.get("integrity") if isinstance(value, dict) else None
    checksum = integrity.get("checksum") if isinstance(integrity, dict) else None
    return str(checksum) if isinstance(checksum, str) else None


@lru_cache(maxsize=4096)
def _usual_spelling(text: str) -> str | None:
    """An SPDX expression as SPDX writes it, None for what is none."""
    if len(text) > _LONGEST_LICENCE:
        return None
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
