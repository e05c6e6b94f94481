"""``--together``: plans of what runs at the same time, in every format, and what becomes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files
from plans import a_plan, a_step
from registries import ask, module, version
from reports import a_conflict, a_plan_document, a_statement, a_step_document
from stored import apply_plan, states

from las_cli.document import answer_document
from las_cli.render.conflict_report import conflict_report
from las_cli.render.dot import render_dot
from las_cli.render.html import render_html
from las_cli.render.markdown import render_markdown
from las_cli.render.plan_report import plan_report
from las_cli.render.report_text import render_report
from las_cli.render.terminal import display_width
from las_cli.render.text import Paper, render_plan
from las_solver.conflict import Conflict
from las_solver.limit import Limit
from las_solver.model import Gpu, Host
from las_solver.planner import Planner
from las_solver.schemas import document_schema
from las_solver.source import MemorySource

GB = 10**9
SCHEMA = Draft202012Validator(document_schema("plan"))
HOST = Host(ram=64 * GB, gpus=(Gpu(name="RTX 4090", vram=25757220864), Gpu(name="RTX 3060", vram=12 * GB)))
PLAN = a_plan(
    a_step("db 1", action="keep", installed="1", ram=8 * GB),
    a_step("old 1", action="remove", installed="1"),
    a_step("vllm 2", ram=16 * GB, placement=[(0, 16 * GB)]),
    a_step("big 1", placement=[(0, 9757220864), (1, 2 * GB)]),
    request="vllm big",
    together=True,
)


def _held(width: int = 110, host: Host = HOST, **changes: Any) -> list[str]:
    """What a text says of the memory and the cards."""
    lines = render_plan(replace(PLAN, **changes), place="here", paper=Paper(width=width), host=host).splitlines()
    start = lines.index("At the same time")
    return lines[start + 1 : next((at for at in range(start, len(lines)) if not lines[at]), len(lines))]


def test_a_text_says_who_holds_what_also_what_merely_stays() -> None:
    assert _held() == [
        "  memory  24 GB of 64 GB: vllm 16 GB, db 8 GB; 40 GB free",
        "  card 0  25.8 GB of 25.8 GB (RTX 4090): vllm 16 GB, big 9.8 GB; nothing free",
        "  card 1  2 GB of 12 GB (RTX 3060): big 2 GB; 10 GB free",
    ]


def test_a_text_fits_any_terminal() -> None:
    for width in range(30, 80):
        assert max(map(display_width, _held(width))) <= width
    assert " ".join(line.strip() for line in _held(40)) == " ".join(line.strip() for line in _held())


def test_what_is_free_or_unknown_is_said() -> None:
    assert _held(steps=PLAN.steps[1:2]) == [
        "  memory  64 GB, all of it free",
        "  card 0  25.8 GB (RTX 4090), all of it free",
        "  card 1  12 GB (RTX 3060), all of it free",
    ]
    cards = (HOST.gpus[1], *(Gpu(name="H100", vram=80 * GB),) * 3)
    assert _held(host=replace(HOST, gpus=cards), steps=PLAN.steps[:1])[1:] == [
        "  card 0        12 GB (RTX 3060), all of it free",
        "  cards 1 to 3  80 GB each (H100), all of it free",
    ]
    assert _held(host=Host(), steps=PLAN.steps[1:2]) == ["  memory  not known, and nothing needs any"]


def test_the_most_are_named_first_and_the_least_counted() -> None:
    steps = tuple(a_step(f"m{number} 1", ram=number * GB // 10) for number in range(1, 10))
    assert _held(steps=steps)[0] == (
        "  memory  4.5 GB of 64 GB: m9 900 MB, m8 800 MB, m7 700 MB, m6 600 MB, m5 500 MB, m4 400 MB, 3 more 600 MB;"
    )


def test_names_of_cards_cannot_draw_on_a_terminal() -> None:
    text = "".join(_held(host=replace(HOST, gpus=(Gpu(name="\x1b[2J\u202e", vram=26 * GB), HOST.gpus[1]))))
    assert "\x1b" not in text and "(\\x1b[2J\\u202e)" in text


def test_a_plan_of_what_need_not_run_together_says_nothing_of_it() -> None:
    plan = replace(PLAN, request=replace(PLAN.request, together=False))
    assert "card 0" not in render_plan(plan, place="here", paper=Paper(width=100), host=HOST)


def test_a_graph_names_the_cards() -> None:
    assert '"big" [label="big\\ninstall 1\\ncard 0: 9.8 GB, card 1: 2 GB", style=bold];' in render_dot(PLAN)


HELD = a_plan_document(
    a_step_document("vllm 2", ram=16 * GB, placement=[{"card": 0, "vram": 4 * GB}]),
    a_step_document("app 1", ram=0, placement=[]),
)
HELD["options"] = {**HELD["options"], "together": True, "limits": [{"name": "inference servers", "at_most": 2}]}


def test_reports_have_a_table_of_what_is_held() -> None:
    report = plan_report(HELD, place="here")
    assert (
        "At the same time\n"
        "  ON            HAS      USED   FREE     BY\n"
        "  memory        34.4 GB  16 GB  18.4 GB  vllm 16 GB\n"
        "  card 0: Card  8.6 GB   4 GB   4.6 GB   vllm 4 GB\n"
    ) in render_report(report, Paper(width=100))
    assert "| card 0: Card | 8.6 GB | 4 GB | 4.6 GB | vllm 4 GB |" in render_markdown(report)
    page = render_html(report)
    assert "What is held while all of these run" in page and 'href="#together"' in page
    assert "2 on card 0" in page and "1 on card" not in page
    for text in ("all modules run at the same time", "inference servers: no more than 2"):
        assert text in page


COUNTS = [
    {"module": "vllm", "versions": ">=1", "weight": 16 * GB, "spread": False},
    {"module": "app", "versions": "==1", "weight": 12 * GB, "spread": False},
]


def test_a_report_draws_what_is_too_much_and_marks_the_fact() -> None:
    card = a_statement(
        "together", "", "too much", "this machine", fact="vram", have=32 * GB, cards=[16 * GB, 16 * GB], counts=COUNTS
    )
    report = conflict_report(a_conflict(card), place="here")
    (graph,) = [block.graph for block in report.sections[0].blocks if hasattr(block, "graph")]
    labels = [f"{box.title} {box.subtitle}".strip() for box in graph.nodes]
    assert labels == ["vllm", "GPU memory host: 2 x 16 GB", "app", "16 GB", "12 GB"]
    facts = {label: matters for label, _, matters in report.sections[-1].blocks[0].entries}
    assert facts["GPUs"] and not facts["Memory"]
    limit = a_statement("limit", "", "too many", limit="servers", at_most=1, counts=COUNTS)
    (graph,) = [
        block.graph
        for block in conflict_report(a_conflict(limit), place="here").sections[0].blocks
        if hasattr(block, "graph")
    ]
    assert "servers at most 1" in [f"{box.title} {box.subtitle}".strip() for box in graph.nodes]


def test_the_documents_of_a_library_with_limits_are_those_of_the_schema() -> None:
    most = Limit("inference servers", 1, lambda one: int(one.name != "app"))
    versions = [version("app 1", "vllm"), *module("vllm", "1", "2"), version("big 1", vram_min=9 * GB)]
    planner = Planner(MemorySource(versions), replace(HOST, gpus=HOST.gpus[1:]))
    request = ask("app", "big", limits=(most,), together=True)
    conflict = planner.plan(request)
    assert isinstance(conflict, Conflict)
    made_from = {"registry": {"digest": "sha256:" + "0" * 64}, "installed": None}
    plan = planner.plan(ask("app", limits=(most,)))
    documents: list[Any] = [answer_document(conflict, HOST, planner.diagnose(conflict)), answer_document(plan, HOST)]
    for found in documents:
        SCHEMA.validate(json.loads(json.dumps({**found, **made_from})))
    changes = [one["changes"] for one in json.loads(json.dumps(documents[0]))["repairs"]]
    assert [{"kind": "limit", "limit": "inference servers", "to": 2, "have": 1}] in changes
    assert documents[1]["options"]["limits"] == [{"name": "inference servers", "at_most": 1}]
    assert not any("placement" in step for step in documents[1]["steps"])


# In the command line


def _manifest(name: str, version: str, vram: str, *, ram: str = "", more: str = "", spread: bool = False) -> str:
    memory = f"  memory: {{ram_min: {ram}}}\n" if ram else ""
    multi = ", multi_gpu: true" if spread else ""
    return manifest_text(name, version, f"hardware:\n{memory}  gpu: {{vram_min: {vram}{multi}}}\n{more}")


@pytest.fixture(autouse=True)
def _here(run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of services that share cards, and two machines."""
    services = {
        "vllm.manifest.yaml": "---\n".join(
            (_manifest("vllm", "0.8", "8GB", ram="4GB"), _manifest("vllm", "0.9", "16GB", ram="8GB"))
        ),
        "comfyui.manifest.yaml": _manifest("comfyui", "0.3", "12GB", ram="6GB"),
        "whisper.manifest.yaml": _manifest("whisper", "1.0", "3GB"),
        "llama.manifest.yaml": _manifest("llama", "70", "20GB", spread=True),
        "web.manifest.yaml": manifest_text("web", "1.0", "dependencies: {modules: [vllm]}\n"),
    }
    write_files(tmp_path / "modules", services)
    (tmp_path / "one.yaml").write_text("memory: {ram: 32GB}\ngpus: [{vram: 24GB}]\n")
    (tmp_path / "two.yaml").write_text("memory: {ram: 32GB}\ngpus: [{vram: 24GB}, {vram: 12GB}]\n")
    monkeypatch.setenv("LAS_SOLVE_REGISTRY", "modules")
    monkeypatch.chdir(tmp_path)


def _document(run_cli: RunCli, *arguments: str, status: int = 0) -> dict[str, Any]:
    """What ``plan --together`` prints as JSON: what the schema describes, and the checker agrees with."""
    result = run_cli("plan", *arguments, "--together", "--registry", "modules", "--format", "json")
    assert result.exit_code == status, result.output
    checked = run_cli("check", "-", "--registry", "modules", stdin=result.stdout)
    assert checked.exit_code == 0, checked.output
    document: dict[str, Any] = json.loads(result.stdout)
    SCHEMA.validate(document)
    assert document["options"]["together"] is True
    return document


def _placed(document: dict[str, Any]) -> dict[str, list[tuple[int, int]]]:
    """What is where, in GB, by module and version."""
    return {
        f"{step['module']} {step['version']}": [(one["card"], one["vram"] // GB) for one in step["placement"]]
        for step in document["steps"]
    }


def test_versions_are_older_where_that_makes_them_fit(run_cli: RunCli) -> None:
    one = _document(run_cli, "comfyui", "web", "--profile", "one.yaml")
    assert _placed(one) == {"comfyui 0.3": [(0, 12)], "vllm 0.8": [(0, 8)], "web 1.0": []}
    assert [step["ram"] for step in one["steps"]] == [6 * GB, 4 * GB, 0]
    (held_back,) = [step["held_back_by"] for step in one["steps"] if step["held_back_by"]]
    assert [statement["kind"] for statement in held_back] == ["chosen", "together"]
    two = _document(run_cli, "comfyui", "web", "--profile", "two.yaml")
    assert _placed(two) == {"comfyui 0.3": [(1, 12)], "vllm 0.9": [(0, 16)], "web 1.0": []}


def test_what_may_be_spread_takes_what_is_left(run_cli: RunCli) -> None:
    plan = _document(run_cli, "llama", "comfyui", "whisper", "--profile", "two.yaml")
    assert _placed(plan) == {"comfyui 0.3": [(0, 12)], "llama 70": [(0, 9), (1, 11)], "whisper 1.0": [(0, 3)]}


def test_the_text_is_that_of_the_machine(run_cli: RunCli) -> None:
    result = run_cli("plan", "comfyui", "web", "--together", "--profile", "one.yaml", COLUMNS="100")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[7:] == [
        "At the same time",
        "  memory  10 GB of 32 GB: comfyui 6 GB, vllm 4 GB; 22 GB free",
        "  card 0  20 GB of 24 GB: comfyui 12 GB, vllm 8 GB; 4 GB free",
        "",
        "Held back",
        "  vllm 0.8  these cannot run at the same time: vllm 0.9 needs 16 GB of GPU memory, comfyui 0.3 needs",
        "            12 GB (28 GB together), and this host has one GPU of 24 GB",
    ]


def test_without_the_option_nothing_is_said_of_it(run_cli: RunCli) -> None:
    result = run_cli("plan", "comfyui", "web", "--profile", "one.yaml", "--format", "json")
    document = json.loads(result.stdout)
    assert "together" not in document["options"] and not any("placement" in step for step in document["steps"])
    assert [step["version"] for step in document["steps"]] == ["0.3", "0.9", "1.0"]


def test_a_conflict_says_what_does_not_fit(run_cli: RunCli) -> None:
    arguments = ("vllm@>=0.9", "comfyui", "--profile", "one.yaml")
    document = _document(run_cli, *arguments, status=1)
    assert [one["kind"] for one in document["core"]] == ["requested", "requested", "together"]
    (too_much,) = [one for one in document["core"] if one["kind"] == "together"]
    assert (too_much["fact"], too_much["cards"], [one["module"] for one in too_much["counts"]]) == (
        "vram",
        [24 * GB],
        ["vllm", "comfyui"],
    )
    text = run_cli("plan", *arguments, "--together", COLUMNS="100").stdout
    assert "  these cannot run at the same time: vllm 0.9 needs 16 GB of GPU memory" in text
    assert "What would help (each one checked):" in text
    page = run_cli("diagnose", *arguments, "--together", "--format", "html")
    assert page.exit_code == 1 and "these cannot run at the same time" in page.stdout


def test_why_also_asks_what_runs_together(run_cli: RunCli) -> None:
    arguments = ("--for", "comfyui", "--together", "--profile", "one.yaml")
    found = json.loads(run_cli("why", "comfyui", *arguments, "--format", "json").stdout)
    assert found["step"]["placement"] == [{"card": 0, "vram": 12 * GB}]
    text = run_cli("why", "vllm", *arguments).stdout
    assert text.endswith(
        "To ask for it:\n  las-solve plan comfyui vllm --registry modules --profile one.yaml --together\n"
    )
    no = run_cli("why", "vllm@0.9", *arguments).stdout
    assert no.startswith("vllm ==0.9 cannot be in a plan for comfyui on the machine of one.yaml, because\n")


def test_a_replay_file_keeps_the_option(run_cli: RunCli) -> None:
    arguments = ("comfyui", "web", "--profile", "one.yaml", "--format", "json")
    before = run_cli("plan", *arguments, "--together", "--save-replay", "saved.yaml")
    assert "options: {together: true}\n" in Path("saved.yaml").read_text()
    after = run_cli("replay", "saved.yaml", "--format", "json")
    assert json.loads(after.stdout)["steps"] == json.loads(before.stdout)["steps"]
    assert run_cli("check", "-", "--replay", "saved.yaml", stdin=after.stdout).exit_code == 0
    twice = run_cli("plan", "--replay", "saved.yaml", "--together")
    assert twice.exit_code == 2 and "--replay and --together cannot be given together" in twice.stderr
    needs = run_cli("needs", "--replay", "saved.yaml")
    assert needs.exit_code == 2 and "the replay file is about --together" in needs.stderr


def test_a_replay_file_shrinks_to_what_does_not_fit(run_cli: RunCli) -> None:
    run_cli(
        "plan",
        "web",
        "vllm@0.9",
        "whisper",
        "comfyui",
        "--profile",
        "one.yaml",
        "--together",
        "--save-replay",
        "a.yaml",
    )
    small = run_cli("replay", "a.yaml", "--shrink")
    assert small.exit_code == 0, small.output
    assert "together: true" in small.stdout and "whisper" not in small.stdout
    plan = run_cli("plan", "web", "comfyui", "--profile", "two.yaml", "--together", "--save-replay", "b.yaml")
    assert plan.exit_code == 0
    kept = run_cli("replay", "b.yaml", "--shrink").stdout
    assert "together: true" in kept and kept.count("vram_min") == 2 and "ram_min: 6GB" not in kept


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("needs", "web"), "las-solve diagnose --together says what it takes"),
        (("lock", "web"), "las-solve plan --locked --together says whether"),
        (("registry", "audit"), "an audit looks at each version alone."),
    ],
)
def test_it_is_refused_where_it_makes_no_sense(command: tuple[str, ...], why: str, run_cli: RunCli) -> None:
    result = run_cli(*command, "--together")
    assert result.exit_code == 2
    assert "--together makes no sense here: " in result.stderr and why in result.stderr
    assert "--together" not in run_cli(*command, "--help").stdout


def test_a_lock_can_be_asked_whether_it_runs_together(run_cli: RunCli) -> None:
    assert run_cli("lock", "web", "comfyui", "--profile", "one.yaml").exit_code == 0
    result = run_cli("plan", "--locked", "--together", "--profile", "one.yaml")
    assert result.exit_code == 1
    assert "these cannot run at the same time" in result.stdout
    assert run_cli("plan", "--locked", "--profile", "one.yaml").exit_code == 0


def test_plans_with_places_are_compared_and_applied(run_cli: RunCli) -> None:
    Path("one.json").write_text(json.dumps(_document(run_cli, "comfyui", "web", "--profile", "one.yaml")))
    Path("two.json").write_text(json.dumps(_document(run_cli, "comfyui", "web", "--profile", "two.yaml")))
    assert run_cli("diff", "one.json", "one.json").exit_code == 0
    result = run_cli("diff", "one.json", "two.json", COLUMNS="100")
    assert "  vllm    upgraded  0.8       0.9\n" in result.stdout
    assert "  vllm  one.json: these cannot run at the same time: vllm 0.9 needs 16 GB" in result.stdout
    plain = run_cli("plan", "comfyui", "web", "--profile", "one.yaml", "--format", "json")
    Path("plain.json").write_text(plain.stdout)
    assert "  together  none -> true\n" in run_cli("diff", "plain.json", "one.json").stdout


def test_what_is_installed_counts(run_cli: RunCli) -> None:
    store = ("--store", "store.sqlite3", "--profile", "one.yaml")
    apply_plan(lambda *words, **more: run_cli(*words, *store, **more), "comfyui")
    result = run_cli("plan", "vllm", "--together", *store, COLUMNS="100")
    assert result.exit_code == 0
    assert "  card 0  20 GB of 24 GB: comfyui 12 GB, vllm 8 GB; 4 GB free" in result.stdout.splitlines()
    assert run_cli("plan", "vllm@0.9", "--together", *store).exit_code == 1
    assert run_cli("plan", "vllm@0.9", "--together", "--no-store", "--profile", "one.yaml").exit_code == 0
    apply_plan(lambda *words, **more: run_cli(*words, *store, **more), "vllm", "--together")
    assert states(lambda *words, **more: run_cli(*words, *store[:2], **more)) == [
        "comfyui 0.3 installed",
        "vllm 0.8 installed",
    ]
