"""The site of the documentation: built without warnings, whole, and nothing on it comes from elsewhere."""

from __future__ import annotations

import html
import json
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from docs_site.contents import read_contents
from docs_site.documents import document_names, printed_schema
from docs_site.http_api import openapi_files
from docs_site.links import link_targets, with_links, without_comments
from docs_site.roles import as_markdown
from docs_site.schema_text import Parts, described

import las_registry
import las_registry.lifecycle
import las_solver
from las_cli.errors import ExitStatus
from las_cli.main import cli
from las_registry.lint.codes import CODES

ROOT = Path(__file__).parents[1]
LOADED = re.compile(r"<(?:script|img|iframe|source|video|audio|embed|link)\b[^>]*?\b(?:src|href|srcset)=\"?([^\"\s>]+)")
LINK = re.compile(r"<a\b[^>]*?\bhref=\"?([^\"\s>]+)")
PLACE = re.compile(r"\bid=\"?([^\"\s>]+)")
NAVIGATION = re.compile(r"<nav\b.*?</nav>", re.DOTALL)
ELSEWHERE = re.compile(r"(?:[a-z]+:)?//")


def test_the_site_is_built_without_warnings_and_is_whole(tmp_path: Path) -> None:
    """One test, since every worker would build the site for itself."""
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "WARNING" in done.stderr) == (0, False), done.stderr
    pages = {str(path.relative_to(tmp_path).as_posix()): path.read_text("utf-8") for path in tmp_path.rglob("*.html")}
    assert list(_from_elsewhere(tmp_path, pages)) == []
    assert list(_broken_links(tmp_path, pages)) == []
    assert pages.keys() - _reached(pages) == {"404.html"}
    assert [name for name, text in pages.items() if re.search(r":(?:class|meth|func|data|attr|exc|mod):", text)] == []
    _holds_all_commands(pages)
    _holds_all_names_and_codes(pages)
    _holds_all_fields(tmp_path, pages)


def _from_elsewhere(site: Path, pages: dict[str, str]) -> Iterator[str]:
    """What a browser would load, or be led to, that is not on the site."""
    for name, text in pages.items():
        yield from (f"{name}: {found}" for found in LOADED.findall(text) if ELSEWHERE.match(found))
        yield from (f"{name}: {found}" for found in LINK.findall(text) if ELSEWHERE.match(found))
        if 'class="mermaid"' in text:  # which Material would draw with a program from elsewhere
            yield f"{name}: mermaid"
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        yield from (
            f"{style.name}: {found}" for found in re.findall(r"(?:url\(|@import\s)[\"']?(\w+://[^)\"']*)", text)
        )


def _broken_links(site: Path, pages: dict[str, str]) -> Iterator[str]:
    places = {name: set(map(html.unescape, PLACE.findall(text))) for name, text in pages.items()}
    for name in pages.keys() - {"404.html"}:  # the links of which are from the root of a server
        for target, place in set(_links(name, pages[name])):
            if not (site / target).is_file() or (place and target in places and place not in places[target]):
                yield f"{name}: {target}#{place}"


def _reached(pages: dict[str, str]) -> set[str]:
    """The pages to which the navigation leads, from the first one on."""
    found = ["index.html"]
    for name in found:
        for part in NAVIGATION.findall(pages[name]):
            found += {target for target, _ in _links(name, part)} & pages.keys() - set(found)
    return set(found)


def _links(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The files of the site to which the page `name` links, each with the place in it."""
    for found in LINK.findall(text):
        path, _, place = html.unescape(found).partition("#")
        yield posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name, place


def _commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))


def _holds_all_commands(pages: dict[str, str]) -> None:
    for words, command in _commands(cli):
        path = "/".join(("commands", *words))
        page = html.unescape(pages.get(f"{path}.html") or pages[f"{path}/index.html"])
        assert f'<h1 id="las-solve-{"-".join(words)}">' in page, words
        options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
        names = [name for one in options for name in (*one.opts, *one.secondary_opts)]
        assert [name for name in names if not re.search(rf"<code>[^<]*(?<!-){name}(?![a-z-])", page)] == [], words
        assert "Exit statuses" in page and '<h2 id="examples">' in page, words


def _holds_all_names_and_codes(pages: dict[str, str]) -> None:
    for package in (las_solver, las_registry, las_registry.lifecycle):
        page = pages[f"python/{package.__name__}.html"]
        assert [name for name in package.__all__ if f'id="{package.__name__}.{name}"' not in page] == []
    assert [code for code in CODES if f'id="{code}"' not in pages["lint-codes.html"]] == []


def _holds_all_fields(site: Path, pages: dict[str, str]) -> None:
    for name in document_names():
        schema = printed_schema(name)
        assert json.loads((site / f"documents/{name}.schema.json").read_text()) == schema
        own = {
            **schema,
            "$defs": {part: one for part, one in schema["$defs"].items() if part != "plan" or name == "plan"},
        }
        page = html.unescape(pages[f"documents/{name}.html"])
        missing = {field for field in _field_names(own) if not re.search(rf"[>.]{re.escape(field)}</code>", page)}
        assert missing == set(), name
    (document,) = map(json.loads, openapi_files().values())
    assert json.loads((site / "openapi.json").read_text()) == document
    for operation in (one for methods in document["paths"].values() for one in methods.values()):
        assert f'id="{operation["operationId"]}"' in pages["http-api.html"]


def _field_names(schema: Any) -> Iterator[str]:
    match schema:
        case {"if": _, "then": then, **rest}:
            yield from (*_field_names(then), *_field_names(rest))
        case {"properties": dict(properties), **rest}:
            yield from (*properties, *_field_names(list(properties.values())), *_field_names(rest))
        case dict():
            yield from _field_names(list(schema.values()))
        case list():
            for one in schema:
                yield from _field_names(one)


def test_every_exit_status_is_in_the_table_from_which_pages_take_it() -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(int(status)) for status in ExitStatus]


@pytest.mark.parametrize("name", ["manifest", "profile"])
def test_what_people_write_has_an_example_for_every_value(name: str) -> None:
    schema = printed_schema(name)

    def without_example(inner: Any, path: str) -> Iterator[str]:
        while "$ref" in inner and "examples" not in inner:
            inner = schema["$defs"][inner["$ref"].rpartition("/")[2]]
        for field, value in inner.get("properties", {}).items():
            yield from without_example(value, f"{path}.{field}")
        if "properties" not in inner and "enum" not in inner and "examples" not in inner:
            yield path

    assert list(without_example(schema, name)) == []


MOVED = {
    "[the guide](guide.md#start)": "[the guide](guide.html.md#start)",
    "[`code`](../src/tool.py)": "[`code`](../tool.md)",
    "[up](#here)": "[up](#here)",
    "[folder](../tests/)": "folder",
    "`[code](guide.md)`": "`[code](guide.md)`",
    "```\n[code](guide.md)\n```\n": "```\n[code](guide.md)\n```\n",
}


@pytest.mark.parametrize("markdown", MOVED)
def test_links_lead_to_where_files_are_on_the_site(markdown: str) -> None:
    places = {"docs/guide.md": "guides/guide.html.md", "src/tool.py": "tool.md"}
    assert with_links(markdown, "docs/page.md", "guides/page.md", places.get) == MOVED[markdown]


def test_links_are_found_outside_of_code(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("[a](a.md#b) `[c](c.md)` ![d](../d.png) [e](#f)\n```\n[g](g.md)\n```\n")
    assert list(link_targets(tmp_path, "docs/page.md")) == ["docs/a.md", "d.png"]


def test_comments_are_left_out_but_for_those_in_code() -> None:
    assert without_comments("a\n<!-- for\ntests -->\n```\n<!-- kept -->\n```\n") == "a\n```\n<!-- kept -->\n```\n"


def test_contents_are_the_sections_of_the_readme_with_all_pages_of_directories(tmp_path: Path) -> None:
    (tmp_path / "how-to").mkdir()
    (tmp_path / "decisions").mkdir()
    (tmp_path / "how-to/README.md").write_text("# How to\n\n- [two](2.md)\n- [one](1.md)\n")
    (tmp_path / "decisions/1.md").touch()
    (tmp_path / "README.md").write_text(
        "# A\n\n## B\n\n- [b.md](b.md): b\n  more\n\n## C\n\n- [how-to/](how-to/)\n- [d](decisions/)\n"
    )
    sections = {section.title: section.entries for section in read_contents(tmp_path)}
    assert sections == {
        "B": ("b.md",),
        "C": ("how-to/README.md", "how-to/2.md", "how-to/1.md", "decisions/index.md", "decisions/1.md"),
    }


def test_roles_become_links_to_public_names_and_code_otherwise() -> None:
    text = (
        ":class:`Planner`, :meth:`plan`, :exc:`las_solver.errors.OutOfTime`, :func:`las_solver.sat.never`, docs/lock.md"
    )
    assert as_markdown(text, of="las_solver.planner.Planner.diagnose") == (
        "[`Planner`][las_solver.Planner], [`plan`][las_solver.Planner.plan], [`OutOfTime`][las_solver.OutOfTime], "
        "`never`, [docs/lock.md](../lock.md)"
    )


def test_fields_say_their_type_their_meaning_and_when_they_are_there() -> None:
    schema: dict[str, Any] = {
        "required": ["steps"],
        "properties": {"steps": {"type": "array", "items": {"properties": {"size": {"$ref": "#/$defs/size"}}}}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"properties": {"b": {"$ref": "#/$defs/part"}}}}
        ],
        "$defs": {
            "size": {"type": ["integer", "null"], "description": "In bytes.", "examples": [8], "minimum": 0},
            "part": {"properties": {"c": {}}},
        },
    }
    assert described(schema, Parts("/$defs/", {"": ("", schema)})).split("\n\n") == [
        "`steps`\n:   *required* array of: any value",
        "`steps[].size`\n:   *optional* integer or null, at least `0`",
        "    In bytes.",
        "    Example: `8`",
        '`b`\n:   *optional* [part](#definition-part), where `kind` is `"a"`\n',
    ]
