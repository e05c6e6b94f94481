"""The examples of answers in the OpenAPI document are answers of the service, and as their schemas say.

``PYTHONPATH=tests python tests/cli/serve/test_app_examples.py`` renews them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files
from services import a_service, ask

from las_cli.serve import openapi

EXAMPLES = Path(openapi.__file__).with_name("examples.json")
WHO = re.compile(r"\b[\w.-]+@[\w.-]+, process \d+")
APP = manifest_text("app", "2.0", 'dependencies:\n  modules: ["library@>=1"]\n')
LIBRARY = manifest_text("library", "1.0", "interfaces: {provides: [codec]}\n")
THE_PLAN = object()
"""In place of a body: the plan that was answered before."""
ASKED: list[tuple[str, str, str, object]] = [
    ("plan", "POST", "/v1/plan", {"modules": ["app"], "store": False}),
    ("diagnose", "POST", "/v1/diagnose", {"modules": ["app@>=3"], "store": False}),
    ("why", "POST", "/v1/why", {"module": "library", "modules": ["app"], "store": False}),
    ("needs", "POST", "/v1/needs", {"modules": ["app"]}),
    ("getRegistry", "GET", "/v1/registry", None),
    ("listModules", "GET", "/v1/modules", None),
    ("getModule", "GET", "/v1/modules/app", None),
    ("listVersions", "GET", "/v1/modules/library/versions", None),
    ("getVersion", "GET", "/v1/modules/library/versions/1.0", None),
    ("getInterface", "GET", "/v1/interfaces/codec", None),
    ("listHosts", "GET", "/v1/hosts", None),
    ("getHost", "GET", "/v1/hosts/gpu-8gb", None),
    ("getThisHost", "GET", "/v1/host", None),
    ("addTransition", "POST", "/v1/state/app/transitions", {"to": "resolved", "version": "2.0", "reason": "planned"}),
    ("setPin", "PUT", "/v1/pins/library", {"constraint": "<2"}),
    ("listPins", "GET", "/v1/pins", None),
    ("listStates", "GET", "/v1/state", None),
    ("getState", "GET", "/v1/state/app", None),
    ("getHistory", "GET", "/v1/state/app/history", None),
    ("removePin", "DELETE", "/v1/pins/library", None),
    ("removeModule", "DELETE", "/v1/state/app?reason=not+used", None),
    ("applyPlan", "POST", "/v1/apply", THE_PLAN),
    ("getHealth", "GET", "/healthz", None),
    ("getReadiness", "GET", "/readyz", None),
]


def answered(place: Path) -> dict[str, Any]:
    """What the service answers to each question, one after the other."""
    write_files(place / "modules", {"app/manifest.yaml": APP, "library/manifest.yaml": LIBRARY})
    (place / "host.yaml").write_text("cpu: {cores: 8}\nmemory: {ram: 32GiB}\n")
    service = a_service(place / "modules", place / "index", profile=place / "host.yaml", store=place / "store.sqlite3")
    found: dict[str, Any] = {}
    for operation, method, path, body in ASKED:
        answer = ask(service, method, path, {"plan": found["plan"]} if body is THE_PLAN else body)
        assert answer.status_code == 200, f"{operation}: {answer.text}"
        found[operation] = answer.json()
    return found


def shape(value: Any) -> Any:
    """The keys of `value`: times, places and digests differ."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_examples_are_what_the_service_answers(tmp_path: Path) -> None:
    assert shape(answered(tmp_path)) == shape(json.loads(EXAMPLES.read_text(encoding="utf-8")))


def test_the_description_is_one_by_openapi_3_1() -> None:
    for is_guarded in (False, True):
        document = openapi.openapi_document(is_guarded=is_guarded)
        assert document["openapi"].startswith("3.1.")
        schemathesis.openapi.from_dict(document).validate()
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)


def test_examples_are_as_their_schemas_say() -> None:
    document = openapi.openapi_document()
    shown = set()
    for path in document["paths"].values():
        for operation in path.values():
            for part in parts(operation, document):
                schema = {**part["schema"], "components": document["components"]}
                for value in values(part):
                    Draft202012Validator(schema).validate(value)
            answers = operation["responses"]["200"]["content"]
            shown |= {operation["operationId"] for one in answers.values() if "example" in one}
            for part in bodies(operation, document):
                assert values(part), operation["operationId"]
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert shown == {operation for operation, *_ in ASKED} == operations - {"getMetrics", "getProblem"}


def parts(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All of an operation that has a schema, and may have examples: parameters, bodies and answers."""
    yield from operation.get("parameters", ())
    yield from bodies(operation, document)
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()


def bodies(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The bodies that an operation takes, with the examples that their schemas have."""
    for media in operation.get("requestBody", {"content": {}})["content"].values():
        schema = document["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
        yield {**media, "examples": {str(one): {"value": one} for one in schema.get("examples", ())}}


def values(part: dict[str, Any]) -> list[Any]:
    """The examples of a part."""
    return [
        *([part["example"]] if "example" in part else []),
        *(one["value"] for one in part.get("examples", {}).values()),
    ]


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        renewed = json.dumps(answered(Path(directory)), indent=2)
        EXAMPLES.write_text(WHO.sub("ada@workshop, process 4711", renewed) + "\n", encoding="utf-8")
