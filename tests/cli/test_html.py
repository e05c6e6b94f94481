"""Reports as HTML pages: whole, harmless whatever manifests say, readable, and the same every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from reports import REPORT, a_conflict, a_line, a_plan_document, a_repair, a_statement, a_step_document

from las_cli.render.conflict_report import conflict_report
from las_cli.render.html import render_html
from las_cli.render.markup import joined, tag
from las_cli.render.plan_report import plan_report

EMPTY = frozenset({"meta", "br", "hr"})
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>x</script>",
    "</title><b>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "a\x1b[31m\x00\u202eb\u2028",
    "<!-- -->",
    "]]>",
)


class Page(HTMLParser):
    """The elements of a page, its text, and what is wrong with its nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        self.wrong += [f"{name} is left open" for name in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) < len(attrs):
            self.wrong.append(f"{tag} has an attribute twice")
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "p" and "p" in self.open[:-1]:
            self.wrong.append("a p within a p")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> ends something else")

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        """The values of an attribute, in order."""
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def _hostile_plan(text: str) -> str:
    steps = [
        a_step_document(
            "app 1.0",
            mode=text,
            category=text,
            source=text,
            newest="2.0",
            requires=["lib"],
            system_packages=[text],
            held_back_by=[a_statement("chosen", "app", text, text)],
            admitted_by={"changes": [], "text": text, "version": text},
        ),
        a_step_document("lib 1.0", required_by=["app"]),
    ]
    document = a_plan_document(*steps)
    document["host"] = {**document["host"], "gpus": [{"name": text, "vendor": text, "vram": "8GiB"}], "modes": [text]}
    return render_html(plan_report(document, place=text))


def _hostile_conflict(text: str) -> str:
    core = [
        a_statement("requested", "app", text, text, requirement="app"),
        a_statement("mode", "app", text, text, modes=[text], allowed=[text]),
        a_statement("interface", "app", text, text, interface=text),
        a_statement("dependency", "app", text, text, requirement="lib@>=2"),
        a_statement("no-version", "lib", text, text, constraint=text),
    ]
    lines = [a_line(text, text), a_line(text, lines=[0])]
    document = a_conflict(*core, derivation=lines, repairs=[a_repair(text, "app 1.0")])
    document["options"] = {**document["options"], "modes": [text], "forced_modes": {"app": text}}
    return render_html(conflict_report(document, place=text))


ORDINARY = {
    "report": render_html(REPORT),
    "plan": _hostile_plan("plain"),
    "conflict": _hostile_conflict("plain"),
}


def test_a_page_has_every_block_of_its_report() -> None:
    page = render_html(REPORT)
    begin, end = page.index("<style>") + len("<style>"), page.index("</style>")
    assert page[:begin] + page[end:] == (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;; '
        'style-src &#x27;unsafe-inline&#x27;; base-uri &#x27;none&#x27;; form-action &#x27;none&#x27;">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        "<title>No plan for app on gpu-8gb - las-solve</title><style></style></head>\n"
        '<body class="bad page"><a class="skip" href="#report">Skip to the report</a>\n'
        '<header><p><span class="brand">las-solve</span><span class="verdict">no plan</span></p>'
        '<h1>No plan for app on gpu-8gb</h1><p class="lead">It cannot be.</p>'
        '<dl class="tiles"><div class="tile bad"><dt>conflict</dt><dd>1</dd></div></dl>'
        '<nav aria-label="Sections"><ul><li><a href="#why">Why</a></li></ul></nav></header>\n'
        '<main id="report" tabindex="-1"><section id="why" aria-labelledby="why-title">\n'
        '<h2 id="why-title">Why</h2>'
        '<figure><div class="scroll" tabindex="0" role="region" aria-label="A graph">'
        '<svg class="graph" id="g1" role="img" aria-label="A graph" viewBox="-8 -8 268 62" width="268" height="62" '
        'style="min-width:188px"><style>#g1:has(.b0:hover) .a0{opacity:1;color:var(--accent)}'
        "#g1:has(.b1:hover) .a1{opacity:1;color:var(--accent)}</style>"
        '<g class="arrow a0 a1"><path class="line" d="M47.7 23.0H103.7"/></g>'
        '<g class="arrow bad a0 a1"><path class="line" d="M132.7 23.0H188.7"/>'
        '<path class="tip" d="M188.7 23.0l-7.0 -4v8z"/></g>'
        '<a href="#step-1" tabindex="-1"><g class="box b0"><title>app</title>'
        '<rect x="0" y="7" width="47.7" height="32" rx="7"/><text class="name" x="23.9" y="27">app</text></g></a>'
        '<g class="box b1 bad"><title>torch 2.4</title><rect x="188.7" y="0" width="63.5" height="46" rx="7"/>'
        '<text class="name" x="220.4" y="20">torch</text><text class="below" x="220.4" y="36">2.4</text></g>'
        '<g class="label"><title>&gt;=2</title><text x="118.2" y="27">&gt;=2</text></g></svg></div>'
        "<figcaption>See.</figcaption></figure>"
        '<ol class="steps"><li id="l1-1"><span class="text">app needs torch &gt;=2.4</span>'
        '<span class="source">app.yaml: modules[0]</span></li>'
        '<li id="l1-2" class="bad"><span class="text">so it fails<span class="follows"> (from <a href="#l1-1">1</a>)'
        "</span></span></li></ol>"
        '<details><summary>More</summary><p class="quiet">then app 2.0</p>'
        '<ul class="entries"><li id="l2-1"><strong class="heading">app 1.0</strong><span class="text">not 2.0</span>'
        "</li></ul></details>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Steps"><table><caption>Steps</caption>'
        '<thead><tr><th scope="col">Module</th><th scope="col">Version</th></tr></thead>'
        '<tbody><tr id="step-1"><th scope="row"><strong>app</strong></th><td><span class="chip good">1.0</span></td>'
        "</tr></tbody></table></div>"
        '<dl class="facts"><div class="mattered"><dt>Memory</dt><dd>64GiB</dd></div></dl></section></main>\n'
        "<footer><p>The end.</p></footer></body></html>\n"
    )


@pytest.mark.parametrize("page", ORDINARY.values(), ids=ORDINARY)
def test_a_page_is_nested_rightly_and_its_links_lead_somewhere(page: str) -> None:
    parsed = Page(page)
    assert parsed.wrong == []
    names = parsed.values("id")
    assert len(names) == len(set(names))
    assert {link.removeprefix("#") for link in parsed.values("href")} <= set(names)
    assert {name for value in parsed.values("aria-labelledby") for name in value.split()} <= set(names)


@pytest.mark.parametrize("page", ORDINARY.values(), ids=ORDINARY)
def test_a_page_needs_nothing_from_elsewhere(page: str) -> None:
    for reference in ("http:", "https:", "//", " src=", "@import", "url(", "<script", "<link", "<iframe"):
        assert reference not in page, reference
    assert page.index("Content-Security-Policy") < page.index("<style>")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("make", [_hostile_plan, _hostile_conflict])
def test_no_text_of_a_manifest_becomes_part_of_the_page(text: str, make: object) -> None:
    assert callable(make)
    parsed, plain = Page(make(text)), Page(make("plain"))
    assert parsed.wrong == []
    assert [name for name, _ in parsed.elements] == [name for name, _ in plain.elements]
    assert [sorted(attributes) for _, attributes in parsed.elements] == [sorted(one) for _, one in plain.elements]
    assert all(link.startswith("#") for link in parsed.values("href"))
    assert text.isprintable() == (text in parsed.text)
    assert not set("\x1b\x00\u202e\u2028") & set(parsed.text)


def test_pages_do_not_depend_on_the_hash_seed() -> None:
    code = "import sys; sys.path[:0] = ['tests', 'tests/cli']; import test_html; print(test_html.ORDINARY)"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(("count", "drawn"), [(1, False), (2, True), (80, True), (81, False), (300, False)])
def test_a_graph_is_drawn_as_long_as_it_can_be_read(count: int, drawn: bool) -> None:
    steps = [a_step_document(f"m{at} 1.0", requires=[f"m{at - 1}"] if at else []) for at in range(count)]
    parsed = Page(render_html(plan_report(a_plan_document(*steps, request=f"m{count - 1}"), place="here")))
    assert any(name == "svg" for name, _ in parsed.elements) == drawn
    assert parsed.values("id").count("step-1") == 1 and f"step-{count}" in parsed.values("id")
    assert ("too many to draw" in parsed.text) == (count > 80)


def test_markup_is_escaped_once() -> None:
    assert tag("p", "a < b ", tag("b", "&"), title='"x"') == '<p title="&quot;x&quot;">a &lt; b <b>&amp;</b></p>'
    assert joined("<", tag("br")) == "&lt;<br>"
    assert tag("p", class_="", hidden=True, tabindex=-1, lang=None) == '<p hidden tabindex="-1"></p>'


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(scheme: int) -> None:
    """By the ratio that WCAG 2 asks of text, 4.5, in both colour schemes."""
    style = (files("las_cli.render") / "page.css").read_text(encoding="utf-8")
    declared = re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style)
    half = len(declared) // 2
    colours = dict(declared[scheme * half : (scheme + 1) * half])
    pairs = [(ink, back) for ink in ("ink", "soft", "accent") for back in ("page", "card", "sunk")]
    pairs += [(tone, f"{tone}-back") for tone in ("good", "warn", "bad")]
    pairs += [(tone, back) for tone in ("good", "warn", "bad") for back in ("card", "sunk")]
    pairs += [("ink", "bad-back")]
    assert {f"{a} on {b}": ratio for a, b in pairs if (ratio := _contrast(colours[a], colours[b])) < 4.5} == {}
