"""Texts of manifests stay texts in every form of markup that is printed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import RunCli
from hostile.strategies import is_raw


class Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]


@pytest.fixture(params=["app", "hard"])
def printed(request: pytest.FixtureRequest, run_hostile: RunCli, hostile_profile: Path) -> object:
    """What is printed of a plan, and of a conflict, in a format."""

    def text(output_format: str, command: str = "diagnose") -> str:
        arguments = (command, request.param, "--profile", str(hostile_profile), "--format", output_format)
        result = run_hostile(*arguments)
        assert result.exit_code == (1 if request.param == "hard" else 0), result.stderr
        assert not [one for one in result.stdout if one != "\n" and is_raw(one)]
        return result.stdout

    return text


def test_a_page_has_no_element_and_no_attribute_of_a_manifest(printed) -> None:
    page = Page(printed("html"))
    assert {"html", "body", "svg"} <= set(page.elements)
    assert not {"script", "iframe", "img", "object", "embed", "link", "base", "form", "b"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcdoc", "action")]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")


def test_markdown_has_no_element_link_or_cell_of_a_manifest(printed) -> None:
    text = printed("markdown")
    prose = re.sub(r"(?ms)^( *)(`{3,}|~{3,}).*?^\1\2\s*$", "", text)
    assert "script" in text
    for mark in ("<script", "</script", "](javascript", "`a`"):
        assert not re.search(rf"(?<!\\){re.escape(mark)}", prose), mark
    for table in re.findall(r"(?m)(?:^\|.*\n)+", prose):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table


def test_a_graph_has_no_node_or_attribute_of_a_manifest(run_hostile: RunCli, hostile_profile: Path) -> None:
    graph = run_hostile("plan", "app", "--profile", str(hostile_profile), "--format", "dot").stdout
    quoted = r'"(?:[^"\\]|\\.)*"'
    lines = [line for line in graph.splitlines() if '"' in line]
    form = rf"  (node \[shape=box, fontname={quoted}\]|{quoted} \[label={quoted}(, style=\w+)?\]|{quoted} -> {quoted});"
    assert lines and all(re.fullmatch(form, line) for line in lines)


@pytest.mark.parametrize("command", [("registry", "lint", "{registry}", "--format", "sarif")], ids=["lint"])
def test_sarif_is_json_without_raw_text(command: tuple[str, ...], run_hostile: RunCli, hostile_registry: Path) -> None:
    result = run_hostile(*(one.format(registry=hostile_registry) for one in command))
    document = json.loads(result.stdout)
    texts = [found["message"]["text"] for run in document["runs"] for found in run["results"]]
    assert texts and not [one for text in texts for one in text if one != "\n" and is_raw(one)]


def test_json_is_ascii(printed) -> None:
    text = printed("json")
    assert text.isascii() and json.loads(text)["status"] in ("resolved", "conflict")
