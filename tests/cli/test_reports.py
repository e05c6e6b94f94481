"""Reports about plans and conflicts, as text and as Markdown."""

from __future__ import annotations

import pytest
from reports import (
    REPORT,
    a_conflict,
    a_line,
    a_plan_document,
    a_repair,
    a_statement,
    a_step_document,
)

from las_cli.render.conflict_graph import conflict_graph
from las_cli.render.conflict_report import conflict_report
from las_cli.render.markdown import render_markdown
from las_cli.render.plan_report import plan_report
from las_cli.render.report import Drawing, Entry, Listing, Paragraph, Report, Section
from las_cli.render.report_text import render_report
from las_cli.render.terminal import display_width
from las_cli.render.text import Paper

WIDE = Paper(width=100)
GB = 10**9

ASKED = a_statement("requested", "app", "you asked for app >=2", requirement="app@>=2")
NEEDS_CUDA = a_statement(
    "runtime",
    "app",
    "app 2.0 needs the runtime cuda >=12.1, and this host has 11.8",
    "app/manifest.yaml: dependencies.runtime[0]",
    requirement="cuda@>=12.1",
    have="11.8",
)
TOO_BIG = a_statement(
    "hardware",
    "big",
    "big 1.0 needs 24GB of GPU memory",
    "big/manifest.yaml: hardware.gpu.vram_min",
    fact="vram",
    need=24 * GB,
    have=8 * GB,
)
CONFLICT = a_conflict(
    ASKED,
    NEEDS_CUDA,
    request="app@>=2 big",
    derivation=[
        a_line("you asked for app >=2", "the request"),
        a_line("app 2.0 needs the runtime cuda >=12.1", "app/manifest.yaml: dependencies.runtime[0]"),
        a_line("so there is no app", lines=[0, 1]),
    ],
    more=[{"core": [TOO_BIG], "minimal": True, "smallest": None, "derivation": []}],
    repairs=[
        a_repair("leave out big, and ask for app without >=2", "app 1.0"),
        a_repair("cuda 12.1 on this host, and a GPU with 24GB", "app 2.0", "big 1.0", "a 1", "b 1", "c 1"),
    ],
)
PLAN = a_plan_document(
    a_step_document(
        "lib 1.5",
        newest="2.0",
        versions_behind=1,
        required_by=["app"],
        system_packages=["git"],
        held_back_by=[
            a_statement("chosen", "app", "app 2.1 was chosen before", "the plan"),
            a_statement("dependency", "app", "app 2.1 needs lib <2", "app/manifest.yaml: dependencies.modules[0]"),
        ],
        admitted_by={"changes": [], "text": "ask for lib >1.5 as well; app falls back to 1.0", "version": "2.0"},
    ),
    a_step_document("app 2.1", requires=["lib"], mode="container"),
)


def _text(report: Report) -> str:
    return render_report(report, WIDE)


def test_a_conflict_is_reported_whole() -> None:
    assert _text(conflict_report(CONFLICT, place="on gpu-8gb")) == (
        "No plan for app >=2 and big on gpu-8gb\n"
        "2 independent conflicts stand in the way: each of them has to be solved.\n"
        "In each of them the statements contradict each other, and without any one of them they would not.\n"
        "\n"
        "Conflict 1 of 2\n"
        "  1. you asked for app >=2\n"
        "  2. app 2.0 needs the runtime cuda >=12.1\n"
        "     app/manifest.yaml: dependencies.runtime[0]\n"
        "  3. so there is no app (from 1, 2)\n"
        "\n"
        "  What this rests on: 2 statements, none of which can be left out\n"
        "    - you asked for app >=2\n"
        "    - app 2.0 needs the runtime cuda >=12.1, and this host has 11.8\n"
        "      app/manifest.yaml: dependencies.runtime[0]\n"
        "\n"
        "Conflict 2 of 2\n"
        "  - big 1.0 needs 24GB of GPU memory\n"
        "    big/manifest.yaml: hardware.gpu.vram_min\n"
        "\n"
        "What would help\n"
        "  Each of these was checked: with it, there is a plan, and no conflict is left.\n"
        "\n"
        "  1. leave out big, and ask for app without >=2\n"
        "     then app 1.0\n"
        "  2. cuda 12.1 on this host, and a GPU with 24GB\n"
        "     then app 2.0, big 1.0, a 1, b 1, c 1\n"
        "\n"
        "The request\n"
        "  Asked for  app >=2, big\n"
        "\n"
        "The machine\n"
        "  CPU cores     8\n"
        "  Memory        32 GiB (34.4 GB)\n"
        "  GPUs          Card, 8 GiB (8.6 GB) (matters here)\n"
        "  Runtime cuda  11.8 (matters here)\n"
        "  Modes         native\n"
        "  Interfaces    none\n"
    )


def test_a_plan_is_reported_whole() -> None:
    assert _text(plan_report(PLAN, place="on gpu-8gb")) == (
        "Plan for app on gpu-8gb\n"
        "2 modules, in an order in which they can be installed. Proven: no valid answer is newer.\n"
        "\n"
        "The plan\n"
        "  MODULE  VERSION  NEWEST         MODE       NEEDED BY  CATEGORY  MANIFEST\n"
        "  lib     1.5      2.0, 1 behind  native     app        tool      lib/manifest.yaml\n"
        "  app     2.1      newest         container  you        tool      app/manifest.yaml\n"
        "\n"
        "Why not newer\n"
        "  - lib 1.5 rather than 2.0, because\n"
        "    - app 2.1 was chosen before\n"
        "    - app 2.1 needs lib <2\n"
        "      app/manifest.yaml: dependencies.modules[0]\n"
        "    2.0 becomes possible with: ask for lib >1.5 as well; app falls back to 1.0\n"
        "\n"
        "System packages\n"
        "  PACKAGE  NEEDED BY\n"
        "  git      lib\n"
        "\n"
        "The request\n"
        "  Asked for  app\n"
        "\n"
        "The machine\n"
        "  CPU cores     8\n"
        "  Memory        32 GiB (34.4 GB)\n"
        "  GPUs          Card, 8 GiB (8.6 GB)\n"
        "  Runtime cuda  11.8\n"
        "  Modes         native\n"
        "  Interfaces    none\n"
    )


CHANGES = a_plan_document(
    a_step_document("old 1.0", action="remove", installed="1.0", mode=None),
    a_step_document("cuda 12.4", action="downgrade", installed="12.6", newest="12.6", versions_behind=1),
    a_step_document("other 3.0", action="keep", installed="3.0", newest="4.0", versions_behind=1),
    a_step_document("app 2.1", action="upgrade", installed="2.0", requires=["cuda", "other"]),
    a_step_document("tool 1.0", action="keep", installed="1.0", requires=["cuda"]),
    request="app tool",
    invalid=[{"module": f"m{at}", "version": "1", "reason": "no GPU"} for at in range(22)],
)


def test_changes_of_what_is_installed_are_reported_whole() -> None:
    text = _text(plan_report(CHANGES, place="on this machine"))
    assert text.partition("The request")[0] == (
        "Plan for app and tool on this machine\n"
        "1 to upgrade, 1 to downgrade, 1 to remove, in an order in which that can be done. 2 installed\n"
        "modules stay as they are. Proven: no valid answer is newer.\n"
        "\n"
        "The plan\n"
        "  MODULE  ACTION     VERSION       NEWEST          MODE    NEEDED BY  CATEGORY  MANIFEST\n"
        "  old     remove     1.0           -               -       -          tool      old/manifest.yaml\n"
        "  cuda    downgrade  12.6 -> 12.4  12.6, 1 behind  native             tool      cuda/manifest.yaml\n"
        "  app     upgrade    2.0 -> 2.1    newest          native  you        tool      app/manifest.yaml\n"
        "  tool    keep       1.0           newest          native  you        tool      tool/manifest.yaml\n"
        "\n"
        "  1 other installed module stays as it is.\n"
        "\n"
        "Not working already\n"
        "  22 installed modules do not work on this machine, and are left alone.\n"
        "\n" + "".join(f"  - m{at} 1 no GPU\n" for at in range(20)) + "\n"
        "  2 more\n"
        "    - m20 1 no GPU\n"
        "    - m21 1 no GPU\n"
        "\n"
    )


def test_what_changes_is_drawn_and_what_stays_only_if_it_was_asked_for() -> None:
    report = plan_report(CHANGES, place="on this machine")
    drawing = report.sections[0].blocks[0]
    assert isinstance(drawing, Drawing) and "Red ones are removed" in drawing.caption
    assert [(box.title, box.subtitle, box.tone) for box in drawing.graph.nodes] == [
        ("old", "1.0", "bad"),
        ("cuda", "12.6 -> 12.4", "warn"),
        ("app", "2.0 -> 2.1", "good asked"),
        ("tool", "1.0", "good asked"),
    ]
    assert [(one.tail, one.head) for one in drawing.graph.edges] == [(2, 1), (3, 1)]


def test_what_needs_no_change_is_reported_as_that() -> None:
    kept = a_step_document("app 1", action="keep", installed="1")
    report = plan_report(a_plan_document(kept, request=""), place="on this machine")
    assert report.title == "Nothing to do for what is installed on this machine"
    assert report.lead == ("1 installed module stays as it is. Proven: no valid answer is newer.",)
    assert [one.what for one in report.tiles] == ["to keep", "system packages"]


@pytest.mark.parametrize(
    ("strategy", "optimal", "said"),
    [
        ("keep", True, "Proven: no valid answer changes less of what is installed."),
        ("keep", False, "The least change found in time; there may be a better one."),
        ("upgrade", True, "Proven: no valid answer is newer."),
        ("lowest", True, "Proven: no valid answer is older."),
    ],
)
def test_a_plan_says_what_it_is_proved_to_be_the_best_in(strategy: str, optimal: bool, said: str) -> None:
    plan = a_plan_document(a_step_document("app 1"), optimal=optimal)
    document = {**plan, "options": {**plan["options"], "strategy": strategy}}
    assert said in plan_report(document, place="here").lead[0]


def test_markdown_has_every_block_but_the_drawing() -> None:
    assert render_markdown(REPORT) == (
        "# No plan for app on gpu-8gb\n"
        "\n"
        "It cannot be.\n"
        "\n"
        "**1** conflict\n"
        "\n"
        "## Why\n"
        "\n"
        "1. app needs torch >=2.4\\\n"
        "   *app.yaml: modules\\[0\\]*\n"
        "2. so it fails (from 1)\n"
        "\n"
        "<details>\n"
        "<summary>More</summary>\n"
        "\n"
        "then app 2.0\n"
        "\n"
        "- **app 1.0** not 2.0\n"
        "\n"
        "</details>\n"
        "\n"
        "| Module | Version |\n"
        "| --- | --- |\n"
        "| **app** | 1.0 |\n"
        "\n"
        "- **Memory: 64GiB**\n"
        "\n"
        "---\n"
        "\n"
        "The end.\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<script>x</script>", r"\<script>x\</script>"),
        ("[a](b) ![c](d)", r"\[a\](b) !\[c\](d)"),
        ("*a* `b` ~~c~~ $d$", r"\*a\* \`b\` \~\~c\~\~ \$d\$"),
        ("q4_k_m and _a_", r"q4_k_m and \_a\_"),
        ("a | b", r"a \| b"),
        ("&lt; & co", r"\&lt; & co"),
        ("see ftp://x and www.x", r"see ftp\://x and www\.x"),
        ("# a", r"\# a"),
        (">=2.4", r"\>=2.4"),
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("2.0 ruled out", "2.0 ruled out"),
        ("a\nb\x1b", r"a\\nb\\x1b"),
        ("    code", "code"),
    ],
)
def test_markdown_reads_nothing_into_a_text(text: str, written: str) -> None:
    section = Section(title="a", anchor="a", blocks=(Paragraph(text),))
    report = Report(title="a", verdict="", tone="", lead=(), tiles=(), sections=(section,), closing=("b",))
    assert render_markdown(report).split("\n")[4] == written


@pytest.mark.parametrize("width", range(30, 100, 7))
@pytest.mark.parametrize("report", [conflict_report(CONFLICT, place="here"), plan_report(PLAN, place="here")])
def test_no_line_is_wider_than_the_terminal_unless_it_is_one_word(report: Report, width: int) -> None:
    for line in render_report(report, Paper(width=width)).splitlines():
        assert display_width(line) <= width or " " not in line.strip().removeprefix("- ").removeprefix("dependencies")


def test_colours_are_those_of_the_tones() -> None:
    text = render_report(conflict_report(CONFLICT, place="here"), Paper(width=100, colour=True))
    assert "\x1b[31mso there is no app (from 1, 2)\x1b[0m" in text
    assert "\x1b[" not in render_report(conflict_report(CONFLICT, place="here"), WIDE)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"minimal": False}, "Explaining was cut short: some statements below may not be needed"),
        ({"complete": False}, "The search for further conflicts and ways out was cut short: there may be more."),
        ({"smallest": True}, "There is no contradiction of fewer statements."),
        ({"smallest": False}, "It is not known whether there is one of fewer statements."),
        ({"core": [ASKED], "minimal": False}, "The time was up before it was known what contradicts the request."),
        ({"repairs": []}, "No change of the request, and nothing more or newer on this machine, would help."),
        (
            {"repairs": [], "complete": False},
            "The time was up before a change was found that makes a plan possible.",
        ),
    ],
)
def test_what_was_cut_short_is_said(values: dict[str, object], said: str) -> None:
    assert said not in _text(conflict_report(CONFLICT, place="here"))
    assert said in _text(conflict_report({**CONFLICT, **values}, place="here"))


def test_options_that_are_not_the_usual_ones_are_part_of_the_report() -> None:
    options = {
        "strategy": "lowest",
        "prereleases": True,
        "modes": ["native"],
        "forced_modes": {"app": "source"},
        "preferred": ["lib"],
        "excluded": ["big@<2"],
        "pinned": ["cuda@==12.*"],
        "locked": {"app": "1", "lib": "1"},
        "unlocked": ["lib"],
        "released": ["old", "older"],
        "allow_removal": False,
    }
    text = _text(plan_report({**PLAN, "options": options}, place="here"))
    assert text[text.index("The request") : text.index("\nThe machine")] == (
        "The request\n"
        "  Asked for       app\n"
        "  Strategy        lowest\n"
        "  Pre-releases    allowed for every module\n"
        "  Modes allowed   native\n"
        "  Modes forced    app as source\n"
        "  Preferred       lib\n"
        "  Excluded        big <2\n"
        "  Pinned          cuda ==12.*\n"
        "  Locked          2 modules, without lib\n"
        "  May be removed  old, older\n"
    )
    everything = {**PLAN, "request": [], "options": {**options, "allow_removal": True}}
    text = _text(plan_report(everything, place="here"))
    assert "  Asked for       nothing more than is installed\n" in text
    assert "  May be removed  everything that is installed\n" in text
    assert "Proven: no valid answer is older." in text


def test_a_plan_without_proof_says_so() -> None:
    report = plan_report({**PLAN, "optimal": False}, place="here")
    assert report.lead == (
        "2 modules, in an order in which they can be installed. The newest found in time; there may be a better one.",
    )


def test_a_fact_that_the_machine_lacks_is_part_of_the_report() -> None:
    need = {**NEEDS_CUDA, "requirement": "rocm", "have": None}
    text = _text(conflict_report(a_conflict(ASKED, need), place="here"))
    assert "Runtime rocm  none (matters here)" in text


def _drawn(*core: dict[str, object]) -> list[str]:
    """The arrows of a conflict's graph, those through a text as one, with ``!`` before what stands in the way."""
    graph = conflict_graph(core)

    def name(at: int) -> str:
        box = graph.nodes[at]
        return ("!" if box.tone == "bad" else "") + " ".join(filter(None, (box.title, f"({box.subtitle})"))).replace(
            " ()", ""
        )

    heads = {edge.tail: edge.head for edge in graph.edges if graph.nodes[edge.tail].shape == "label"}
    arrows = []
    for edge in graph.edges:
        if graph.nodes[edge.head].shape == "label":
            arrows.append(f"{name(edge.tail)} -{graph.nodes[edge.head].title}-> {name(heads[edge.head])}")
        elif graph.nodes[edge.tail].shape != "label":
            arrows.append(f"{name(edge.tail)} -> {name(edge.head)}")
    return arrows


def test_a_conflict_is_drawn_from_the_request_to_what_stands_in_the_way() -> None:
    needs = [
        a_statement("dependency", "app", "app 1 needs lib 1", requirement="lib@==1"),
        a_statement("dependency", "app", "app 2 needs lib 2", requirement="lib@==2"),
        a_statement("dependency", "tool", "tool needs lib 3", requirement="lib@>=3"),
        a_statement("dependency", "app", "app needs tool", requirement="tool"),
    ]
    assert _drawn(ASKED, *needs) == [
        "you ->=2-> app",
        "app -==1 or ==2-> !lib",
        "tool ->=3-> !lib",
        "app -> tool",
    ]


def test_every_kind_of_statement_is_drawn() -> None:
    assert _drawn(NEEDS_CUDA) == ["app ->=12.1-> !cuda (host: 11.8)"]
    assert _drawn(TOO_BIG) == ["big -24 GB-> !GPU memory (host: 8 GB)"]
    assert _drawn({**TOO_BIG, "fact": "cores", "need": 4, "have": None}) == ["big -4-> !CPU cores (host: unknown)"]
    mode = a_statement("mode", "app", "...", modes=["source", "cpu"], allowed=["native"])
    assert _drawn(mode) == ["app -source or cpu-> !modes (only native)"]
    interface = a_statement("interface", "app", "...", interface="chat")
    assert _drawn(interface) == ["app -> !chat (interface)"]
    assert _drawn({**interface, "providers": ["bot"]}) == ["app -> chat (interface)", "chat (interface) -> bot"]
    assert _drawn(a_statement("excluded", "app", "...", constraint="<2")) == ["app -<2-> !excluded"]
    known = a_statement("dependency", "app", "...", requirement="lib@>=2")
    assert _drawn(known, a_statement("no-version", "lib", "...", constraint=">=2")) == ["app ->=2-> !lib (nothing >=2)"]
    assert _drawn(known, a_statement("unknown-module", "lib", "...")) == ["app ->=2-> !lib (unknown)"]
    assert _drawn(known, a_statement("pre-release", "lib", "...")) == ["app ->=2-> !lib (pre-release)"]
    circle = a_statement("cycle", "app", "...", modules=["app", "lib"])
    assert _drawn(known, circle) == ["!app (in a circle) ->=2-> !lib (in a circle)"]


def test_what_a_derivation_rests_on_is_not_said_twice() -> None:
    lines = [a_line(f"{ASKED['text']}, which only 2.0 meets"), a_line(NEEDS_CUDA["text"], NEEDS_CUDA["source"])]
    text = _text(conflict_report(a_conflict(ASKED, NEEDS_CUDA, derivation=lines), place="here"))
    assert "What this rests on" not in text
    assert text.count(NEEDS_CUDA["text"]) == 1


def test_a_long_derivation_is_told_briefly_before_it_is_told_whole() -> None:
    core = [a_statement("dependency", f"m{at}", f"m{at} needs m{at + 1}", requirement=f"m{at + 1}") for at in range(90)]
    claims = [[{"module": f"m{at}"}, {"module": f"m{at + 1}"}] for at in range(90)]
    lines = [a_line(f"m{at} needs m{at + 1}") | {"statements": [at], "claim": claims[at]} for at in range(90)]
    text = _text(conflict_report(a_conflict(*core, derivation=lines), place="here"))
    briefly, whole = text.split("  All 90 lines\n")
    assert briefly.splitlines()[5:8] == [
        "  - m1 needs m2",
        "  - m2 needs m3",
        "  - ... and so on: 84 more lines, each about what the one before needs",
    ]
    assert "    90. m89 needs m90\n" in whole


def test_a_large_conflict_is_not_drawn() -> None:
    chain = [a_statement("dependency", f"m{at}", "...", requirement=f"m{at + 1}") for at in range(60)]
    text = render_markdown(conflict_report(a_conflict(*chain), place="here"))
    assert "graph" not in text.lower()


def test_entries_may_hold_further_blocks() -> None:
    entry = Entry(text="a", more=(Listing((Entry(text="b"),), numbered=True),))
    section = Section(title="t", anchor="t", blocks=(Listing((entry,)),))
    report = Report(title="r", verdict="", tone="", lead=(), tiles=(), sections=(section,), closing=("c",))
    assert _text(report) == "r\n\nt\n  - a\n    1. b\n"
    assert "- a\n\n  1. b\n" in render_markdown(report)
