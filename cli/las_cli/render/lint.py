"""What linting found, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from las_cli.render.phrases import counted
from las_cli.render.terminal import printable, shorten
from las_cli.render.text import Paper
from las_registry.lint.codes import CODES, Code, group_of
from las_registry.lint.finding import Finding, Severity
from las_registry.lint.fingerprint import fingerprints
from las_registry.lint.linting import Linted

__all__ = ["code_document", "explanation", "lint_document", "render_findings"]

_SHOWN: Final = 500
_RELATED: Final = 5
_LONGEST: Final = 1000
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def render_findings(linted: Linted, paper: Paper, *, fixable: int, resealable: int) -> Iterator[str]:
    """The findings, each with its hint and the places that have to do with it, and how many there are of each code.

    `fixable` of them can be mended, and `resealable` more if wrong checksums may be replaced.
    """
    for one in linted.findings[:_SHOWN]:
        yield from _finding(one, paper)
    more = len(linted.findings) - _SHOWN
    if more > 0:
        yield f"... and {more:,} more: --format json has them all, --select and --ignore choose some"
    if linted.findings:
        yield ""
        yield from _by_code(linted.findings, paper)
        yield ""
    looked_at = f"{counted(linted.manifests, 'manifest')} in {counted(linted.files, 'file')}"
    if not linted.findings:
        yield f"{looked_at}: nothing found"
        return
    counts = Counter(one.severity for one in linted.findings)
    parts = ", ".join(counted(counts[one], one.value) for one in Severity if counts[one])
    yield f"{counted(len(linted.findings), 'finding')} ({parts}) in {looked_at}"
    if fixable:
        yield f"{fixable:,} of them can be mended by --fix; --diff shows first what it would change"
    if resealable:
        yield f"{resealable:,} more by --fix --reseal, once it is known why the checksums do not match"


def _finding(one: Finding, paper: Paper) -> Iterator[str]:
    place = one.file if one.line is None else f"{one.file}:{one.line}"
    code = paper.style(one.code, fg=_COLOURS[one.severity], bold=True)
    field = f"{one.field}: " if one.field else ""
    yield f"{_line(place)}: {code} {one.severity.value}: {_line(f'{field}{one.message}')}"
    for related in one.related[:_RELATED]:
        at = related.file if related.line is None else f"{related.file}:{related.line}"
        yield "  " + _line(f"{at}: {related.message}")
    if len(one.related) > _RELATED:
        yield f"  and {len(one.related) - _RELATED:,} more places"
    if one.hint is not None:
        yield "  hint: " + _line(one.hint)


def _line(text: str) -> str:
    """The text, fit for one line of a terminal."""
    return shorten(printable(text[: _LONGEST + 1]), _LONGEST)


def _by_code(findings: Sequence[Finding], paper: Paper) -> Iterator[str]:
    counts = Counter(one.code for one in findings)
    width = len(f"{max(counts.values()):,}")
    for code, count in sorted(counts.items()):
        yield f"{count:>{width},}  {paper.style(code, bold=True)}  {CODES[code].title}"


def explanation(code: Code) -> Iterator[str]:
    """What a code means, for people."""
    yield f"{code.code} {code.name} ({code.severity.value}): {code.title}"
    yield ""
    yield f"  {code.why}"
    yield ""
    yield f"  example    {code.example}"
    yield f"  group      {code.code[:4]}: {group_of(code.code)}"
    yield f"  leave out  x-lint: {{ignore: [{code.code}]}} in a manifest, or --ignore {code.code}"


def code_document(code: Code) -> dict[str, object]:
    """What a code means, as JSON."""
    return {
        "code": code.code,
        "name": code.name,
        "title": code.title,
        "severity": code.severity.value,
        "group": group_of(code.code),
        "why": code.why,
        "example": code.example,
    }


def lint_document(linted: Linted, fixed: Sequence[str], root: Path) -> dict[str, object]:
    """The findings as JSON; `fixed` are the files that were mended before.

    Below `root`, it does not matter to a fingerprint whether files are named from there on.
    """
    counts = Counter(one.severity for one in linted.findings)
    marks = fingerprints(linted.findings, [root])
    return {
        "status": "findings" if linted.findings else "clean",
        "files": linted.files,
        "manifests": linted.manifests,
        "counts": {one.value: counts[one] for one in Severity},
        "fixed": list(fixed),
        "findings": [_document(one, mark) for one, mark in zip(linted.findings, marks, strict=True)],
    }


def _document(one: Finding, fingerprint: str) -> dict[str, object]:
    return {
        "code": one.code,
        "name": CODES[one.code].name,
        "severity": one.severity.value,
        "file": one.file,
        "line": one.line,
        "field": one.field,
        "module": one.module,
        "version": one.version,
        "message": one.message,
        "hint": one.hint,
        "fix": None if one.fix is None else one.fix.kind.value,
        "related": [{"file": other.file, "line": other.line, "message": other.message} for other in one.related],
        "fingerprint": fingerprint,
    }
