"""What the README and the embedding guide show is what happens. ``python tests/test_readme.py`` renews its output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from click.testing import Result
from command_line import run_command

from las_solver.model import Host

README = Path(__file__).parents[1] / "README.md"
GUIDES = (README, README.parent / "docs" / "embedding.md")
HOST = Host(cores=16, ram=32 * 2**30)
INSTALLED = "chromadb@0.6.3 faster-whisper@1.1.1 --profile gpu-8gb"
EXAMPLE = re.compile(r"```console\n\$ las-solve (?P<arguments>.*)\n(?P<output>(?:.*\n)*?)```\n")
PROGRAM = re.compile(r"```python\n(?P<program>(?:.*\n)*?)```\n")


def _examples() -> list[re.Match[str]]:
    return list(EXAMPLE.finditer(README.read_text()))


def _output(arguments: str) -> str:
    """What the command prints on a machine without a graphics card, on a terminal of 100 columns.

    Commands about what is installed find :data:`INSTALLED`; hints stand below what is printed.
    """
    about_installed = arguments.partition(" ")[0] in ("outdated", "remove", "upgrade")
    with TemporaryDirectory() as directory:
        environment = {"COLUMNS": "100", "LAS_SOLVE_REGISTRY": "", "LAS_SOLVE_PROFILE": "detect"}
        environment["LAS_SOLVE_STORE"] = str(Path(directory) / "store.sqlite3")
        if about_installed:
            plan = _run(f"plan {INSTALLED} --format json", environment)
            done = _run("apply - --installed --profile gpu-8gb", environment, stdin=plan.stdout)
            assert done.exit_code == 0, done.output
        result = _run(arguments, environment)
    hints = result.stderr if about_installed else ""
    assert result.exit_code in (0, 1) and result.stderr == hints
    assert all(line.startswith("hint: ") for line in hints.splitlines())
    return result.stdout + hints


def _run(arguments: str, environment: Mapping[str, str], *, stdin: str | None = None) -> Result:
    with mock.patch("las_registry.host.detect.examine", lambda: mock.Mock(host=HOST, notes=())):
        return run_command(*shlex.split(arguments), stdin=stdin, **environment)


@pytest.mark.parametrize("example", _examples(), ids=lambda example: example["arguments"])
def test_the_readme_shows_what_the_command_prints(example: re.Match[str]) -> None:
    assert example["output"] == _output(example["arguments"])


def test_the_readme_shows_a_plan_and_a_conflict() -> None:
    outputs = [example["output"] for example in _examples()]
    assert outputs[0].startswith("Plan for ") and outputs[1].startswith("No plan for ")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_programs_of_the_guides_run(guide: Path) -> None:
    programs = PROGRAM.findall(guide.read_text())
    assert programs
    for program in programs:
        exec(compile(program, str(guide), "exec"), {})


@pytest.mark.parametrize("guide", [README, *README.parent.glob("docs/**/*.md")], ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", guide.read_text())
    assert [link for link in links if not (guide.parent / link).exists()] == []


def _renewed() -> Callable[[re.Match[str]], str]:
    return lambda example: f"```console\n$ las-solve {example['arguments']}\n{_output(example['arguments'])}```\n"


if __name__ == "__main__":
    README.write_text(EXAMPLE.sub(_renewed(), README.read_text()))
