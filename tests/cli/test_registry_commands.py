"""The commands below ``las-solve registry``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
from command_line import RunCli
from manifests import UNKNOWN_SIGNATURE, manifest_text, write_files

RICH = f"""\
license: MIT
hardware: {{cpu: {{cores_min: 4}}, memory: {{ram_min: 16GB}}, gpu: {{vram_min: 24564MiB, multi_gpu: true}}}}
dependencies: {{modules: [torch@>=2], runtime: [cuda>=12.1], system: [git]}}
interfaces: {{provides: [chat], consumes: [database]}}
integrity: {{signature: {UNKNOWN_SIGNATURE}}}
"""
FILES = {
    "app/manifest.yaml": manifest_text("app", "2.0rc1")
    + "---\n"
    + manifest_text("app", "1.10", RICH)
    + "---\n"
    + manifest_text("app", "1.9"),
    "torch/manifest.yaml": manifest_text("torch", "2.1"),
}


@pytest.fixture
def registry(tmp_path: Path) -> str:
    return str(write_files(tmp_path / "registry", FILES))


def test_list(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "list", "--registry", registry)
    assert result.exit_code == 0
    assert result.stdout == (
        "  MODULE  NEWEST  VERSIONS  CATEGORY  DESCRIPTION\n"
        "  app     1.10    3         tool      Something\n"
        "  torch   2.1     1         tool      Something\n"
    )


def test_list_as_json(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "list", "--registry", registry, "--format", "json")
    assert json.loads(result.stdout)["modules"][0] == {
        "module": "app",
        "category": "tool",
        "description": "Something",
        "newest": "1.10",
        "versions": ["2.0rc1", "1.10", "1.9"],
    }


def test_the_environment_names_registries(run_cli: RunCli, registry: str, tmp_path: Path) -> None:
    write_files(tmp_path / "other", {"manifest.yaml": manifest_text("app", "9") + "---\n" + manifest_text("b")})
    both = os.pathsep.join((registry, str(tmp_path / "other")))
    result = run_cli("registry", "list", "--format", "json", LAS_SOLVE_REGISTRY=both)
    newest = {one["module"]: one["newest"] for one in json.loads(result.stdout)["modules"]}
    assert newest == {"app": "1.10", "b": "1.0", "torch": "2.1"}


def test_the_bundled_catalog_is_the_default(run_cli: RunCli) -> None:
    result = run_cli("registry", "list")
    assert result.exit_code == 0
    assert result.stdout.count("\n") > 2


def test_show(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "show", "app@<2.dev0", "--registry", registry, "--assume", "cores=2")
    assert result.exit_code == 0
    assert result.stdout == (
        "app 1.10  tool\n"
        "  Something\n"
        "\n"
        "  license          MIT\n"
        "  needs            torch@>=2\n"
        "  runtimes         cuda>=12.1\n"
        "  hardware         4 CPU cores, 16GB RAM, 24564MiB VRAM, two GPUs or more\n"
        "  modes            native\n"
        "  provides         chat\n"
        "  consumes         database\n"
        "  system packages  git\n"
        "  manifest         app/manifest.yaml\n"
        "  signature        not checked: the key 0000000000000000 is not trusted\n"
        "\n"
        "Versions on this machine with cores=2, newest first\n"
        "  does not fit  1.10\n"
        "                - app 1.10 needs 4 CPU cores, and this host has 2\n"
        "  fits          1.9\n"
    )


def test_show_as_json(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "show", "app@1.10", "--registry", registry, "--format", "json")
    document = json.loads(result.stdout)
    assert (document["module"], document["request"]) == ("app", "app@==1.10")
    (version,) = document["versions"]
    assert version["version"] == version["manifest"]["version"] == "1.10"
    assert version["manifest"]["hardware"]["cpu"]["cores_min"] == 4
    assert version["signature_checked"] is False
    assert version["checksum"].startswith("sha256:")


def test_show_an_interface(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "show", "chat", "--registry", registry)
    assert result.exit_code == 0
    assert result.stdout == "chat is an interface, provided by:\n  app 1.10\n"
    result = run_cli("registry", "show", "chat", "--registry", registry, "--format", "json")
    assert json.loads(result.stdout) == {"interface": "chat", "providers": ["app"]}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("tocrh", "error: there is no module 'tocrh'\nhint: did you mean torch?\n"),
        ("TORCH", "error: there is no module 'TORCH'\nhint: did you mean torch?\n"),
        ("qqqq", "error: there is no module 'qqqq'\nhint: las-solve registry search WORD finds modules\n"),
        ("chat@>=1", "error: chat is an interface, which has no versions\nhint: write chat alone\n"),
        ("app@>5", "error: no version of app meets >5\nhint: there are 2.0rc1, 1.10, 1.9\n"),
        ("app@^1", "error: '^1' is not a PEP 440 version specifier\nhint: write >=1,<2\n"),
    ],
)
def test_show_what_is_not_there(run_cli: RunCli, registry: str, wanted: str, message: str) -> None:
    result = run_cli("registry", "show", wanted, "--registry", registry)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)


def test_show_a_module_whose_manifests_are_rejected_says_why(run_cli: RunCli, registry: str) -> None:
    write_files(Path(registry), {"b/manifest.yaml": manifest_text("b", "x")})
    result = run_cli("registry", "show", "b", "--registry", registry)
    assert result.exit_code == 2
    assert "manifest.yaml:3: version: 'x' is not a PEP 440 version" in result.stderr


def test_show_warns_of_versions_that_were_rejected_and_of_no_other_module(run_cli: RunCli, registry: str) -> None:
    write_files(
        Path(registry), {"b/manifest.yaml": manifest_text("b", "x"), "c/manifest.yaml": manifest_text("app", "x")}
    )
    result = run_cli("registry", "show", "app", "--registry", registry)
    assert result.exit_code == 0 and result.stdout.startswith("app ")
    assert result.stderr == f"warning: {registry}/c/manifest.yaml:3: version: 'x' is not a PEP 440 version\n"


def test_rejected_manifests_are_warned_about_and_fail_under_strict(run_cli: RunCli, registry: str) -> None:
    write_files(Path(registry), {"b/manifest.yaml": manifest_text("b", "x")})
    result = run_cli("registry", "list", "--registry", registry)
    assert result.exit_code == 0 and "'x' is not a PEP 440 version" in result.stderr
    result = run_cli("registry", "list", "--registry", registry, "--strict")
    assert result.exit_code == 2 and result.stdout == ""


def test_validate(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "validate", registry)
    assert (result.exit_code, result.stdout) == (0, "4 manifests in 2 files: all valid (1 signature not checked)\n")
    document = json.loads(run_cli("registry", "validate", registry, "--format", "json").stdout)
    assert (document["status"], document["unchecked_signatures"]) == ("valid", 1)
    result = run_cli("registry", "validate", f"{registry}/app/manifest.yaml", f"{registry}/torch")
    assert (result.exit_code, result.stdout) == (0, "4 manifests in 2 files: all valid (1 signature not checked)\n")


def test_validate_the_bundled_catalog(run_cli: RunCli) -> None:
    result = run_cli("registry", "validate")
    assert result.exit_code == 0, result.output


def test_validate_reports_every_mistake_of_every_file(run_cli: RunCli, tmp_path: Path) -> None:
    files = {
        "a/manifest.yaml": manifest_text("a", "x", "y: 1\n"),
        "b/manifest.yaml": "a: [",
        "c/manifest.yaml": manifest_text(),
    }
    write_files(tmp_path, files)
    result = run_cli("registry", "validate", str(tmp_path))
    assert result.exit_code == 2
    assert result.stdout.replace(str(tmp_path), "") == (
        "/a/manifest.yaml:3: version: 'x' is not a PEP 440 version\n"
        "  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1\n"
        "/a/manifest.yaml:7: y: there is no such field\n"
        "  hint: leave it out, or call it x-y, which is yours to use\n"
        "/b/manifest.yaml:2: this is not YAML: did not find expected node content\n"
        "  hint: a bracket, a quote or an indent may be left open above; nothing after this line was read\n"
    )
    assert result.stderr == "3 mistakes; 1 manifest in 3 files can be used\n"
    result = run_cli("registry", "validate", str(tmp_path), "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (document["status"], document["files"], document["manifests"]) == ("invalid", 3, 1)
    assert document["problems"][0]["field"] == "version" and document["problems"][0]["line"] == 3


def test_validate_a_file_of_any_name(run_cli: RunCli, tmp_path: Path) -> None:
    write_files(tmp_path, {"draft.txt": manifest_text()})
    assert run_cli("registry", "validate", str(tmp_path / "draft.txt")).exit_code == 0
    result = run_cli("registry", "validate", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2 and "it cannot be read: no such file or directory" in result.stdout


def test_no_registry_and_an_empty_one_are_unusable(run_cli: RunCli, tmp_path: Path) -> None:
    for command in ("list", "show", "validate"):
        for directory in (tmp_path, tmp_path / "none"):
            arguments = ("app",) if command == "show" else ()
            result = run_cli("registry", command, *arguments, "--registry", str(directory))
            assert result.exit_code == 3
            assert result.stdout == "" and "hint: " in result.stderr
    result = run_cli("registry", "list", "--registry", str(tmp_path), "--format", "json")
    assert result.exit_code == 3 and json.loads(result.stdout)["status"] == "error"


def test_schema(run_cli: RunCli) -> None:
    result = run_cli("registry", "schema")
    assert result.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


def test_seal(run_cli: RunCli, registry: str) -> None:
    paths = [f"{registry}/{name}" for name in FILES]
    result = run_cli("registry", "seal", "--check", *paths)
    assert result.exit_code == 2 and result.stderr.count("the manifest has no checksum") == 4
    result = run_cli("registry", "seal", *paths)
    assert result.exit_code == 0
    assert result.stdout == f"{paths[0]}: 3 of 3 manifests sealed\n{paths[1]}: 1 of 1 manifest sealed\n"
    result = run_cli("registry", "seal", *paths)
    assert result.stdout == f"{paths[0]}: sealed already\n{paths[1]}: sealed already\n"
    result = run_cli("registry", "seal", "--check", *paths)
    assert (result.exit_code, result.stdout) == (0, "2 files: every manifest is sealed\n")
    assert run_cli("registry", "validate", registry).exit_code == 0


def test_seal_takes_whole_registries(run_cli: RunCli, registry: str) -> None:
    assert run_cli("registry", "seal", "--check", registry).exit_code == 2
    assert run_cli("registry", "seal", registry).stdout == f"{registry}: 4 of 4 manifests sealed\n"
    assert run_cli("registry", "seal", registry).stdout == f"{registry}: sealed already\n"
    assert run_cli("registry", "seal", "--check", registry).stdout == "2 files: every manifest is sealed\n"


def test_seal_follows_no_link_out_of_a_registry(run_cli: RunCli, registry: str, tmp_path: Path) -> None:
    outside = write_files(tmp_path / "outside", {"manifest.yaml": manifest_text("outside")}) / "manifest.yaml"
    (Path(registry) / "link.manifest.yaml").symlink_to(outside)
    result = run_cli("registry", "seal", registry)
    assert result.exit_code == 2 and "it leads out of the registry" in result.stderr
    assert outside.read_text() == manifest_text("outside")


def test_seal_goes_on_after_a_file_that_cannot_be_sealed(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "seal", f"{registry}/none.yaml", f"{registry}/torch/manifest.yaml")
    assert result.exit_code == 2
    assert "none.yaml: it cannot be read" in result.stderr
    assert result.stdout == f"{registry}/torch/manifest.yaml: 1 of 1 manifest sealed\n"


@pytest.mark.parametrize("command", ["list", "show", "validate", "schema", "seal"])
def test_help_has_examples(run_cli: RunCli, command: str) -> None:
    result = run_cli("registry", command, "--help")
    assert result.exit_code == 0
    assert f"las-solve registry {command}" in result.stdout.partition("Examples:")[2]


def test_what_a_manifest_says_cannot_steer_the_terminal(run_cli: RunCli, tmp_path: Path) -> None:
    text = manifest_text().replace("Something", '"\\e[31mred"') + 'license: "\\e[2J"\n'
    write_files(tmp_path, {"manifest.yaml": text, "b/manifest.yaml": '"\\e[31m": 1\n'})
    for arguments in (
        ("list", "--registry", str(tmp_path)),
        ("show", "app", "--registry", str(tmp_path)),
        ("validate", str(tmp_path)),
    ):
        result = run_cli("registry", *arguments)
        assert "\x1b" not in result.output
