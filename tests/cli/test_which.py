"""``las-solve registry which``, and what is said of registries that do not count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files


@pytest.fixture
def corp(tmp_path: Path) -> Path:
    """A registry of one's own, with a manifest that was rejected."""
    versions = "---\n".join(
        manifest_text("corp-app", one, "dependencies:\n  modules: [tool]\n") for one in ("1.0", "1.2")
    )
    return write_files(
        tmp_path / "corp", {"app.manifest.yaml": versions, "new.manifest.yaml": manifest_text("corp-app", "x")}
    )


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A registry of strangers."""
    tools = "---\n".join(manifest_text("tool", one) for one in ("1.0", "2.0rc1"))
    return write_files(
        tmp_path / "public",
        {"app.manifest.yaml": manifest_text("corp-app", "99.0"), "tool.manifest.yaml": tools},
    )


@pytest.fixture
def mapped(tmp_path: Path, corp: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that maps ``corp-*`` to the registry of one's own."""
    path = tmp_path / "user" / "registries.yaml"
    path.parent.mkdir(mode=0o700)
    path.write_text(f"registries:\n  - path: {corp}\n    list: ignore\n    names:\n      - corp-*\n")
    path.chmod(0o600)
    return path


def which(run_cli: RunCli, name: str, *registries: Path, config: Path | None = None, status: int = 0) -> str:
    """What is printed about `name`, after which the status is the one that is wanted."""
    named = [part for one in registries for part in ("--registry", str(one))]
    result = run_cli("registry", "which", name, *named, LAS_SOLVE_CONFIG="" if config is None else str(config.parent))
    assert result.exit_code == status, result.output
    assert result.stderr == ""
    return result.stdout


class TestWhich:
    def test_the_first_that_has_the_name(self, run_cli: RunCli, corp: Path, public: Path) -> None:
        assert which(run_cli, "corp-app", corp, public) == (
            f"corp-app comes from {corp}\n"
            "\n"
            f"1. {corp}\n"
            "   counts\n"
            "   2 versions, newest 1.2\n"
            "   rejected: new.manifest.yaml:3: version: 'x' is not a PEP 440 version\n"
            "   policy: unsigned accept, list check, links inside, all trusted keys\n"
            "\n"
            f"2. {public}\n"
            "   does not count: registry 1 has the name, too, and comes first\n"
            "   1 version, newest 99.0\n"
            "   policy: unsigned accept, list check, links inside, all trusted keys\n"
        )

    def test_a_rule(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        assert which(run_cli, "corp-app", public, corp, config=mapped) == (
            f"corp-app comes from {corp}\n"
            "\n"
            f"1. {public}\n"
            "   does not count: you map corp-* to other registries\n"
            "   1 version, newest 99.0\n"
            "   policy: unsigned accept, list check, links inside, all trusted keys\n"
            "\n"
            f"2. {corp}\n"
            "   counts\n"
            "   2 versions, newest 1.2\n"
            "   rejected: new.manifest.yaml:3: version: 'x' is not a PEP 440 version\n"
            "   policy: unsigned accept, list ignore, links inside, all trusted keys\n"
            "\n"
            f"{mapped}:5: corp-* comes from {corp} alone.\n"
        )

    def test_a_rule_that_bars_all(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        told = which(run_cli, "corp-app", public, config=mapped, status=1)
        assert told.startswith("corp-app comes from none of these registries\n")
        assert told.endswith(f"\n{mapped}:5: corp-* comes from {corp} alone.\n")

    def test_a_rule_with_a_mistake_in_its_path(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        mapped.write_text(f"registries: [{{path: {corp}s, names: [corp-*]}}]")
        told = which(run_cli, "corp-app", corp, public, config=mapped, status=1)
        assert told.endswith(f"{mapped}:1: corp-* comes from {corp}s (which is not there) alone.\n")

    def test_rejected_manifests_alone(self, run_cli: RunCli, corp: Path, public: Path) -> None:
        write_files(corp, {"app.manifest.yaml": manifest_text("corp-app", "y")})
        told = which(run_cli, "corp-app", corp, public, status=1)
        assert told.startswith(f"corp-app comes from {corp} alone, where no version of it can be used\n")
        assert "   no version that can be used\n" in told

    def test_one_whose_name_cannot_be_read(self, run_cli: RunCli, corp: Path, public: Path) -> None:
        write_files(corp, {"tool/manifest.yaml": "name: [tool\n"})
        told = which(run_cli, "tool", corp, public)
        assert "   has no module of that name\n   rejected: tool/manifest.yaml:" in told

    def test_as_json(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        arguments = ["corp-app", "--registry", str(corp), "--registry", str(public), "--format", "json"]
        result = run_cli("registry", "which", *arguments, LAS_SOLVE_CONFIG=str(mapped.parent))
        policy = {"unsigned": "accept", "list": "check", "links": "inside", "keys": None, "names": []}
        assert json.loads(result.stdout) == {
            "module": "corp-app",
            "comes_from": str(corp),
            "rule": {"pattern": "corp-*", "registries": [str(corp)], "file": str(mapped), "lines": [5]},
            "registries": [
                {
                    "registry": str(corp),
                    "fate": "counts",
                    "versions": ["1.2", "1.0"],
                    "newest": "1.2",
                    "rejected": [
                        {
                            "version": None,
                            "place": "new.manifest.yaml:3",
                            "reason": "version: 'x' is not a PEP 440 version",
                        }
                    ],
                    "policy": {**policy, "list": "ignore", "names": ["corp-*"]},
                },
                {
                    "registry": str(public),
                    "fate": "rule",
                    "versions": ["99.0"],
                    "newest": "99.0",
                    "rejected": [],
                    "policy": policy,
                },
            ],
        }

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("corp-ap", "error: there is no module 'corp-ap'\nhint: did you mean corp-app?\n"),
            (
                "tool@>=1",
                "error: tool@>=1 names versions, which come from where the module does\nhint: write tool alone\n",
            ),
        ],
    )
    def test_what_is_no_module(self, run_cli: RunCli, corp: Path, public: Path, name: str, message: str) -> None:
        result = run_cli("registry", "which", name, "--registry", str(corp), "--registry", str(public))
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)

    def test_nothing_draws_on_the_terminal(self, run_cli: RunCli, tmp_path: Path) -> None:
        files = {"x.manifest.yaml": 'name: app\nversion: "\\e[2J"\n', "y.manifest.yaml": manifest_text("other")}
        hostile = write_files(tmp_path / "a\x1b[2J", files)
        told = which(run_cli, "app", hostile, status=1)
        assert "\x1b" not in told and "a\\x1b[2J" in told

    def test_a_file_that_is_wrong_is_never_taken_for_nothing(
        self, run_cli: RunCli, corp: Path, public: Path, mapped: Path
    ) -> None:
        for text, told in [("registries:\n  - path: corp\n", ":2: registries[0].path:"), ("", ":1: the file is empty")]:
            mapped.write_text(text)
            for command in (["registry", "which", "corp-app"], ["plan", "corp-app", "--profile", "gpu-8gb"]):
                arguments = [*command, "--registry", str(corp), "--registry", str(public)]
                result = run_cli(*arguments, LAS_SOLVE_CONFIG=str(mapped.parent))
                assert (result.exit_code, result.stdout) == (2, "")
                assert f"{mapped}{told}" in result.stderr


class TestWarnings:
    @pytest.fixture
    def options(self, corp: Path, public: Path) -> list[str]:
        (corp / "new.manifest.yaml").unlink()
        return ["--registry", str(corp), "--registry", str(public), "--profile", "gpu-8gb"]

    @pytest.fixture
    def warning(self, corp: Path, public: Path) -> str:
        return (
            f"warning: {public} has corp-app 99.0, newer than 1.2 in {corp}, which alone counts; "
            f"las-solve registry which corp-app --registry {corp} --registry {public} says why\n"
        )

    def test_of_a_plan(self, run_cli: RunCli, options: list[str], warning: str, tmp_path: Path) -> None:
        plan = run_cli("plan", "corp-app", "tool", *options, "--format", "json")
        assert (plan.exit_code, plan.stderr) == (0, warning)
        assert [step["version"] for step in json.loads(plan.stdout)["steps"]] == ["1.0", "1.2"]
        (tmp_path / "plan.json").write_text(plan.stdout)
        store = ["--store", str(tmp_path / "store.sqlite3")]
        applied = run_cli("apply", str(tmp_path / "plan.json"), "--installed", *options, *store)
        assert (applied.exit_code, applied.stderr) == (0, warning)
        for command in (["upgrade"], ["upgrade", "corp-app"], ["outdated"], ["plan", "corp-app"]):
            assert run_cli(*command, *options, *store).stderr.count(warning) == 1, command

    def test_of_a_lock(self, run_cli: RunCli, options: list[str], warning: str, tmp_path: Path) -> None:
        locked = run_cli("lock", "corp-app", *options, "--output", str(tmp_path / "lock"))
        assert locked.exit_code == 0
        assert locked.stderr.startswith(warning)

    def test_once_where_two_plans_are_made(self, run_cli: RunCli, options: list[str], warning: str) -> None:
        result = run_cli("diff", "--host", "gpu-24gb", "gpu-8gb", "corp-app", *options[:4])
        assert (result.exit_code, result.stderr) == (0, warning)

    def test_of_a_module_that_is_shown(self, run_cli: RunCli, options: list[str], warning: str) -> None:
        assert run_cli("registry", "show", "corp-app", *options).stderr == warning
        assert run_cli("registry", "show", "tool", *options).stderr == ""

    def test_none_of_what_is_older_or_the_same_or_a_pre_release(
        self, run_cli: RunCli, options: list[str], public: Path
    ) -> None:
        for version in ("1.1", "1.2", "1.2.0"):
            write_files(public, {"app.manifest.yaml": manifest_text("corp-app", version)})
            assert run_cli("plan", "corp-app", *options).stderr == ""
        both = "---\n".join(manifest_text("corp-app", one) for one in ("1.1", "2.0rc1"))
        write_files(public, {"app.manifest.yaml": both})
        assert run_cli("plan", "corp-app", *options).stderr == ""

    def test_none_where_the_user_maps_the_name(self, run_cli: RunCli, options: list[str], mapped: Path) -> None:
        result = run_cli("plan", "corp-app", *options, LAS_SOLVE_CONFIG=str(mapped.parent))
        assert (result.exit_code, result.stderr) == (0, "")

    def test_of_five_and_how_many_more(self, run_cli: RunCli, tmp_path: Path) -> None:
        names = [f"m{at}" for at in range(8)]
        places = [
            write_files(tmp_path / version, {f"{one}.manifest.yaml": manifest_text(one, version) for one in names})
            for version in ("1.0", "2.0", "3.0")
        ]
        options = [part for place in places for part in ("--registry", str(place))]
        told = run_cli("plan", *names, *options, "--profile", "gpu-8gb").stderr.splitlines()
        assert [line.partition(" has ")[2].partition(",")[0] for line in told[:5]] == [
            f"{one} 3.0" for one in names[:5]
        ]
        assert told[5:] == [
            "warning: and newer versions of 3 more in registries that do not count; "
            f"las-solve registry which m5 {' '.join(options[:6])}"
        ]

    def test_as_json(self, run_cli: RunCli, options: list[str]) -> None:
        result = run_cli("plan", "corp-app", *options, "--log-format", "json", "--format", "json")
        (line,) = result.stderr.splitlines()
        assert (json.loads(line)["level"], json.loads(result.stdout)["status"]) == ("warning", "resolved")


class TestWhatComesFromNowhere:
    def test_since_its_registry_is_not_named(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        why = f"by {mapped}:5, corp-* comes from {corp} alone; name it, too: --registry {corp}"
        options = ["corp-app", "--registry", str(public)]
        shown = run_cli("registry", "show", *options, LAS_SOLVE_CONFIG=str(mapped.parent))
        assert shown.stderr == f"error: there is no module 'corp-app'\nhint: {why}\n"
        planned = run_cli("plan", *options, "--profile", "gpu-8gb", LAS_SOLVE_CONFIG=str(mapped.parent))
        assert planned.exit_code == 1
        assert planned.stderr == f"warning: there is no module named corp-app here: {why}\n"
        told = f"there is no module named corp-app; {public} has 99.0, but does not count for corp-*, by your "
        assert told in " ".join(planned.stdout.split())

    def test_since_its_registry_has_none(self, run_cli: RunCli, corp: Path, public: Path, mapped: Path) -> None:
        write_files(public, {"more.manifest.yaml": manifest_text("app", "1.0", "dependencies: {modules: [corp-db]}\n")})
        options = ["--registry", str(corp), "--registry", str(public), "--profile", "gpu-8gb", "--format", "json"]
        result = run_cli("plan", "app", *options, LAS_SOLVE_CONFIG=str(mapped.parent))
        assert result.exit_code == 1
        assert f"comes from {corp} alone, where there is none called corp-db\n" in result.stderr
        (unknown,) = (one for one in json.loads(result.stdout)["core"] if one["kind"] == "unknown-module")
        assert unknown["shadowed"] == []


def test_the_bundled_catalog_has_a_name(
    corp: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "catalog", {"app.manifest.yaml": manifest_text("ollama", "99.0")})
    both = json.loads(
        run_cli(*f"registry which ollama --registry {corp} --registry catalog --format json".split()).stdout
    )
    assert [one["fate"] for one in both["registries"]] == ["absent", "counts"]
    assert both["comes_from"].endswith("modules") and both["registries"][1]["newest"] != "99.0"
    here = json.loads(run_cli(*["registry", "which", "ollama", "--registry", "./catalog", "--format", "json"]).stdout)
    assert here["registries"][0]["newest"] == "99.0"
    monkeypatch.setenv("LAS_SOLVE_REGISTRY", f"{corp}:catalog")
    assert run_cli("registry", "which", "ollama").stdout.startswith("ollama comes from /")
    assert "not yours to mend" in run_cli("registry", "lint", "--fix").stderr
