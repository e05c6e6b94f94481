"""What a store holds, as the command line says it; and plans, made and applied in one go."""

from __future__ import annotations

import json
from typing import Any

from command_line import RunCli

__all__ = ["apply_plan", "document", "plan_of", "recorded", "states"]


def plan_of(run: RunCli, *arguments: str) -> dict[str, Any]:
    """The JSON of a plan; fails if there is none."""
    return document(run, "plan", *arguments)


def apply_plan(run: RunCli, *arguments: str) -> None:
    """Plans, and records the plan as carried out."""
    done = run("apply", "-", "--installed", stdin=json.dumps(plan_of(run, *arguments)))
    assert done.exit_code == 0, done.output


def document(run: RunCli, *arguments: str) -> dict[str, Any]:
    """What a command prints as JSON; fails if it fails."""
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def recorded(run: RunCli, *arguments: str) -> list[str]:
    """The transitions that a command recorded, like ``app 2.1: resolved to installed``."""
    found = document(run, *arguments)
    return [f"{one['module']} {one['version']}: {one['from']} to {one['to']}" for one in found["transitions"]]


def states(run: RunCli, *options: str) -> list[str]:
    """Every module with a state, like ``app 2.1 running``; what is installed in a state that does not say so is
    marked."""
    known = document(run, "state", "list", *options)["modules"]
    odd = {True: " (installed)", False: ""}
    return [
        f"{one['module']} {one['version']} {one['state']}"
        + odd[one["installed"] and one["state"] not in ("installed", "running", "stopped")]
        for one in known
    ]
