"""A conflict as text: its lines and where they stand, several conflicts, and what would help."""

from __future__ import annotations

from typing import Any

import pytest

from las_cli.render.conflict import render_conflict
from las_cli.render.terminal import display_width
from las_cli.render.text import Paper
from las_solver.explain import explanation

WIDE = Paper(width=100)


def a_statement(kind: str, module: str, **values: object) -> dict[str, Any]:
    return {"kind": kind, "module": module, **values}


def a_line(text: str, *sources: str, statements: tuple[int, ...] = (), lines: tuple[int, ...] = ()) -> dict[str, Any]:
    name, *_, target = text.split()
    claim = [{"module": name, "versions": ">=1", "present": True}, {"module": target, "versions": "", "present": False}]
    return {
        "text": text,
        "sources": list(sources),
        "statements": list(statements),
        "lines": list(lines),
        "claim": claim,
    }


def a_conflict(*lines: dict[str, Any], **values: object) -> dict[str, Any]:
    core = [a_statement("requested", "app", requirement="app")]
    core += [a_statement("dependency", "app", requirement="lib") for _ in range(20)]
    first = a_line("you asked for app", statements=(0,))
    return {"core": core, "minimal": True, "derivation": [first, *lines], **values}


def a_document(*conflicts: dict[str, Any], **values: object) -> dict[str, Any]:
    first, *more = conflicts
    return {"request": ["app"], **first, "more": more, "repairs": [], "complete": False, **values}


def printed(document: dict[str, Any], paper: Paper = WIDE) -> str:
    return render_conflict(document, place="here", paper=paper)


def test_lines_with_at_most_two_places_each() -> None:
    document = a_document(
        a_conflict(
            a_line("app 1 needs lib", "app.yaml: dependencies.modules[0]", statements=(1,)),
            a_line("lib 1 needs core", "lib.yaml: modules[0]", "lib.yaml: modules[3]", "more.yaml: x", statements=(2,)),
            a_line("there is no module named core", statements=(3,)),
        )
    )
    assert printed(document) == (
        "No plan for app here.\n"
        "\n"
        "  app 1 needs lib\n"
        "    app.yaml: dependencies.modules[0]\n"
        "  lib 1 needs core\n"
        "    lib.yaml: modules[0], modules[3]\n"
        "    and 1 more\n"
        "  there is no module named core\n"
    )


CASES = a_conflict(
    a_line("app 1 needs a", statements=(1,)),
    a_line("a 2 needs c ==1", "a.yaml: modules[0]", statements=(2,)),
    a_line("so a 2 cannot be used", lines=(0, 1, 2)),
    a_line("a 1 needs d ==1", statements=(3,)),
    a_line("so nothing is left to choose", lines=(0, 1, 3, 4)),
)


def test_lines_that_others_further_down_name_are_numbered() -> None:
    assert printed(a_document(CASES)) == (
        "No plan for app here.\n"
        "\n"
        "  1. app 1 needs a\n"
        "     a 2 needs c ==1\n"
        "       a.yaml: modules[0]\n"
        "  2. so a 2 cannot be used\n"
        "     a 1 needs d ==1\n"
        "     so nothing is left to choose (with 1 and 2)\n"
    )
    assert explanation(CASES, ["app"]) == (
        "No plan for app.\n"
        "  1. app 1 needs a\n"
        "     a 2 needs c ==1\n"
        "  2. so a 2 cannot be used\n"
        "     a 1 needs d ==1\n"
        "     so nothing is left to choose (with 1 and 2)"
    )


def test_independent_conflicts_are_blocks() -> None:
    other = a_conflict(a_line("tool 1 needs more", statements=(1,)), minimal=False)
    assert printed(a_document(a_conflict(a_line("app 1 needs lib", statements=(1,))), other, complete=True)) == (
        "No plan for app here.\n"
        "There are 2 independent conflicts.\n"
        "\n"
        "Conflict 1\n"
        "  app 1 needs lib\n"
        "\n"
        "Conflict 2\n"
        "  tool 1 needs more\n"
        "The time to explain was up: some of this may not be needed for the contradiction.\n"
        "\n"
        "No change of the request or of this machine would help.\n"
    )


def test_of_many_conflicts_the_first_are_shown() -> None:
    several = [a_conflict(a_line(f"app {at} needs lib", statements=(1,))) for at in range(5)]
    lines = printed(a_document(*several, complete=True)).splitlines()
    assert lines[1] == "There are 5 independent conflicts; these are the first 3."
    assert [line for line in lines if line.startswith("Conflict")] == ["Conflict 1", "Conflict 2", "Conflict 3"]
    assert "There are 5 independent conflicts, or more; these are the first 3.\n" in printed(a_document(*several))


REPAIRS = [
    {"text": "a GPU with 24 GB", "then": [{"module": "app", "version": "2.0"}]},
    {
        "text": "leave out tool",
        "then": [{"module": name, "version": "1"} for name in ("app", "other", "lib", "core")],
    },
]


def test_repairs_stand_beside_their_plans_where_all_fit() -> None:
    document = a_document(
        {**a_conflict(), "core": [a_statement("dependency", name) for name in ("app", "lib")], "derivation": []},
        repairs=REPAIRS,
    )
    assert printed(document, Paper(width=60)).endswith(
        "What would help (each one checked):\n"
        "  1. a GPU with 24 GB      then app 2.0\n"
        "  2. leave out tool        then app 1 with lib 1 and 2 more\n"
    )
    assert printed(document, Paper(width=50)).endswith(
        "What would help (each one checked):\n"
        "  1. a GPU with 24 GB\n"
        "     then app 2.0\n"
        "  2. leave out tool\n"
        "     then app 1 with lib 1 and 2 more\n"
    )


@pytest.mark.parametrize("width", [20, 40, 60])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    document = a_document(CASES, CASES, repairs=REPAIRS)
    document["derivation"] = [a_line("several words that say why there is no plan", "a.yaml: b", statements=(1,))] * 3
    lines = printed(document, Paper(width=width)).splitlines()
    assert max(map(display_width, lines)) <= width


def test_colour_changes_nothing_but_colour() -> None:
    from click import unstyle

    document = a_document(CASES, CASES, repairs=REPAIRS)
    coloured = printed(document, Paper(width=100, colour=True))
    assert coloured != printed(document)
    assert unstyle(coloured) == printed(document)


def test_control_characters_never_reach_the_terminal() -> None:
    hostile = "app\x1b[2J 1 needs lib"
    document = a_document(
        a_conflict(a_line(hostile, "a\x1b.yaml: x", statements=(1,))),
        repairs=[{"text": "a\x1b", "then": [{"module": "b\x07", "version": "1"}]}],
        request=["app\x1b"],
    )
    assert all(character == "\n" or character.isprintable() for character in printed(document))


def test_long_chains_and_long_lists_are_shortened() -> None:
    links = [a_line(f"m{at} 1 needs m{at + 1}", statements=(1,)) for at in range(30)]
    assert explanation(a_conflict(*links), ["app"]).splitlines()[1:] == [
        "  m0 1 needs m1",
        "  m1 1 needs m2",
        "  m2 1 needs m3",
        "  ... and so on: 24 more lines, each about what the one before needs",
        "  m27 1 needs m28",
        "  m28 1 needs m29",
        "  m29 1 needs m30",
    ]
    assert len(explanation(a_conflict(*links[:7]), ["app"]).splitlines()) == 8
    apart = [a_line(f"n{at} 1 needs m{at}", statements=(1,)) for at in range(60)]
    lines = explanation(a_conflict(*apart), ["app"]).splitlines()
    assert len(lines) == 41
    assert lines[29] == "  ... and 21 more lines, which --format json prints"
