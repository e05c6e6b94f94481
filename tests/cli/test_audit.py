"""``las-solve registry audit``: what it prints, what it refuses, and when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files

from las_registry.audit import auditing
from las_registry.audit.findings import Audit, Undecided

Run = Callable[..., Result]

CARD = "hardware: {gpu: {vram_min: %s}}\n"
NEEDS = "dependencies: {modules: [%s]}\n"
LLM = manifest_text("llm", "2.0", CARD % "20GB") + "---\n" + manifest_text("llm", "1.0", CARD % "8GB")
FILES = {
    "llm/manifest.yaml": LLM,
    "app/manifest.yaml": manifest_text("app", "2.0", NEEDS % "ghost")
    + "---\n"
    + manifest_text("app", "1.0", NEEDS % "llm@>=2"),
    "tool/manifest.yaml": manifest_text("tool"),
}
SHOWN = """\
5 versions of 3 modules on 2 hosts: 6 of 10 plans exist, 4 do not, for 2 causes

1. bars 2 versions on small
   e.g. app 1.0 on small:
   llm 2.0 needs 20 GB of GPU memory, and the largest GPU of this host has 8 GB
     llm/manifest.yaml: hardware.gpu.vram_min
   bars:
     app 1.0 on small
     llm 2.0 on small

2. bars 1 version everywhere
   there is no module named ghost, nor one of a similar name (las-solve registry search WORD finds modules)
     the registry
   bars:
     app 2.0 everywhere

1 version that no host and no request can choose:
- app 2.0
    app 2.0 needs ghost
      app/manifest.yaml: dependencies.modules[0]
    there is no module named ghost, nor one of a similar name (las-solve registry search WORD finds modules)
      the registry
"""


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return write_files(tmp_path / "registry", FILES)


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    files = {"small.yaml": "gpus: [{vram: 8GB}]\n", "large.yml": "gpus: [{vram: 24GB}]\n", "notes.txt": "no profile"}
    return write_files(tmp_path / "hosts", files)


@pytest.fixture
def audit(run_cli: RunCli, registry: Path, hosts: Path) -> Run:
    def run(*arguments: str) -> Result:
        place = ("--registry", str(registry), "--hosts", str(hosts), "--processes", "1")
        return run_cli("registry", "audit", *place, *arguments)

    return run


@pytest.fixture
def before(audit: Run, tmp_path: Path) -> str:
    """A file with the audit of the registry as it is first."""
    path = tmp_path / "before.json"
    assert audit("--output", str(path)).exit_code == 0
    return str(path)


def test_causes_with_their_statements_and_what_they_bar(audit: Run) -> None:
    result = audit()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == SHOWN


def test_only_the_versions_that_are_named(audit: Run) -> None:
    result = audit("llm@>=2", "tool")
    assert result.stdout.startswith("2 versions of 2 modules on 2 hosts: 3 of 4 plans exist, 1 does not")


def test_json_is_as_the_schema_says_and_the_same_each_time(audit: Run, run_cli: RunCli, before: str) -> None:
    schema = json.loads(run_cli("schema", "audit").stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    first = audit("--format", "json", "--since", before)
    document = json.loads(first.stdout)
    validator.validate(document)
    for key in document.keys() - {"since"}:
        assert not validator.is_valid({other: value for other, value in document.items() if other != key})
    assert audit("--format", "json", "--since", before, "--fresh").stdout == first.stdout
    assert json.loads(Path(before).read_text()) == {key: document[key] for key in document if key != "since"}
    validator.validate(json.loads(audit("ghost", "--format", "json").stdout))


def test_a_gate_opens_where_nothing_is_lost(audit: Run, registry: Path, before: str) -> None:
    result = audit("--since", before, "--strict")
    assert (result.exit_code, result.stdout) == (0, f"{SHOWN}\nNothing changed since the earlier audit.\n")
    more = {"more/manifest.yaml": manifest_text("more", "1.0", CARD % "24GB")}
    write_files(registry, {**more, "app/manifest.yaml": manifest_text("app", "1.0", NEEDS % "llm")})
    result = audit("--since", before, "--strict")
    assert result.exit_code == 0
    assert result.stdout.partition("Since the earlier audit\n")[2] == (
        "Can be planned now, and could not: 1 version\n"
        "  app 1.0 on small\n"
        "New: 1 version\n"
        "  more 1.0, can be planned on large\n"
        "Gone: 1 version\n"
        "  app 2.0, could be planned nowhere\n"
    )


def test_what_can_be_planned_no_more_fails_with_the_reason(audit: Run, registry: Path, before: str) -> None:
    write_files(registry, {"llm/manifest.yaml": LLM.replace("20GB", "30GB")})
    result = audit("--since", before)
    assert result.exit_code == 1
    lost = result.stdout.partition("Can be planned no more: 2 versions\n")[2]
    assert lost.startswith("  app 1.0 on large\n")
    assert "      llm 2.0 needs 30 GB of GPU memory, and the largest GPU of this host has 24 GB\n" in lost
    assert json.loads(audit("--since", before, "--format", "json").stdout)["since"]["lost"] == [
        {"module": "app", "version": "1.0", "hosts": ["large"]},
        {"module": "llm", "version": "2.0", "hosts": ["large"]},
    ]
    assert audit("tool", "llm@<2", "--since", before).exit_code == 0


def test_what_is_gone_fails_if_strict(audit: Run, registry: Path, before: str) -> None:
    write_files(registry, {"llm/manifest.yaml": LLM.partition("---\n")[0]})
    for strict, status in ([], 0), (["--strict"], 1):
        result = audit("--since", before, *strict)
        assert result.exit_code == status
        assert result.stdout.endswith("Gone: 1 version\n  llm 1.0, could be planned everywhere\n")


def test_a_rejected_manifest_is_warned_about_and_fails_if_strict(audit: Run, registry: Path, before: str) -> None:
    write_files(registry, {"tool/manifest.yaml": "name: tool\n"})
    assert audit("--since", before).stderr.startswith(f"warning: {registry}/tool/manifest.yaml")
    assert audit("--since", before, "--strict").exit_code == 2


def test_check_fails_where_a_version_can_never_be_chosen(audit: Run, registry: Path) -> None:
    assert audit("--check").exit_code == 1
    write_files(registry, {"ghost/manifest.yaml": manifest_text("ghost")})
    assert audit("--check").exit_code == 0


def test_undecided_is_out_of_time_for_a_gate(audit: Run, before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "audit", _undecided(auditing.audit))
    result = audit()
    assert result.exit_code == 0
    assert result.stdout.endswith(
        "There was no time to find out about these; --timeout gives more:\n"
        "  tool 1.0 everywhere\n"
        "  tool 1.0, whether any host could choose it\n"
    )
    assert audit("--since", before).exit_code == audit("--check", "tool").exit_code == 4
    assert audit("--since", before, "tool").exit_code == 4


def test_what_is_new_may_be_undecided(audit: Run, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = json.loads(Path(before).read_text())
    del earlier["modules"]["tool"]
    (tmp_path / "without.json").write_text(json.dumps(earlier))
    monkeypatch.setattr(auditing, "audit", _undecided(auditing.audit))
    result = audit("--since", str(tmp_path / "without.json"))
    assert result.exit_code == 0 and "tool 1.0, can be planned nowhere" in result.stdout


def test_an_earlier_audit_may_have_texts_that_are_no_versions(audit: Run, before: str, tmp_path: Path) -> None:
    earlier = json.loads(Path(before).read_text())
    earlier["modules"]["tool"].append("one")
    (tmp_path / "odd.json").write_text(json.dumps(earlier))
    assert "tool one, could be planned" in audit("--since", str(tmp_path / "odd.json")).stdout
    result = audit("--since", str(tmp_path / "odd.json"), "tool")
    assert result.exit_code == 0 and result.stdout.endswith("Nothing changed since the earlier audit.\n")


def _undecided(audit: Callable[..., Audit]) -> Callable[..., Audit]:
    """`audit` without time for tool."""
    from dataclasses import replace

    def run(*arguments: object, **options: object) -> Audit:
        found = audit(*arguments, **options)
        left = (("large", "small"), ())
        undecided = tuple(Undecided(module="tool", versions=("1.0",), hosts=hosts) for hosts in left)
        return replace(found, undecided=undecided, never=())

    return run


def test_an_interrupted_audit_says_how_far_it_came(audit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, on_progress: Callable[[auditing.Progress], None], **options: object) -> Audit:
        on_progress(auditing.Progress(done=4, total=10, resumed=4))
        on_progress(auditing.Progress(done=7, total=10, resumed=4))
        raise KeyboardInterrupt

    monkeypatch.setattr(auditing, "audit", interrupted)
    result = audit()
    assert result.exit_code in (1, 130)
    assert result.stderr.startswith(
        "4 of 10 plans are known from an audit before\n"
        "interrupted: 7 of 10 plans are known; the same command goes on from there\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ghost"], "there is no module 'ghost'"),
        (["llm@>=3"], "no version of llm meets >=3"),
        (["--hosts", "nowhere"], "--hosts nowhere cannot be read: No such file or directory"),
        (["--hosts", "."], "there is no host profile (*.yaml) in ."),
        (["--since", "nowhere.json"], "nowhere.json cannot be read: No such file or directory"),
        (["--since", "small.yaml"], "small.yaml: it is not JSON"),
        (["--output", "nowhere/audit.json"], "nowhere/audit.json cannot be written: No such file or directory"),
        (["--output", "."], ". cannot be written: Is a directory"),
        (["--processes", "0"], "0 is not in the range x>=1"),
        (["--timeout", "0"], "0.0 is not in the range x>0"),
        (["--timeout", "nan"], "'nan' is not a time in seconds"),
    ],
)
def test_what_is_refused(
    audit: Run, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_files(tmp_path / "work", {"small.yaml": ""}) if "." not in arguments else tmp_path)
    monkeypatch.setattr(auditing, "audit", None)  # no work is done that would be lost
    result = audit(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_mistakes_of_all_profiles_are_told_at_once(audit: Run, hosts: Path) -> None:
    write_files(hosts, {"one.yaml": "gpu: 1\n", "two.yaml": "cpu: {cores: none}\n", "small.yml": "gpus: []\n"})
    result = audit()
    assert result.exit_code == 2
    assert all(name in result.stderr for name in ("one.yaml", "two.yaml", "there are two profiles called small"))
    assert result.stderr.startswith("error: 3 mistakes\n")


def test_an_audit_of_other_hosts_is_refused_before_any_work(
    audit: Run, hosts: Path, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(hosts, {"small.yaml": "gpus: [{vram: 12GB}]\n"})
    monkeypatch.setattr(auditing, "audit", None)
    result = audit("--since", before)
    assert result.exit_code == 2
    assert result.stderr == (
        "error: the earlier audit is of other hosts; those that differ: small\n"
        "hint: make the earlier audit again, with the hosts of now, or name by --hosts those that it was of\n"
    )


def test_names_of_hosts_cannot_steer_the_terminal(audit: Run, hosts: Path) -> None:
    write_files(hosts, {"\x1b[31m.yaml": "gpus: []\n"})
    result = audit("--all")
    assert "\\x1b[31m" in result.stdout and "\x1b" not in result.stdout


def test_long_lists_are_cut_unless_everything_is_asked_for(audit: Run, registry: Path) -> None:
    many = {f"m{number}/manifest.yaml": manifest_text(f"m{number}", "1.0", NEEDS % "llm@>=2") for number in range(9)}
    more = {f"n{number}/manifest.yaml": manifest_text(f"n{number}", "1.0", CARD % "9TB") for number in range(10)}
    write_files(registry, {**many, **more})
    short = audit().stdout
    assert "     m1 1.0 on small\n     and 7 more: --all shows everything\n" in short
    assert "\n2 smaller causes (4 plans): --all shows everything.\n" in short
    everything = audit("--all").stdout
    assert "--all" not in everything
    assert all(f"m{number} 1.0 on small" in everything for number in range(9))
    assert all(f"n{number} 1.0" in everything for number in range(10))


def test_one_host_is_not_named_again_and_again(audit: Run, hosts: Path) -> None:
    (hosts / "small.yaml").unlink()
    assert audit("--all").stdout.splitlines()[:6] == [
        "5 versions of 3 modules on 1 host: 4 of 5 plans exist, 1 does not, for 1 cause",
        "",
        "1. bars 1 version",
        "   there is no module named ghost, nor one of a similar name (las-solve registry search WORD finds modules)",
        "     the registry",
        "   bars:",
    ]
