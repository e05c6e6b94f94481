"""The store against a model of dictionaries: every operation, those that are refused and those that only try."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_model import MANIFESTS, NAMES, VERSIONS, StoreModel, Wrong, same_version
from stores import plan_of, step_of

from las_registry.lifecycle import ALLOWED, Refused, State, Store, read_store
from las_registry.lifecycle.kept_manifest import keep_manifest
from las_solver.constraint import Requirement, parse_version

_MEMORY = Path("/dev/shm")
"""Where files cost no waiting for a disk, if there is such a place."""

names, versions, tries = st.sampled_from(NAMES), st.sampled_from(VERSIONS), st.sampled_from([False, False, True])

DIGESTS = {
    (name, version): keep_manifest(text, name, parse_version(version)).digest
    for (name, version), text in MANIFESTS.items()
}


class StoreMachine(RuleBasedStateMachine):
    """One store, opened anew now and then, and the model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self.model = StoreModel()

    @initialize()
    def open(self) -> None:
        with Store.open(self.directory / "empty.sqlite3"):
            pass
        self.store = Store.open(self.directory / "store.sqlite3")

    def both(self, on_model: Callable[[StoreModel], None], on_store: Callable[[], object], *, dry_run: bool) -> None:
        """Does the same to both; the store refuses what the model does, and then nothing has changed."""
        after = deepcopy(self.model)
        try:
            on_model(after)
            is_right = True
        except Wrong:
            is_right = False
        try:
            on_store()
            was_done = True
        except Refused:
            was_done = False
        assert was_done is is_right
        if is_right and not dry_run:
            self.model = after

    @rule(
        name=names,
        version=versions,
        choice=st.integers(0, 9),
        is_allowed=st.sampled_from([True, True, True, False]),
        has_manifest=st.sampled_from([True, True, False]),
        requested=st.sampled_from([None, None, True, False]),
        expected=st.sampled_from([None, None, None, *State]),
        dry_run=tries,
    )
    def transition(
        self,
        name: str,
        version: str,
        choice: int,
        is_allowed: bool,
        has_manifest: bool,
        requested: bool | None,
        expected: State | None,
        dry_run: bool,
    ) -> None:
        now = self.store.module(name, version).state
        following = sorted(ALLOWED[now]) if is_allowed else list(State)
        usual = [one for one in following if one not in (State.FAILED, State.DEPRECATED)]
        following = usual if usual and choice > 1 else following
        to = following[choice % len(following)]
        self.both(
            lambda model: model.transition(
                name, version, to, has_manifest=has_manifest, requested=requested, expected=expected
            ),
            lambda: self.store.transition(
                name,
                version,
                to,
                manifest=MANIFESTS[name, version] if has_manifest else None,
                requested=requested,
                expected=expected,
                dry_run=dry_run,
            ),
            dry_run=dry_run,
        )

    @rule(name=names, version=st.one_of(st.none(), versions), dry_run=tries)
    def remove(self, name: str, version: str | None, dry_run: bool) -> None:
        self.both(
            lambda model: model.remove(name, version),
            lambda: self.store.remove(name, version, dry_run=dry_run),
            dry_run=dry_run,
        )

    @rule(
        wanted=st.dictionaries(names, st.sampled_from([*VERSIONS, "remove"]), min_size=1),
        request=st.sets(names),
        is_wrong=st.sampled_from([False, False, False, True]),
        digest=st.sampled_from([None, "right", "stale"]),
        installed=st.booleans(),
        dry_run=tries,
    )
    def apply(
        self,
        wanted: dict[str, str],
        request: set[str],
        is_wrong: bool,
        digest: str | None,
        installed: bool,
        dry_run: bool,
    ) -> None:
        steps = []
        for name, version in wanted.items():
            now = self.model.installed_of(name)
            if is_wrong:
                now = "2.0" if now is None else None
            if version != "remove":
                steps.append(step_of(name, version, now))
            elif now is not None:
                steps.append(step_of(name, now, now, "remove"))
        digests = {None: None, "right": self.store.digest(), "stale": "sha256:" + "0" * 64}
        document = plan_of(*steps, request=sorted(request), installed=digests[digest])
        manifests = {one: MANIFESTS[one] for one in wanted.items() if one in MANIFESTS}
        self.both(
            lambda model: model.apply(document, is_stale=digest == "stale", installed=installed),
            lambda: self.store.apply(document, manifests=manifests, installed=installed, dry_run=dry_run),
            dry_run=dry_run,
        )

    @rule(name=names, constraint=st.sampled_from(["<2", ">=2"]), dry_run=tries)
    def pin(self, name: str, constraint: str, dry_run: bool) -> None:
        requirement = Requirement.parse(f"{name}@{constraint}")
        self.both(
            lambda model: model.pins.update({name: str(requirement)}),
            lambda: self.store.pin(requirement, dry_run=dry_run),
            dry_run=dry_run,
        )

    @rule(name=names, dry_run=tries)
    def unpin(self, name: str, dry_run: bool) -> None:
        self.both(
            lambda model: _take(model.pins, name), lambda: self.store.unpin(name, dry_run=dry_run), dry_run=dry_run
        )

    @rule(name=names, requested=st.booleans(), dry_run=tries)
    def request(self, name: str, requested: bool, dry_run: bool) -> None:
        self.both(
            lambda model: model.request(name, requested),
            lambda: self.store.request(name, requested, dry_run=dry_run),
            dry_run=dry_run,
        )

    @rule(dry_run=tries)
    def snapshot(self, dry_run: bool) -> None:
        self.both(
            lambda model: model.snapshots.append(deepcopy(model.known)),
            lambda: self.store.snapshot("here", dry_run=dry_run),
            dry_run=dry_run,
        )

    @rule(back=st.integers(0, 3), dry_run=tries)
    def rollback(self, back: int, dry_run: bool) -> None:
        number = len(self.model.snapshots) - back
        self.both(
            lambda model: model.rollback(number), lambda: self.store.rollback(number, dry_run=dry_run), dry_run=dry_run
        )

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = Store.open(self.directory / "store.sqlite3", create=False)

    @invariant()
    def the_store_is_what_the_model_is(self) -> None:
        found = {
            (one.name, same_version(one.version)): (
                one.version,
                one.state,
                one.installed,
                one.requested,
                one.manifest,
            )
            for one in self.store.modules()
        }
        assert found == {
            key: (
                one.spelled,
                one.state,
                one.installed,
                one.requested,
                one.manifest and DIGESTS[key[0], one.manifest],
            )
            for key, one in self.model.known.items()
        }
        assert {one.requirement.name: str(one.requirement) for one in self.store.pins()} == self.model.pins
        assert len(self.store.snapshots()) == len(self.model.snapshots)
        history = self.store.history()
        assert [
            (one.module, one.version, one.from_state, one.to_state, one.operation) for one in history
        ] == self.model.history
        assert [one.at for one in history] == sorted(one.at for one in history)

    @invariant()
    def nothing_is_wrong_with_it(self) -> None:
        assert self.store.check() == ()

    @invariant()
    def planning_reads_the_same(self) -> None:
        content = read_store(self.directory / "store.sqlite3")
        assert content is not None
        assert content.digest == self.store.digest()
        assert dict(content.installed) == dict(self.store.installed())
        assert {name: same_version(str(one.version)) for name, one in content.installed.items()} == {
            name: version for name in NAMES if (version := self.model.installed_of(name)) is not None
        }
        assert content.requested == {key[0] for key, one in self.model.known.items() if one.installed and one.requested}
        assert [str(pin) for pin in content.pins] == [self.model.pins[name] for name in sorted(self.model.pins)]
        assert {(name, same_version(str(version))) for name, version in content.deprecated} == {
            key for key, one in self.model.known.items() if one.state is State.DEPRECATED
        }

    @invariant()
    def what_is_exported_can_be_imported(self) -> None:
        lines = tuple(self.store.export())
        shutil.copyfile(self.directory / "empty.sqlite3", self.directory / "copy.sqlite3")
        with Store.open(self.directory / "copy.sqlite3") as copy:
            assert copy.import_lines(lines) == len(lines) - 2
            assert tuple(copy.export()) == lines

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.directory)


def _take(pins: dict[str, str], name: str) -> None:
    if name not in pins:
        raise Wrong
    del pins[name]


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
