"""Whose word counts, from the user's files to the modules that a registry has, by its index and without (decision
0021)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import signed as users
from cryptography.exceptions import InvalidSignature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexes import as_a_whole, by_index, kept
from manifests import manifest_text, write_files
from signed import id_of, key, message, signature, signed

from las_registry.compiled import reading
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.trust.standing import Standing
from las_solver.constraint import parse_version
from las_solver.errors import InvalidInput

APP = manifest_text("app", "1")
OTHER = manifest_text("other", "1")


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "settings"


def write_keys(user: Path, trusted: Iterable[str], revoked: Mapping[str, str] | None = None) -> None:
    users.write_keys(user, ["filler", *trusted], revoked)


def write_policy(user: Path, directory: Path, *, keys: Iterable[object] | None = None, **policy: object) -> None:
    if keys is not None:
        policy["keys"] = [*keys, id_of("filler")]
    users.write_policy(user, directory, **policy)


def registry(tmp_path: Path, *texts: str, name: str = "registry") -> Path:
    """A registry of these manifests, and of one so large that an index is kept, which always counts."""
    filler = signed(manifest_text("filler", "1", f"x-filler: {'x' * 70_000}\n"), "filler")
    files = {f"{at}/manifest.yaml": text for at, text in enumerate([*texts, filler])}
    return write_files(tmp_path / name, files)


def standings(directory: Path) -> dict[str, str]:
    """The standings of modules, by their names; and why others are rejected. The same with and without an index."""
    loaded = Registry.load([directory])
    opened = Registry.open([directory])
    again = Registry.open([directory])
    assert kept(directory.parent / "cache")
    assert by_index(directory) == as_a_whole(directory)
    found = [_standings(one) for one in (loaded, opened, again)]
    assert found[0] == found[1] == found[2]
    del found[0]["filler"]
    return found[0]


def _standings(found: Registry) -> dict[str, str]:
    told: dict[str, str] = {}
    for name in found.names():
        standing = found.standing(name, parse_version("1"))
        assert standing is not None
        told[name] = standing.kind
    for one in found.problems:
        told[f"{one.file.split('/')[-2]}:{one.line} {one.field}"] = one.message
    return told


def test_without_a_word_of_the_user_nothing_is_claimed(tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"), OTHER)
    assert standings(directory) == {"app": "unknown-key", "other": "unsigned"}


def test_a_manifest_that_a_trusted_key_signed_is_valid(tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"), signed(OTHER, "b"))
    write_keys(user, ["a"])
    assert standings(directory) == {"app": "valid", "other": "unknown-key"}


def test_another_trust_gives_other_verdicts_whatever_the_index_says(tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"))
    assert standings(directory) == {"app": "unknown-key"}
    write_keys(user, ["a"])
    assert standings(directory) == {"app": "valid"}
    write_keys(user, [], {"a": "stolen"})
    refused = {"0:7 integrity.signature": f"it is signed by the key {id_of('a')[:16]}, which is revoked: stolen"}
    assert standings(directory) == refused
    write_keys(user, ["b"])
    assert standings(directory) == {"app": "unknown-key"}
    write_policy(user, directory, unsigned="refuse")
    message = f"it is signed by the key {id_of('a')[:16]}, which is not trusted: nothing could be checked"
    assert standings(directory) == {"0:7 integrity.signature": message}
    (user / "keys.json").unlink()
    (user / "registries.yaml").unlink()
    assert standings(directory) == {"app": "unknown-key"}


@pytest.mark.parametrize("unsigned", ["accept", "warn", "refuse"])
@pytest.mark.parametrize(
    "changed",
    [
        signed(APP, "a").replace("Something", "Something else"),
        signed(APP, "a").replace("version: 1", "version: 1.0"),
        signed(APP, "a").replace("name: app", "name: app2"),
        APP + f"integrity: {{signature: {signature(OTHER, 'a')}}}\n",
        APP + f"integrity: {{signature: {signature(APP, 'b').replace(id_of('b'), id_of('a'))}}}\n",
    ],
    ids=["text", "spelling", "name", "of another manifest", "of another key"],
)
def test_a_manifest_that_was_changed_after_it_was_signed_is_refused_whatever_the_policy(
    changed: str, unsigned: str, tmp_path: Path, user: Path
) -> None:
    directory = registry(tmp_path, changed)
    write_keys(user, ["a"])
    write_policy(user, directory, unsigned=unsigned)
    (problem,) = [one for one in Registry.open([directory]).problems if "0/" in one.file]
    assert problem.message.startswith(f"the manifest was changed after the key {id_of('a')[:16]} signed it")
    assert (problem.line, problem.field) == (7, "integrity.signature")
    assert "las-solve registry sign" in str(problem.hint)


def test_a_key_counts_for_the_names_that_the_policy_gives_it_and_for_no_others(tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"), signed(OTHER, "a"))
    write_keys(user, ["a", "b"])
    write_policy(user, directory, keys=[{"key": id_of("a"), "names": ["ap*"]}])
    assert standings(directory) == {"app": "valid", "other": "other-names"}
    write_policy(user, directory, keys=[id_of("b")])
    assert standings(directory) == {"app": "other-names", "other": "other-names"}
    write_policy(user, directory, keys=[id_of("b")], unsigned="refuse")
    told = standings(directory)
    message = f"it is signed by the key {id_of('a')[:16]}, which does not count for app"
    assert told.pop("0:7 integrity.signature") == message
    assert list(told) == ["1:7 integrity.signature"]


def test_what_is_refused_still_has_its_name_so_that_no_later_registry_steps_in(tmp_path: Path, user: Path) -> None:
    first = registry(tmp_path, signed(APP, "a").replace("Something", "Another thing"), name="first")
    second = registry(tmp_path, manifest_text("app", "99"), name="second")
    write_keys(user, ["a"])
    for found in (Registry.load([first, second]), Registry.open([first, second]), Registry.open([first, second])):
        assert not found.versions("app")
        assert len(found.rejected("app")) == 1


def test_several_processes_come_to_the_same(tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = registry(tmp_path, signed(APP, "a"), signed(OTHER, "a").replace("Some", "Any"), signed(OTHER, "b"))
    write_keys(user, ["a"])
    write_policy(user, directory, keys=[id_of("a")], unsigned="warn")
    alone = standings(directory)
    for one in kept(tmp_path / "cache"):
        one.unlink()
    monkeypatch.setattr(reading, "_WORTHWHILE", 0)
    monkeypatch.setattr(reading, "_MOST_FILES", 1)
    monkeypatch.setattr(reading, "processors", lambda: 2)
    assert standings(directory) == alone
    assert alone["app"] == "valid" and len(alone) == 3


def test_an_index_that_lost_nothing_but_its_verdicts_is_made_anew(tmp_path: Path, user: Path) -> None:
    """The index of a user without keys stands where that of one with keys is looked for."""
    directory = registry(tmp_path, signed(APP, "a").replace("Something", "Anything"))
    Registry.open([directory])
    (index,) = kept(tmp_path / "cache")
    trusting_nobody = index.read_bytes()
    write_keys(user, ["a"])
    assert not Registry.open([directory]).versions("app")
    index.write_bytes(trusting_nobody)
    assert not Registry.open([directory]).versions("app")


def test_what_a_link_leads_to_is_judged_again_once_the_policy_is_about_it(tmp_path: Path, user: Path) -> None:
    """The files of the user are the same, and so is the registry, by its real path."""
    directory = registry(tmp_path, APP)
    current = tmp_path / "current"
    current.symlink_to(tmp_path / "another")
    write_policy(user, current, unsigned="refuse")
    write_keys(user, ["a"])
    assert standings(directory) == {"app": "unsigned"}
    current.unlink()
    current.symlink_to(directory)
    (message,) = standings(directory).values()
    assert message == "it is not signed, and registries.yaml refuses what is unsigned"


def test_a_frozen_registry_is_judged_again_by_another_trust(tmp_path: Path, user: Path) -> None:
    from las_registry.compiled.refreshing import freeze

    directory = registry(tmp_path, signed(APP, "a").replace("Something", "Anything"))
    freeze(directory)
    assert Registry.open([directory]).versions("app")
    write_keys(user, ["a"])
    assert not Registry.open([directory]).versions("app")


@pytest.mark.parametrize("name", ["keys.json", "registries.yaml"])
@pytest.mark.parametrize("harm", ["damaged", "others", "directory", "dangling link"])
def test_what_the_user_says_is_never_taken_for_nothing(name: str, harm: str, tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"))
    write_keys(user, ["a"])
    write_policy(user, directory, unsigned="refuse")
    path = user / name
    if harm == "damaged":
        path.write_bytes(path.read_bytes()[:-3])
    elif harm == "others":
        path.chmod(0o666)
    else:
        path.unlink()
        path.mkdir() if harm == "directory" else path.symlink_to("nowhere")
    for make in (Registry.open, Registry.load):
        with pytest.raises(InvalidInput, match=name):
            make([directory])


def test_a_list_is_required_where_the_user_says_so(tmp_path: Path, user: Path) -> None:
    directory = registry(tmp_path, signed(APP, "a"))
    write_keys(user, ["a"])
    write_policy(user, directory, list="require")
    for make in (Registry.open, Registry.load):
        with pytest.raises(RegistryUnusable, match="it has no signed list"):
            make([directory])
    (user / "keys.json").unlink()
    with pytest.raises(RegistryUnusable, match="it has no signed list"):
        Registry.open([directory])


def _by_hand(text: str, trusted: Iterable[str], revoked: Iterable[str], admitted: Iterable[str], unsigned: str) -> str:
    """The standing of a manifest, worked out by the cryptographic library alone; "refused" if it does not count."""
    _, _, rest = text.partition("signature: ed25519:")
    if not rest:
        return "unsigned" if unsigned != "refuse" else "refused"
    key_id, _, value = rest.partition("}")[0].partition(":")
    seed = next(one for one in "abc" if id_of(one) == key_id)
    if seed in revoked:
        return "refused"
    if seed not in trusted:
        return "unknown-key" if unsigned != "refuse" else "refused"
    from base64 import b64decode

    try:
        key(seed).public_key().verify(b64decode(value), message(text))
    except InvalidSignature:
        return "refused"
    if seed in admitted:
        return "valid"
    return "other-names" if unsigned != "refuse" else "refused"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_verdict_is_that_of_the_cryptographic_library(
    data: st.DataObject, tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {}
    for at in range(4):
        plain = manifest_text(f"m{at}", "1")
        text = data.draw(st.sampled_from([plain, *(signed(plain, one) for one in "abc")]))
        if data.draw(st.booleans()):
            text = text.replace("Something", data.draw(st.sampled_from(["Else", "Something"])))
        texts[f"m{at}"] = text
    directory = registry(tmp_path, *texts.values())
    for _ in range(2):
        roles = {one: data.draw(st.sampled_from(["trusted", "revoked", "unknown"])) for one in "abc"}
        trusted = [one for one in roles if roles[one] == "trusted"]
        revoked = [one for one in roles if roles[one] == "revoked"]
        admitted = data.draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1))
        unsigned = data.draw(st.sampled_from(["accept", "warn", "refuse"]))
        write_keys(user, trusted, dict.fromkeys(revoked, ""))
        write_policy(user, directory, unsigned=unsigned, keys=[id_of(one) for one in admitted])
        expected = {name: _by_hand(text, trusted, revoked, admitted, unsigned) for name, text in texts.items()}
        for make in (Registry.open, Registry.load):
            found = make([directory])
            for name, fate in expected.items():
                standing = found.standing(name, parse_version("1"))
                assert (standing or Standing("unsigned")).kind == fate if fate != "refused" else standing is None
