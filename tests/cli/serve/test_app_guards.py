"""Who may ask the service, from where, and how much."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from services import InProcess, a_service, ask

from las_cli.serve.guards import Guard, is_loopback
from las_cli.serve.tokens import FILE_NAME, KnownTokens, change_tokens, make_token, read_tokens
from las_solver.errors import InvalidInput

QUESTION = {"modules": ["app"]}
PIN = {"constraint": "<2"}


def kind(answer: Any) -> str:
    """The kind of a problem, or the status."""
    if answer.headers["Content-Type"] == "application/problem+json":
        return str(answer.json()["type"].removeprefix("/problems/"))
    return str(answer.status_code)


@pytest.fixture
def tokens(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A file of tokens, and their texts by their names."""
    path = tmp_path / "settings" / FILE_NAME
    over = datetime.now(UTC) - timedelta(seconds=1)
    made = {
        name: make_token(name, scope, expires=until)
        for name, scope, until in (("reader", "read", None), ("writer", "write", None), ("old", "write", over))
    }
    change_tokens(path, lambda _: [token for _, token in made.values()])
    return path, {name: text for name, (text, _) in made.items()} | {"none": "las_" + "x" * 43, "empty": ""}


@pytest.fixture
def guarded(tokens: tuple[Path, dict[str, str]], registry: Path, profile: Path, tmp_path: Path) -> InProcess:
    """A service that others reach."""
    store = tmp_path / "store.sqlite3"
    return a_service(registry, tmp_path / "i", profile=profile, store=store, host="0.0.0.0", tokens=tokens[0])


def test_what_each_token_may_do(guarded: InProcess, tokens: tuple[Path, dict[str, str]]) -> None:
    reading = [("GET", "/v1/registry", None), ("GET", "/metrics", None), ("POST", "/v1/plan", QUESTION)]
    writing = [("PUT", "/v1/pins/app", PIN), ("DELETE", "/v1/pins/app", None)]
    expected = {"reader": ("200", "forbidden"), "writer": ("200", "200")}
    for name, text in tokens[1].items():
        may_read, may_write = expected.get(name, ("unauthorized", "unauthorized"))
        for requests, allowed in ((reading, may_read), (writing, may_write)):
            for method, path, body in requests:
                answer = ask(guarded, method, path, body, headers={"Authorization": f"Bearer {text}"})
                assert kind(answer) == allowed, (name, method, path)


def test_who_has_no_token_learns_what_everybody_may_know(guarded: InProcess) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json", "/problems/busy"):
        assert kind(ask(guarded, "GET", path)) == "200"
    refused = ask(guarded, "GET", "/v1/nothing")
    assert kind(refused) == "unauthorized" and refused.headers["WWW-Authenticate"].startswith("Bearer ")
    assert kind(ask(guarded, "GET", "/v1/host", headers={"Authorization": "Basic eDp5"})) == "unauthorized"
    assert "securitySchemes" in ask(guarded, "GET", "/openapi.json").json()["components"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "200"),
        ({"Host": "localhost"}, "200"),
        ({"Host": "[::1]:80"}, "200"),
        ({"Host": "127.0.0.2"}, "200"),
        ({"Host": "rebound.example"}, "foreign-host"),
        ({"Host": "127.0.0.1.example:8765"}, "foreign-host"),
        ({"Host": "192.168.0.1"}, "foreign-host"),
        ({"Host": ""}, "foreign-host"),
        ({"Origin": "http" + "://127.0.0.1:8765"}, "200"),
        ({"Origin": "http" + "://127.0.0.1:9999"}, "cross-site"),
        ({"Origin": "https" + "://page.example"}, "cross-site"),
        ({"Origin": "null"}, "cross-site"),
        ({"Sec-Fetch-Site": "same-origin"}, "200"),
        ({"Sec-Fetch-Site": "none"}, "200"),
        ({"Sec-Fetch-Site": "same-site"}, "cross-site"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross-site"),
    ],
)
def test_pages_of_the_web_are_not_answered(headers: dict[str, str], expected: str, service: InProcess) -> None:
    assert kind(ask(service, "GET", "/v1/registry", headers=headers)) == expected


@pytest.mark.parametrize(
    ("name", "is_here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("LocalHost.", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.example", False),
        ("", False),
        ("10.0.0.1", False),
    ],
)
def test_what_leads_to_this_machine_alone(name: str, is_here: bool) -> None:
    assert is_loopback(name) == is_here


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "invalid-request"),
        (b"{", "bad-json"),
        (b"\xff\xfe{}", "bad-json"),
        (b'{"modules": ["\xed\xa0\x80"]}', "bad-json"),
        (b'{"modules": ["app"], "timeout": NaN}', "bad-json"),
        (b'{"modules": ["app"], "timeout": 1e999}', "bad-json"),
        (b"[" * 100_000, "bad-json"),
        (b'{"host":' * 10_000, "bad-json"),
        (b"null", "invalid-request"),
        (b'{"modules": ["app\\u0000"]}', "invalid-request"),
        (b'{"modules": ["' + b"a" * 100_000 + b'"]}', "invalid-request"),
        (b'{"modules": ["app"], "timeout": ' + b"9" * 4000 + b"}", "bad-json"),
        (b'{"modules": ["app"], "host": {"x-big": 9007199254740993}}', "bad-json"),
        (b'{"modules": ["app"], "host": {"x-big": 9007199254740991}}', "200"),
        (b'{"modules": ["app"], "modules": ["library"]}', "bad-json"),
        (b'{"modules": ["app"], "host": {"gpus": [], "\\u0067pus": []}}', "bad-json"),
        (b'{"modules": ["app\\ud800"]}', "bad-json"),
        (b'{"modules": ["app"], "\\ud800": 1}', "bad-json"),
        (b'\xef\xbb\xbf{"modules": ["app"]}', "bad-json"),
        (b" " * (1 << 20) + b"{}", "too-large"),
    ],
    ids=range(20),
)
def test_a_body_that_is_not_right(content: bytes, expected: str, service: InProcess) -> None:
    answer = ask(service, "POST", "/v1/plan", content=content)
    assert kind(answer) == expected and len(answer.content) < 3000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Encoding": "gzip"},
        {"Content-Type": ""},
    ],
    ids=str,
)
def test_a_body_of_another_type(headers: dict[str, str], service: InProcess) -> None:
    answer = ask(service, "POST", "/v1/plan", content=b'{"modules": ["app"]}', headers=headers)
    assert kind(answer) == "unsupported-media-type"


def test_a_body_is_not_read_beyond_what_is_allowed() -> None:
    read, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": bytes(10), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def never(*_: object) -> None:
        raise AssertionError("the application was asked")

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": "/v1/plan", "headers": headers}
    asyncio.run(Guard(never, host="127.0.0.1", max_body=100, tokens=None)(scope, receive, send))
    assert (sent[0]["status"], read) == (413, 11)
    scope["headers"] = [*headers, (b"content-length", b"9" * 400)]
    asyncio.run(Guard(never, host="127.0.0.1", max_body=100, tokens=None)(scope, receive, send))
    assert read == 11


def test_tokens_by_the_command_line(run_cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "settings" / "las-solve" / FILE_NAME
    text = run_cli("serve", "token", "add", "laptop", "--days", "3").stdout.strip()
    known = KnownTokens(path)
    found = known.find(text)
    assert found is not None and (found.name, found.scope) == ("laptop", "read")
    assert text not in path.read_text() and path.stat().st_mode & 0o777 == 0o600
    assert run_cli("serve", "token", "add", "laptop").exit_code == 2
    assert "laptop  read  until" in run_cli("serve", "token", "list").stdout
    assert run_cli("serve", "token", "revoke", "lapto").exit_code == 2
    assert run_cli("serve", "token", "revoke", "laptop").exit_code == 0
    assert read_tokens(path) == () and KnownTokens(path).find(text) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2, "tokens": []}', '{"format": 1, "tokens": [{"name": "x"}]}'])
def test_a_damaged_file_of_tokens_lets_nobody_in(text: str, tokens: tuple[Path, dict[str, str]]) -> None:
    path, texts = tokens
    path.write_text(text)
    assert KnownTokens(path).find(texts["writer"]) is None
    with pytest.raises(InvalidInput, match="cannot be relied on"):
        read_tokens(path)


def test_a_file_of_tokens_that_others_may_write_counts_for_nothing(
    tokens: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, texts = tokens
    told: list[str] = []
    monkeypatch.setattr("las_cli.serve.tokens._LOOK_AGAIN", 0.0)
    known = KnownTokens(path, lambda error: told.append(error.message))
    assert known.find(texts["writer"]) is not None
    path.chmod(0o666)
    assert known.find(texts["writer"]) is known.find(texts["reader"]) is None
    assert len(told) == 1 and "others may write the file" in told[0]
