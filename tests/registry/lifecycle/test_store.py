"""The store: transitions and their records, removal, marks, pins, and attempts that leave nothing behind."""

from __future__ import annotations

import getpass
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stores import kept, known, put

from las_registry.lifecycle import Refused, State, Store, StoreUnusable, writer
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput
from las_solver.model import Host


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite3") as opened:
        yield opened


def refusal(act: Callable[[], object]) -> str:
    """What a store says that refuses; it has to."""
    with pytest.raises(InvalidInput) as caught:
        act()
    return str(caught.value)


def test_what_the_store_does_not_know_is_available(store: Store) -> None:
    module = store.module("app", "1.0")
    assert (module.state, module.installed, module.requested, module.since) == (State.AVAILABLE, False, False, "")
    assert (store.modules(), store.history(), store.manifest("app", "1.0")) == ((), (), None)


def test_a_transition_is_recorded_with_all_that_led_to_it(store: Store) -> None:
    before = datetime.now(UTC)
    made = store.transition("app", "1.0", State.RESOLVED, reason="to try it", manifest=kept("app", "1.0"))
    assert made is not None
    assert store.history() == (made,)
    assert (made.id, made.module, made.version, made.why, made.plan) == (1, "app", "1.0", "to try it", None)
    assert (made.from_state, made.to_state, made.operation, made.installed) == ("available", "resolved", "set", False)
    assert before <= datetime.fromisoformat(made.at) <= datetime.now(UTC)
    assert getpass.getuser() in made.who
    assert made.who.endswith(f"process {os.getpid()}")
    assert store.module("app", "1.0").since == made.at


def test_to_stay_changes_nothing(store: Store) -> None:
    put(store, "app")
    before = tuple(store.export())
    assert store.transition("app", "1.0", State.INSTALLED, reason="again", requested=False) is None
    assert store.transition("app", "9.0", State.AVAILABLE) is None
    assert tuple(store.export()) == before


def test_equal_versions_are_one(store: Store) -> None:
    put(store, "app", "1.0")
    store.transition("app", "1", State.RUNNING)
    store.transition("app", "v1.0.0", State.STOPPED)
    assert known(store) == {"app 1.0": "stopped"}
    assert [one.version for one in store.history("app")] == ["1.0"] * 4


def test_versions_stand_newest_first(store: Store) -> None:
    for version in ("1.9", "1.10", "1.10rc1"):
        put(store, "b", version, State.RESOLVED)
    put(store, "a", "1.0", State.RESOLVED)
    assert list(known(store)) == ["a 1.0", "b 1.10", "b 1.10rc1", "b 1.9"]


def test_what_is_refused_says_what_is_allowed(store: Store) -> None:
    put(store, "app")
    assert refusal(lambda: store.transition("app", "1.0", State.RESOLVED)) == (
        "app 1.0 is installed: it cannot become resolved\n"
        "hint: installed may become running, stopped, failed or deprecated"
    )


def test_whoever_expected_something_else_is_refused(store: Store) -> None:
    put(store, "app", state=State.STOPPED)
    act = lambda: store.transition("app", "1.0", State.RUNNING, expected=State.INSTALLED)  # noqa: E731
    assert refusal(act).startswith("app 1.0 is no longer installed: it is stopped")
    assert store.transition("app", "1.0", State.RUNNING, expected=State.STOPPED) is not None


@pytest.mark.parametrize("state", [State.FAILED, State.DEPRECATED])
def test_a_failed_or_deprecated_version_counts_as_installed_until_it_is_removed(store: Store, state: State) -> None:
    put(store, "app")
    store.transition("app", "1.0", state)
    assert known(store) == {"app 1.0": f"{state}*"}
    assert list(store.installed()) == ["app"]
    store.remove("app")
    assert (known(store), list(store.installed())) == ({}, [])


def test_a_failed_version_is_repaired_with_its_manifest(store: Store) -> None:
    put(store, "app")
    for state in (State.FAILED, State.RESOLVED, State.INSTALLED):
        store.transition("app", "1.0", state)
        assert store.module("app", "1.0").installed


class TestManifests:
    def test_what_is_installed_has_one(self, store: Store) -> None:
        store.transition("app", "1.0", State.RESOLVED)
        assert refusal(lambda: store.transition("app", "1.0", State.INSTALLED)).startswith(
            "the store keeps no manifest of app 1.0, and none was given"
        )
        store.transition("app", "1.0", State.INSTALLED, manifest=kept("app", "1.0"))
        assert store.installed()["app"].source == "installed app 1.0"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("{", "the manifest of app 1.0 is not JSON"),
            ("[" * 100_000, "the manifest of app 1.0 is not JSON"),
            ("[]", "the manifest of app 1.0 is not accepted"),
            ('{"name": "app"}', "the manifest of app 1.0 is not accepted"),
            (kept("app", "1.0").replace("tool", "\\ud800"), "the manifest of app 1.0 is not accepted"),
            (
                kept("app", "1.0").replace("Something", "\\ud800"),
                "the manifest of app 1.0 is not text that can be kept",
            ),
            (kept("app", "2.0"), "the manifest of app 1.0 is one of app 2.0"),
            (kept("lib", "1.0"), "the manifest of app 1.0 is one of lib 1.0"),
        ],
    )
    def test_one_that_is_none_is_refused(self, store: Store, text: str, said: str) -> None:
        assert refusal(lambda: store.transition("app", "1.0", State.RESOLVED, manifest=text)).startswith(said)
        assert store.modules() == ()

    def test_that_of_an_installed_version_changes_only_when_it_is_installed_again(self, store: Store) -> None:
        put(store, "app")
        store.transition("app", "1.0", State.FAILED)
        before = tuple(store.export())
        other = kept("app", "1.0", needs=["lib"])
        for state in (State.RESOLVED, State.DEPRECATED):
            said = refusal(lambda state=state: store.transition("app", "1.0", state, manifest=other))  # type: ignore[misc]
            assert "app 1.0 is installed with another manifest" in said
        assert tuple(store.export()) == before
        store.transition("app", "1.0", State.RESOLVED)
        store.transition("app", "1.0", State.INSTALLED, manifest=other)
        assert [str(one) for one in store.installed()["app"].requirements] == ["lib"]
        assert store.check() == ()

    def test_the_same_is_kept_once_and_in_one_spelling(self, store: Store, tmp_path: Path) -> None:
        put(store, "app", "1.0", State.RESOLVED)
        spaced = kept("app", "1.0").replace(":", " :\n")
        store.transition("app", "1.0", State.INSTALLED, manifest=spaced)
        assert manifests_of(tmp_path) == 1
        assert '"category":"tool"' in (store.manifest("app", "1.0") or "")

    def test_one_that_nothing_refers_to_goes(self, store: Store, tmp_path: Path) -> None:
        put(store, "app", "1.0")
        put(store, "app", "2.0")
        assert manifests_of(tmp_path) == 1
        store.snapshot()
        store.remove("app")
        assert manifests_of(tmp_path) == 1
        store.rollback(1)
        assert list(store.installed()) == ["app"]


def manifests_of(directory: Path) -> int:
    """How many manifests the store in this directory keeps."""
    with sqlite3.connect(directory / "store.sqlite3") as connection:
        (number,) = connection.execute("SELECT COUNT(*) FROM manifests").fetchone()
    connection.close()
    assert isinstance(number, int)
    return number


class TestReplacing:
    def test_the_version_before_is_forgotten_and_leaves_its_history(self, store: Store) -> None:
        put(store, "app", "1.0", State.STOPPED)
        put(store, "app", "2.0")
        assert known(store) == {"app 2.0": "installed"}
        last = [(one.version, one.to_state, one.operation, one.why) for one in store.history("app", limit=2)]
        assert last == [("1.0", "available", "replace", "replaced by 2.0"), ("2.0", "installed", "set", "")]

    def test_not_while_it_runs(self, store: Store) -> None:
        put(store, "app", "1.0", State.RUNNING)
        put(store, "app", "2.0", State.RESOLVED)
        before = tuple(store.export())
        assert refusal(lambda: store.transition("app", "2.0", State.INSTALLED)).startswith("app 1.0 is running")
        assert tuple(store.export()) == before

    def test_other_versions_that_are_only_resolved_stay(self, store: Store) -> None:
        put(store, "app", "1.0", State.RESOLVED)
        put(store, "app", "2.0")
        assert known(store) == {"app 2.0": "installed", "app 1.0": "resolved"}


class TestRemoval:
    def test_the_history_stays(self, store: Store) -> None:
        put(store, "app")
        gone = store.remove("app", reason="not wanted")
        assert (gone.from_state, gone.to_state, gone.operation, gone.why) == (
            "installed",
            "available",
            "remove",
            "not wanted",
        )
        assert [one.to_state for one in store.history("app")] == ["resolved", "installed", "available"]
        put(store, "app")
        assert store.check() == ()

    def test_not_while_it_runs(self, store: Store) -> None:
        put(store, "app", state=State.RUNNING)
        assert refusal(lambda: store.remove("app")) == (
            "app 1.0 is running\nhint: stop it, then: las-solve state set app stopped"
        )

    @pytest.mark.parametrize("state", [State.INSTALLED, State.STOPPED, State.FAILED])
    def test_not_while_something_installed_needs_it(self, store: Store, state: State) -> None:
        put(store, "lib", "1.5")
        put(store, "app", needs=["lib@<2"])
        if state is not State.INSTALLED:
            store.transition("app", "1.0", state)
        assert refusal(lambda: store.remove("lib")).startswith("lib 1.5 cannot be removed: app 1.0 needs lib@<2")
        assert store.needed_by("lib") == ("app 1.0 needs lib@<2",)
        store.remove("app")
        store.remove("lib")

    def test_an_entry_that_it_does_not_meet_does_not_count(self, store: Store) -> None:
        put(store, "lib", "2.5")
        put(store, "app", needs=["lib@<2"])
        store.remove("lib")

    def test_what_is_only_resolved_needs_nothing(self, store: Store) -> None:
        put(store, "lib")
        put(store, "app", state=State.RESOLVED, needs=["lib"])
        store.remove("lib")

    def test_the_last_provider_of_an_interface_stays(self, store: Store) -> None:
        put(store, "app", consumes=["api", "own"], provides=["own"])
        put(store, "one", provides=["api"])
        put(store, "two", provides=["api"])
        store.remove("one")
        assert "two 1.0 cannot be removed: app 1.0 consumes the interface 'api'" in refusal(lambda: store.remove("two"))
        store.remove("two", host=Host(interfaces=frozenset({"api"})))

    def test_runtime_entries_count_where_the_machine_is_known(self, store: Store) -> None:
        put(store, "python", "3.12")
        put(store, "app", runtimes=["python>=3.11"])
        assert "app 1.0 needs python@>=3.11" in refusal(lambda: store.remove("python", host=Host()))
        store.remove("python")

    @pytest.mark.parametrize("state", [State.RESOLVED, State.DEPRECATED, State.FAILED])
    def test_what_is_not_installed_can_be_forgotten(self, store: Store, state: State) -> None:
        put(store, "app", state=state)
        store.remove("app", "1.0.0")
        assert known(store) == {}

    def test_a_plan_that_was_never_applied_is_refused(self, store: Store) -> None:
        put(store, "app")
        assert "there is no plan 7" in refusal(lambda: store.remove("app", plan=7))
        assert known(store) == {"app 1.0": "installed"}

    def test_which_version_is_meant(self, store: Store) -> None:
        assert refusal(lambda: store.remove("app")).startswith("the store knows no app\n")
        put(store, "app", "1.0", State.RESOLVED)
        put(store, "app", "2.0", State.RESOLVED)
        assert (
            refusal(lambda: store.remove("app")) == "the store knows several versions of app: 2.0, 1.0\nhint: say which"
        )
        assert refusal(lambda: store.remove("app", "3.0")) == "the store knows no app 3.0\nhint: it knows app 2.0, 1.0"
        put(store, "app", "1.5")
        assert store.remove("app").version == "1.5"


class TestRequested:
    def test_what_is_resolved_by_hand_was_asked_for(self, store: Store) -> None:
        assert put(store, "app").requested
        assert not put(store, "old", state=State.DEPRECATED).requested

    def test_a_version_inherits_it_from_the_one_that_it_replaces(self, store: Store) -> None:
        put(store, "app", "1.0")
        store.transition("app", "2.0", State.RESOLVED, manifest=kept("app", "2.0"), requested=False)
        store.transition("app", "2.0", State.INSTALLED)
        assert store.module("app", "2.0").requested

    def test_it_can_be_said(self, store: Store) -> None:
        put(store, "app")
        assert [store.request("app", False), store.request("app", False)] == [True, False]
        assert not store.module("app", "1.0").requested
        assert store.request("app", True)
        assert len(store.history()) == 2
        assert refusal(lambda: store.request("lib", True)).startswith("the store knows no lib\n")


class TestPins:
    def test_one_a_module(self, store: Store) -> None:
        first = store.pin(Requirement.parse("app@<3"))
        assert store.pin(Requirement.parse("app@<3")) == first
        second = store.pin(Requirement.parse("app@<2"))
        lib = store.pin(Requirement.parse("lib@==1.*"))
        assert store.pins() == (second, lib)
        assert store.unpin("app") == second
        assert store.pins() == (lib,)

    def test_those_that_say_nothing_are_refused(self, store: Store) -> None:
        assert refusal(lambda: store.pin(Requirement.parse("app"))).startswith("a pin of app needs a constraint")
        assert refusal(lambda: store.unpin("app")).startswith("app is not pinned")


def test_an_attempt_leaves_nothing_behind_and_is_refused_like_the_act(store: Store) -> None:
    put(store, "lib", provides=["api"])
    put(store, "app", needs=["lib"])
    store.snapshot("before")
    store.pin(Requirement.parse("lib@<9"))
    before = tuple(store.export())
    made = store.transition("app", "1.0", State.RUNNING, dry_run=True)
    assert made is not None
    assert made.to_state is State.RUNNING
    assert store.remove("app", dry_run=True).to_state is State.AVAILABLE
    store.pin(Requirement.parse("app@<9"), dry_run=True)
    store.unpin("lib", dry_run=True)
    store.request("app", False, dry_run=True)
    assert store.snapshot("no", dry_run=True).id == 2
    store.rollback(1, dry_run=True)
    refusal(lambda: store.remove("lib", dry_run=True))
    refusal(lambda: store.transition("app", "1.0", State.RESOLVED, dry_run=True))
    assert tuple(store.export()) == before


def test_times_never_go_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "app", state=State.RESOLVED)
    late, early = datetime(2040, 5, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)
    for moment in (late, early):

        class Clock(datetime):
            @classmethod
            def now(cls, tz: object = None, moment: datetime = moment) -> datetime:  # type: ignore[override]
                return moment

        monkeypatch.setattr(writer, "datetime", Clock)
        store.transition("app", "1.0", State.INSTALLED if moment is late else State.RUNNING)
        store.pin(Requirement.parse(f"app@<{moment.year}"))
        store.snapshot()
    times = [one.at for one in store.history()]
    assert times == sorted(times)
    assert times[1] == times[2] == store.pins()[0].at == store.snapshots()[1].at == "2040-05-01T00:00:00.000000Z"
    assert store.check() == ()


def test_the_history_is_never_changed(store: Store, tmp_path: Path) -> None:
    put(store, "app")
    with sqlite3.connect(tmp_path / "store.sqlite3") as connection:
        for statement in ("UPDATE transitions SET why = 'no'", "DELETE FROM transitions"):
            with pytest.raises(sqlite3.IntegrityError, match="the history is never changed"):
                connection.execute(statement)
    connection.close()


def test_the_history_of_one_module_and_the_last_of_it(store: Store) -> None:
    put(store, "app")
    put(store, "lib")
    assert [one.id for one in store.history("lib")] == [3, 4]
    assert [one.id for one in store.history(limit=3)] == [2, 3, 4]
    assert store.history(limit=0) == ()


def test_what_people_write_may_hold_anything(store: Store) -> None:
    reason = "line\nNUL \0 half \udc80 ende äöü 😀"
    made = store.transition("app", "1.0", State.FAILED, reason=reason)
    assert made is not None
    assert made.why == store.history()[0].why == "line\nNUL \\x00 half \\udc80 ende äöü 😀"
    assert store.snapshot("\udc80\0").label == store.snapshots()[0].label == "\\udc80\\x00"


@pytest.mark.parametrize("name", ["", "-app", "app@1", "a b", "app\n"])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    assert "is not a module name" in refusal(lambda: store.transition(name, "1.0", State.FAILED))
    assert store.modules() == ()


def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as one, Store.open(path) as two:
        put(one, "app")
        assert known(two) == {"app 1.0": "installed"}
        two.transition("app", "1.0", State.RUNNING, expected=State.INSTALLED)
        with pytest.raises(Refused, match="is no longer installed: it is running"):
            one.transition("app", "1.0", State.STOPPED, expected=State.INSTALLED)


class TestPlaces:
    def test_a_url_names_a_file_too(self, tmp_path: Path) -> None:
        path = tmp_path / "a name with spaces ? # % ä.sqlite3"
        with Store.open(path) as store:
            put(store, "app")
        with Store.open(f"sqlite:///{tmp_path}/other") as store:
            put(store, "app")
        assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, "other"]

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("postgresql://user:secret@host/database", "a store cannot be kept in postgresql://user:***@host/database"),
            ("sqlite://", "a store cannot be kept in sqlite://"),
            ("://", ":// names no store"),
        ],
    )
    def test_what_else_a_url_names_cannot_be_used(self, url: str, said: str) -> None:
        with pytest.raises(StoreUnusable) as caught:
            Store.open(url)
        assert caught.value.message == said

    def test_none_is_made_if_none_is_to_be(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnusable, match="there is no store"):
            Store.open(tmp_path / "store", create=False)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
    def test_it_is_the_users_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "newer" / "store"
        with Store.open(path) as store:
            put(store, "app")
            files = list(path.parent.iterdir())
            assert len(files) == 3
            assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
        assert list(path.parent.iterdir()) == [path]
