"""Checks what a plan says of its modules that are older than their newest version: ``held_back_by`` of its steps.

For each: the statements are true, they rule out every newer version, and do not without any one of them. What the
statements say is defined in ``docs/documents.md``. The order in which modules were chosen is worked out again, and that
a newer version is possible only with a larger total is shown on the encoding of all answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from las_solver.check_core import Core, OnSufferance, Statement, read_statement
from las_solver.check_document import Fields, Malformed
from las_solver.check_encoding import encode_answers
from las_solver.check_rules import Chosen, Rules
from las_solver.constraint import ANY, Requirement
from las_solver.model import ModuleVersion, Strategy
from las_solver.source import Source

__all__ = ["complaints_about_held_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """When a module was chosen: after those of `before`, in `layer`; to provide an interface for a consumer, or not."""

    chosen: ModuleVersion
    before: Chosen
    layer: tuple[str, ...]
    purpose: tuple[str, str] | None

    def after(self, plan: Chosen) -> dict[str, ModuleVersion]:
        """The modules that come after it in its layer."""
        place = self.layer.index(self.chosen.name)
        return {name: plan[name] for name in self.layer[place + 1 :]}


@dataclass(frozen=True, slots=True)
class _Kept:
    """For each group of versions, all of one module: one of them is present."""

    groups: tuple[tuple[ModuleVersion, ...], ...]


def complaints_about_held_back(document: Fields, rules: Rules, source: Source, plan: Chosen) -> Iterator[str]:
    """What is wrong with the reasons why the modules of a valid `plan` have no newer versions, if it gives any."""
    if not document.has("explained"):
        return
    is_explained = document.boolean("explained")
    turns = {turn.chosen.name: turn for turn in _turns(rules, plan)}
    for step, one in zip(document.objects("steps"), plan.values(), strict=True):
        statements = step.objects("held_back_by")
        if one.version >= rules.newest(one.name).version:
            if statements:
                yield f"{step.place}.held_back_by of {one}, which is the newest, should be empty"
        elif statements:
            try:
                yield from _complaints(step, statements, rules, source, plan, turns[one.name])
            except Malformed as error:
                yield str(error)
        elif is_explained:
            yield f"{step.place}.held_back_by of {one} should say what holds it back"


def _turns(rules: Rules, plan: Chosen) -> Iterator[_Turn]:
    """The turns of all modules, in the order in which section 5 of the contract chooses them."""
    decided: dict[str, ModuleVersion] = {}
    layer: tuple[str, ...] = rules.requested
    purpose: tuple[str, str] | None = None
    while layer:
        for name in layer:
            yield _Turn(chosen=plan[name], before=dict(decided), layer=layer, purpose=purpose)
            decided[name] = plan[name]
        layer, purpose = rules.next_layer(decided, layer), None
        missing = rules.first_missing_interface(decided.values())
        if not layer and missing is not None:
            purpose = (missing[0].name, missing[1])
            layer = (_provider(rules, plan, decided, missing[1]),)


def _provider(rules: Rules, plan: Chosen, decided: Chosen, interface: str) -> str:
    """The module chosen to provide `interface`: the first with which the whole plan can be constructed."""
    for name in rules.providers(interface):
        if name in plan and name not in decided and interface in plan[name].provides:
            begun = (*decided, name)
            if any(len(names) == len(plan) for names in rules.constructions(plan, begun)):
                return name
    raise Malformed(f"nothing in the plan was chosen to provide {interface}")


def _complaints(
    step: Fields, statements: Sequence[Fields], rules: Rules, source: Source, plan: Chosen, turn: _Turn
) -> Iterator[str]:
    ordinary: list[tuple[Fields, Statement]] = []
    kept: list[tuple[Fields, _Kept]] = []
    for fields in statements:
        match fields.text("kind"):
            case "chosen":
                kept.append((fields, _read_chosen(fields, rules, turn)))
            case "total" if rules.request.strategy is Strategy.LOWEST:
                if len(statements) > 1 or fields.text_or_null("version") is not None:
                    yield f"{step.place}.held_back_by should only say that the lowest versions are wanted"
                return
            case "total":
                kept.append((fields, _read_total(fields, rules, plan, turn)))
            case _:
                ordinary.append((fields, read_statement(fields, rules)))
    roots = (Requirement(name, ANY) for name in (*turn.before, turn.chosen.name))
    request = replace(rules.request, requirements=(*rules.request.requirements, *roots))
    reasons = _Reasons(Rules(source, rules.host, request), turn, ordinary, kept)
    try:
        yield from reasons.complaints(f"{step.place}.held_back_by")
    finally:
        reasons.close()


def _newer(rules: Rules, one: ModuleVersion) -> tuple[ModuleVersion, ...]:
    return tuple(other for other in rules.versions(one.name) if other.version > one.version)


def _read_chosen(fields: Fields, rules: Rules, turn: _Turn) -> _Kept:
    fields.text("text")
    fields.text("source")
    name, interface, consumer = fields.text("module"), fields.text_or_null("interface"), fields.text_or_null("consumer")
    if interface is not None or consumer is not None:
        if name != turn.chosen.name or turn.purpose != (consumer, interface) or fields.get("versions") is not None:
            raise Malformed(f"{fields.place} is not true: {name} was not chosen for that")
        return _Kept((tuple(one for one in rules.versions(name) if interface in one.provides),))
    specifiers = fields.specifiers("versions")
    found = tuple(one for one in rules.versions(name) if specifiers.contains(one.version, prereleases=True))
    if name not in turn.before or found != (turn.before[name],):
        raise Malformed(f"{fields.place} is not true: that was not chosen before {turn.chosen.name}")
    return _Kept((found,))


# That a newer version is possible, but costs more than it brings.


def _read_total(fields: Fields, rules: Rules, plan: Chosen, turn: _Turn) -> _Kept:
    fields.text("text")
    fields.text("source")
    name = turn.chosen.name
    instead = rules.find(name, fields.version("version"))
    after = turn.after(plan)
    if fields.get("versions") is not None:
        raise Malformed(f"{fields.place}.versions should be null")
    if fields.text("module") != name or instead is None or instead.version <= turn.chosen.version:
        raise Malformed(f"{fields.place} names no newer version of {name}")
    falls: dict[str, ModuleVersion] = {}
    for fall in fields.objects("falls"):
        fallen = rules.find(fall.text("module"), fall.version("to"))
        wanted = None if fallen is None else after.get(fallen.name)
        if (
            fallen is None
            or wanted is None
            or fall.version("from") != wanted.version
            or fallen.version >= wanted.version
        ):
            raise Malformed(f"{fall.place} is not about an older version of a module that comes after {name}")
        falls[fallen.name] = fallen
    if not falls:
        raise Malformed(f"{fields.place}.falls is empty")
    total = sum(rules.distance(plan[other]) for other in turn.layer)
    if _number(fields, "total") != total:
        raise Malformed(f"{fields.place}.total should be {total}")
    least = _least_total(rules, turn, {**after, **falls, name: instead}, after.keys() - falls.keys())
    if _number(fields, "instead") != least:
        raise Malformed(f"{fields.place}.instead should be {least}")
    return _Kept(tuple((one, *_newer(rules, one)) for one in after.values()))


def _number(fields: Fields, key: str) -> int:
    value = fields.get(key)
    if type(value) is not int:
        raise Malformed(f"{fields.place}.{key} is not an integer")
    return value


def _least_total(rules: Rules, turn: _Turn, instead: Chosen, no_older: set[str]) -> int | None:
    """The least total of the layer with a newer version, if it comes with the versions `instead`; None if it does not.

    The modules `no_older` may also be newer than that.
    """
    encoding = encode_answers(rules)
    try:
        begun = (*turn.before, *turn.layer)

        def is_possible(assumptions: Sequence[int]) -> bool:
            found = encoding.find(assumptions, begun, lambda found: not any(rules.unadmitted(found)))
            return found is not None

        def any_of(versions: Sequence[ModuleVersion]) -> int:
            literals = encoding.literals(versions[0].name)
            return encoding.any_of([literals[one] for one in versions if one in literals])

        rows = [
            [(literal, rules.distance(one)) for one, literal in encoding.literals(name).items()] for name in turn.layer
        ]
        most = sum(max((distance for _, distance in row), default=0) for row in rows)
        more_than = encoding.count(rows, most)
        for one in turn.before.values():
            encoding.sat.add([encoding.literal(one)])
        encoding.sat.add([any_of(_newer(rules, turn.chosen))])
        wanted = [
            any_of((one, *_newer(rules, one))) if name in no_older else any_of((one,)) for name, one in instead.items()
        ]
        least = next((total for total in range(most + 1) if is_possible([-more_than[total]])), None)
        return least if least is not None and is_possible([*wanted, -more_than[least]]) else None
    finally:
        encoding.close()


# Whether they rule out all newer versions.


class _Reasons:
    """The statements as clauses, each behind a literal that says whether it is in; and that a newer version is there.

    `rules` are those of a request for what was chosen before and the module itself: these need nothing to lead to them.
    """

    def __init__(
        self,
        rules: Rules,
        turn: _Turn,
        ordinary: Sequence[tuple[Fields, Statement]],
        kept: Sequence[tuple[Fields, _Kept]],
    ) -> None:
        self._rules = rules
        self._core = Core(rules, [statement for _, statement in ordinary])
        self._encoding = encoding = self._core.encoding
        self._places = dict(zip(self._core.statements, (fields.place for fields, _ in ordinary), strict=True))
        for fields, statement in kept:
            literal = encoding.new_variable()
            self._places[literal] = fields.place
            for group in statement.groups:
                self._keep([-literal], group)
        self._keep([], _newer(rules, turn.chosen))

    def _keep(self, unless: Sequence[int], versions: Sequence[ModuleVersion]) -> None:
        self._encoding.add_module(versions[0].name, self._rules.versions(versions[0].name))
        self._encoding.sat.add([*unless, *map(self._encoding.literal, versions)])

    def close(self) -> None:
        """Free the solver's memory."""
        self._core.close()

    def complaints(self, place: str) -> Iterator[str]:
        """That they leave a newer version possible; or those without which they still leave none."""
        literals = tuple(self._places)
        example = self._example(literals)
        if example is not None:
            yield f"{place} does not rule out {', '.join(map(str, example.values()))}"
            return
        for literal in literals:
            if self._example(tuple(other for other in literals if other != literal)) is None:
                yield f"{self._places[literal]} is not needed to rule out newer versions"

    def _example(self, literals: Sequence[int]) -> Mapping[str, ModuleVersion] | None:
        on_sufferance = [
            statement
            for literal in literals
            if isinstance(statement := self._core.statements.get(literal), OnSufferance)
        ]

        def is_admissible(found: Chosen) -> bool:
            return not any(self._core.is_unnamed(statement, found) for statement in on_sufferance)

        return self._encoding.find(literals, self._rules.requested, is_admissible)
