"""``las-solve registry keygen | sign | verify | trust``."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

from las_registry.trust.keys import generate_private_key, read_public_key
from las_registry.trust.trusted_keys import load_trusted_keys

FILES = {
    "app/manifest.yaml": manifest_text(),
    "library/manifest.yaml": manifest_text("library", "1.0") + "---\n" + manifest_text("library", "2.0"),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a registry that nobody signed."""
    write_files(tmp_path / "my-registry", FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def signed(place: Path, run_cli: RunCli) -> Path:
    """The same, signed by a key that the user trusts, in ``ada.key``."""
    for command in ("keygen -o ada.key", "sign --key ada.key my-registry", "trust add ada.key.pub"):
        result = run_cli("registry", *command.split())
        assert result.exit_code == 0, result.output
    return place


def settings(place: Path) -> Path:
    return place / "settings" / "las-solve"


def test_keygen_writes_two_files_and_replaces_none(place: Path, run_cli: RunCli) -> None:
    result = run_cli("registry", "keygen", "--format", "json")
    document = json.loads(result.stdout)
    private, public = settings(place) / "signing.key", settings(place) / "signing.key.pub"
    assert (document["private"], document["public"]) == (str(private), str(public))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600 and stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    before = private.read_bytes()
    again = run_cli("registry", "keygen")
    assert again.exit_code == 2 and "is there already" in again.stderr
    private.unlink()
    other = run_cli("registry", "keygen")
    assert other.exit_code == 2 and "signing.key.pub is there already" in other.stderr
    assert os.listdir(private.parent) == ["signing.key.pub"]  # noqa: PTH208
    assert before.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_an_interrupted_keygen_leaves_nothing(place: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path, public: bytes, comment: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("las_registry.trust.keys.write_public_key", interrupt)
    assert run_cli("registry", "keygen", "-o", "new.key").exit_code != 0
    assert not list(place.glob("new*"))


def test_no_directory_for_settings(place: Path, run_cli: RunCli) -> None:
    for command in ("keygen", "sign my-registry", "trust list", "trust remove 12345678"):
        result = run_cli("registry", *command.split(), LAS_SOLVE_CONFIG="")
        assert result.exit_code == 2 and "nothing says where settings belong" in result.stderr
    assert run_cli("registry", "verify", "my-registry", LAS_SOLVE_CONFIG="").exit_code == 2


def test_a_key_with_a_passphrase(place: Path, run_cli: RunCli) -> None:
    asked = run_cli("registry", "keygen", "-o", "a.key", "--passphrase", stdin="open sesame\nopen sesame\n")
    assert asked.exit_code == 0 and "open sesame" not in asked.output
    (place / "right").write_text("open sesame\n# the first line counts\n")
    (place / "wrong").write_text("open\n")
    (place / "empty").write_text("\n")
    (place / "long").write_text("x" * 1001)
    for file, message in (
        (None, "is encrypted"),
        ("wrong", "the passphrase does not open the key"),
        ("empty", "the first line of empty is empty"),
        ("long", "has more than 1000 bytes"),
        ("nothing", "nothing cannot be read"),
    ):
        options = () if file is None else ("--passphrase-file", file)
        result = run_cli("registry", "sign", "--key", "a.key", *options, "my-registry")
        assert result.exit_code == 2 and message in result.stderr, result.stderr
    assert (place / "my-registry" / "app" / "manifest.yaml").read_text() == FILES["app/manifest.yaml"]
    result = run_cli("registry", "sign", "--key", "a.key", "--passphrase-file", "right", "my-registry")
    assert result.exit_code == 0, result.stderr
    endless = run_cli("registry", "keygen", "-o", "b.key", "--passphrase", stdin=("x" * 1001 + "\n") * 2)
    assert endless.exit_code == 2 and "the passphrase has more than 1000 bytes" in endless.stderr
    both = run_cli("registry", "keygen", "-o", "b.key", "--passphrase", "--passphrase-file", "right")
    assert both.exit_code == 2 and not (place / "b.key").exists()


def test_what_cannot_sign_is_told_with_what_can(signed: Path, run_cli: RunCli) -> None:
    for options, message in (
        ((), "signing.key cannot be read: No such file or directory\nhint: name the file of a key, or make one: las-"),
        (("--key", "ada.key.pub"), "hint: this is a public key by its name; the private one is ada.key\n"),
        (("--list", "--key", "ada.key"), "--list takes the directory of a registry, and --key is none."),
    ):
        result = run_cli("registry", "sign", *options, "my-registry")
        assert result.exit_code == 2 and message in result.stderr, result.stderr


@pytest.mark.parametrize("comment", ["a\nb", "\x1b[2J", "x" * 201, "a\u202eb"])
def test_comments_that_could_mislead_are_refused(comment: str, place: Path, run_cli: RunCli) -> None:
    result = run_cli("registry", "keygen", "-o", "a.key", "--comment", comment)
    assert result.exit_code == 2 and "give one line" in result.stderr
    assert not (place / "a.key").exists()


def test_a_comment_from_elsewhere_is_never_printed_raw(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    public = place / "a.key.pub"
    public.write_bytes(b"Comment: \x1b[2J\xff<b>\n" + public.read_bytes())
    for command in (("trust", "add", "a.key.pub"), ("trust", "list")):
        result = run_cli("registry", *command)
        assert result.exit_code == 0 and "\x1b" not in result.output and "\\x1b[2J" in result.output


def test_signing_several_files_signs_those_that_can_be(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    write_files(place, {"bad.yaml": "name: [", "my-registry/odd.txt": "not a manifest"})
    result = run_cli("registry", "sign", "--key", "a.key", "bad.yaml", "my-registry", "nothing.yaml")
    assert result.exit_code == 2
    assert result.stdout == "my-registry: 3 of 3 manifests signed\n"
    assert "bad.yaml" in result.stderr and "nothing.yaml" in result.stderr
    assert run_cli("registry", "sign", "--key", "a.key").exit_code == 2
    (place / "empty").mkdir()
    assert run_cli("registry", "sign", "--key", "a.key", "empty").exit_code == 3


def test_a_wrong_checksum_is_not_signed(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    path = place / "my-registry" / "app" / "manifest.yaml"
    run_cli("registry", "seal", str(path))
    path.write_text(path.read_text().replace("Something", "Else"))
    result = run_cli("registry", "sign", "--key", "a.key", str(path))
    assert result.exit_code == 2 and "hint: restore it, or, if the change is wanted, seal it again" in result.stderr


def test_files_out_of_the_registry_are_not_signed(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    write_files(place, {"elsewhere/manifest.yaml": manifest_text("other")})
    (place / "my-registry" / "out").symlink_to("../elsewhere")
    result = run_cli("registry", "sign", "--key", "a.key", "my-registry")
    assert result.exit_code == 3 and "out" in result.stderr
    (place / "my-registry" / "out").unlink()
    (place / "my-registry" / "manifest.yaml").symlink_to("../elsewhere/manifest.yaml")
    result = run_cli("registry", "sign", "--key", "a.key", "my-registry")
    assert result.exit_code == 2 and "my-registry/manifest.yaml: it cannot be read: " in result.stderr
    assert "signature" not in (place / "elsewhere" / "manifest.yaml").read_text()
    assert "signature" in (place / "my-registry" / "app" / "manifest.yaml").read_text()


def test_verify_says_valid_of_nothing_that_could_not_be_checked(signed: Path, run_cli: RunCli) -> None:
    key_id = next(iter(load_trusted_keys(settings(signed) / "keys.json").keys))
    run_cli("registry", "trust", "remove", key_id[:8])
    result = run_cli("registry", "verify", "my-registry", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2 and document["status"] == "not-verified"
    assert document["counts"]["unknown-key"] == 3 and document["counts"]["valid"] == 0
    manifests = document["places"][0]["manifests"]
    assert {one["key"] for one in manifests} == {key_id} and not any(one["vouched_for"] for one in manifests)
    text = run_cli("registry", "verify", "my-registry")
    assert text.stderr.endswith("las-solve registry trust add FILE\n") and "hint" not in text.stdout
    assert [(one["file"], one["line"]) for one in manifests] == [
        ("my-registry/app/manifest.yaml", 1),
        ("my-registry/library/manifest.yaml", 1),
        ("my-registry/library/manifest.yaml", 9),
    ]


def test_verify_names_what_is_unsigned_or_wrong(signed: Path, run_cli: RunCli) -> None:
    write_files(
        signed / "my-registry",
        {"new/manifest.yaml": manifest_text("new"), "bad/manifest.yaml": "name: [", "none/manifest.yaml": ""},
    )
    os.mkfifo(signed / "my-registry" / "app" / "fifo.manifest.yaml")
    result = run_cli("registry", "verify", "--all", "my-registry")
    assert result.exit_code == 2
    assert "my-registry/new/manifest.yaml:1: new 1.0 is not signed\n" in result.stdout
    assert "my-registry/app/manifest.yaml:1: app 1.0 is signed by the key " in result.stdout
    assert "my-registry/app/fifo.manifest.yaml: it cannot be read: it is not a regular file\n" in result.stdout
    assert "7 manifests in 6 files: 3 of them are vouched for (3 valid, 1 unsigned, 3 refused)" in result.stderr


def test_a_list_that_is_of_the_files_as_they_were_is_warned_of(signed: Path, run_cli: RunCli) -> None:
    run_cli("registry", "sign", "--key", "ada.key", "--list", "my-registry")
    sign = ("registry", "sign", "--key", "ada.key", "my-registry")
    path = signed / "my-registry/app/manifest.yaml"
    assert run_cli(*sign).stderr == "", "nothing was written"
    path.write_text(path.read_text().replace("category: tool", "category: model"))
    for command in (sign, ("registry", "seal", str(path))):
        result = run_cli(*command)
        assert (result.exit_code, result.stderr.count("is of the files as they were")) == (0, 1), result.output
    library = signed / "my-registry/library/manifest.yaml"
    library.write_text(library.read_text().replace("category: tool", "category: model"))
    renewed = run_cli(*sign, "--list", "my-registry")
    assert renewed.exit_code == 0 and "files as they were" not in renewed.stderr
    assert run_cli("registry", "verify", "my-registry").exit_code == 0


def test_verify_of_two_that_contradict_one_another(signed: Path, run_cli: RunCli) -> None:
    write_files(signed / "my-registry", {"b/manifest.yaml": manifest_text("app", "1.0", "license: MIT\n")})
    run_cli("registry", "sign", "--key", "ada.key", "my-registry")
    result = run_cli("registry", "verify", "my-registry")
    assert result.exit_code == 2 and "is also described, differently" in result.stdout
    told = "4 manifests in 3 files: 2 of them are vouched for (2 valid, 2 refused); 2 mistakes\n"
    assert result.stderr == told, "neither of the two counts, whoever signed it"


def test_verify_of_files(signed: Path, run_cli: RunCli) -> None:
    path = "my-registry/app/manifest.yaml"
    assert run_cli("registry", "verify", path).exit_code == 0
    assert run_cli("registry", "verify", path, "my-registry/nothing.yaml").exit_code == 2
    assert run_cli("registry", "verify", "nothing").exit_code == 2
    (signed / "empty").mkdir()
    assert run_cli("registry", "verify", "empty").exit_code == 3


def test_verify_of_a_file_that_a_list_vouches_for_asks_for_its_own_signature(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    run_cli("registry", "trust", "add", "a.key.pub")
    result = run_cli("registry", "sign", "--key", "a.key", "--list", "my-registry", "--expires", "3")
    assert result.exit_code == 0 and "list 1 of 2 files, until " in result.stdout
    whole = run_cli("registry", "verify", "my-registry")
    assert whole.exit_code == 0 and "every one is vouched for (3 listed)" in whole.stdout
    assert run_cli("registry", "verify", "my-registry/app/manifest.yaml").exit_code == 2


def test_verify_of_a_registry_that_is_not_as_its_list_says(signed: Path, run_cli: RunCli) -> None:
    run_cli("registry", "sign", "--key", "ada.key", "--list", "my-registry")
    for path, text in (("app/manifest.yaml", None), ("library/manifest.yaml", "x"), ("new/manifest.yaml", "x")):
        target = signed / "my-registry" / path
        before = target.read_bytes() if target.exists() else None
        target.unlink(missing_ok=True) if text is None else write_files(signed / "my-registry", {path: text})
        result = run_cli("registry", "verify", "my-registry")
        assert result.exit_code == 3 and "is not as its signed list says" in result.stderr
        target.unlink(missing_ok=True)
        if before is not None:
            target.write_bytes(before)
    assert run_cli("registry", "verify", "my-registry").exit_code == 0


def test_verify_asks_no_index(signed: Path, run_cli: RunCli) -> None:
    """A change that no time of a file tells of is seen all the same."""
    assert run_cli("registry", "list", "--registry", "my-registry").exit_code == 0
    path = signed / "my-registry" / "app" / "manifest.yaml"
    before = path.stat()
    path.write_text(path.read_text().replace("Something", "Somethink"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run_cli("registry", "verify", "my-registry").exit_code == 2


def test_verify_obeys_the_policy_of_the_registry(signed: Path, run_cli: RunCli) -> None:
    key_id = read_id(signed / "ada.key.pub")
    rules = f"    keys:\n      - key: {key_id}\n        names: ['lib*']\n"
    path = settings(signed) / "registries.yaml"
    path.write_text(f"registries:\n  - path: {signed / 'my-registry'}\n{rules}")
    path.chmod(0o600)
    for place in ("my-registry", "my-registry/app/manifest.yaml"):
        result = run_cli("registry", "verify", place)
        assert result.exit_code == 2, result.output
        assert f"app 1.0 is signed by the key {key_id[:16]}, which does not count for it here" in result.stdout
    assert run_cli("registry", "verify", "my-registry/library/manifest.yaml").exit_code == 0


def test_a_spoilt_file_of_keys_ends_verification(signed: Path, run_cli: RunCli) -> None:
    keys = settings(signed) / "keys.json"
    keys.write_text(keys.read_text()[:-10])
    for command in ("verify my-registry", "trust list", "trust remove 12345678"):
        result = run_cli("registry", *command.split())
        assert result.exit_code == 2 and "keys.json cannot be relied on" in result.stderr


def test_trust_by_hand(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key", "--comment", "Ada")
    key_id = read_id(place / "a.key.pub")
    assert run_cli("registry", "trust", "list").stdout.startswith("no key is trusted")
    run_cli("registry", "trust", "add", "a.key.pub", "--comment", "Ada, by telephone")
    again = run_cli("registry", "trust", "add", "a.key.pub")
    assert again.stdout == f"trusted: {key_id}  Ada, by telephone\n"
    for comment in ("", "Ada, by telephone"):
        other = run_cli("registry", "trust", "add", "a.key.pub", "--comment", comment)
        assert other.stdout == f"trusted: {key_id}  {comment}".rstrip() + "\n"
    document = json.loads(run_cli("registry", "trust", "list", "--format", "json").stdout)
    assert document == {"trusted": [{"key": key_id, "comment": "Ada, by telephone"}], "revoked": []}
    assert run_cli("registry", "trust", "add", "a.key").exit_code == 2
    for wrong in (key_id[:7], "0" * 8, "x"):
        assert run_cli("registry", "trust", "revoke", wrong).exit_code == 2
    unknown = generate_private_key().id
    assert run_cli("registry", "trust", "revoke", unknown).stdout == f"revoked: {unknown}\n"
    run_cli("registry", "trust", "revoke", key_id[:8], "--reason", "stolen")
    kept = run_cli("registry", "trust", "revoke", key_id[:8])
    assert kept.stdout == f"revoked: {key_id}  stolen\n"
    other = run_cli("registry", "trust", "revoke", key_id[:8], "--reason", "lost")
    assert other.stdout == f"revoked: {key_id}  lost\n"
    assert run_cli("registry", "trust", "remove", key_id[:8]).stdout == f"no longer revoked: {key_id}\n"
    assert run_cli("registry", "trust", "add", "a.key.pub").exit_code == 0
    assert run_cli("registry", "trust", "remove", key_id).stdout == f"no longer trusted: {key_id}\n"
    assert run_cli("registry", "trust", "remove", key_id).exit_code == 2


def read_id(path: Path) -> str:
    from las_registry.trust.keys import key_id

    return key_id(read_public_key(path))


def test_verify_shows_no_more_than_can_be_read(place: Path, run_cli: RunCli) -> None:
    write_files(place / "many", {f"{at}.manifest.yaml": manifest_text(f"m{at}") for at in range(105)})
    result = run_cli("registry", "verify", "many")
    assert result.stdout.endswith("... and 5 more lines: --all shows everything\n")
    assert len(result.stdout.splitlines()) == 101
    assert len(run_cli("registry", "verify", "--all", "many").stdout.splitlines()) == 105


def test_signing_with_a_revoked_key_is_warned_of(place: Path, run_cli: RunCli) -> None:
    run_cli("registry", "keygen", "-o", "a.key")
    run_cli("registry", "trust", "add", "a.key.pub")
    (key,) = json.loads(run_cli("registry", "trust", "list", "--format", "json").stdout)["trusted"]
    assert run_cli("registry", "sign", "--key", "a.key", "my-registry").stderr == ""
    run_cli("registry", "trust", "revoke", key["key"])
    result = run_cli("registry", "sign", "--key", "a.key", "my-registry")
    assert result.exit_code == 0 and f"the key {key['key'][:16]} is revoked here" in result.stderr
