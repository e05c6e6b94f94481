"""The one table of states: section 9 of the contract, the documentation, and what the store does."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from stores import PATHS, kept, put

from las_registry.lifecycle import ALLOWED, Refused, State, Store, is_allowed

DOCUMENT = Path(__file__).parents[3] / "docs" / "lifecycle.md"

SECTION_9 = """
    available → resolved
    resolved → installed
    installed → running, stopped
    running → stopped
    stopped → running
    failed → resolved
"""


def _by_the_contract() -> set[tuple[State, State]]:
    pairs = {(one, to) for one in State for to in (State.FAILED, State.DEPRECATED)}
    for line in SECTION_9.split("\n"):
        now, _, following = line.partition("→")
        pairs |= {(State(now.strip()), State(to.strip())) for to in following.split(",") if to}
    return {(now, to) for now, to in pairs if now is not to}


@pytest.mark.parametrize(("now", "to"), list(product(State, State)))
def test_the_table_is_that_of_the_contract(now: State, to: State) -> None:
    assert is_allowed(now, to) is ((now, to) in _by_the_contract())
    assert is_allowed(now, to) is (to in ALLOWED[now])


def test_the_documentation_has_the_same_table() -> None:
    lines = ["| from \\ to | " + " | ".join(State) + " |", "|---" * (len(State) + 1) + "|"]
    for now in State:
        cells = ["yes" if is_allowed(now, to) else "stays" if now is to else "" for to in State]
        lines.append(f"| {now} | " + " | ".join(cells) + " |")
    assert "\n".join(lines) in DOCUMENT.read_text(encoding="utf-8")


def test_the_example_of_the_documentation_runs() -> None:
    (program,) = re.findall(r"```python\n((?:.*\n)*?)```\n", DOCUMENT.read_text(encoding="utf-8"))
    exec(compile(program, str(DOCUMENT), "exec"), {})


@pytest.mark.parametrize(("now", "to"), list(product(State, State)))
def test_the_store_does_what_the_table_allows_and_nothing_else(now: State, to: State, tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        put(store, "app", state=now)
        before = tuple(store.export())
        made, refused = None, ""
        try:
            made = store.transition("app", "1.0", to, manifest=kept("app", "1.0"))
        except Refused as error:
            refused = error.message
        if is_allowed(now, to):
            assert made is not None
            assert (made.from_state, made.to_state) == (now, to)
            assert store.module("app", "1.0").state is to
        else:
            assert made is None
            assert refused == ("" if now is to else f"app 1.0 is {now}: it cannot become {to}")
            assert tuple(store.export()) == before
        assert store.check() == ()


def test_every_state_can_be_reached() -> None:
    for state, path in PATHS.items():
        now = State.AVAILABLE
        for to in path:
            assert is_allowed(now, to)
            now = to
        assert now is state
