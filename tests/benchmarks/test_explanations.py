"""What peers are asked is what the scenario says, and what docs/compared.md says of ours is what is printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks.explanations.__main__ import SCENARIOS, Inquiry, file_of, main
from benchmarks.explanations.comparison import block, blocks_of, renewed, shortened
from benchmarks.explanations.question import Need, Package, Question, bounds_of, question_of
from benchmarks.explanations.subjects import OURS, Answer, Peer, subjects_at
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from las_registry.replay import read_replay

DOCUMENT = Path(__file__).parents[2] / "docs" / "compared.md"


def question(text: str) -> Question:
    return question_of(read_replay(f"las-solve-replay: 1\n{text}".encode(), "case.yaml").recording)


def needs(text: str) -> list[str]:
    """What the first package needs, each need with its constraint."""
    return [f"{need.name}{need.constraint}" for need in question(text).packages[0].needs]


@pytest.mark.parametrize("constraint", ["", ">=1.2,<2", "~=1.4", "~=1.4.2", "==1.4.*", "!=1.5", "==2.0rc1", ">1,<=1.5"])
def test_bounds_admit_the_final_versions_that_the_constraint_admits(constraint: str) -> None:
    tests = {"<": "__lt__", "<=": "__le__", "==": "__eq__", "!=": "__ne__", ">=": "__ge__", ">": "__gt__"}
    for text in ("1", "1.2", "1.4", "1.4.1", "1.4.2", "1.4.9", "1.5", "1.9", "2", "2.0.1", "3"):
        version = Version(text)
        within = all(getattr(version, tests[operator])(Version(bound)) for operator, bound in bounds_of(constraint))
        assert within == SpecifierSet(constraint).contains(version), text


def test_the_order_of_bounds_is_that_of_the_manifest() -> None:
    assert bounds_of("<2,>=1") == (("<", "2"), (">=", "1"))


def test_a_constraint_without_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="has no bounds"):
        bounds_of("!=1.4.*")


def test_facts_of_the_host_become_packages() -> None:
    found = question(
        "request: [app]\n"
        "host: {cpu: {cores: 8}, memory: {ram: 64GiB}, gpus: [{vram: 24GB}, {vram: 16GB}],\n"
        "  runtimes: {cuda: 12.4}, modes: [native], interfaces: [database]}\n"
        "modules: [{name: app, version: 1}]\n"
    )
    assert [f"{fact.name} {fact.version}" for fact in found.facts] == [
        "host-cores 8",
        "host-ram 68.719476736",
        "host-gpus 2",
        "host-vram 24",
        "host-total-vram 40",
        "cuda 12.4",
        "mode-native 1",
        "interface-database 1",
    ]


def test_what_is_unknown_or_absent_is_no_package() -> None:
    assert question("request: [app]\nmodules: [{name: app, version: 1}]\n").facts == ()


def test_hardware_becomes_needs() -> None:
    one = "hardware: {cpu: {cores_min: 4}, memory: {ram_min: 1500MB}, gpu: {vram_min: 24GB}}"
    two = "hardware: {gpu: {vram_min: 80GB, multi_gpu: true}}"
    for hardware, wanted in (
        (one, ["host-cores>=4", "host-ram>=1.5", "host-vram>=24"]),
        (two, ["host-gpus>=2", "host-total-vram>=80"]),
    ):
        assert needs(f"request: [app]\nmodules: [{{name: app, version: 1, {hardware}}}]\n") == wanted


def test_a_runtime_entry_that_the_host_meets_is_left_out_and_no_module_has_the_version_of_the_host() -> None:
    text = (
        "request: [app]\nhost: {runtimes: {cuda: 12.4}}\nmodules:\n"
        '- {name: app, version: 1, dependencies: {runtime: [cuda>=12, "cuda>=12.6"]}}\n'
        "- {name: cuda, version: 12.4}\n- {name: cuda, version: 12.6}\n"
    )
    assert needs(text) == ["cuda>=12.6"]
    assert [f"{one.name} {one.version}" for one in question(text).packages] == ["app 1", "cuda 12.6"]


def test_only_versions_without_an_allowed_mode_need_one() -> None:
    host = "host: {modes: [native]}\n"
    both = "modules: [{name: app, version: 1, runtime: {modes: [container, native]}}]\n"
    one = "modules: [{name: app, version: 1, runtime: {modes: [container]}}]\n"
    assert needs(f"request: [app]\n{host}{both}") == []
    assert needs(f"request: [app]\n{host}{one}") == ["mode-container"]
    assert needs(f"request: [app]\n{both}options: {{forced_modes: {{app: vm}}}}\n") == ["mode-container-for-app"]


def test_what_the_caller_excluded_is_left_out() -> None:
    found = question(
        "request: [app]\noptions: {excluded: [app@<2]}\nmodules: [{name: app, version: 2}, {name: app, version: 1}]\n"
    )
    assert found.packages == (Package("app", "2"),)
    assert found.left_out == ("app 1",)


def test_interfaces_are_names_that_packages_provide() -> None:
    found = question(
        "request: [app]\nmodules:\n- {name: app, version: 1, interfaces: {consumes: [database]}}\n"
        "- {name: redis, version: 8, interfaces: {provides: [database]}}\n"
    )
    assert found.packages[0].needs == (Need("interface-database"),)
    assert found.packages[1].provides == ("interface-database",)
    assert found.has_interfaces


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_scenario_can_be_put_as_a_question(file: Path) -> None:
    recording = read_replay(file.read_bytes(), file.name).recording
    found = question_of(recording)
    assert [need.name for need in found.needs] == [one.name for one in recording.request.requirements]
    assert len(found.packages) + len(found.left_out) <= len(recording.module_versions)


def test_peers_say_what_they_cannot_be_asked() -> None:
    peer = Peer(name="uv", interpreter=sys.executable, has_lowest=False)
    for scenario, reason in (
        ("interfaces/no-provider-fits", "packages provide nothing but themselves"),
        ("newest/lowest-strategy", "there is no strategy for the oldest versions"),
    ):
        assert peer.ask(file_of(scenario), 1) == Answer(text=f"(cannot be asked: {reason})")


def test_a_peer_that_is_not_installed_is_left_out_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--uv=no-such-command-anywhere", f"--libsolv={sys.executable}", f"--resolvo={sys.executable}"]
    assert main(["versions/diamond", *places]) == 0
    captured = capsys.readouterr()
    assert "uv is not installed; hint: say where it is by --uv\n" in captured.err
    assert next(subject for _, subject, _ in blocks_of(captured.out)) == OURS


def test_a_subject_that_does_not_end_is_stopped() -> None:
    ours = subjects_at(uv="", libsolv="", resolvo="")[0]
    answer = ours.ask(file_of("versions/diamond"), 0.001)
    assert answer is not None and answer.text == "(no answer within 0.001 seconds)"


def test_blocks_are_renewed_where_there_is_an_answer() -> None:
    text = f"Ours:\n\n{block('a/b', OURS, 'old')}\nTheirs:\n\n{block('a/b', 'uv', 'old')}\nEnd.\n"
    found = renewed(text, lambda scenario, subject: f"new {scenario}" if subject == OURS else None)
    assert blocks_of(found) == [("a/b", OURS, "new a/b"), ("a/b", "uv", "old")]
    assert renewed(found, lambda *_: None) == found


def test_long_texts_are_cut_and_say_so() -> None:
    assert shortened("\nshort \n") == "short"
    lines = shortened("\n".join(f"line {n}" for n in range(100))).splitlines()
    assert len(lines) == 41 and lines[20] == "(60 more lines)" and lines[-1] == "line 99"
    assert shortened("x" * 201) == "x" * 200 + " (and 1 more)"


def test_a_subject_is_asked_once() -> None:
    class Counting(Peer):
        asked = 0

        def ask(self, file: Path, seconds: float) -> Answer:
            type(self).asked += 1
            return Answer(text="words", version="7")

    inquiry = Inquiry([Counting(name="uv", interpreter="")], 1)
    assert inquiry.printed("a/b", "uv") == inquiry.printed("a/b", "uv") == "words"
    assert Counting.asked == 1 and inquiry.versions == {"uv": "7"}
    assert inquiry.printed("a/b", "resolvo") is None


def test_what_the_document_says_of_ours_is_what_is_printed() -> None:
    found = [(scenario, text) for scenario, subject, text in blocks_of(DOCUMENT.read_text("utf-8")) if subject == OURS]
    assert len(found) >= 12
    for scenario, text in found:
        path = file_of(scenario)
        assert text == shortened(read_replay(path.read_bytes(), path.name).expected), scenario
