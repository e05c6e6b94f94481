"""What a finding is known by from one time to the next: not by its line, which every edit above it moves."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from las_registry.lint.finding import Finding

__all__ = ["fingerprints", "new_findings"]

_LINE = re.compile(r":[0-9]+\b")
_POSITION = re.compile(r"\[[0-9]+\]")


def fingerprints(findings: Iterable[Finding], roots: Sequence[Path] = ()) -> tuple[str, ...]:
    """A fingerprint of each finding, in 64 hexadecimal digits: of its code, file, module, version, field and message.

    Lines and positions in lists do not count. Files count by their paths below those of `roots` that they are in,
    so that a registry may be elsewhere the next time. Of findings that are alike, each has another one, by order.
    """
    prefixes = tuple(os.path.join(os.fspath(root), "") for root in roots)  # noqa: PTH118 - ends in a separator
    seen: Counter[str] = Counter()
    made = []
    for one in findings:
        message = _LINE.sub("", one.message)
        for prefix in prefixes:
            message = message.replace(prefix, "")
        field = _POSITION.sub("", one.field)
        parts = (one.code, _inside(one.file, prefixes), one.module or "", one.version or "", field, message)
        key = "\0".join(parts)
        seen[key] += 1
        made.append(hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest())
    return tuple(made)


def new_findings(
    findings: Sequence[Finding], roots: Sequence[Path], earlier: Iterable[Finding], earlier_roots: Sequence[Path]
) -> tuple[Finding, ...]:
    """Those of the `findings` that are not among the `earlier` ones."""
    known = set(fingerprints(earlier, earlier_roots))
    return tuple(one for one, mark in zip(findings, fingerprints(findings, roots), strict=True) if mark not in known)


def _inside(file: str, prefixes: Iterable[str]) -> str:
    return next((file[len(prefix) :] for prefix in prefixes if file.startswith(prefix)), file)
