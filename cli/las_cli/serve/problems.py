"""What the service answers where it cannot do what was asked: problem details by RFC 9457.

Each kind has a name, which stands in its ``type`` as ``/problems/NAME``; the service itself says there what it means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from las_cli.serve.job import Carried
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_cli.errors import Failure

__all__ = [
    "KINDS",
    "MEDIA_TYPE",
    "Kind",
    "Problem",
    "ending",
    "in_words_of_the_service",
    "of_failure",
    "problem_document",
]

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: the status of the answer, a title, and what a client can do about it."""

    status: int
    title: str
    text: str


KINDS: Final[Mapping[str, Kind]] = {
    "bad-json": Kind(
        400, "The body is not JSON", "Send a body of UTF-8 JSON (RFC 8259), nested at most 100 levels deep."
    ),
    "unauthorized": Kind(
        401,
        "A token is needed",
        "Send Authorization: Bearer TOKEN, with a token of `las-solve serve token add` that still counts.",
    ),
    "forbidden": Kind(403, "The token may not do this", "What records something needs a token whose scope is write."),
    "foreign-host": Kind(
        403,
        "The request is meant for another host",
        "On a loopback address the service answers only requests whose Host names one, so that no page of the web "
        "reaches it by a name of its own (DNS rebinding).",
    ),
    "cross-site": Kind(
        403,
        "The request comes from a page of another site",
        "Browsers say in Origin and Sec-Fetch-Site which page a request comes from; the service is for programs, and "
        "for pages of its own origin.",
    ),
    "not-found": Kind(404, "There is nothing under this path", "/openapi.json lists all paths."),
    "no-such-module": Kind(404, "There is no such module", "GET /v1/modules?search=WORD finds modules."),
    "no-such-version": Kind(404, "The module has no such version", "GET /v1/modules/NAME/versions lists them."),
    "no-such-interface": Kind(404, "There is no such interface", "GET /v1/registry lists the interfaces."),
    "no-such-host": Kind(404, "There is no such example host", "GET /v1/hosts lists them."),
    "no-such-problem": Kind(
        404, "There is no such kind of problem", "The type of a problem is the path of its own page."
    ),
    "not-recorded": Kind(404, "Nothing is recorded of the module", "GET /v1/state lists what is recorded."),
    "not-pinned": Kind(404, "The module is not pinned", "GET /v1/pins lists the pins."),
    "no-store": Kind(
        404,
        "The service keeps no store",
        "It was started with --no-store: there is no lifecycle, and nothing counts as installed.",
    ),
    "method-not-allowed": Kind(
        405, "The path does not know this method", "The header Allow lists the methods that it knows."
    ),
    "slow-body": Kind(408, "The body took too long to arrive", "Send the whole body at once."),
    "refused": Kind(
        409,
        "The state of the module does not allow this",
        "Nothing was changed. The detail says what stands in the way: the state of a module, or what needs it.",
    ),
    "plan-refused": Kind(
        409,
        "The plan is not recorded",
        "Registry, machine or what is installed have changed since it was made, or it is not right; the details say "
        "what. Nothing was changed: plan again.",
    ),
    "unchanged": Kind(
        412,
        "The answer is still the one that the client has",
        "If-None-Match names the answer that this request would get. GET answers that with 304; for POST it is 412 "
        "(RFC 9110, section 13.1.2).",
    ),
    "too-large": Kind(413, "The body is too large", "The detail says how many bytes the service takes."),
    "unsupported-media-type": Kind(
        415,
        "The body is not of a type that the service takes",
        "Send Content-Type: application/json, without encoding.",
    ),
    "invalid-request": Kind(
        422,
        "The request is not as the schema has it",
        "Each of the details names a place, as a JSON Pointer into the body or by the name of a parameter, and what is "
        "wrong there. /openapi.json has the schema.",
    ),
    "bad-input": Kind(
        422,
        "The request makes no sense",
        "It is spelled as the schema has it, but names something that is not there, or contradicts itself; the detail "
        "and the hint say what.",
    ),
    "internal": Kind(
        500,
        "las-solve failed",
        "This is a mistake in las-solve, or of the machine that it runs on; the log has more under the request's id.",
    ),
    "busy": Kind(
        503, "The service has too much to do", "Try again after the seconds that the header Retry-After names."
    ),
    "not-ready": Kind(
        503, "The service is starting or shutting down", "Try again after the seconds that Retry-After names."
    ),
    "registry-unusable": Kind(
        503, "The registry cannot be used", "The owner of the service has to look at it; the detail says what is wrong."
    ),
    "store-unusable": Kind(
        503,
        "The store cannot be used",
        "It cannot be read or written, or another process holds it for too long; the detail says what is wrong.",
    ),
    "out-of-time": Kind(
        504, "There was no answer in time", "Ask with a longer timeout, up to what the service allows, or for less."
    ),
}
"""All kinds of problems by their names."""


class Problem(Carried):
    """A request cannot be answered: the name of one of :data:`KINDS`, what was wrong, a hint, and details."""

    def __init__(
        self, name: str, detail: str, hint: str | None = None, details: tuple[Mapping[str, Any], ...] = ()
    ) -> None:
        super().__init__(name, detail, hint, details)
        self.name = name
        self.detail = detail
        self.hint = hint
        self.details = details

    @property
    def status(self) -> int:
        """The status of the answer."""
        return KINDS[self.name].status


def problem_document(problem: Problem, *, instance: str, request_id: str | None = None) -> dict[str, object]:
    """The JSON of `problem`, met by a request for the path `instance`."""
    kind = KINDS[problem.name]
    document: dict[str, object] = {
        "type": f"/problems/{problem.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if problem.hint is not None:
        document["hint"] = problem.hint
    if problem.details:
        document["details"] = [dict(one) for one in problem.details]
    if request_id is not None:
        document["request_id"] = request_id
    return document


def ending() -> Problem:
    """What a request comes to that is not finished when the service ends."""
    return Problem("not-ready", "the service ends, and the request was not finished", "ask again once it is up")


_BY_ERROR: Final = {
    "OutOfTime": "out-of-time",
    "PlanRefused": "plan-refused",
    "Refused": "refused",
    "RegistryUnusable": "registry-unusable",
    "StoreUnusable": "store-unusable",
}
"""The kinds of errors by the names of their classes; all others are by their exit status."""


def of_failure(failure: Failure, error: str) -> Problem:
    """What is answered where the command line would report `failure`, of an error of the class `error`."""
    from las_cli.errors import ExitStatus

    name = _BY_ERROR.get(error) or ("bad-input" if failure.status is ExitStatus.BAD_INPUT else "internal")
    if error == "MemoryError":
        return Problem(name, failure.message, failure.hint)
    if name == "internal":  # its message may quote anything: it belongs in the log
        return Problem("internal", KINDS[name].title)
    hint = failure.hint if name != "out-of-time" else "ask with a longer timeout"
    return Problem(
        name,
        in_words_of_the_service(failure.message),
        None if hint is None else in_words_of_the_service(hint),
        failure.details,
    )


_FIELDS: Final = {
    "allow-removal": "allow_removal",
    "allow-removal-of": "allow_removal_of",
    "assume": "assume",
    "exclude": "exclude",
    "for": "modules",
    "mode": "modes",
    "prefer": "prefer",
    "profile": "host",
    "timeout": "timeout",
}


def in_words_of_the_service(text: str) -> str:
    """A text for the command line with the fields of a request in place of options."""
    return re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda found: _FIELDS.get(found[1], found[0]), text)
