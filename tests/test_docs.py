"""Every block of code in the README and in docs/ is run, and what it shows is what happens.

``PYTHONPATH=tests python tests/test_docs.py [FILE...]`` renews what commands print. What blocks may say of themselves:
``doc_pages.py``.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from doc_formats import PARSERS, hold_against
from doc_pages import ROOT, Block, Hidden, blocks_of, pages
from doc_session import Ended, Session

from las_cli.main import cli

COMPARED = ROOT / "docs" / "compared.md"
STEP = re.compile(r"^\$ ((?:.*\\\n)*.*\n)", re.MULTILINE)
LANGUAGES = {"console", "sh", "python", *PARSERS}


def test_the_readme_shows_a_plan_and_a_conflict() -> None:
    shown = [block.text for block in _blocks(ROOT / "README.md") if block.language == "console"]
    assert "\nPlan for " in shown[0] and "\nNo plan for " in shown[1]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_happens(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = [] if page == COMPARED else [wrong for _, _, wrong in _followed(page, text) if wrong]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_the_blocks_of_the_comparison_are_quotations() -> None:
    """Others print theirs where their programs are; ours is run by ``tests/benchmarks/test_explanations.py``."""
    text = COMPARED.read_text(encoding="utf-8")
    quoted = re.findall(r"^<!-- \S+: (?:las-solve|uv|libsolv|resolvo) -->\n```\n", text, re.MULTILINE)
    assert len(quoted) == len(list(blocks_of(COMPARED, text))) > 0


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_stands_outside_of_a_block(page: Path) -> None:
    """Indented lines are not run: they are formulas."""
    text = _without_blocks(page.read_text(encoding="utf-8"))
    assert re.findall(r"^    (?:\$ |las-solve |make |git |python |pip ).*", text, re.MULTILINE) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_within_a_sentence_are_ones_that_there_are(page: Path) -> None:
    text = _without_blocks(page.read_text(encoding="utf-8"))
    assert [span for span in re.findall(r"`(las-solve [^`]+)`", text) if not _is_command(span)] == []


def test_every_command_is_in_the_table() -> None:
    named = set[str]()
    for line in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            spans = [span.split() for span in re.findall(r"`([^`]*)`", line.split(" | ")[0])]
            first = spans[0][0]
            named |= {first, *(" ".join(words[:2]) for words in spans), *(f"{first} {words[0]}" for words in spans)}
    ctx = click.Context(cli)
    for name in cli.list_commands(ctx):
        command = cli.get_command(ctx, name)
        assert name in named
        if isinstance(command, click.Group):
            assert {f"{name} {one}" for one in command.list_commands(ctx)} <= named


def test_every_variable_that_is_heeded_is_in_the_table() -> None:
    sources = [path for name in ("cli", "registry") for path in (ROOT / name).rglob("*.py")]
    heeded = {name for path in sources for name in re.findall(r"LAS_SOLVE_[A-Z]+", path.read_text(encoding="utf-8"))}
    told = re.findall(r"^\| `(LAS_SOLVE_[A-Z]+)` \|", (ROOT / "docs/cli.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(heeded)


@pytest.mark.parametrize(
    ("span", "is_one"),
    [
        ("las-solve plan app", True),
        ("las-solve plan app --pre | head -n 1", True),
        ("las-solve COMMAND --help", True),
        ("las-solve plann app", False),
        ("las-solve registry plan", False),
        ("las-solve plan app --no-such-option", False),
    ],
)
def test_what_a_command_within_a_sentence_is(span: str, is_one: bool) -> None:
    assert _is_command(span) == is_one


def test_what_commands_print_is_renewed() -> None:
    text = "1. So:\n\n    ```console\n    $ las-solve --version\n    las-solve 99\n    ```\n\n```sh\nlas-solve\n```\n"
    assert _renewed(ROOT / "docs" / "no-such-page.md", text) == text.replace("99", version("las-solve"))


def test_what_is_shown_and_not_run_says_why() -> None:
    shown = [block for page in pages() for block in _blocks(page) if "not-run" in block.settings]
    assert [block.place for block in shown if len(block.settings["not-run"].split()) < 3] == []


@pytest.mark.parametrize(
    ("expected", "printed", "fits"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", False),
        ("at ... by\n", "at 12:00 by\n", True),
        ("at ... by\n", "at 12:00\nby\n", False),
        ("a\n", "a\nb\n", False),
        ("", "a\n", False),
    ],
)
def test_three_dots_stand_for_what_is_left_out(expected: str, printed: str, fits: bool) -> None:
    assert _fits(expected, printed) == fits


def test_a_page_that_is_wrong_is_found_out(tmp_path: Path) -> None:
    page = ROOT / "docs" / "no-such-page.md"
    blocks = {
        "```\nnothing\n```\n": "no language",
        "```console\n$ las-solve --version\nlas-solve 99\n```\n": "las-solve 99",
        "```console\nlas-solve plan\n```\n": "begins with $",
        "```sh\nlas-solve plan no-such-module\n```\n": "status 1",
        "```sh\nlas-stolve plan\n```\n": "las-stolve",
        "```python\nassert 1 == 2, 'arithmetic'\n```\n": "arithmetic",
        "```json\n{\n```\n": "Expecting",
        "```yaml\na: 1\n```\n": "schema",
        '```yaml title="app/manifest.yaml"\nname: app\n```\n': "category",
        "```sh\nmake no-such-target\n```\n": "no-such-target",
    }
    for text, wrong in blocks.items():
        (found,) = [problem for _, _, problem in _followed(page, text)]
        assert found is not None and wrong in found, text


def _blocks(page: Path) -> list[Block]:
    return [one for one in blocks_of(page, page.read_text(encoding="utf-8")) if isinstance(one, Block)]


def _without_blocks(text: str) -> str:
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _is_command(span: str) -> bool:
    """Whether what begins with ``las-solve`` names a command that there is, and options that it has."""
    words = shlex.split(span.partition("|")[0].removesuffix("\\"))[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-") and words[0] != "COMMAND":
        found = command.get_command(click.Context(command), words.pop(0))
        if found is None:
            return False
        command = found
    known = {"--help", *(name for one in command.params for name in (*one.opts, *one.secondary_opts))}
    return known.issuperset(word.partition("=")[0] for word in words if word.startswith("-") and word != "-")


def _followed(page: Path, text: str) -> Iterator[tuple[Block, str, str | None]]:
    """Follows a page as a reader would: each block, its text with what is printed now, and what is wrong with it."""
    with Session() as session:
        for one in blocks_of(page, text):
            session.set(one.settings)
            if isinstance(one, Hidden):
                _prepare(session, one)
                continue
            now, wrong = one.text, None
            try:
                now = _follow(session, one)
                wrong = None if now == one.text else f"{one.place}: shown is\n{one.text}\nand printed is\n{now}"
            except Exception as error:
                wrong = f"{one.place}: {type(error).__name__}: {error}"
            yield one, now, wrong


def _prepare(session: Session, hidden: Hidden) -> None:
    if name := hidden.settings.get("file"):
        session.write(name, hidden.text)
        return
    for line in _lines(hidden.text):
        ended = session.run(line)
        assert ended.status == 0, f"{hidden.place}: {line}\n{ended.output}"


def _follow(session: Session, block: Block) -> str:
    """Runs a block; its text as it should be."""
    if "not-run" in block.settings:
        return block.text
    assert block.language in LANGUAGES, f"{block.language or 'no language'}: a block is one of {sorted(LANGUAGES)}"
    name = block.title or block.settings.get("file")
    path = session.write(name, block.text) if name else None
    match block.language:
        case "console":
            return _shown_again(session, block)
        case "sh":
            _run(session, block, _lines(block.text))
        case "python":
            if path is None:
                exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})
        case _:
            hold_against(block, path or session.write(f"block.{block.language}", block.text))
    return block.text


def _shown_again(session: Session, block: Block) -> str:
    """The text of a block of commands with what they print now; where that fits what is shown, it stays as it is."""
    start, *parts = STEP.split(block.text)
    assert not start, "what is printed on a terminal begins with $ and a command"
    text = ""
    ended = Ended("", 0)
    for command, shown in zip(parts[::2], parts[1::2], strict=True):
        ended = session.run(command.replace("\\\n", " "))
        text += f"$ {command}" + (shown if _fits(shown, ended.output) else ended.output)
        told = "error:" in ended.output.lower() and ended.output in text
        assert ended.status in (0, 1) or told or "status" in block.settings, f"{command}{ended.output}"
    _check_status(block, ended, is_shown=True)
    return text


def _run(session: Session, block: Block, lines: list[str]) -> None:
    ended = Ended("", 0)
    for number, line in enumerate(lines, 1):
        ended = session.run(line)
        may_fail = number == len(lines) and "status" in block.settings
        assert ended.status == 0 or may_fail, f"status {ended.status}: {line}\n{ended.output}"
    _check_status(block, ended, is_shown=False)


def _check_status(block: Block, ended: Ended, *, is_shown: bool) -> None:
    if status := block.settings.get("status"):
        assert ended.status == int(status), f"status {ended.status}:\n{'' if is_shown else ended.output}"


def _lines(text: str) -> list[str]:
    """The commands of a text: its lines but for those that are empty or comments; a backslash joins one to the next."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _fits(shown: str, printed: str) -> bool:
    """Whether that was printed: a line ``...`` stands for some lines, and ``...`` in a line for anything in it."""
    pattern = ""
    for line in shown.splitlines(keepends=True):
        if line.strip() == "...":
            pattern += r"(?:.*\n)+?"
        else:
            pattern += ".*".join(map(re.escape, line.split("...")))
    return re.fullmatch(pattern, printed) is not None


def _renewed(page: Path, text: str) -> str:
    """The text of a page with what its commands print now."""
    lines = text.splitlines(keepends=True)
    for block, now, wrong in reversed(list(_followed(page, text))):
        if wrong:
            print(wrong if now == block.text else f"{block.place}: renewed")
        size = len(block.text.splitlines())
        renewed = [block.indent + line if line.strip() else line for line in now.splitlines(keepends=True)]
        lines[block.line : block.line + size] = renewed
    return "".join(lines)


if __name__ == "__main__":
    for given in [Path(name).resolve() for name in sys.argv[1:]] or [page for page in pages() if page != COMPARED]:
        given.write_text(_renewed(given, given.read_text(encoding="utf-8")), encoding="utf-8")
