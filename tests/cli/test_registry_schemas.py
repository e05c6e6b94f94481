"""``las-solve registry validate | verify | which`` print as JSON what their schemas describe, no less and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files

TWO = manifest_text("library", "1.0") + "---\n" + manifest_text("library", "2.0")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli) -> Path:
    """The working directory: a registry of which a part is signed, one with a mistake, and one with a signed list."""
    write_files(tmp_path / "signed", {"app/manifest.yaml": manifest_text(), "library/manifest.yaml": TWO})
    write_files(tmp_path / "wrong", {"app.manifest.yaml": manifest_text("app", "x"), "b/manifest.yaml": "{"})
    write_files(tmp_path / "listed", {"app/manifest.yaml": manifest_text("app", "3.0rc1")})
    monkeypatch.chdir(tmp_path)
    for command in (
        "keygen -o ada.key",
        "keygen -o eve.key",
        "trust add ada.key.pub",
        "sign --key ada.key signed/app",
        "sign --key ada.key --list listed",
    ):
        result = run_cli("registry", *command.split())
        assert result.exit_code == 0, result.output
    settings = tmp_path / "settings" / "las-solve"
    key = json.loads(run_cli("registry", "trust", "list", "--format", "json").stdout)["trusted"][0]["key"]
    rules = (
        f"registries:\n  - path: {tmp_path}/listed\n    names: [app, app-*]\n    keys:\n      - {key}\n"
        f"      - key: {'0' * 64}\n        names: [x]\n"
    )
    (settings / "registries.yaml").write_text(rules)
    (settings / "registries.yaml").chmod(0o600)
    return tmp_path


def strict(schema: Any) -> Any:
    """`schema`, by which an object has no other keys than those that are described."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and schema.get("type") == "object" else {}
    return {**{key: strict(value) for key, value in schema.items()}, **closed}


def printed(run_cli: RunCli, command: str, *arguments: str, status: int) -> dict[str, Any]:
    """What a command prints as JSON, which its schema describes in full, and whose keys are all required."""
    schema = json.loads(run_cli("schema", command).stdout)
    Draft202012Validator.check_schema(schema)
    result = run_cli("registry", command, *arguments, "--format", "json")
    assert result.exit_code == status, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    Draft202012Validator(strict(schema)).validate(document)
    for key in document.keys() - {"hint"}:
        assert not Draft202012Validator(schema).is_valid({other: document[other] for other in document if other != key})
    return document


def test_validate(place: Path, run_cli: RunCli) -> None:
    assert printed(run_cli, "validate", "signed", status=0)["unchecked_signatures"] == 1
    assert len(printed(run_cli, "validate", "wrong", "signed", status=2)["problems"]) == 2
    assert printed(run_cli, "validate", "--registry", "nowhere", status=3)["status"] == "error"


def test_verify(place: Path, run_cli: RunCli) -> None:
    found = printed(run_cli, "verify", "signed", "listed", "wrong", status=2)
    assert [[one["standing"] for one in place["manifests"]] for place in found["places"]] == [
        ["valid", "unsigned", "unsigned"],
        ["listed"],
        [],
    ]
    assert [place["list"] for place in found["places"]] == [None, 1, None]
    assert printed(run_cli, "verify", "listed", status=0)["status"] == "verified"
    run_cli("registry", "sign", "--key", "eve.key", "signed/library")
    assert printed(run_cli, "verify", "signed", status=2)["counts"]["unknown-key"] == 2
    manifest = place / "signed" / "app" / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("tool", "service"))
    assert printed(run_cli, "verify", "signed", status=2)["counts"]["refused"] == 1
    (place / "listed" / "app" / "manifest.yaml").unlink()
    assert printed(run_cli, "verify", "listed", status=3)["status"] == "error"


def test_which(place: Path, run_cli: RunCli) -> None:
    registries = [part for one in ("signed", "wrong", "listed") for part in ("--registry", one)]
    found = printed(run_cli, "which", "app", *registries, status=0)
    assert [one["fate"] for one in found["registries"]] == ["rule", "rule", "counts"]
    assert found["rule"]["pattern"] == "app" and found["registries"][1]["rejected"]
    assert [one["names"] for one in found["registries"][2]["policy"]["keys"]] == [None, ["x"]]
    found = printed(run_cli, "which", "library", *registries, status=0)
    assert [one["fate"] for one in found["registries"]] == ["counts", "absent", "absent"]
    assert found["rule"] is None
    assert printed(run_cli, "which", "ghost", *registries, status=2)["status"] == "error"
