"""Requests made from the service's own description: whatever they ask, the answers are as the description has them.

``LAS_SOLVE_EXAMPLES=30`` tries more of them.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from manifests import manifest_text, write_files
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import positive_data_acceptance, use_after_free
from services import InProcess, a_service

from las_cli.serve.openapi import openapi_document

TIMES: Final = int(os.environ.get("LAS_SOLVE_EXAMPLES", "1"))
DOCUMENT: Final = openapi_document(is_guarded=False)
SETTINGS: Final = settings(
    phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
PLACE: Final = "http://127.0.0.1:8765"
OPERATIONS: Final = sorted(
    ((path, method) for path, known in DOCUMENT["paths"].items() for method in known),
    key=lambda one: (("post", "put", "get", "delete").index(one[1]), one),
)
"""What records something comes first, so that there is something to be found, and what removes it last."""

MOST: Final = 10 * TIMES
"""How many cases are tried of each operation, spread over all that there are."""

NEEDS_A_PLAN: Final = {"applyPlan"}
"""What answers with 200 only where more is right than a schema can say."""


class Client:
    """Asks a service that all tests of this file share, and what schemathesis makes of the answers."""

    def __init__(self, service: InProcess, runner: asyncio.Runner) -> None:
        self.schema = schemathesis.openapi.from_dict(DOCUMENT)
        self._runner = runner
        self._store = service.settings.store
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=PLACE)

    def check(self, case: Any) -> int:
        """The status of the answer to `case`, which is as the description has it."""
        answer = self.ask(case)
        case.validate_response(answer, excluded_checks=excused(case, answer))
        return answer.status_code

    def record(self) -> None:
        """Something is recorded from the beginning, whichever tests of this file one process runs."""
        for method, path, body in (
            ("POST", "/v1/state/ollama/transitions", {"to": "resolved"}),
            ("PUT", "/v1/pins/ollama", {"constraint": ">=1"}),
        ):
            self._runner.run(self._client.request(method, path, json=body)).raise_for_status()

    def forget(self) -> None:
        """Nothing is recorded any more."""
        assert self._store is not None
        for path in self._store.parent.glob(f"{self._store.name}*"):
            path.unlink()

    def ask(self, case: Any) -> httpx.Response:
        """The answer to `case`."""
        asked = requests.Request(**case.as_transport_kwargs(base_url=PLACE)).prepare()
        headers = [(_bytes(name), _bytes(value)) for name, value in asked.headers.items()]
        request = httpx.Request(asked.method or "", asked.url or "", headers=headers, content=_bytes(asked.body or b""))
        return self._runner.run(self._client.send(request))


def excused(case: Any, answer: httpx.Response) -> list[Any]:
    """The checks that no description can be held to for this answer."""
    problem = answer.json() if "problem" in answer.headers.get("Content-Type", "") else {"type": "", "detail": ""}
    match problem["type"]:
        case "/problems/bad-input" | "/problems/unchanged":  # spelled right, and of no sense here
            return [positive_data_acceptance]
        case "/problems/bad-json" if "exact" in problem["detail"]:  # a number in what is the client's own
            return [positive_data_acceptance]
        case "/problems/out-of-time" if case.body["timeout"] < 0.1:
            return [not_a_server_error]
    return []


def _bytes(text: Any) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its registry has what the examples of the description name."""
    place = tmp_path_factory.mktemp("service")
    texts = {
        "ollama": manifest_text("ollama", "1.5", "interfaces: {provides: [llm-api]}\n"),
        "open-webui": manifest_text("open-webui", "0.7", "dependencies: {modules: ['ollama@>=1', python]}\n"),
        "python": manifest_text("python", "3.12"),
    }
    write_files(place / "modules", {f"{name}/manifest.yaml": text for name, text in texts.items()})
    (place / "host.yaml").write_text("cpu: {cores: 16}\nmemory: {ram: 64GiB}\n")
    service = a_service(place / "modules", place / "index", profile=place / "host.yaml", store=place / "store.sqlite3")
    with asyncio.Runner() as runner:
        client = Client(service, runner)
        client.record()
        yield client


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_answers_are_as_described(path: str, method: str, client: Client) -> None:
    operation = client.schema[path][method.upper()]
    statuses: Counter[int] = Counter()
    cases = list(
        client.schema.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=client.schema.config.generation_for(operation=operation),
        )
    )
    for case in cases[:: -(-len(cases) // MOST)]:
        statuses[client.check(case)] += 1
    if TIMES > 1:  # each costs as much as a hundred of the cases above
        for mode in GenerationMode:
            _try(operation, mode, client)
    assert statuses[200] or DOCUMENT["paths"][path][method]["operationId"] in NEEDS_A_PLAN


def _try(operation: Any, mode: GenerationMode, client: Client) -> None:
    """Tries requests that are made up at random."""

    @settings(SETTINGS, max_examples=TIMES)
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        client.check(case)

    try:
        holds()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE and not operation.body  # there is nothing to negate


def test_what_is_asked_next_is_as_described(client: Client) -> None:
    machine: Any = client.schema.as_state_machine()
    answers: list[httpx.Response] = []

    class Following(machine):  # type: ignore[misc]
        """Asks what the links of the description lead to, each time from the same beginning."""

        def setup(self) -> None:
            client.forget()

        def call(self, case: Any, **_: Any) -> Response:
            answers.append(client.ask(case))
            return Response.from_any(answers[-1])

        def validate_response(self, response: Response, case: Any, **_: Any) -> None:
            excluded = [*excused(case, answers[-1]), use_after_free]  # what is removed keeps its history
            case.validate_response(response, excluded_checks=excluded, recorder=self.recorder)

    tried = settings(SETTINGS, max_examples=3 * TIMES, stateful_step_count=8)
    Following.run(settings=tried)
    assert len({answer.request.url.path for answer in answers if answer.status_code == 200}) > 3
