"""Whatever is done to a registry, its list, its index and the user's files, and in what order: what counts is what an
oracle says that reads everything anew, with the cryptographic library and plain JSON and YAML."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from calendar import timegm
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random
from time import strptime
from typing import Any
from unittest import mock

import pytest
import signed as users
import yaml
from cryptography.exceptions import InvalidSignature
from manifests import manifest_text
from signed import id_of, key, message, signed
from signed_lists import NOW, REGISTRY

from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.trust.keys import PrivateKey
from las_registry.trust.listing import sign_list
from las_registry.trust.signed_list import LIST_NAME

SEEDS, NAMES = "ab", ("app", "library")
FILLER = signed(manifest_text("filler", "1", f"x-filler: {'x' * 70_000}\n"), "filler")
_DAY = 86_400

Told = dict[str, tuple[str, str, str | None]]


class World:
    """A registry with its user, what was seen of it, and the time; `keys` are the roles of keys, `policy` is what is
    asked."""

    def __init__(self, place: Path, seed: int) -> None:
        self.random = Random(seed)
        self.settings, self.cache, self.directory = place / "settings", place / "cache", place / "registry"
        self.now = float(NOW)
        self.seen: tuple[int, str] | None = None
        self.keys: dict[str, str] = {}
        self.policy: dict[str, Any] = {}
        self.saved: list[dict[str, bytes]] = []
        self.indexes: dict[Path, bytes] = {}
        self.put("filler/manifest.yaml", FILLER.encode())
        self.set_keys()
        for _ in NAMES:
            self.edit()

    def put(self, path: str, data: bytes) -> None:
        """A file takes the place of another, as it does where registries are fetched."""
        target, fresh = self.directory / path, self.directory / "fresh"
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(target)

    def files(self) -> dict[str, bytes]:
        paths = [one for one in self.directory.rglob("*") if one.is_file()]
        return {str(one.relative_to(self.directory)): one.read_bytes() for one in paths}

    def edit(self) -> None:
        name = self.random.choice(NAMES)
        text = manifest_text(name, "1")
        text = self.random.choice([text, *(signed(text, one) for one in SEEDS)])
        if self.random.random() < 0.3:
            text = text.replace("Something", "Another thing")
        self.put(f"{name}/manifest.yaml", text.encode())

    def list_all(self) -> None:
        """Whoever has a key publishes: mostly the next list, at times one of any number."""
        (self.directory / LIST_NAME).unlink(missing_ok=True)
        number = self.seen[0] + 1 if self.seen and self.random.random() < 0.8 else self.random.randrange(1, 5)
        signer = PrivateKey(key(self.random.choice([*SEEDS, "filler", "filler"])))
        sign_list(self.directory, signer, 2, number, registry=REGISTRY, force=True, now=self.now)

    def save(self) -> None:
        self.saved.append(self.files())

    def restore(self) -> None:
        if self.saved:
            for path in self.files():
                (self.directory / path).unlink()
            for path, data in self.random.choice(self.saved).items():
                self.put(path, data)

    def set_keys(self) -> None:
        roles = {one: self.random.choice(["trusted", "trusted", "revoked", "unknown"]) for one in SEEDS}
        self.keys = {"filler": "trusted", **roles}
        trusted = [one for one in self.keys if self.keys[one] == "trusted"]
        users.write_keys(self.settings, trusted, {one: "" for one in roles if roles[one] == "revoked"})

    def set_policy(self) -> None:
        admitted = [{"key": id_of("a"), "names": ["ap*"]}, id_of("filler")]
        asked: Mapping[str, Sequence[Any]] = {
            "keys": [None, admitted],
            "list": ["check", "check", "require"],
            "unsigned": ["accept", "refuse"],
        }
        chosen = {what: self.random.choice(several) for what, several in asked.items()}
        self.policy = {what: one for what, one in chosen.items() if one is not None}
        users.write_policy(self.settings, self.directory, **self.policy)

    def spoil_cache(self) -> None:
        """What is cached is lost, or is what it was at another time."""
        now = {one: one.read_bytes() for one in self.cache.glob("*")}
        if self.random.random() < 0.3:
            shutil.rmtree(self.cache, ignore_errors=True)
        for path, data in self.indexes.items():
            self.cache.mkdir(exist_ok=True)
            path.write_bytes(data)
        self.indexes = now

    def pass_time(self) -> None:
        self.now += self.random.choice([-1, 1, 3]) * _DAY

    def step(self) -> None:
        acts: Sequence[Callable[[], None]] = [
            *(self.edit, self.list_all, self.list_all, self.save, self.restore),
            *(self.set_keys, self.set_policy, self.spoil_cache, self.pass_time),
        ]
        self.random.choice(acts)()

    def expected(self) -> Told | None:
        """The descriptions and standings of the modules that count, by their names; None if the registry is barred."""
        vouching = self._vouching()
        if vouching is None:
            return None
        found: Told = {}
        for path, data in self.files().items():
            if path != LIST_NAME and path != "filler/manifest.yaml":
                told = self._judged(data.decode(), vouching)
                if told is not None:
                    found[path.partition("/")[0]] = told
        return found

    def _admits(self, key_id: str, name: str) -> bool:
        if "keys" not in self.policy:
            return True
        return key_id == id_of("filler") or (key_id == id_of("a") and name.startswith("ap"))

    def _vouching(self) -> list[str] | None:
        """The ids of the keys whose list counts; None if the registry is barred."""
        is_missed = self.seen is not None or self.policy.get("list") == "require"
        data = self.files().get(LIST_NAME)
        if data is None:
            return None if is_missed else []
        (signature,) = json.loads(data)["signatures"]
        role = next(role for one, role in self.keys.items() if id_of(one) == signature["keyid"])
        if role == "revoked":
            return None
        counts = "keys" not in self.policy or signature["keyid"] in (id_of("a"), id_of("filler"))
        if role == "unknown" or not counts:
            return None if is_missed else []
        payload = b64decode(json.loads(data)["payload"])
        content = json.loads(payload)
        new = content["number"], sha256(payload).hexdigest()
        is_old = self.seen is not None and (new[0] < self.seen[0] or (new[0] == self.seen[0] and new != self.seen))
        if is_old or self.now >= timegm(strptime(content["expires"], "%Y-%m-%dT%H:%M:%SZ")):
            return None
        digests = {path: sha256(one).hexdigest() for path, one in self.files().items() if path != LIST_NAME}
        if digests != {path: one["sha256"] for path, one in content["files"].items()}:
            return None
        self.seen = new
        return [signature["keyid"]]

    def _judged(self, text: str, vouching: Sequence[str]) -> tuple[str, str, str | None] | None:
        content: Mapping[str, Any] = yaml.load(text, yaml.BaseLoader)
        kind, key_id = "unsigned", None
        if "integrity" in content:
            _, key_id, value = content["integrity"]["signature"].split(":")
            seed = next(one for one in SEEDS if id_of(one) == key_id)
            kind = {"trusted": "valid", "revoked": "refused", "unknown": "unknown-key"}[self.keys[seed]]
            if kind == "valid":
                try:
                    key(seed).public_key().verify(b64decode(value), message(text))
                except InvalidSignature:
                    kind = "refused"
            if kind == "valid" and not self._admits(id_of(seed), content["name"]):
                kind = "other-names"
        if kind == "refused":
            return None
        if kind != "valid":
            listed = next((one for one in vouching if self._admits(one, content["name"])), None)
            if listed is not None:
                kind, key_id = "listed", listed
            elif self.policy.get("unsigned") == "refuse":
                return None
        return content["description"], kind, key_id


def told(make: Callable[[Sequence[Path]], Registry], world: World) -> Told | None:
    with mock.patch("las_registry.trust.vouching.time", lambda: world.now):
        try:
            found = make([world.directory])
        except RegistryUnusable:
            return None
    modules: Told = {}
    for name in sorted({*found.names()} - {"filler"}):
        (one,) = found.versions(name)
        manifest, standing = found.manifest(name, one.version), found.standing(name, one.version)
        assert manifest is not None and standing is not None
        modules[name] = str(manifest.content["description"]), standing.kind, standing.key_id
    return modules


@pytest.mark.parametrize("seed", range(3))
def test_what_counts_is_what_an_oracle_says(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    world, outcomes = World(tmp_path, seed), set[bool]()
    for at in range(40):
        world.step()
        expected = world.expected()
        outcomes.add(expected is None)
        for make in (Registry.open, Registry.open, Registry.load) if at % 4 == 0 else (Registry.open,):
            assert told(make, world) == expected, at
    assert outcomes == {True, False}
