"""How plans look (contract, section 6): as text on any terminal, and as a graph."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import STACK, a_plan, a_step

from las_cli.render.dot import render_dot
from las_cli.render.json import render_json
from las_cli.render.table import Column, render_table
from las_cli.render.terminal import display_width, printable, shorten
from las_cli.render.text import Paper, render_plan, wrap
from las_solver.model import Strategy

WIDE = Paper(width=200)


def test_a_plan_is_a_headline_a_table_and_the_system_packages() -> None:
    assert render_plan(STACK, place="on this machine", paper=WIDE) == (
        "Plan for app >=2 on this machine: 4 modules in order, proven newest\n"
        "\n"
        "  MODULE  VERSION  NEWEST            MODE       NEEDED BY\n"
        "  cuda    12.4.1   12.6.0, 1 behind  native     torch\n"
        "  python  3.12.4   3.13.0 ruled out  native     app, torch\n"
        "  torch   2.5.0    newest            native     app\n"
        "  app     2.1      newest            container  you\n"
        "\n"
        "System packages that these need: cmake, gcc\n"
    )


@pytest.mark.parametrize("width", range(24, 80))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = render_plan(STACK, place="on this machine", paper=Paper(width=width))
    assert max(map(display_width, text.splitlines())) <= width
    assert "12.4.1" in text and "torch" in text


def test_what_matters_least_goes_first_on_a_narrow_terminal() -> None:
    def titles(width: int) -> list[str]:
        lines = render_plan(STACK, place="here", paper=Paper(width=width)).splitlines()
        return re.split("  +", next(line for line in lines if "MODULE" in line).strip())

    assert titles(80) == ["MODULE", "VERSION", "NEWEST", "MODE", "NEEDED BY"]
    assert titles(50) == ["MODULE", "VERSION", "NEWEST", "MODE"]
    assert titles(38) == ["MODULE", "VERSION", "NEWEST"]
    assert titles(20) == ["MODULE", "VERSION"]


def test_names_are_left_out_before_one_is_cut() -> None:
    plan = a_plan(a_step("a 1", required_by=["first", "second", "third", "fourth", "fifth", "sixth"]))

    def needed_by(width: int) -> str:
        return render_plan(plan, place="here", paper=Paper(width=width)).splitlines()[-1].partition("native  ")[2]

    assert needed_by(80) == "first, second, third, 3 more"
    assert needed_by(60) == "first, second, 4 more"
    assert needed_by(50) == "first, 5 more"


def test_colour_changes_nothing_but_colour() -> None:
    plain = render_plan(STACK, place="here", paper=WIDE)
    coloured = render_plan(STACK, place="here", paper=Paper(width=200, colour=True))
    assert "\x1b[" in coloured and "you\x1b[0m\x1b[0m" not in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_proof_that_was_cut_short_is_not_called_one() -> None:
    plan = a_plan(a_step("app 1"), optimal=False)
    headline = render_plan(plan, place="here", paper=WIDE).splitlines()[0]
    assert headline == "Plan for app here: 1 module, the newest found in time, not proven"


def test_the_lowest_strategy_is_named() -> None:
    plan = a_plan(a_step("app 1", newest="2", versions_behind=1), strategy=Strategy.LOWEST)
    lines = render_plan(plan, place="here", paper=WIDE).splitlines()
    assert lines[0].endswith("proven lowest")
    assert "behind" not in lines[3]


def test_a_prerelease_beyond_the_newest_final_version_is_named() -> None:
    plan = a_plan(a_step("app 2rc1", newest="1"))
    assert "pre-release after 1" in render_plan(plan, place="here", paper=WIDE)


def test_actions_are_shown_where_they_differ() -> None:
    plan = a_plan(a_step("tool 1", action="keep"), a_step("app 1"))
    assert "ACTION" in render_plan(plan, place="here", paper=WIDE)
    assert "ACTION" not in render_plan(STACK, place="here", paper=WIDE)


def test_control_characters_never_reach_the_terminal() -> None:
    hostile = a_plan(a_step("app 1", mode="\x1b[2Jnative\u202e", system_packages=["gcc\r\x07\x9b1m"]))
    for text in (render_plan(hostile, place="\x1b]0;x\x07", paper=WIDE), render_dot(hostile)):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\\x1b[2Jnative\\u202e" in render_plan(hostile, place="here", paper=WIDE)


@given(st.text())
def test_printable_text_is_printable_and_plain_text_stays(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", printable(text))
    if text.isascii() and text.isprintable():
        assert printable(text) == text


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])), st.integers(0, 30))
def test_shortened_text_fits(text: str, width: int) -> None:
    short = shorten(text, width)
    assert display_width(short) <= width
    assert short == text or width == 0 or short.endswith("…")


def test_wide_and_combining_characters_keep_columns_aligned() -> None:
    columns = [
        Column(title="NAME", cells=("日本", "e\u0301a", "ascii")),
        Column(title="NEXT", cells=("x", "x", "x")),
    ]
    lines = list(render_table(columns, width=80))
    assert len({display_width(line.rpartition("x")[0]) for line in lines[1:]}) == 1


@given(st.text(alphabet="ab ", max_size=60), st.integers(5, 20))
def test_wrapped_text_keeps_its_words(text: str, width: int) -> None:
    lines = list(wrap(text, paper=Paper(width=width), indent="  ", first="- "))
    assert " ".join(lines).removeprefix("- ").split() == text.split()
    longest = max(map(len, text.split()), default=0)
    assert all(len(line) <= max(width, longest + 2) for line in lines)


def test_the_graph_has_a_node_a_step_and_an_edge_a_need() -> None:
    plan = a_plan(a_step("cuda 12", required_by=["app"]), a_step("app 2.1", requires=["cuda"]))
    assert render_dot(plan) == (
        "digraph plan {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, fontname="sans-serif"];\n'
        '  "cuda" [label="cuda\\n12"];\n'
        '  "app" [label="app\\n2.1", style=bold];\n'
        '  "app" -> "cuda";\n'
        "}\n"
    )


def test_no_name_can_break_out_of_the_graph() -> None:
    hostile = 'a"];b\\N\n&lt;'
    step = a_step("app 1")
    plan = a_plan(type(step)(**{name: getattr(step, name) for name in step.__slots__} | {"module": hostile}))
    assert '  "a\\"];b\\\\N\\\\n&amp;lt;" [label="a\\"];b\\\\N\\\\n&amp;lt;\\n1"];\n' in render_dot(plan)


def test_json_is_ascii_and_ends_in_a_line_break() -> None:
    assert render_json({"b": "é\x1b\x7f\u202e", "a": [1]}) == (
        '{\n  "b": "\\u00e9\\u001b\\u007f\\u202e",\n  "a": [\n    1\n  ]\n}\n'
    )
