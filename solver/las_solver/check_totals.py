"""Checks that a newer version is possible but costs more than it brings: statements of kind ``total``."""

from __future__ import annotations

from collections.abc import Sequence

from las_solver.check_answers import changes, choices, encode_answers, nearest, removals
from las_solver.check_document import Fields, Malformed
from las_solver.check_encoding import Encoding
from las_solver.check_rules import Chosen, Rules
from las_solver.check_turns import Turn
from las_solver.model import ModuleVersion, Strategy

__all__ = ["Totals"]


class Totals:
    """What else is possible in the layers of `plan`; encoded once something is asked."""

    def __init__(self, rules: Rules, plan: Chosen) -> None:
        self._rules = rules
        self._plan = plan
        self._encoding: Encoding | None = None
        self._least: dict[tuple[str, ...], dict[str, int]] = {}

    def close(self) -> None:
        """Free the solver's memory."""
        if self._encoding is not None:
            self._encoding.close()

    def read(self, fields: Fields, turn: Turn) -> tuple[tuple[ModuleVersion, ...], ...]:
        """The groups of versions of which one each is present, says the statement; raises if it is not true."""
        fields.text("text")
        fields.text("source")
        name = turn.chosen.name
        instead = self._rules.find(name, fields.version("version"))
        if turn.is_settled:
            raise Malformed(f"{fields.place} is about {name}, which is settled")
        if fields.get("versions") is not None:
            raise Malformed(f"{fields.place}.versions should be null")
        if fields.text("module") != name or instead is None or instead.version <= turn.chosen.version:
            raise Malformed(f"{fields.place} names no newer version of {name}")
        after = turn.after
        falls = self._falls(fields, turn, after)
        total = sum(self._rules.distance(self._plan[other]) for other in turn.layer)
        if fields.integer("total") != total:
            raise Malformed(f"{fields.place}.total should be {total}")
        no_older = after.keys() - falls.keys()
        if not self._is_least(turn, fields.integer("instead"), {**after, **falls, name: instead}, no_older):
            raise Malformed(f"{fields.place}.instead is not the least total of such versions")
        return tuple((one, *self._rules.newer(one)) for one in after.values())

    def _falls(self, fields: Fields, turn: Turn, after: Chosen) -> dict[str, ModuleVersion]:
        """The older versions that are said to come with a newer one."""
        falls: dict[str, ModuleVersion] = {}
        for fall in fields.objects("falls"):
            fallen = self._rules.find(fall.text("module"), fall.version("to"))
            wanted = None if fallen is None else after.get(fallen.name)
            if (
                fallen is None
                or wanted is None
                or fall.version("from") != wanted.version
                or fallen.version >= wanted.version
            ):
                raise Malformed(
                    f"{fall.place} is not about an older version of a module that comes after {turn.chosen}"
                )
            falls[fallen.name] = fallen
        if not falls:
            raise Malformed(f"{fields.place}.falls is empty")
        return falls

    def _is_least(self, turn: Turn, total: int, instead: Chosen, no_older: set[str]) -> bool:
        """Whether `total` is the least of the layer with a newer version, also if it comes with those of `instead`.

        The modules `no_older` may also be newer than that.
        """
        encoding = self._encoding = self._encoding or self._encode()
        least = self._nearest(encoding, turn)
        beyond = total - sum(least.values())
        if beyond < 0:
            return False
        rows = [
            [(literal, self._rules.distance(one) - least[name]) for one, literal in choices(encoding, name)]
            for name in turn.layer
        ]
        more_than = encoding.count(rows, beyond)
        newer = [encoding.any_of(self._literals(self._rules.newer(turn.chosen)))]
        if beyond and self._find(turn.place, turn, [*newer, -more_than[beyond - 1]]) is not None:
            return False
        wanted = [
            encoding.any_of(self._literals((one, *self._rules.newer(one)) if name in no_older else (one,)))
            for name, one in instead.items()
        ]
        return self._find(turn.place, turn, [*newer, *wanted, -more_than[beyond]]) is not None

    def _encode(self) -> Encoding:
        """All answers with no more removals and, under `keep`, changes than the plan's."""
        rules, encoding = self._rules, encode_answers(self._rules)
        counts = []
        if rules.may_remove:
            counts.append((removals(encoding), rules.removed(self._plan)))
        if rules.request.strategy is Strategy.KEEP:
            counts.append((changes(encoding, sorted(rules.installed)), rules.changed(self._plan, rules.installed)))
        for rows, most in counts:
            for literal in encoding.count(rows, most)[most:]:
                encoding.sat.add([-literal])
        return encoding

    def _nearest(self, encoding: Encoding, turn: Turn) -> dict[str, int]:
        """The least distance that each module of the layer has in any answer, given all layers before."""
        if turn.layer not in self._least:
            begin = turn.place - turn.layer.index(turn.chosen.name)
            mine = {name: self._rules.distance(self._plan[name]) for name in turn.layer}
            self._least[turn.layer] = nearest(encoding, mine, lambda wanted: self._find(begin, turn, wanted))
        return self._least[turn.layer]

    def _literals(self, versions: Sequence[ModuleVersion]) -> list[int]:
        assert self._encoding is not None
        literals = self._encoding.literals(versions[0].name)
        return [literals[one] for one in versions if one in literals]

    def _find(self, place: int, turn: Turn, wanted: Sequence[int]) -> Chosen | None:
        """An answer with the first `place` modules that the plan chose, and the literals of `wanted`."""
        assert self._encoding is not None
        before = [self._literals((self._plan[name],))[0] for name in turn.order[:place]]
        begun = (*turn.order[:place], *turn.layer)
        return self._encoding.find([*before, *wanted], begun, lambda found: not any(self._rules.unadmitted(found)))
