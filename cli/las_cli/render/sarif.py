"""What linting found as SARIF 2.1.0, the form that code scanning services and editors read (docs/lint.md)."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

from las_cli.render.terminal import printable
from las_registry.lint.codes import CODES, Code, group_of
from las_registry.lint.finding import Finding, FixKind
from las_registry.lint.fingerprint import fingerprints
from las_registry.lint.fixing import FixableFile, Replacement

__all__ = ["sarif_document"]

_LINE_ENDS: Final = ("\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029")
"""What ends a line for the YAML parser, whose lines the findings have."""

_LINE_END: Final = re.compile("|".join(_LINE_ENDS))
_PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")
_ROOT: Final = "%SRCROOT%"
_LONGEST: Final = 1000
_FIXES: Final = {
    FixKind.SEAL: "Write the checksum",
    FixKind.RESEAL: "Replace the checksum by that of the content as it is now",
    FixKind.LOWER_CASE: "Write the checksum in lower case",
    FixKind.DROP_ITEM: "Drop the item, which is there already",
}


def sarif_document(findings: Sequence[Finding], root: Path) -> dict[str, object]:
    """A SARIF log of one run; files below `root` are named relative to it."""
    codes = sorted({one.code for one in findings})
    places = _Places(root)
    fixes = _fixes(findings, places)
    marks = fingerprints(findings, [root])
    results = [
        _result(one, codes.index(one.code), mark, places, fix)
        for one, mark, fix in zip(findings, marks, fixes, strict=True)
    ]
    driver = {"name": "las-solve", "version": version("las-solve"), "rules": [_rule(CODES[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": list(_LINE_ENDS),
        "defaultEncoding": "UTF-8",
        "results": results,
    }
    return {"version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> dict[str, object]:
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.name.split("-")),
        "shortDescription": _message(f"{code.title}."),
        "fullDescription": _message(code.why),
        "help": _message(
            f"{code.why}\n\nExample: {code.example}\n\n"
            f"To leave it out of one manifest: x-lint: {{ignore: [{code.code}]}}"
        ),
        "defaultConfiguration": {"level": code.severity.value},
        "properties": {"tags": [group_of(code.code)], "problem.severity": _problem_severity(code)},
    }


def _problem_severity(code: Code) -> str:
    return {"note": "recommendation"}.get(code.severity.value, code.severity.value)


def _result(
    one: Finding, rule: int, fingerprint: str, places: _Places, fix: dict[str, object] | None
) -> dict[str, object]:
    field = f"{one.field}: " if one.field else ""
    hint = "" if one.hint is None else f"\nHint: {_safe(one.hint)}"
    location: dict[str, object] = {"physicalLocation": places.physical(one.file, one.line)}
    if one.module is not None:
        name = _safe(" ".join(filter(None, (one.module, one.version))))
        location["logicalLocations"] = [{"name": name, "fullyQualifiedName": _safe(f"{name} {one.field}".rstrip())}]
    made: dict[str, object] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": one.severity.value,
        "message": {"text": f"{_safe(f'{field}{one.message}')}{hint}"},
        "locations": [location],
        "partialFingerprints": {"lasSolveFinding/v1": fingerprint},
    }
    if one.related:
        made["relatedLocations"] = [
            {
                "id": at,
                "physicalLocation": places.physical(other.file, other.line),
                "message": {"text": _safe(other.message)},
            }
            for at, other in enumerate(one.related, 1)
        ]
    if fix is not None:
        made["fixes"] = [fix]
    return made


class _Places:
    """How files are named: relative to the root where they are below it, by their whole path where they are not."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def artifact(self, file: str) -> dict[str, object]:
        path = Path(file)
        whole = Path(*_without_dots((path if path.is_absolute() else self._root / path).parts))
        if whole.is_relative_to(self._root):
            return {"uri": quote(whole.relative_to(self._root).as_posix()), "uriBaseId": _ROOT}
        return {"uri": whole.as_uri()}

    def physical(self, file: str, line: int | None) -> dict[str, object]:
        made: dict[str, object] = {"artifactLocation": self.artifact(file)}
        if line is not None:
            made["region"] = {"startLine": line}
        return made


def _without_dots(parts: Sequence[str]) -> list[str]:
    """The parts of an absolute path without ``..``, as it was named: links are not looked at."""
    kept: list[str] = []
    for part in parts:
        if part == ".." and len(kept) > 1:
            kept.pop()
        elif part != "..":
            kept.append(part)
    return kept


def _fixes(findings: Sequence[Finding], places: _Places) -> list[dict[str, object] | None]:
    """For each finding what ``--fix`` would do about it alone."""
    made: list[dict[str, object] | None] = [None] * len(findings)
    by_file: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(findings):
        if one.fix is not None and one.fix.kind is not FixKind.RESEAL:
            by_file[one.file].append(at)
    for file, several in by_file.items():
        fixable = FixableFile.read(file)
        if fixable is None:
            continue
        lines = [0, *(found.end() for found in _LINE_END.finditer(fixable.text))]
        for at in several:
            fix = findings[at].fix
            assert fix is not None
            edits = fixable.edits([fix])
            if edits:
                change = {
                    "artifactLocation": places.artifact(file),
                    "replacements": [_replacement(edit, lines) for edit in edits],
                }
                made[at] = {"description": {"text": _FIXES[fix.kind]}, "artifactChanges": [change]}
    return made


def _replacement(edit: Replacement, lines: Sequence[int]) -> dict[str, object]:
    """An edit, in lines and columns that count from 1; `lines` are where each line of the file begins."""
    start, end = bisect.bisect_right(lines, edit.start), bisect.bisect_right(lines, edit.end)
    region = {
        "startLine": start,
        "startColumn": edit.start - lines[start - 1] + 1,
        "endLine": end,
        "endColumn": edit.end - lines[end - 1] + 1,
    }
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _message(text: str) -> dict[str, object]:
    return {"text": _escaped(text)}


def _safe(text: str) -> str:
    """Text that may hold what files say, as a message in which nothing is taken for a link, a placeholder or a
    command of a terminal."""
    return _escaped(printable(text[:_LONGEST]) + ("..." if len(text) > _LONGEST else ""))


def _escaped(text: str) -> str:
    """A text as SARIF has messages: ``[text](target)`` would be a link and ``{0}`` an argument."""
    return _PLACEHOLDER.sub(r"{{\1}}", text.replace("](", "] ("))
