"""The examples of answers in the OpenAPI document are answers of the service, and as their schemas say.

``PYTHONPATH=tests python tests/cli/serve/test_app_examples.py`` renews them.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files
from services import a_service, ask

from las_cli.serve import openapi

EXAMPLES = Path(openapi.__file__).with_name("examples.json")
APP = manifest_text("app", "2.0", 'dependencies:\n  modules: ["library@>=1"]\n')
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
    ("listHosts", "GET", "/v1/hosts", None),
    ("getHost", "GET", "/v1/hosts/gpu-8gb", None),
    ("addTransition", "POST", "/v1/state/app/transitions", {"to": "resolved", "version": "2.0", "reason": "planned"}),
    ("setPin", "PUT", "/v1/pins/library", {"constraint": "<2"}),
    ("listPins", "GET", "/v1/pins", None),
    ("listStates", "GET", "/v1/state", None),
    ("getState", "GET", "/v1/state/app", None),
    ("getHistory", "GET", "/v1/state/app/history", None),
    ("getHealth", "GET", "/healthz", None),
    ("getReadiness", "GET", "/readyz", None),
]


def answered(place: Path) -> dict[str, Any]:
    """What the service answers to each question, one after the other."""
    library = manifest_text("library", "1.0")
    write_files(place / "modules", {"app/manifest.yaml": APP, "library/manifest.yaml": library})
    (place / "host.yaml").write_text("cpu: {cores: 8}\nmemory: {ram: 32GiB}\n")
    service = a_service(place / "modules", place / "index", profile=place / "host.yaml", store=place / "store.sqlite3")
    found = {}
    for operation, method, path, body in ASKED:
        answer = ask(service, method, path, body)
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


def test_examples_are_as_their_schemas_say() -> None:
    document = openapi.openapi_document()
    shown = 0
    for path in document["paths"].values():
        for operation in path.values():
            media = operation["responses"]["200"]["content"]
            for one in media.values():
                if "example" in one:
                    shown += 1
                    Draft202012Validator({**one["schema"], "components": document["components"]}).validate(
                        one["example"]
                    )
    assert shown == len(ASKED)


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        EXAMPLES.write_text(json.dumps(answered(Path(directory)), indent=2) + "\n", encoding="utf-8")
