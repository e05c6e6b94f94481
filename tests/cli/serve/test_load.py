"""The service under load, with restarts, lost workers, and changes of its registry meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import RunCli
from serve_held import grown
from serve_load import Load


def test_no_answer_is_wrong_no_write_is_lost_and_nothing_stays(run_cli: RunCli, tmp_path: Path) -> None:
    report = Load(tmp_path, requests=60, clients=3, changes=2, restarts=1).run()
    assert report.complaints == []
    assert sum(report.turns.values()) == 3
    assert sum(report.answers.values()) >= 60
    assert {"plan 200", "why 200", "lookup 200", "transition 200", "hurry 504"} <= report.answers.keys()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (list(range(20, 40)), ["server fds: 27 before, 37 after"]),
        ([9, 5, 1, 1, 3, *[20, 22, 20, 21, 22] * 3], []),
        (list(range(8)), []),
    ],
    ids=["a leak", "once warm", "too few"],
)
def test_what_grows(values: list[int], told: list[str]) -> None:
    assert list(grown([{"server fds": one} for one in values])) == told
