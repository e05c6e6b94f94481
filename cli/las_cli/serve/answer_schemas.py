"""What each operation of the service answers: the schema of its document, and the problems that it may meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from las_cli.serve.profile_schema import PROFILE
from las_cli.serve.tokens import Scope

__all__ = ["ANSWERS", "LINKS", "Answer"]

_EVERY: Final = ("foreign-host", "cross-site", "too-large", "slow-body", "invalid-request", "internal", "not-ready")
_WITH_BODY: Final = ("bad-json", "unsupported-media-type", "bad-input")
_WORK: Final = ("busy", "out-of-time", "registry-unusable")
_STORE: Final = ("no-store", "store-unusable")
_STATE: Final = ("no-such-module", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The document of an operation, and what comes in its place."""

    text: str
    schema: Mapping[str, Any]
    method: Literal["get", "post", "put", "delete"] = "get"
    scope: Scope | None = "read"
    media_type: str = "application/json"
    problems: tuple[str, ...] = ()
    has_tag: bool = False


def _object(**properties: Any) -> dict[str, Any]:
    """An object that has at least these properties."""
    known = {name: {} if value is None else value for name, value in properties.items()}
    return {"type": "object", "required": list(known), "properties": known}


_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_MAYBE: Final = {"type": ["string", "null"]}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_SHORT: Final = _object(module=_TEXT, category=_TEXT, description=_MAYBE, provides=_TEXTS, consumes=_TEXTS)
_RECORDED: Final = _object(module=_TEXT, version=_TEXT, state=_TEXT)
_TRANSITION: Final = _object(module=_TEXT, version=_TEXT)
_DONE: Final = {"enum": ["recorded", "unchanged"]}
_PIN: Final = _object(module=_TEXT, requirement=_TEXT)


def _question(text: str, schema: str) -> Answer:
    return Answer(
        text=text,
        schema={"$ref": f"#/components/schemas/{schema}"},
        method="post",
        problems=(*_EVERY, *_WITH_BODY, *_WORK, "store-unusable", "no-such-host", "no-such-module", "unchanged"),
        has_tag=True,
    )


def _lookup(text: str, schema: Mapping[str, Any], *problems: str) -> Answer:
    return Answer(text=text, schema=schema, problems=(*_EVERY, "busy", "registry-unusable", *problems), has_tag=True)


def _reading(text: str, schema: Mapping[str, Any], *problems: str) -> Answer:
    return Answer(text=text, schema=schema, problems=(*_EVERY, *_STORE, *problems), has_tag=True)


def _writing(method: Literal["post", "put", "delete"], text: str, schema: Mapping[str, Any], *problems: str) -> Answer:
    body = _WITH_BODY if method != "delete" else ("bad-input",)
    more = ("unsupported-media-type",) if method == "delete" else ()
    return Answer(
        text=text,
        schema=schema,
        method=method,
        scope="write",
        problems=(*_EVERY, *_STORE, *body, *more, *problems),
    )


def _open(text: str, schema: Mapping[str, Any], *problems: str, tag: bool = False) -> Answer:
    return Answer(text=text, schema=schema, scope=None, problems=(*_EVERY, *problems), has_tag=tag)


ANSWERS: Final[Mapping[str, Answer]] = {
    "plan": _question("A plan, or a conflict.", "plan"),
    "diagnose": _question("A plan with what holds it back, or every independent conflict.", "plan"),
    "why": _question("Why the module is there, or is not; or a conflict.", "why"),
    "needs": _question("Machines that would do; or a conflict where none would.", "needs"),
    "getRegistry": _lookup("The registry.", _object(digest=_TEXT, modules=_COUNT, interfaces=_TEXTS, rejected=_COUNT)),
    "listModules": _lookup(
        "A page of modules.",
        _object(digest=_TEXT, total=_COUNT, modules=_list(_SHORT), next=_MAYBE),
        *_WORK,
        "bad-input",
    ),
    "getModule": _lookup("A module.", _SHORT, "no-such-module"),
    "listVersions": _lookup(
        "Its versions.",
        _object(
            module=_TEXT, constraint=_MAYBE, versions=_list(_object(version=_TEXT, prerelease=_FLAG, requires=_TEXTS))
        ),
        "no-such-module",
    ),
    "getVersion": _lookup("The version.", _object(), "no-such-module", "no-such-version"),
    "getInterface": _lookup(
        "The interface.",
        _object(interface=_TEXT, providers=_list(_object(module=_TEXT, versions=_TEXTS))),
        "no-such-interface",
    ),
    "listHosts": Answer(
        text="The example hosts.",
        schema=_object(hosts=_list(_object(name=_TEXT, profile=PROFILE))),
        problems=_EVERY,
        has_tag=True,
    ),
    "getHost": Answer(text="The profile.", schema=PROFILE, problems=(*_EVERY, "no-such-host"), has_tag=True),
    "getThisHost": Answer(text="The profile, with notes.", schema=PROFILE, problems=_EVERY, has_tag=True),
    "listStates": _reading("The modules.", _object(modules=_list(_RECORDED))),
    "getState": _reading("What is recorded.", _object(), "busy", "no-such-module"),
    "getHistory": _reading(
        "The transitions.",
        _object(transitions=_list(_TRANSITION)),
        "no-such-module",
        "not-recorded",
    ),
    "addTransition": _writing(
        "post",
        "What was recorded.",
        _object(status=_DONE, dry_run=_FLAG, module=_TEXT, version=_TEXT, transitions=_list(_TRANSITION)),
        *_STATE,
        "busy",
        "registry-unusable",
    ),
    "removeModule": _writing(
        "delete",
        "What was recorded.",
        _object(status=_DONE, dry_run=_FLAG, transitions=_list(_TRANSITION)),
        *_STATE,
        "not-recorded",
    ),
    "applyPlan": _writing(
        "post",
        "What was recorded.",
        _object(status=_DONE, dry_run=_FLAG, transitions=_list(_TRANSITION)),
        *_WORK,
        "plan-refused",
    ),
    "listPins": _reading("The pins.", _object(pins=_list(_PIN))),
    "setPin": _writing(
        "put",
        "The pin.",
        _object(status=_DONE, dry_run=_FLAG, pins=_list(_PIN), warnings=_TEXTS),
        *_STATE,
        "registry-unusable",
    ),
    "removePin": _writing("delete", "The pin that was removed.", _object(pins=_list(_PIN)), *_STATE, "not-pinned"),
    "getHealth": _open("The process lives.", _object(status={"const": "ok"})),
    "getReadiness": _open(
        "Questions are answered.", _object(status={"const": "ready"}, generation=_COUNT, digest=_TEXT)
    ),
    "getMetrics": Answer(
        text="The numbers, in the text format of Prometheus.", schema=_TEXT, media_type="text/plain", problems=_EVERY
    ),
    "getProblem": _open(
        "The kind of problem.",
        _object(type=_TEXT, title=_TEXT, status=_COUNT, description=_TEXT),
        "no-such-problem",
        tag=True,
    ),
}
"""All of them, by operationId."""

LINKS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "listModules": {"getModule": {"name": "$response.body#/modules/0/module"}},
    "getModule": {"listVersions": {"name": "$response.body#/module"}},
    "listVersions": {
        "getVersion": {"name": "$request.path.name", "version": "$response.body#/versions/0/version"},
        "addTransition": {"module": "$request.path.name"},
        "setPin": {"module": "$request.path.name"},
    },
    "listHosts": {"getHost": {"name": "$response.body#/hosts/0/name"}},
    "listStates": {"getState": {"module": "$response.body#/modules/0/module"}},
    "addTransition": {
        "getState": {"module": "$request.path.module", "version": "$response.body#/version"},
        "getHistory": {"module": "$request.path.module"},
        "removeModule": {"module": "$request.path.module", "version": "$response.body#/version"},
    },
    "removeModule": {"getHistory": {"module": "$request.path.module"}},
    "setPin": {"removePin": {"module": "$request.path.module"}},
    "listPins": {"removePin": {"module": "$response.body#/pins/0/module"}},
}
"""What can be asked next, by operationId: the operation, and where its parameters come from."""
