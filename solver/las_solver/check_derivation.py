"""Checks the derivation of a conflict: each line follows from what it names, and all lines are a contradiction.

What the lines say is defined in ``docs/documents.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from las_solver.check_core import Core, is_unexplained
from las_solver.check_document import Fields, Malformed
from las_solver.check_rules import Rules
from las_solver.check_statement import OnSufferance, Statement, read_statement
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.errors import InvalidInput

__all__ = ["complaints_about_derivation"]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line: the places of the statements and the lines that it follows from, and its claim.

    The terms of a claim, not all of which hold, are a module, a constraint that admits some of its versions, and
    whether it is there at one of those, or not.
    """

    place: str
    statements: tuple[int, ...]
    lines: tuple[int, ...]
    claim: tuple[tuple[str, Constraint, bool], ...]


def complaints_about_derivation(document: Fields, rules: Rules) -> Iterator[str]:
    """What is wrong with the derivation of a conflict whose core is right; nothing if there is none."""
    statements = [read_statement(fields, rules) for fields in document.objects("core")]
    lines: list[_Line] = []
    for fields in document.objects_or_none("derivation"):
        lines.append(_read_line(fields, len(statements), len(lines)))
    if not lines:
        return
    derivation = _Derivation(rules, statements)
    try:
        yield from derivation.complaints(lines, is_minimal=document.boolean("minimal"))
    finally:
        derivation.close()


def _read_line(fields: Fields, statements: int, lines: int) -> _Line:
    fields.text("text")
    fields.texts("sources")
    claim = tuple(_read_term(term) for term in fields.objects("claim"))
    return _Line(fields.place, fields.places("statements", statements), fields.places("lines", lines), claim)


def _read_term(term: Fields) -> tuple[str, Constraint, bool]:
    term.specifiers("versions")
    text = term.text("versions")
    try:
        return term.text("module"), Constraint.parse(text) if text else ANY, term.boolean("present")
    except InvalidInput as error:
        raise Malformed(f"{term.place}.versions: {error.message}") from None


class _Derivation:
    """Statements and lines as clauses, each behind a literal that says whether it is in."""

    def __init__(self, rules: Rules, statements: Sequence[Statement]) -> None:
        self._rules = rules
        self._core = Core(rules, statements)
        self._encoding = self._core.encoding
        self._literals = tuple(self._core.statements)
        self._holding: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        """Free the solver's memory."""
        self._core.close()

    def complaints(self, lines: Sequence[_Line], *, is_minimal: bool) -> Iterator[str]:
        """The lines that do not follow; and that there is no contradiction, unless the time was up before."""
        selectors = [self._select(line) for line in lines]
        is_explained = is_minimal or not is_unexplained(self._core.statements.values())
        if is_explained and not self._contradict((), selectors):
            yield "the lines of the derivation do not contradict each other"
        for line in sorted(lines, key=self._is_about_prereleases):
            statements = [self._literals[place] for place in line.statements]
            above = [selectors[place] for place in line.lines]
            if not self._contradict(statements, [*above, *self._denial(line)]):
                yield f"{line.place} does not follow from what it names"

    def _is_about_prereleases(self, line: _Line) -> bool:
        """Looking for what admits a pre-release teaches the solver what no statement says: that comes last."""
        return any(isinstance(self._core.statements[self._literals[place]], OnSufferance) for place in line.statements)

    def _contradict(self, statements: Sequence[int], others: Sequence[int]) -> bool:
        """Whether the statements behind the literals `statements` cannot be true together with `others`."""
        if any(isinstance(self._core.statements[literal], OnSufferance) for literal in statements):
            return self._core.example(statements, others) is None
        return not self._encoding.solve([*statements, *self._core.entries, *others])

    def _select(self, line: _Line) -> int:
        """A literal which says that not all terms of the claim hold: ``not selector or not t1 or not t2 or ...``."""
        selector = self._encoding.new_variable()
        self._encoding.sat.add([-selector, *(-literal for literal in self._denial(line))])
        return selector

    def _denial(self, line: _Line) -> list[int]:
        """The literals which say that all terms of the claim hold."""
        return [
            self._inside(module, constraint) * (1 if is_there else -1) for module, constraint, is_there in line.claim
        ]

    def _inside(self, module: str, constraint: Constraint) -> int:
        """The literal "`module` is present at a version that `constraint` admits": true if and only if one is."""
        key = (module, constraint.text)
        if key not in self._holding:
            self._holding[key] = self._make(Requirement(module, constraint))
        return self._holding[key]

    def _make(self, requirement: Requirement) -> int:
        encoding, module = self._encoding, requirement.name
        if not self._rules.admitted(requirement):
            return self._core.supposed(module, requirement.constraint)
        encoding.add_module(module, self._rules.versions(module))
        inside = encoding.new_variable()
        literals = encoding.admitted(requirement)
        encoding.sat.add([-inside, *literals])
        for literal in literals:
            encoding.sat.add([-literal, inside])
        return inside
