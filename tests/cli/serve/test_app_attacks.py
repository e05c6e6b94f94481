"""What somebody would try who wants more of the service than is theirs."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial, reduce
from operator import getitem
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from services import InProcess, a_service, ask

from las_cli.commands.registry.search import rank_of
from las_cli.logging import Logger
from las_cli.serve import asking, guards, listing, tokens
from las_cli.serve.guards import Guard
from las_cli.serve.logs import Observed
from las_cli.serve.lookups import Lookups
from las_cli.serve.metrics import Metrics
from las_cli.serve.openapi import openapi_document
from las_cli.serve.pool import Busy
from las_cli.serve.tokens import FILE_NAME, KnownTokens, Scope, change_tokens, make_token

SECRET = "swordfish"


@pytest.fixture
def texts(tmp_path: Path) -> dict[Scope, str]:
    """The texts of two tokens by what they may do, which a file knows."""
    made = {scope: make_token(scope, scope) for scope in tokens.SCOPES}
    change_tokens(tmp_path / FILE_NAME, lambda _: [token for _, token in made.values()])
    return {scope: text for scope, (text, _) in made.items()}


@pytest.fixture
def guarded(texts: dict[Scope, str], registry: Path, profile: Path, tmp_path: Path) -> InProcess:
    """A service for which a token is needed."""
    store = tmp_path / "store.sqlite3"
    return a_service(registry, tmp_path / "i", profile=profile, store=store, tokens=tmp_path / FILE_NAME)


def operations() -> Iterator[tuple[str, str, str | None]]:
    """The method and a path of each operation of the document, and the scope that it says is needed."""
    for path, known in openapi_document()["paths"].items():
        for method, operation in known.items():
            _, _, needed = operation.get("description", "").rpartition("Needs the scope ")
            made = path.format(module="app", name="app", version="2.1")
            yield method.upper(), made, needed.strip("`.") if "security" in operation else None


def test_every_operation_needs_the_token_that_its_description_says(guarded: InProcess, texts: dict[Scope, str]) -> None:
    scopes = []
    for method, path, needed in operations():
        body = {} if method in ("POST", "PUT") else None
        said = {"Authorization": f"Bearer {texts['read']}"}, {"Authorization": f"Bearer {texts['write']}"}
        found = [
            ask(guarded, method, path, body, headers={**headers, "If-None-Match": "*"}).status_code
            for headers in ({}, {"Authorization": "Bearer las_x"}, *said)
        ]
        refusals = [status if status in (401, 403) else None for status in found]
        by_scope = {None: [None] * 4, "read": [401, 401, None, None], "write": [401, 401, 403, None]}
        assert refusals == by_scope[needed], (method, path, found)
        scopes.append(needed)
    assert scopes.count("write") == 5 and scopes.count("read") > 15


def test_the_history_says_which_token_wrote(guarded: InProcess, texts: dict[Scope, str]) -> None:
    said = {"Authorization": f"Bearer {texts['write']}"}
    body = {"to": "resolved", "version": "2.1"}
    assert ask(guarded, "POST", "/v1/state/app/transitions", body, headers=said).status_code == 200
    (known,) = ask(guarded, "GET", "/v1/state/app/history", headers=said).json()["transitions"]
    assert known["who"].endswith(", token write")


@pytest.mark.parametrize(
    "path",
    [
        "/problems/../v1/state",
        "/problems/..%2fv1%2fstate",
        "/problems/%2e%2e/v1/state",
        "/problems/x/../../v1/state",
        "//v1/state",
        "/v1/state/",
        "/v1/state%2f",
        "/v1/state;x",
        "/V1/state",
        "/healthz/../v1/state",
        "/healthz%00/v1/state",
        "/v1/plan/../state",
        "/v1%2fstate",
        "/%76%31/state",
    ],
)
def test_no_spelling_of_a_path_goes_round_the_token(path: str, guarded: InProcess) -> None:
    """A server decodes paths once, and gives them to the application as they are."""
    found = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        found.append(message.get("status"))

    async def run() -> None:
        scope = {"type": "http", "path": unquote(path), "raw_path": path.encode(), "root_path": "", "query_string": b""}
        for method in ("GET", "HEAD", "OPTIONS", "get", "DELETE", "PROPFIND"):
            await guarded.app({**scope, "method": method, "headers": [(b"host", b"127.0.0.1")]}, receive, send)

    asyncio.run(run())
    assert {status for status in found if status is not None} <= {401, 404, 405}


def test_the_time_that_a_wrong_token_takes_tells_nothing(
    texts: dict[Scope, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(tokens, "compare_digest", compare)
    known = KnownTokens(tmp_path / FILE_NAME)
    for text in (texts["read"], texts["write"], "", "las_x", "x" * 100_000, "\udc80"):
        compared.clear()
        found = known.find(text)
        assert compared == [(64, 64)] * 2 and (found is None) == (text not in texts.values())


def test_no_request_names_a_file_of_the_service(service: InProcess, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"cpu": {"cores": 3}, "status": "resolved", "x-said": SECRET}))
    plan = {"modules": ["app"]}
    for spelled in (str(other), f"file:{other}", f"@{other}", "../other.json"):
        for field in ("host", "profile", "registry", "store", "lock", "replay"):
            answer = ask(service, "POST", "/v1/plan", {**plan, field: spelled})
            assert answer.status_code in (404, 422) and SECRET not in answer.text
        for body in ({**plan, "modules": [spelled]}, {**plan, "assume": [spelled]}):
            assert SECRET not in ask(service, "POST", "/v1/plan", body).text
        assert ask(service, "POST", "/v1/apply", {"plan": spelled}).status_code == 422
        for path in ("/v1/hosts/", "/v1/modules/", "/v1/interfaces/", "/problems/", "/v1/state/", "/"):
            answer = ask(service, "GET", path + spelled.replace("/", "%2F"))
            assert answer.status_code == 404 and SECRET not in answer.text
    for name in ("detect", "-", "", ".", "..", "/dev/stdin", "~"):
        answer = ask(service, "POST", "/v1/plan", {**plan, "host": name})
        assert answer.json()["type"] == "/problems/no-such-host"


def test_a_body_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_BODY_SECONDS", 0.02)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(0.003)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def never(*_: object) -> None:
        raise AssertionError("the application was asked")

    headers = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": "/v1/plan", "headers": headers}
    asyncio.run(Guard(never, host="127.0.0.1", max_body=1 << 20, tokens=None)(scope, receive, send))
    assert sent[0]["status"] == 408 and (b"connection", b"close") in sent[0]["headers"]


def test_a_write_that_has_begun_is_done_though_its_client_goes_away(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released, use = Event(), Event(), asking._with_store

    def slowly(*arguments: Any, **named: Any) -> Any:
        begun.set()
        assert released.wait(20)
        return use(*arguments, **named)

    async def run() -> None:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            task = asyncio.create_task(client.put("/v1/pins/library", json={"constraint": "<2"}))
            assert await asyncio.to_thread(begun.wait, 20)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            released.set()

    monkeypatch.setattr(asking, "_with_store", slowly)
    asyncio.run(run())
    assert ask(service, "GET", "/v1/pins").json()["pins"][0]["requirement"] == "library@<2"


IDS = ["a\r\nX-Evil: 1", "a\nb", "a b", "\x1b[2J", "a" * 129, '"', "\u00e9", "", "a\x00", "<b>", "a,b"]


def test_what_a_client_sends_stands_neither_in_the_log_nor_in_headers(
    guarded: InProcess, texts: dict[Scope, str], capsys: pytest.CaptureFixture[str]
) -> None:
    log = Logger()
    log.form, log.verbosity = "json", 1
    guarded.metrics, observed = Metrics(), guarded
    observed.log = log  # type: ignore[attr-defined]
    app: Any = Observed(guarded.app, observed)  # type: ignore[arg-type]

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        found = []
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for number, name in enumerate([*IDS, "mine-1"]):
                said = {"X-Request-Id": name.encode("latin-1"), "Authorization": f"Bearer {texts['write']}".encode()}
                if number % 2:
                    guarded.pool.fails = KeyError(number)
                body = {"modules": ["app"], "host": {"x-said": SECRET}}
                found.append(await client.post("/v1/plan", json=body, headers=said))
                guarded.pool.fails = None
                wrong = {**said, "Authorization": b"Bearer " + SECRET.encode(), "User-Agent": SECRET.encode()}
                found.append(await client.get(f"/v1/modules/{SECRET}?search={SECRET}", headers=wrong))
                found.append(await client.request(SECRET.upper(), f"/{SECRET}%0a%1b", headers=wrong))
        return found

    answers = asyncio.run(run())
    logged = capsys.readouterr().err
    ids = [json.loads(line)["request_id"] for line in logged.splitlines()]
    assert {answer.headers["X-Request-Id"] for answer in answers} == set(ids)
    assert not set(ids) & set(IDS) and "mine-1" in ids and len(set(ids)) == 3 * len(IDS) + 1
    told = logged + guarded.metrics.render().decode() + "".join(str(answer.headers) for answer in answers)
    for text in (SECRET, SECRET.upper(), *texts.values(), "Evil", "\x1b", "\\u001b"):
        assert text not in told


def cursor(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    ("forged", "expected"),
    [
        (cursor(b"0 bulky"), ["heavy", "library"]),
        (cursor(b"0 \x00"), ["app", "bulky", "heavy", "library"]),
        (cursor(b"9" * 1000 + b" app"), []),
        (cursor(b"-1 app"), None),
        (cursor(b"0  "), ["app", "bulky", "heavy", "library"]),
        (cursor(b"0"), None),
        (cursor(b"\xff 0"), None),
        ("0", None),
        ("=", None),
    ],
    ids=range(9),
)
def test_a_forged_cursor_leads_to_a_page_or_nowhere(forged: str, expected: Any, service: InProcess) -> None:
    answer = ask(service, "GET", "/v1/modules", params={"cursor": forged})
    found = [one["module"] for one in answer.json()["modules"]] if answer.status_code == 200 else None
    assert found == expected and answer.status_code in (200, 422)


@pytest.mark.parametrize("forged", ["*", '"*"', "W/*", '"' + "0" * 32 + '"', ",", ",".join(['"x"'] * 5000), "\xff"])
def test_a_forged_tag_tells_nothing(forged: str, guarded: InProcess, texts: dict[Scope, str]) -> None:
    said = {"If-None-Match": forged.encode("latin-1")}
    for method, path, body in (("GET", "/v1/state", None), ("POST", "/v1/plan", {"modules": ["app"]})):
        assert ask(guarded, method, path, body, headers=said).status_code == 401  # type: ignore[arg-type]
        with_token = {**said, "Authorization": f"Bearer {texts['read']}".encode()}
        status = ask(guarded, method, path, body, headers=with_token).status_code  # type: ignore[arg-type]
        assert status == (({"GET": 304, "POST": 412}[method]) if forged == "*" else 200)


def test_a_search_for_many_words_costs_hardly_more(service: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def rank(word: str, *texts: Any) -> int | None:
        compared.append(word)
        return rank_of(word, *texts)

    monkeypatch.setattr(listing, "rank_of", rank)
    for search, words in (("z " * 100, 4), ("app" + " a.P-p" * 30, 12)):
        compared.clear()
        answer = ask(service, "GET", "/v1/modules", params={"search": search})
        assert answer.status_code == 200 and len(compared) <= words


def test_lookups_wait_in_a_bounded_queue() -> None:
    released = Event()

    async def run() -> list[Any]:
        lookups = Lookups(2)
        waiting = [asyncio.create_task(lookups.run(partial(released.wait, 20))) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(lookups.run(lambda: True)))
        await asyncio.sleep(0)
        released.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert await lookups.run(lambda: "again") == "again"
        lookups.stop()
        return [one if one is True else type(one) for one in found]

    assert asyncio.run(run()) == [True, asyncio.CancelledError, True, Busy, Busy, True]


WRONG = (None, 0, -1, 1.5, "", "x", [], {}, [None], {"a": {}}, "app@<1", "\x1b[2J", "1.0", True)


def test_a_plan_that_was_tampered_with_is_refused(service: InProcess) -> None:
    plan = ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()
    matters = {("steps", 0, "version"), ("steps", 1, "module"), ("steps", 0, "checksum"), ("request", 0)}
    for number, place in enumerate(places(plan)):
        wrong = copy.deepcopy(plan)
        *path, last = place
        reduce(getitem, path, wrong)[last] = WRONG[number % len(WRONG)]
        answer = ask(service, "POST", "/v1/apply", {"plan": wrong, "dry_run": True})
        assert answer.status_code in (200, 409, 422)
        assert answer.status_code != 200 or place not in matters
        matters.discard(place)
    assert not matters
    assert ask(service, "GET", "/v1/state").json() == {"modules": []}


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Where something is in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield (key,)
        yield from ((key, *rest) for rest in places(one))
