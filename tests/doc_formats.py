"""Whether a block of YAML, JSON, TOML or an ini file is what the page says: each by whoever reads such files."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jsonschema
import yaml
from command_line import run_command
from doc_pages import ROOT, Block

from las_registry.host.profile import read_profile
from las_registry.lock import read_lock
from las_registry.replay import read_replay
from las_registry.trust.configuration import read_configuration
from las_registry.trust.trusted_keys import read_trusted_keys

__all__ = ["PARSERS", "SCHEMAS", "hold_against"]


def _toml(text: str) -> object:
    return tomllib.loads(text)


def _ini(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    return parser


PARSERS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {"yaml": lambda text: list(yaml.safe_load_all(text)), "json": json.loads, "toml": _toml, "ini": _ini}
)
"""How text in these languages is read."""


def _manifest(path: Path) -> None:
    result = run_command("registry", "validate", str(path))
    assert result.exit_code == 0, result.output


def _hooks(path: Path) -> None:
    """A ``.pre-commit-config.yaml``: it names hooks that there are."""
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    used = [hook["id"] for repo in yaml.safe_load(path.read_text(encoding="utf-8"))["repos"] for hook in repo["hooks"]]
    assert used and set(used) <= known, used


def _workflow(path: Path) -> None:
    """Steps of a GitHub workflow: our action gets inputs that it has, and its commands are ones that there are."""
    known = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = _steps(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert steps
    for step in steps:
        if "las-solve@" in step.get("uses", ""):
            assert set(step.get("with", ())) <= set(known["inputs"])
        command, *words = step.get("run", "").split()[:3] or [""]
        if command == "las-solve":
            assert run_command(*words, "--help").exit_code == 0, step["run"]


def _unit(path: Path) -> None:
    """A unit of systemd: it starts a command that there is, with options that it has."""
    name, command, *words = shlex.split(_ini(path.read_text(encoding="utf-8"))["Service"]["ExecStart"])
    told = run_command(command, "--help")
    assert name.endswith("/las-solve") and told.exit_code == 0, command
    unknown = [word for word in words if word.startswith("--") and not re.search(rf"{word}\b", told.output)]
    assert unknown == []


def _steps(workflow: Any) -> list[dict[str, Any]]:
    """Every step of every job, however little of the workflow is shown."""
    if not isinstance(workflow, dict):
        return []
    own = workflow.get("steps", [])
    return [*own, *(step for value in workflow.values() for step in _steps(value))]


def _answer(name: str) -> Callable[[Path], None]:
    def hold(path: Path) -> None:
        schema = json.loads(run_command("schema", name).stdout)
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)

    return hold


def _error(path: Path) -> None:
    """What is printed with ``--format json`` in place of an answer has these keys."""
    assert set(json.loads(path.read_text(encoding="utf-8"))) <= {"status", "message", "details", "hint"}


SCHEMAS: Final[Mapping[str, Callable[[Path], object]]] = MappingProxyType(
    {
        "error": _error,
        "keys": lambda path: read_trusted_keys(path.read_bytes(), path),
        "lock": lambda path: read_lock(path.read_bytes(), path.name),
        "manifest": _manifest,
        "none": lambda path: None,
        "plan": _answer("plan"),
        "pre-commit": _hooks,
        "profile": read_profile,
        "registries": lambda path: read_configuration(path.read_bytes(), path),
        "replay": lambda path: read_replay(path.read_bytes(), path.name),
        "unit": _unit,
        "workflow": _workflow,
    }
)
"""What a block may be held against; each raises where it does not fit."""

_BY_NAME: Final = {
    "manifest.yaml": "manifest",
    "registries.yaml": "registries",
    "keys.json": "keys",
    "las-solve.lock": "lock",
    ".pre-commit-config.yaml": "pre-commit",
}


def _whole(text: str) -> str:
    """The text with digests that a page shortens (``sha256:c28ccf7a...``) at their full length."""
    return re.sub(r"sha256:([0-9a-f]+)\.\.\.", lambda found: "sha256:" + found[1].ljust(64, "0"), text)


def hold_against(block: Block, path: Path) -> None:
    """Raises if the block, which stands in this file, cannot be read or is not of its schema."""
    PARSERS[block.language](block.text)
    path.write_text(_whole(block.text), encoding="utf-8")
    by_name = (schema for end, schema in _BY_NAME.items() if path.name.endswith(end))
    name = block.settings.get("schema") or next(by_name, None)
    if name is None and block.language in ("toml", "ini"):
        return
    assert name is not None, "a block of data says what it is: <!-- docs-test: schema=... -->"
    SCHEMAS[name](path)
