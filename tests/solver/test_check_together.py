"""The checker of decision 0022 against brute force, with which it shares no code, and against wrong documents."""

from __future__ import annotations

import random
from collections.abc import Iterator

from brute_force import BruteForce
from registries import asked
from strategies import Case, Dice
from together_strategies import make_together_case

from las_solver.check import check
from las_solver.model import ModuleVersion
from las_solver.source import MemorySource


def random_cases(count: int) -> Iterator[Case]:
    return (make_together_case(Dice(random.Random(f"together {number}").randbytes(900))) for number in range(count))


def test_every_valid_answer_but_the_wanted_one_is_rejected_and_only_as_not_the_newest() -> None:
    others = 0
    for case in random_cases(300):
        oracle = BruteForce(case.module_versions, case.host, case.request)
        found = sorted(oracle.answers(), key=lambda answer: (answer.changes, answer.key))
        source, limits = MemorySource(case.module_versions), case.request.limits
        for answer in found[:6]:
            is_wanted = dict(answer.chosen) == dict(found[0].chosen)
            document = {**oracle.plan(answer.chosen), **asked(case.request)}
            document["invalid"] = [{**one, "reason": "it is"} for one in document["invalid"]]  # type: ignore[attr-defined]
            wrong = check(document, source, case.host, limits=limits)
            assert (not wrong) == is_wanted, (case, wrong)
            assert all(one.startswith(f"not the {case.request.strategy.value} plan: ") for one in wrong)
            assert check({**document, "optimal": False}, source, case.host, limits=limits) == ()
            others += not is_wanted
    assert others > 150
