"""The service under load, with restarts and changes of its registry meanwhile."""

from __future__ import annotations

from pathlib import Path

from serve_load import Load


def test_no_answer_is_wrong_and_no_write_is_lost(tmp_path: Path) -> None:
    report = Load(tmp_path, requests=200, clients=3, changes=8, restarts=1).run()
    assert report.wrong == []
    assert report.lost == []
    assert sum(report.answers.values()) == 200
    assert (report.reloads, report.restarts) == (8, 1)
    assert report.answers["transition 200"] == 40
