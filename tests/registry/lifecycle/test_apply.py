"""Applying plans: what is recorded, what changes, and which plans the store refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stores import kept, known, plan_of, put, step_of

from las_registry.lifecycle import Refused, State, Store
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput
from las_solver.model import Host


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite3") as opened:
        yield opened
        assert opened.check() == ()


def manifests(*modules: str, **fields: Any) -> dict[tuple[str, str], str]:
    """Manifests of modules like ``app 1.0``, by name and version."""
    pairs = [tuple(module.split(" ")) for module in modules]
    return {(name, version): kept(name, version, **fields) for name, version in pairs}


NEW = plan_of(step_of("lib", "1.0"), step_of("app", "1.0"), request=["app@<2"])
BOTH = manifests("lib 1.0", "app 1.0")


def test_a_plan_is_recorded_and_its_modules_are_resolved(store: Store) -> None:
    document = {**NEW, "host": {"cpu": {"cores": 2}}, "registry": {"digest": "sha256:12"}, "installed": store.digest()}
    applied = store.apply(document, manifests=BOTH)
    assert known(store) == {"app 1.0": "resolved", "lib 1.0": "resolved"}
    (record,) = store.plans()
    assert store.plan(applied.plan) == record
    assert (record.id, record.request, record.registry) == (1, ("app@<2",), "sha256:12")
    assert (record.host, record.document, record.installed) == ({"cpu": {"cores": 2}}, document, document["installed"])
    assert applied.transitions == store.history()
    assert [(one.module, one.operation, one.plan, one.at == record.at) for one in applied.transitions] == [
        ("lib", "apply", 1, True),
        ("app", "apply", 1, True),
    ]


def test_only_what_was_asked_for_is_marked_so(store: Store) -> None:
    store.apply(NEW, manifests=BOTH, installed=True)
    assert {one.name: one.requested for one in store.modules()} == {"app": True, "lib": False}


def test_a_plan_that_was_recorded_can_be_carried_out_later(store: Store) -> None:
    document = {**NEW, "installed": store.digest()}
    store.apply(document, manifests=BOTH)
    applied = store.apply(document, manifests=BOTH, installed=True)
    assert [(one.module, one.to_state) for one in applied.transitions] == [("lib", "installed"), ("app", "installed")]
    with pytest.raises(Refused):
        store.apply(document, manifests=BOTH)
    assert len(store.plans()) == 2


def test_a_plan_that_was_carried_out(store: Store) -> None:
    put(store, "app", "1.0", needs=["old"])
    put(store, "old")
    put(store, "down", "2.0", State.STOPPED)
    put(store, "kept")
    store.request("kept", False)
    store.request("app", False)
    plan = plan_of(
        step_of("new", "1.0"),
        step_of("app", "2.0", "1.0"),
        step_of("old", "1.0", "1.0", "remove"),
        step_of("down", "1.5", "2.0"),
        step_of("kept", "1.0", "1.0"),
        request=["kept"],
    )
    applied = store.apply(plan, manifests=manifests("new 1.0", "app 2.0", "down 1.5"), installed=True)
    assert known(store) == {f"{one}": "installed" for one in ("app 2.0", "down 1.5", "kept 1.0", "new 1.0")}
    marks = {"app": False, "down": True, "kept": True, "new": False}
    assert {one.name: one.requested for one in store.modules()} == marks
    assert [(one.module, one.version, one.to_state, one.operation) for one in applied.transitions] == [
        ("new", "1.0", "resolved", "apply"),
        ("app", "2.0", "resolved", "apply"),
        ("down", "1.5", "resolved", "apply"),
        ("new", "1.0", "installed", "apply"),
        ("app", "1.0", "available", "replace"),
        ("app", "2.0", "installed", "apply"),
        ("old", "1.0", "available", "remove"),
        ("down", "2.0", "available", "replace"),
        ("down", "1.5", "installed", "apply"),
    ]
    assert {one.plan for one in applied.transitions} == {1}


def test_an_upgrade_asks_for_nothing_new(store: Store) -> None:
    store.apply(NEW, manifests=BOTH, installed=True)
    plan = plan_of(step_of("lib", "2.0", "1.0"), request=["lib"], options={"strategy": "upgrade"})
    store.apply(plan, manifests=manifests("lib 2.0"), installed=True)
    assert not store.module("lib", "2.0").requested
    store.apply({**plan_of(step_of("lib", "2.0", "2.0"), request=["lib"])}, manifests={})
    assert store.module("lib", "2.0").requested


def test_what_was_only_resolved_gets_the_manifest_and_the_mark_of_the_plan(store: Store) -> None:
    store.transition("app", "1.0", State.RESOLVED, requested=False)
    store.transition("lib", "1.0", State.FAILED)
    applied = store.apply(NEW, manifests=BOTH)
    assert store.module("app", "1.0").requested
    assert store.manifest("app", "1.0") is not None
    assert [(one.module, one.from_state, one.to_state) for one in applied.transitions] == [
        ("lib", "failed", "resolved")
    ]


@pytest.mark.parametrize("installed", [False, True])
def test_an_attempt_leaves_nothing_behind(store: Store, installed: bool) -> None:
    before = tuple(store.export())
    applied = store.apply(NEW, manifests=BOTH, installed=installed, dry_run=True)
    assert len(applied.transitions) == (4 if installed else 2)
    assert tuple(store.export()) == before


class TestRefused:
    @pytest.mark.parametrize(
        ("step", "said"),
        [
            (step_of("app", "2.0"), "the plan was made with app not installed, and it is installed at 1.0 now"),
            (
                step_of("app", "2.0", "1.5"),
                "the plan was made with app installed at 1.5, and it is installed at 1.0 now",
            ),
            (step_of("lib", "2.0", "1.0"), "the plan was made with lib installed at 1.0, and it is not installed now"),
        ],
    )
    def test_what_was_made_for_something_else(self, store: Store, step: dict[str, Any], said: str) -> None:
        put(store, "app")
        before = tuple(store.export())
        with pytest.raises(Refused) as caught:
            store.apply(plan_of(step), manifests=manifests("app 2.0", "lib 2.0"))
        assert str(caught.value) == f"{said}\nhint: plan again"
        assert tuple(store.export()) == before

    @pytest.mark.parametrize("change", ["install", "deprecate", "pin"])
    def test_what_was_made_before_anything_that_counts_changed(self, store: Store, change: str) -> None:
        document = {**NEW, "installed": store.digest()}
        if change == "install":
            put(store, "other")
        elif change == "deprecate":
            put(store, "other", state=State.DEPRECATED)
        else:
            store.pin(Requirement.parse("other@<2"))
        with pytest.raises(Refused, match="has changed since the plan was made"):
            store.apply(document, manifests=BOTH)

    def test_what_is_deprecated_by_now(self, store: Store) -> None:
        put(store, "app", state=State.DEPRECATED)
        with pytest.raises(Refused, match=r"app 1\.0 is deprecated: it cannot become resolved"):
            store.apply(NEW, manifests=BOTH)
        assert known(store) == {"app 1.0": "deprecated"}

    def test_what_would_replace_or_remove_what_runs(self, store: Store) -> None:
        put(store, "app", state=State.RUNNING)
        for step in (step_of("app", "2.0", "1.0"), step_of("app", "1.0", "1.0", "remove")):
            with pytest.raises(Refused, match=r"app 1\.0 is running"):
                store.apply(plan_of(step), manifests=manifests("app 2.0"), installed=True)
        assert known(store) == {"app 1.0": "running"}
        assert store.plans() == ()

    def test_what_would_remove_what_is_needed(self, store: Store) -> None:
        put(store, "lib")
        put(store, "app", needs=["lib"])
        plan = plan_of(step_of("lib", "1.0", "1.0", "remove"))
        with pytest.raises(Refused, match=r"lib cannot be removed: app 1\.0 needs lib"):
            store.apply(plan, manifests={}, installed=True)
        plan["invalid"] = [{"module": "app", "version": "1.0", "reason": "no mode"}]
        store.apply(plan, manifests={}, installed=True)
        assert known(store) == {"app 1.0": "installed"}

    def test_a_removal_before_the_step_that_makes_it_possible_is_not(self, store: Store) -> None:
        put(store, "lib", provides=["api"])
        put(store, "app", consumes=["api"])
        plan = plan_of(step_of("lib", "1.0", "1.0", "remove"), step_of("app", "2.0", "1.0"))
        store.apply(plan, manifests=manifests("app 2.0"), installed=True)
        assert known(store) == {"app 2.0": "installed"}

    def test_interfaces_of_the_machine_count(self, store: Store) -> None:
        put(store, "lib", provides=["api"])
        put(store, "app", consumes=["api"])
        plan = plan_of(step_of("lib", "1.0", "1.0", "remove"))
        with pytest.raises(Refused, match="consumes the interface 'api'"):
            store.apply(plan, manifests={}, installed=True)
        store.apply(plan, manifests={}, installed=True, host=Host(interfaces=frozenset({"api"})))


DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "its status is not 'resolved'"),
        ({"status": "conflict"}, "its status is not 'resolved'"),
        ({"status": "resolved"}, "it has no 'steps'"),
        (plan_of() | {"steps": {}}, "'steps' is not a list"),
        (plan_of("app"), "steps[0] has no 'module'"),  # type: ignore[arg-type]
        (plan_of({"module": 1}), "steps[0].module is not a text"),
        (plan_of(step_of("-", "1.0")), "'-' is not a module name"),
        (plan_of(step_of("app", "1.0"), step_of("app", "2.0")), "it has two steps for app"),
        (plan_of(step_of("app", "1.0", None, "keep")), "'keep' of 1.0 where nothing was installed"),
        (plan_of(step_of("app", "1.0", "2.0", "upgrade")), "'upgrade' of 1.0 where 2.0 was installed"),
        (plan_of(step_of("app", "1.0", "1.0.0", "install")), "'install' of 1.0 where 1.0.0 was installed"),
        (plan_of(step_of("app", "1.0", None, "burn")), "'burn' of 1.0 where nothing was installed"),
        (plan_of(request=[1]), "request[0] is not a text"),  # type: ignore[list-item]
        (plan_of(installed=3), "installed is not a text"),
        (plan_of(invalid=["app"]), "invalid has no 'module'"),
        (plan_of(x=float("nan")), "it cannot be written as JSON"),
        (plan_of(x=DEEP), "it cannot be written as JSON"),
        (plan_of(step_of("app", "3.0")), "there is no manifest of app 3.0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_plan(store: Store, document: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        store.apply(document, manifests=BOTH)
    assert said in caught.value.message
    assert (store.plans(), store.modules()) == ((), ())
