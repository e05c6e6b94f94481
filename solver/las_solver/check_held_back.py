"""Checks what a plan says of its modules that are older than their newest version: ``held_back_by`` of its steps.

For each: the statements are true, they rule out every newer version, and do not without any one of them. What the
statements say is defined in ``docs/documents.md``. The order in which modules were chosen is worked out again, and that
a newer version is possible only with a larger total is shown on the encoding of all answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from las_solver.check_answers import changes, removals
from las_solver.check_core import Core
from las_solver.check_document import Fields, Malformed
from las_solver.check_rules import Chosen, Rules
from las_solver.check_statement import Statement, read_statement, read_versions
from las_solver.check_totals import Totals
from las_solver.check_turns import Turn, turns
from las_solver.constraint import ANY, Requirement
from las_solver.model import ModuleVersion, Strategy

__all__ = ["complaints_about_held_back"]


@dataclass(frozen=True, slots=True)
class _Kept:
    """For each group of versions, all of one module: one of them is present."""

    groups: tuple[tuple[ModuleVersion, ...], ...]


@dataclass(frozen=True, slots=True)
class _Fewest:
    """No more than `most` installed modules change, or no more staying ones are removed."""

    are_removals: bool
    most: int


def complaints_about_held_back(document: Fields, rules: Rules, plan: Chosen) -> Iterator[str]:
    """What is wrong with the reasons why the modules of a valid `plan` have no newer versions, if it gives any."""
    if not document.has("explained"):
        return
    is_explained = document.boolean("explained")
    held_back = _HeldBack(rules, plan)
    try:
        for step in document.objects("steps"):
            statements = step.objects("held_back_by")
            one = plan.get(step.text("module"))
            if one is None or one.version >= rules.newest(one.name).version:
                if statements:
                    yield f"{step.place}.held_back_by should be empty"
            elif statements:
                yield from held_back.complaints(step, statements, one)
            elif is_explained:
                yield f"{step.place}.held_back_by of {one} should say what holds it back"
    finally:
        held_back.close()


class _HeldBack:
    """The reasons of one plan."""

    def __init__(self, rules: Rules, plan: Chosen) -> None:
        self._rules = rules
        self._plan = plan
        self._turns = turns(rules, plan)
        self._totals = Totals(rules, plan)

    def close(self) -> None:
        """Free the solver's memory."""
        self._totals.close()

    def complaints(self, step: Fields, statements: Sequence[Fields], one: ModuleVersion) -> Iterator[str]:
        """What is wrong with `statements`, which hold back the version `one` of `step`."""
        turn, place = self._turns[one.name], f"{step.place}.held_back_by"
        kinds = [fields.text("kind") for fields in statements]
        try:
            if self._rules.request.strategy is Strategy.LOWEST and "total" in kinds:
                if len(kinds) > 1 or statements[0].text_or_null("version") is not None:
                    yield f"{place} should only say that the lowest versions are wanted"
            elif turn.is_settled and kinds == ["installed"] and statements[0].text_or_null("what") == "kept":
                self._read_own(statements[0], one)
            else:
                yield from self._unproved(place, statements, turn)
        except Malformed as error:
            yield str(error)

    def _read_own(self, fields: Fields, one: ModuleVersion) -> None:
        """That the module is installed, and what is installed changes only where that is needed."""
        fields.text("text")
        fields.text("source")
        installed = self._rules.installed[one.name]
        if fields.text("module") != one.name or read_versions(fields, self._rules) != (installed,):
            raise Malformed(f"{fields.place} is not true: {installed} is installed")

    def _unproved(self, place: str, statements: Sequence[Fields], turn: Turn) -> Iterator[str]:
        rules = self._rules
        said: list[tuple[Fields, Statement | _Kept | _Fewest]] = []
        for fields in statements:
            match fields.text("kind"):
                case "chosen":
                    said.append((fields, self._read_chosen(fields, turn)))
                case "total":
                    said.append((fields, _Kept(self._totals.read(fields, turn))))
                case "installed" if fields.text_or_null("what") != "stays":
                    said.append((fields, self._read_fewest(fields)))
                case _:
                    said.append((fields, read_statement(fields, rules)))
        roots = (Requirement(name, ANY) for name in (*turn.before, turn.chosen.name))
        request = replace(rules.request, requirements=(*rules.request.requirements, *roots))
        reasons = _Reasons(Rules(rules.machine, request), turn, said)
        try:
            yield from reasons.complaints(place)
        finally:
            reasons.close()

    def _read_chosen(self, fields: Fields, turn: Turn) -> _Kept:
        fields.text("text")
        fields.text("source")
        name, chosen, before = fields.text("module"), turn.chosen, turn.before
        interface, consumer = fields.text_or_null("interface"), fields.text_or_null("consumer")
        if interface is not None or consumer is not None:
            if name != chosen.name or turn.purpose != (consumer, interface) or fields.get("versions") is not None:
                raise Malformed(f"{fields.place} is not true: {name} was not chosen for that")
            return _Kept((tuple(one for one in self._rules.versions(name) if interface in one.provides),))
        found = read_versions(fields, self._rules)
        if name not in before or found != (before[name],):
            raise Malformed(f"{fields.place} is not true: that was not chosen before {chosen.name}")
        return _Kept((found,))

    def _read_fewest(self, fields: Fields) -> _Fewest:
        fields.text("text")
        rules, what = self._rules, fields.text("what")
        if what == "removals" and rules.may_remove:
            count = rules.removed(self._plan)
        elif what == "changes" and rules.request.strategy is Strategy.KEEP:
            count = rules.changed(self._plan, rules.installed)
        else:
            raise Malformed(f"{fields.place} is not true: the fewest {what} are not asked for")
        if fields.integer("most") != count:
            raise Malformed(f"{fields.place}.most should be {count}")
        return _Fewest(what == "removals", count)


# Whether they rule out all newer versions.


class _Reasons:
    """The statements as clauses, each behind a literal that says whether it is in; and that a newer version is there.

    `rules` are those of a request for what was chosen before and the module itself: these need nothing to lead to them.
    """

    def __init__(self, rules: Rules, turn: Turn, said: Sequence[tuple[Fields, Statement | _Kept | _Fewest]]) -> None:
        self._rules = rules
        ordinary = [(fields, one) for fields, one in said if not isinstance(one, _Kept | _Fewest)]
        self._core = Core(rules, [statement for _, statement in ordinary])
        self._encoding = encoding = self._core.encoding
        self._places = dict(zip(self._core.statements, (fields.place for fields, _ in ordinary), strict=True))
        self._keep([], rules.newer(turn.chosen))
        fewest: list[tuple[int, _Fewest]] = []
        for fields, one in said:
            if isinstance(one, _Kept | _Fewest):
                literal = encoding.new_variable()
                self._places[literal] = fields.place
                if isinstance(one, _Fewest):
                    fewest.append((literal, one))
                else:
                    for group in one.groups:
                        self._keep([-literal], group)
        for literal, one in fewest:  # those that no statement names need not change
            rows = removals(encoding) if one.are_removals else changes(encoding, sorted(rules.installed))
            for more in encoding.count(rows, one.most)[one.most :]:
                encoding.sat.add([-literal, -more])

    def _keep(self, unless: Sequence[int], versions: Sequence[ModuleVersion]) -> None:
        self._encoding.add_module(versions[0].name, self._rules.versions(versions[0].name))
        self._encoding.sat.add([*unless, *map(self._encoding.literal, versions)])

    def close(self) -> None:
        """Free the solver's memory."""
        self._core.close()

    def complaints(self, place: str) -> Iterator[str]:
        """That they leave a newer version possible; or those without which they still leave none."""
        literals = tuple(self._places)
        example = self._core.example(literals)
        if example is not None:
            yield f"{place} does not rule out {', '.join(map(str, example.values()))}"
            return
        for literal in literals:
            if self._core.example(tuple(other for other in literals if other != literal)) is None:
                yield f"{self._places[literal]} is not needed to rule out newer versions"
        for entry, (literal, number) in self._core.entries.items():
            if self._core.example(literals, without=entry) is None:
                yield f"{self._places[literal]}.counts[{number}] is not needed to rule out newer versions"
