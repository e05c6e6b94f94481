"""What is compared, as files and plans tell it: plans in JSON, and locks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from las_cli.comparison import Entry, Side, Statement
from las_cli.inputs import read_input
from las_registry.document_reading import MOST_PROBLEMS, DocumentReading, label, shown
from las_registry.host.profile import host_from_document
from las_registry.problem import FieldPath, InvalidFile
from las_registry.yaml_document import Document, Stream
from las_solver.constraint import check_name, parse_version
from las_solver.document import asked, plan_document

if TYPE_CHECKING:
    from las_registry.lock import Lock
    from las_registry.yaml_reader import Value
    from las_solver.model import Host
    from las_solver.plan import Plan

__all__ = ["read_side", "side_of_lock", "side_of_plan"]

_MACHINE: Final = ("pinned", "locked", "released", "allow_removal", "unlocked")
"""Options that are about what is installed, of which a lock knows nothing."""

_HINT: Final = "name what las-solve plan --format json printed, or a lock"


def read_side(path: Path) -> Side:
    """The plan in JSON, or the lock, at `path` (``-`` is standard input).

    Raises :class:`InvalidInput` where it is neither, and :class:`InvalidFile` with all that is wrong with it.
    """
    from las_solver.errors import InvalidInput

    name = "standard input" if str(path) == "-" else str(path)
    data = read_input(path)
    if not data.strip():
        raise InvalidInput(f"{name} is empty", hint=_HINT)
    if data.lstrip()[:1] not in (b"{", b"["):
        from las_registry.lock import read_lock

        return side_of_lock(read_lock(data, name), name)
    try:
        value = _as_yaml(json.loads(data))
    except RecursionError:
        raise InvalidInput(f"{name} is nested too deeply", hint=_HINT) from None
    except ValueError as error:
        raise InvalidInput(f"{name} is not JSON: {error}", hint=_HINT) from None
    return _Reading(Document(file=name, index=0, line=1, value=value, stream=Stream(data))).side()


def side_of_lock(lock: Lock, name: str) -> Side:
    """What `lock` tells."""
    return Side(
        name=name,
        modules={one.name: Entry(version=one.version, mode=one.mode, checksum=one.checksum) for one in lock.modules},
        request=tuple(map(str, lock.request.requirements)),
        options=_options(asked(lock.request)["options"]),
        facts=lock.facts,
        registry=lock.registry,
    )


def side_of_plan(plan: Plan, host: Host, name: str) -> Side:
    """What `plan` tells, which was made for `host`."""
    document = _as_yaml(json.loads(json.dumps(plan_document(plan))))
    reading = _Reading(Document(file=name, index=0, line=1, value=document))
    return reading.side(host)


def _options(options: Any) -> Mapping[str, object]:
    """The options of a request that are not about what is installed."""
    return {key: _as_yaml(value) for key, value in options.items() if key not in _MACHINE}


class _Reading(DocumentReading):
    """One pass over a plan in JSON."""

    def side(self, host: Host | None = None) -> Side:
        """What the plan tells; `host` is its host where that does not stand in it."""
        top = self.document.value
        if not isinstance(top, dict) or top.get("status") != "resolved":
            found = top.get("status") if isinstance(top, dict) else None
            what = f"this is no plan but a {found}" if found in ("conflict", "error", "timeout") else "this is no plan"
            self.refuse((), what, _HINT)
            raise InvalidFile(self.problems)
        if host is None and top.get("host") is not None:
            host = host_from_document(top["host"], file=self.document.file)
        digest = self.mapping(top.get("registry"), ("registry",)).get("digest")
        side = Side(
            name=self.document.file,
            modules=dict(self.entries(top.get("steps"))),
            request=self.each(top.get("request"), ("request",), str),
            options=_options(self.mapping(top.get("options"), ("options",))),
            host=host,
            registry=self.text(digest, ("registry", "digest")),
        )
        if self.problems:
            helped = (problem if problem.hint else replace(problem, hint=_HINT) for problem in self.problems)
            raise InvalidFile(sorted(helped, key=lambda problem: problem.line or 0))
        return side

    def entries(self, value: Value) -> Iterable[tuple[str, Entry]]:
        """The modules that are there after all steps."""
        names = set()
        for at, item in enumerate(self.items(value, ("steps",))):
            path: FieldPath = ("steps", at)
            if not isinstance(item, dict):
                self.refuse(path, f"expected a step, found {shown(item)}", _HINT)
            elif item.get("action") != "remove":
                module = self.required(item, path, "module", check_name)
                version = self.required(item, path, "version", parse_version)
                if module in names:
                    self.refuse((*path, "module"), f"{module} is there twice", _HINT)
                if module is not None and version is not None:
                    names.add(module)
                    yield (
                        module,
                        Entry(
                            version=version,
                            mode=self.fact(item.get("mode"), (*path, "mode"), label),
                            checksum=self.text(item.get("checksum"), (*path, "checksum")),
                            held_back_by=tuple(self.statements(item.get("held_back_by"), (*path, "held_back_by"))),
                            needed_by=self.each(item.get("required_by"), (*path, "required_by"), str),
                        ),
                    )
            if len(self.problems) >= MOST_PROBLEMS:
                return

    def statements(self, value: Value, path: FieldPath) -> Iterable[Statement]:
        for at, item in enumerate(self.items(value, path)):
            place = (*path, at)
            fields = self.mapping(item, place)
            needed = ["kind", "module", "text"]
            needed += ["requirement"] if fields.get("kind") in ("dependency", "runtime") else []
            texts = {key: self.required(fields, place, key, str) for key in needed}
            versions = self.text(fields.get("versions"), (*place, "versions"))
            yield {**texts, "versions": versions, "fact": self.text(fields.get("fact"), (*place, "fact"))}


def _as_yaml(value: Any) -> Value:
    """A value of JSON as YAML would have it: every scalar is its text."""
    match value:
        case dict():
            return {key: _as_yaml(one) for key, one in value.items()}
        case list() | tuple():
            return [_as_yaml(one) for one in value]
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
