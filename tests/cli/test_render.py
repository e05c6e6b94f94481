"""How plans look (contract, section 6): as text on any terminal, and as a graph."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import CHANGES, STACK, a_plan, a_step

from las_cli.render.dot import render_dot
from las_cli.render.json import render_json
from las_cli.render.table import Column, render_table
from las_cli.render.terminal import display_width, printable, shorten
from las_cli.render.text import Paper, render_plan, wrap
from las_solver.constraint import parse_version
from las_solver.model import Strategy
from las_solver.plan import Invalid

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


def test_system_packages_are_those_of_the_modules_that_are_shown() -> None:
    torch, app = STACK.steps[2:]
    kept = replace(torch, action="keep", installed=torch.version)
    text = render_plan(replace(STACK, steps=(kept, app)), place="on this machine", paper=WIDE)
    assert "System packages" not in text and text.endswith("1 installed module stays as it is.\n")


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


def test_what_changes_is_shown_and_what_stays_is_counted() -> None:
    assert render_plan(CHANGES, place="on this machine", paper=WIDE) == (
        "Plan for app >=2 and tool on this machine: "
        "1 to install, 1 to upgrade, 1 to downgrade, 1 to remove, in order,\nproven newest\n"
        "\n"
        "  MODULE  ACTION     VERSION           NEWEST            MODE    NEEDED BY\n"
        "  old     remove     1.0               -                 -       -\n"
        "  cuda    downgrade  12.6.0 -> 12.4.1  12.6.0, 1 behind  native  app\n"
        "  torch   upgrade    2.4.0 -> 2.5.0    newest            native  app\n"
        "  app     install    2.1               newest            native  you\n"
        "  tool    keep       1.1               newest            native  you\n"
        "\n"
        "2 other installed modules stay as they are.\n"
        "\n"
        "Warning: 1 installed module does not work on this machine, and is left alone:\n"
        "  broken 1.0: needs gone >=2, which is not installed\n"
    )


def test_nothing_to_do_is_said_first() -> None:
    kept = a_step("app 1", action="keep", installed="1")
    text = render_plan(a_plan(kept, a_step("lib 1", action="keep", installed="1")), place="here", paper=WIDE)
    assert text == (
        "Nothing to do for app here: proven newest\n"
        "\n"
        "  MODULE  ACTION  VERSION  NEWEST  MODE    NEEDED BY\n"
        "  app     keep    1        newest  native  you\n"
        "\n"
        "1 other installed module stays as it is.\n"
    )
    all_of_it = render_plan(
        a_plan(kept, request="", strategy=Strategy.UPGRADE, optimal=False), place="here", paper=WIDE
    )
    assert all_of_it == (
        "Nothing to do for what is installed here: the newest found in time, not proven\n"
        "\n"
        "1 installed module stays as it is.\n"
    )


def test_the_strategy_keep_is_named_for_what_it_is_best_in() -> None:
    plan = a_plan(a_step("app 1"), a_step("lib 1", action="keep", installed="1"), strategy=Strategy.KEEP)
    assert render_plan(plan, place="here", paper=WIDE).startswith(
        "Plan for app here: 1 to install, proven least change\n"
    )


def test_only_what_is_shown_says_why_it_is_not_newer() -> None:
    behind = a_step("lib 1", action="keep", installed="1", newest="2", versions_behind=1)
    plan = replace(a_plan(a_step("app 1"), behind), explained=False)
    assert "lib" not in render_plan(plan, place="here", paper=WIDE)
    assert "what holds back lib" in render_plan(
        replace(plan, steps=(replace(behind, action="upgrade"),)), place="", paper=WIDE
    )


def test_of_many_modules_that_do_not_work_the_first_are_named() -> None:
    invalid = [Invalid(f"m{at}", parse_version("1"), "no GPU") for at in range(8)]
    plan = a_plan(a_step("app 1"), a_step("m0 2", action="upgrade", installed="1"), invalid=invalid)
    text = render_plan(plan, place="here", paper=WIDE)
    assert text.endswith(
        "Warning: 7 installed modules do not work on this machine, and are left alone:\n"
        + "".join(f"  m{at} 1: no GPU\n" for at in range(1, 6))
        + "  and 2 more\n"
    )


@pytest.mark.parametrize("width", range(40, 201, 8))
def test_changes_fit_the_terminal(width: int) -> None:
    text = render_plan(CHANGES, place="on this machine", paper=Paper(width=width))
    assert max(map(display_width, text.splitlines())) <= width
    assert "2.4.0 -> 2.5.0" in text and "downgrade" in text and "torch" in text
    coloured = render_plan(CHANGES, place="on this machine", paper=Paper(width=width, colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text
    assert "\x1b[31mremove" in coloured


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


def test_the_graph_of_changes_has_what_changes_and_what_was_asked_for() -> None:
    assert render_dot(CHANGES).splitlines()[3:-1] == [
        '  "old" [label="old\\nremove 1.0", style=dashed];',
        '  "cuda" [label="cuda\\ndowngrade 12.6.0 -> 12.4.1"];',
        '  "torch" [label="torch\\nupgrade 2.4.0 -> 2.5.0"];',
        '  "app" [label="app\\ninstall 2.1", style=bold];',
        '  "tool" [label="tool\\nkeep 1.1", style=bold];',
        '  "torch" -> "cuda";',
        '  "app" -> "cuda";',
        '  "app" -> "torch";',
    ]
    removed = a_plan(a_step("app 1", action="remove", installed="1"))
    assert '[label="app\\nremove 1", style="bold,dashed"]' in render_dot(removed)


def test_no_name_can_break_out_of_the_graph() -> None:
    hostile = 'a"];b\\N\n&lt;'
    step = a_step("app 1")
    plan = a_plan(type(step)(**{name: getattr(step, name) for name in step.__slots__} | {"module": hostile}))
    assert '  "a\\"];b\\\\N\\\\n&amp;lt;" [label="a\\"];b\\\\N\\\\n&amp;lt;\\n1"];\n' in render_dot(plan)


def test_json_is_ascii_and_ends_in_a_line_break() -> None:
    assert render_json({"b": "é\x1b\x7f\u202e", "a": [1]}) == (
        '{\n  "b": "\\u00e9\\u001b\\u007f\\u202e",\n  "a": [\n    1\n  ]\n}\n'
    )
