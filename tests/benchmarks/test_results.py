"""Results are kept by condition, read again as they were, and compared only where one machine measured both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks import publishing
from benchmarks.comparing import render_changes
from benchmarks.machine import machine
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import QUICK
from benchmarks.report import render_results
from benchmarks.results import FORMAT, NAME, OtherMachine, Results, Run, Section, UnknownFormat


def section(question: str = "plan-warm", *, factor: float = 1.0) -> Section:
    ours = Measurement(
        problem="closure-50", subject="las-solve", samples=((0.001 * factor, 0.002 * factor, 0.003 * factor),)
    )
    theirs = Measurement(problem="closure-50", subject="resolvo", samples=((1.0, 1.5, 2.0),), note="12 modules")
    late = Measurement(problem="closure-50", subject="resolvelib", limit=60.0)
    peak = Measurement(problem="p", subject="peak", samples=((1e8,),), unit="B", sizes={"versions": 10, "closure": 5})
    comparison = Comparison.of(ours, theirs, target=5.0)
    assert comparison is not None
    figure = Figure(problem="p", what="peak", value=1e8, unit="B", target=5e7, is_ceiling=True)
    return Section(
        question=question,
        title="Title",
        measurements=(ours, theirs, late, peak),
        comparisons=(comparison,),
        figures=(figure,),
        notes=("a note",),
        versions={"resolvo": "0.10"},
    )


def results(*sections: Section) -> Results:
    found = Results.here()
    for one in sections:
        found = found.with_run(Run.begin(QUICK).end(one))
    return found


def test_results_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    written = results(section(), section("memory"))
    written.write(tmp_path / NAME)
    read = Results.read(tmp_path / NAME)
    assert read.machine == written.machine == machine()
    assert list(read.runs) == ["plan-warm", "memory"]
    read.write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / NAME).read_bytes()


def test_a_document_says_all_that_a_reader_needs(tmp_path: Path) -> None:
    results(section()).write(tmp_path / NAME)
    document = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    assert document["format"] == FORMAT == 2
    assert set(document["machine"]) == {
        "cpu",
        "cores",
        "memory",
        "system",
        "architecture",
        "python",
        "implementation",
    }
    run = document["conditions"]["plan-warm"]
    assert {"title", "started", "load", "commit", "dirty", "versions", "options"} <= set(run)
    assert run["versions"]["resolvo"] == "0.10"
    assert run["versions"]["las-solve"]
    assert run["options"]["is_quick"] is True
    ours, _, late, peak = run["measurements"]
    assert (ours["min"], ours["median"], ours["max"], ours["middle_half"]) == (0.001, 0.002, 0.003, [0.001, 0.003])
    assert (late["median"], late["limit"]) == (None, 60.0)
    assert (peak["unit"], peak["sizes"]) == ("B", {"versions": 10, "closure": 5})
    assert (run["comparisons"][0]["ratio"], run["comparisons"][0]["is_met"]) == (750.0, True)
    assert run["figures"][0]["is_met"] is False


def test_a_later_run_takes_the_place_of_an_earlier_one_of_its_condition() -> None:
    merged = results(section(), section("memory"), section(factor=2.0))
    assert list(merged.runs) == ["plan-warm", "memory"]
    assert merged.runs["plan-warm"].section.measurements[0].median == 0.004


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": 2, "machine": {}, "conditions": {"a": 1}}']
)
def test_what_holds_no_results_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UnknownFormat, match=NAME):
        Results.read(tmp_path / NAME)


def test_a_comparison_says_what_takes_longer_and_what_was_not_measured_twice() -> None:
    before = results(section(), section("growth"))
    after = results(section(factor=10.0), section("memory"))
    lines = render_changes(before, after).splitlines()
    assert "| closure-50 | las-solve  | 2.00 ms  | 20.00 ms | 10    | more |" in lines
    assert "| closure-50 | resolvo    | 1.50 s   | 1.50 s   | 1     |      |" in lines
    assert "| closure-50 | resolvelib | > 60 s   | > 60 s   |       |      |" in lines
    assert "- only measured after" in lines
    assert "- growth: only measured before" in lines


def test_results_of_different_machines_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = results(section())
    there = replace(here, machine={**here.machine, "cpu": "another", "cores": 64})
    with pytest.raises(OtherMachine, match=r"cores: .* and 64; cpu: .* and another"):
        render_changes(here, there)
    here.write(tmp_path / "a.json")
    there.write(tmp_path / "b.json")
    assert command.main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 2
    assert "error: these are results of different machines" in capsys.readouterr().err
    assert command.main(["compare", str(tmp_path / "a.json"), str(tmp_path / "a.json")]) == 0
    assert command.main(["compare", str(tmp_path / "a.json"), str(tmp_path / "missing.json")]) == 2


def test_results_of_another_machine_are_not_added_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = replace(results(section()), machine={"cpu": "another"})
    there.write(tmp_path / NAME)
    before = (tmp_path / NAME).read_bytes()
    assert command.main(["peer_speed", "--results", str(tmp_path)]) == 2
    assert "hint: say --results with another folder" in capsys.readouterr().err
    assert (tmp_path / NAME).read_bytes() == before


def test_the_report_begins_with_the_targets() -> None:
    lines = render_results(results(section()), ("plan-warm.png",)).splitlines()
    table = [line.split("|")[1:-1] for line in lines[lines.index("## Targets") + 2 :][:4]]
    assert [[cell.strip() for cell in row] for row in table][2:] == [
        ["plan-warm", "closure-50", "resolvo / las-solve", "750", ">= 5", "met"],
        ["plan-warm", "p", "peak", "100.0 MB", "<= 50.0 MB", "MISSED"],
    ]
    assert "![plan-warm](plan-warm.png)" in lines
    assert "## plan-warm: Title" in lines


def test_a_condition_that_fails_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def runner(name: str) -> object:
        def run(_options: object) -> Section:
            if name == "memory":
                raise RuntimeError("no memory")
            return section(name)

        return run

    monkeypatch.setattr(command, "runner_of", runner)
    assert command.main(["memory", "growth", "--quick", "--results", str(tmp_path)]) == 1
    assert list(Results.read(tmp_path / NAME).runs) == ["growth"]
    assert "memory: failed" in capsys.readouterr().err
    assert command.main(["plan-warm", "--quick", "--results", str(tmp_path)]) == 0
    assert command.main(["plan-warm", "--quick", "--strict", "--results", str(tmp_path)]) == 1
    assert list(Results.read(tmp_path / NAME).runs) == ["growth", "plan-warm"]


def test_plots_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert publishing.draw(results(section(), section("index-build")), tmp_path) == ("plan-warm.png",)
    assert (tmp_path / "plan-warm.png").read_bytes().startswith(b"\x89PNG")


def test_the_short_table_has_a_column_for_each_resolver() -> None:
    assert publishing.short_tables(results(section())).splitlines()[0].split("|")[1:-1] == [
        " solving, registry in memory ",
        " las-solve ",
        " resolvo ",
        " resolvelib ",
    ]


def test_many_requests_of_a_kind_share_a_row() -> None:
    several = [
        Measurement(problem=f"gems-{number}", subject="las-solve", samples=((10.0**-number,),))
        for number in range(1, 8)
    ]
    late = [replace(one, subject="slow", samples=(), limit=20.0) for one in several]
    row = publishing.short_tables(results(replace(section(), measurements=(*several, *late)))).splitlines()[2]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "7 `gems-*` requests, geometric mean",
        "0.10 ms",
        "> 20.00 s",
    ]


def test_the_readme_shows_the_results_that_are_published() -> None:
    path = publishing.PUBLISHED / NAME
    if not path.is_file():
        pytest.skip("no results are published")
    text = publishing.README.read_text(encoding="utf-8")
    assert publishing.with_tables(text, Results.read(path)) == text
