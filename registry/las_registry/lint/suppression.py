"""Findings that a manifest asks to be left out: ``x-lint: {ignore: [LAS401]}`` (LAS007, LAS008)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from las_registry.lint.codes import CODES
from las_registry.lint.remark import Remark
from las_registry.manifest import Manifest
from las_registry.problem import FieldPath

__all__ = ["Suppressions"]

_FIELD = "x-lint"
_IGNORE: FieldPath = (_FIELD, "ignore")


class Suppressions:
    """What the manifests ask for, and whether it came to anything."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._manifests: dict[int, Manifest] = {}
        self._wanted: dict[int, dict[str, FieldPath]] = {}
        self._used: set[tuple[int, str]] = set()
        self._wrong: list[Remark] = []
        for one in manifests:
            value = one.document.value
            if isinstance(value, dict) and value.get(_FIELD) is not None:
                self._manifests[id(one)] = one
                self._wanted[id(one)] = dict(self._read(one))

    def suppress(self, manifest: Manifest, code: str) -> bool:
        """Whether findings with `code` about `manifest` are to be left out; that they are is remembered."""
        if id(manifest) not in self._wanted or code not in self._wanted[id(manifest)]:
            return False
        self._used.add((id(manifest), code))
        return True

    def remarks(self) -> Iterator[Remark]:
        """What cannot be understood, and what suppressed nothing, once everything was asked."""
        yield from self._wrong
        for key, wanted in self._wanted.items():
            for code, path in wanted.items():
                if (key, code) not in self._used:
                    message = f"{code} is not found here: the suppression suppresses nothing"
                    yield Remark(
                        code="LAS007", manifest=self._manifests[key], path=path, message=message, hint="leave it out"
                    )

    def _read(self, manifest: Manifest) -> Iterator[tuple[str, FieldPath]]:
        value = manifest.document.value
        fields = value[_FIELD] if isinstance(value, dict) else None
        items = fields.get("ignore") if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or not isinstance(items, list) or fields.keys() != {"ignore"}:
            self._refuse(manifest, (_FIELD,), "expected a mapping with a list of codes under ignore, and nothing else")
            return
        for at, item in enumerate(items):
            if not isinstance(item, str) or item not in CODES:
                shown = repr(str(item)[:80]) if isinstance(item, str) else "this"
                self._refuse(manifest, (*_IGNORE, at), f"{shown} is no code")
            else:
                yield str(item), (*_IGNORE, at)

    def _refuse(self, manifest: Manifest, path: FieldPath, message: str) -> None:
        hint = "write it like x-lint: {ignore: [LAS401]}"
        self._wrong.append(Remark(code="LAS008", manifest=manifest, path=path, message=message, hint=hint))
