"""Section 7: of all sets of two changes, none that makes an answer possible is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from brute_force import BruteForce
from conflicts import random_conflicts
from ladders import facts, ladders
from strategies import Case

from las_solver.change import Change, apply_changes
from las_solver.conflict import Conflict
from las_solver.planner import Planner
from las_solver.source import MemorySource


def has_answer(case: Case, changes: Sequence[Change]) -> bool:
    host, request = apply_changes(changes, case.host, case.request)
    answers = BruteForce(case.module_versions, host, request).answers() if request.requirements else iter(())
    return next(answers, None) is not None


def test_every_two_changes_that_are_enough_hold_a_repair() -> None:
    tried = incomplete = 0
    for case in random_conflicts(25, "two changes"):
        planner = Planner(MemorySource(case.module_versions), case.host)
        conflict = planner.plan(case.request)
        assert isinstance(conflict, Conflict)
        found = planner.diagnose(conflict, most_repairs=100)
        if not found.complete:  # planning refused too many: see find_repairs
            incomplete += 1
            continue
        repairs = [facts(case, repair.changes) for repair in found.repairs]
        for one, other in combinations([ladder for ladder in ladders(case) if ladder], 2):
            about = facts(case, (one[0], other[0]))
            if not any(repair <= about for repair in repairs):
                for changes in product(one, other):
                    assert not has_answer(case, changes), changes
                    tried += 1
    assert tried > 500
    assert incomplete < 3
