"""Texts that look like secrets. The examples are made here: none is written as it would be found."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from linted import find, manifest

from las_registry.lint.secrets import secrets_in

LETTERS = string.ascii_letters + string.digits


def drawn(length: int, seed: int = 3) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def codes(text: str) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in secrets_in(text.encode(), "app/manifest.yaml")]


@pytest.mark.parametrize(
    "prefix",
    [
        "ghp_",
        "github_pat_",
        "glpat-",
        "hf_",
        "sk-ant-",
        "sk-proj-",
        "xoxb-",
        "npm_",
        "pypi-AgE",
        "dckr_pat_",
        "sk_live_",
    ],
)
def test_tokens_of_known_forms(prefix: str) -> None:
    assert codes(f"# use {prefix}{drawn(40)}\n") == [("LAS502", 1)]
    assert codes(f"# use {prefix}{drawn(9)}\n") == []
    assert codes(f"# use {prefix}{'x' * 40}\n") == []
    assert codes(f"# a{prefix}{drawn(40)}\n") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AKIA" + "Q3EGRB5T7WXZ4MNP", "LAS502"),
        ("AKIA" + "Q3EGRB5T7WXZ4MNPQ", None),
        ("redis://user:" + "hunter2hunt@db:6379", "LAS502"),
        ("redis://user@db:6379", None),
        ("redis://db:6379/@x", None),
        ("postgres://user:${PASSWORD}@db", None),
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "LAS501"),
        ("-----BEGIN CERTIFICATE-----", None),
        ("password: " + drawn(20), "LAS503"),
        ("password: " + drawn(15), None),
        ("PASSWORD=" + drawn(16), "LAS503"),
        ("x-api-key: '" + drawn(24) + "'", "LAS503"),
        ("x-monkey: " + drawn(24), None),
        ("password: correcthorsebatterystaple", None),
        ("token: aaaaaaaaaaaaaaaaaaa1", None),
        ("token: your-token-goes-here-2024", None),
        ("checksum: sha256:" + "0f" * 32, None),
        ("tokenizers: 0.23.2", None),
    ],
)
def test_which_texts_look_like_secrets(text: str, code: str | None) -> None:
    assert codes(f"name: app\n{text}\n") == ([(code, 2)] if code else [])


def test_a_secret_is_not_shown_whole_and_has_its_place(tmp_path: Path) -> None:
    secret = "ghp_" + drawn(36)
    texts = manifest("app 1.0"), manifest("app 1.1", f"x-a: 1\nx-note: see {secret}\n")

    (finding,) = find(tmp_path, *texts, select="LAS5")
    assert (finding.version, finding.line) == ("1.1", 17)
    assert finding.message == "this has the form of a GitHub token: ghp_... (40 characters or more)"
    assert secret[4:8] not in repr(finding)


def test_it_is_found_in_comments_and_in_what_cannot_be_read() -> None:
    secret = "ghp_" + drawn(36)

    assert codes(f"# {secret}\n\tname: [\n") == [("LAS502", 1)]
    assert [one.code for one in secrets_in(b"\xff\xfe " + secret.encode(), "file")] == ["LAS502"]
    assert codes(f"# \u0130 password: {drawn(20)}\n") == [("LAS503", 1)]


@pytest.mark.parametrize("part", ["key", "password: ", "a://", "a://b:", "eyJ", "eyJaaaaaaaaaa.", "-----BEGIN A", "\n"])
def test_no_text_takes_forever(part: str) -> None:
    """A form that backtracks would not come to an end here."""
    assert codes(part * 20_000) == []
    assert codes(part + "a" * 60_000) == []
