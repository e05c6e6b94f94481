"""What a user is told of who vouches for modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files
from signed import id_of, signed, write_keys, write_policy


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "las-solve"  # where `run_cli` has them


@pytest.fixture
def registry(tmp_path: Path, user: Path) -> Path:
    needs = "dependencies: {modules: [lib, mine, old]}\n"
    texts = {
        "app": manifest_text("app", "1", needs),
        "lib": signed(manifest_text("lib"), "stranger"),
        "mine": signed(manifest_text("mine"), "mine"),
        "old": signed(manifest_text("old"), "old"),
    }
    return write_files(tmp_path / "registry", {f"{name}/manifest.yaml": text for name, text in texts.items()})


def test_a_plan_warns_of_what_nobody_vouches_for_where_the_user_wants_that(
    registry: Path, user: Path, run_cli: RunCli
) -> None:
    write_keys(user, ["mine", "old"])
    write_policy(user, registry, unsigned="warn", keys=[id_of("mine"), {"key": id_of("old"), "names": ["older-*"]}])
    result = run_cli("plan", "app", "--registry", str(registry))
    assert result.exit_code == 0
    warnings = [line for line in result.stderr.splitlines() if "vouches" in line]
    assert [line.partition("nobody ")[2] for line in warnings] == [
        f"vouches for lib 1.0: its signature is not checked: the key {id_of('stranger')[:16]} is not trusted",
        f"vouches for old 1.0: its signature is by the key {id_of('old')[:16]}, "
        "which does not count for this module here",
        "vouches for app 1: it is not signed",
    ]


def test_nothing_is_said_of_what_stays_as_it_is(registry: Path, user: Path, run_cli: RunCli, tmp_path: Path) -> None:
    write_policy(user, registry, unsigned="warn")
    arguments = ("--registry", str(registry), "--store", str(tmp_path / "store.db"))
    (tmp_path / "plan.json").write_text(run_cli("plan", "lib", *arguments, "--format", "json").stdout)
    assert run_cli("apply", str(tmp_path / "plan.json"), *arguments, "--installed").exit_code == 0
    result = run_cli("plan", "app", *arguments)
    warned = [line.partition("vouches for ")[2].split(":")[0] for line in result.stderr.splitlines()]
    assert (result.exit_code, sorted(warned)) == (0, ["app 1", "mine 1.0", "old 1.0"])


@pytest.mark.parametrize("unsigned", ["accept", None])
def test_nothing_is_said_to_who_did_not_ask(unsigned: str | None, registry: Path, user: Path, run_cli: RunCli) -> None:
    if unsigned is not None:
        write_keys(user, ["mine"])
        write_policy(user, registry, unsigned=unsigned)
    result = run_cli("plan", "app", "--registry", str(registry))
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_is_refused_is_a_rejected_manifest(registry: Path, user: Path, run_cli: RunCli) -> None:
    write_keys(user, ["mine"])
    write_policy(user, registry, unsigned="refuse")
    result = run_cli("plan", "app", "--registry", str(registry))
    assert result.exit_code == 1
    assert "app/manifest.yaml:1: it is not signed, and registries.yaml refuses what is unsigned" in result.stderr
    assert run_cli("plan", "mine", "--registry", str(registry)).exit_code == 0
    assert run_cli("plan", "mine", "--registry", str(registry), "--strict").exit_code == 2


@pytest.mark.parametrize(
    ("module", "text", "kind", "is_checked"),
    [
        ("mine", f"valid, by the key {id_of('mine')[:16]}", "valid", True),
        ("lib", f"not checked: the key {id_of('stranger')[:16]} is not trusted", "unknown-key", False),
        ("app", None, "unsigned", None),
    ],
)
def test_show_says_who_vouches(
    module: str, text: str | None, kind: str, is_checked: bool | None, registry: Path, user: Path, run_cli: RunCli
) -> None:
    write_keys(user, ["mine"])
    shown = run_cli("registry", "show", module, "--registry", str(registry)).stdout
    assert ("signature" in shown) is (text is not None) and (text or "") in shown
    result = run_cli("registry", "show", module, "--registry", str(registry), "--format", "json")
    (version,) = json.loads(result.stdout)["versions"]
    assert (version["standing"], version["signature_checked"]) == (kind, is_checked)


def test_a_damaged_file_of_the_users_ends_the_command(registry: Path, user: Path, run_cli: RunCli) -> None:
    write_keys(user, ["mine"])
    (user / "keys.json").write_text("{")
    result = run_cli("plan", "app", "--registry", str(registry))
    assert result.exit_code == 2
    assert "keys.json" in result.stderr and "hint:" in result.stderr
