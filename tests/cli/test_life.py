"""The life of a machine from the command line: plan, apply, upgrade, pin, remove, roll back."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from changes import add, named
from command_line import RunCli
from stored import document, states


class Life:
    """A machine that is planned for and changed; holds on the way what is true of every plan and every change."""

    def __init__(self, run: RunCli) -> None:
        self._run = run

    def plan(self, *arguments: str) -> dict[str, Any] | None:
        """The plan that a command prints, None for a conflict; the checker finds either right."""
        before = states(self._run)
        result = self._run(*arguments, "--format", "json")
        assert result.exit_code in (0, 1), result.output
        checked = self._run("check", "-", stdin=result.stdout)
        assert checked.exit_code == 0, checked.output
        assert states(self._run) == before
        found = json.loads(result.stdout)
        return found if result.exit_code == 0 else None

    def carry_out(self, plan: dict[str, Any]) -> None:
        """Records the plan as carried out; to do so again is refused, or changes nothing."""
        text = json.dumps(plan)
        done = self._run("apply", "-", "--installed", stdin=text)
        assert done.exit_code == 0, done.output
        after = states(self._run)
        again = self._run("apply", "-", "--installed", stdin=text)
        assert again.exit_code == (2 if named(plan) else 0)
        assert states(self._run) == after
        well = self._run("state", "check")
        assert well.exit_code == 0, well.output

    def change(self, *arguments: str) -> list[str]:
        """Plans, carries that out, and says what changed."""
        plan = self.plan(*arguments)
        assert plan is not None
        self.carry_out(plan)
        return named(plan)

    def installed(self) -> dict[str, tuple[str, bool]]:
        """What is installed, at which version, and whether somebody asked for it."""
        known = document(self._run, "state", "list")["modules"]
        return {one["module"]: (one["version"], one["requested"]) for one in known if one["installed"]}

    def requested(self) -> set[str]:
        """The installed modules that somebody asked for."""
        return {name for name, (_, asked) in self.installed().items() if asked}


@pytest.fixture
def life(machine: RunCli, registry: Path) -> Life:
    """A machine, and a registry in which modules share what they need, disagree about it and offer the same."""
    add(registry, "base", "1.0", "1.1", "2.0")
    add(registry, "web", "1.0", needs=["base@<2"], consumes=["chat"])
    add(registry, "web", "2.0", needs=["base@>=1.1"], consumes=["chat"])
    add(registry, "llm", "1.0", "2.0", provides=["chat"], needs=["library"])
    add(registry, "small", "1.0", provides=["chat"])
    add(registry, "old", "1.0", needs=["base@<1.1"])
    return Life(machine)


def test_a_life(life: Life, machine: RunCli) -> None:
    assert life.change("plan", "web@1.0", "--prefer", "llm") == [
        "install base 1.1",
        "install library 2.0",
        "install llm 2.0",
        "install web 1.0",
    ]
    machine("state", "set", "web", "running")
    machine("state", "snapshot", "first")
    upgrade = life.plan("upgrade")
    assert upgrade is not None
    assert named(upgrade) == ["upgrade base 2.0", "upgrade web 2.0"]
    refused = machine("apply", "-", "--installed", stdin=json.dumps(upgrade))
    assert refused.exit_code == 2 and "web 1.0 is running" in refused.stderr
    machine("state", "set", "web", "stopped")
    life.carry_out(upgrade)
    assert life.change("upgrade") == []

    assert life.plan("remove", "base") is None
    assert life.change("remove", "llm") == ["install small 1.0", "remove llm 2.0"]
    assert life.change("remove", "--unneeded") == ["remove library 2.0"]

    machine("pin", "base@<2")
    assert life.change("upgrade") == ["downgrade base 1.1"]
    assert life.plan("plan", "old", "--exclude", "web@1.0") is None
    assert life.change("plan", "old", "--exclude", "web@1.0", "--allow-removal-of", "web") == [
        "remove web 2.0",
        "downgrade base 1.0",
        "install old 1.0",
    ]

    rolled_back = machine("state", "rollback", "first")
    assert rolled_back.exit_code == 0, rolled_back.output
    assert life.installed() == {
        "base": ("1.1", False),
        "library": ("2.0", False),
        "llm": ("2.0", False),
        "web": ("1.0", True),
    }
    machine("unpin", "base")
    assert life.change("upgrade") == ["upgrade base 2.0", "upgrade web 2.0"]
    assert life.change("remove", "web", "--unneeded", "--cascade") != []
    assert life.installed() == {}


def _fresh(plan: dict[str, Any], before: dict[str, tuple[str, bool]]) -> bool:
    """Whether a plan only installs: it changes nothing that is there, and asks for nothing that is."""
    asked = {one.partition("@")[0] for one in plan["request"]}
    return {one["action"] for one in plan["steps"]} <= {"install", "keep"} and not asked & set(before)


@pytest.mark.parametrize("seed", range(6))
def test_the_laws_of_a_random_life(life: Life, machine: RunCli, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(14):
        _step(life, machine, dice)


_REQUESTS: Sequence[Sequence[str]] = (
    ["web"],
    ["web@1.0"],
    ["app"],
    ["library@1.0"],
    ["old"],
    ["old", "--allow-removal"],
    ["base", "--strategy", "keep"],
    ["llm", "--strategy", "lowest"],
    ["small", "library"],
)


def _step(life: Life, machine: RunCli, dice: random.Random) -> None:
    """Something happens to the machine, and what is true of it afterwards is held."""
    before = life.installed()
    match dice.choice(["plan", "plan", "plan", "remove", "upgrade", "pin", "unpin", "deprecate"]):
        case "plan":
            plan = life.plan("plan", *dice.choice(_REQUESTS))
            if plan is None:
                return
            tidy = before and life.plan("remove", "--unneeded")
            life.carry_out(plan)
            if _fresh(plan, before) and not (tidy and named(tidy)):
                names = {one.partition("@")[0] for one in plan["request"]}
                back = life.plan("remove", *sorted(names), "--unneeded")
                assert back is not None
                assert {
                    f"remove {one['module']} {one['version']}" for one in plan["steps"] if one["action"] == "install"
                } == set(named(back))
        case "remove" if before:
            name = dice.choice(sorted(before))
            options = [one for one in ("--cascade", "--unneeded") if dice.random() < 0.5]
            plan = life.plan("remove", name, *options)
            assert plan is not None or "--cascade" not in options
            if plan is not None:
                life.carry_out(plan)
                assert name not in life.installed()
        case "upgrade" if before:
            plan = life.plan("upgrade")
            if plan is not None:
                life.carry_out(plan)
                assert life.change("upgrade") == []
                [*late] = document(machine, "outdated")["outdated"]
                assert all(one["upgrade"] in (None, one["installed"]) for one in late)
        case "pin" if before:
            machine("pin", dice.choice(sorted(before)))
        case "unpin":
            for one in document(machine, "pin")["pins"]:
                machine("unpin", one["module"])
        case "deprecate":
            machine("state", "set", dice.choice(["base@2.0", "library@2.0", "llm@2.0"]), "deprecated")
        case _:
            pass
