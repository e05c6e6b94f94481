"""The work of the processes beside the server: answers to questions, by the functions that the commands use, too.

No job writes anything; what records something does so in the server (:mod:`las_cli.serve.routes.lifecycle`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from las_cli.serve.job import Job, Result
from las_cli.serve.problems import Problem

if TYPE_CHECKING:
    from las_cli.question import Question
    from las_cli.serve.context import Context
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.conflict import Conflict
    from las_solver.model import Host, Request
    from las_solver.plan import Plan

__all__ = ["Job", "Result", "content_token", "execute", "seconds_for", "tag_for"]

_AT_LENGTH: Final = frozenset({"diagnose"})
"""What takes its time to give reasons."""


def execute(job: Job, context: Context) -> Result:
    """Does `job`; raises :class:`Problem`, :class:`LasSolveError`, and what click makes of wrong usage."""
    return _KINDS[job.kind](job.parameters, context)


def seconds_for(kind: str, timeout: float) -> float:
    """All the time for a question of a `kind` that may be planned for `timeout` seconds: giving reasons has a time of
    its own, and where there is no plan, that may come twice."""
    return timeout + 2 * _explaining(kind, timeout) + 1.0


def tag_for(kind: str, parameters: Mapping[str, Any], state: str, installed: str | None) -> str:
    """What an answer is known by that depends on nothing but these: the question, the machine, which is one of its
    `parameters`, the `state` of the registry, and what is `installed`; and on the release of las-solve."""
    from las_cli.serve.tags import RELEASE, tag_of

    asked = {name: value for name, value in parameters.items() if name != "timeout"}
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return tag_of(RELEASE, kind, text, state, installed or "")


def content_token(content: StoreContent | None) -> str | None:
    """What everything is known by that an answer may take from a store."""
    return None if content is None else f"{content.digest} {' '.join(sorted(content.requested))}"


def _plan(parameters: Mapping[str, Any], context: Context) -> Result:
    """What ``las-solve plan --format json`` prints."""
    asked = _Asked("plan", parameters, context)
    return asked.result(*asked.answered(asked.question))


def _diagnose(parameters: Mapping[str, Any], context: Context) -> Result:
    """What ``las-solve diagnose --format json`` prints."""
    asked = _Asked("diagnose", parameters, context)
    return asked.result(*asked.answered(asked.question, smallest=parameters["smallest"]))


def _why(parameters: Mapping[str, Any], context: Context) -> Result:
    """What ``las-solve why --format json`` prints."""
    from las_cli.commands.why import about_installed, why_document_on
    from las_cli.inputs import unknown_module
    from las_solver.conflict import Conflict
    from las_solver.constraint import Requirement

    requirement = Requirement.parse(parameters["module"])
    asked = _Asked("why", parameters, context, adapt=None if parameters["modules"] else about_installed)
    question = asked.question
    if not context.registry.versions(requirement.name) and requirement.name not in question.host.installed:
        unknown = unknown_module(requirement.name, context.registry)
        raise Problem("no-such-module", unknown.message, unknown.hint)
    found = question.planner.why(
        requirement, question.request, stop=asked.stop, stop_explaining=asked.stop_explaining()
    )
    if isinstance(found, Conflict):
        return asked.result(*asked.answered(question, found))
    return asked.result_of(why_document_on(requirement, found, question.host))


def _needs(parameters: Mapping[str, Any], context: Context) -> Result:
    """What ``las-solve needs --format json`` prints."""
    from las_cli.commands.needs import needs_document_on
    from las_solver.needs import NoHost

    asked = _Asked("needs", parameters, context)
    question = asked.question
    found = question.planner.needs(
        question.request, newest=parameters["newest"], stop=asked.stop, stop_explaining=asked.stop_explaining()
    )
    if isinstance(found, NoHost):
        elsewhere = replace(question, host=found.host, planner=context.planner(found.host))
        return asked.result(*asked.answered(elsewhere, found.conflict))
    return asked.result_of(needs_document_on(found, question.host))


def _modules(parameters: Mapping[str, Any], context: Context) -> Result:
    """All modules in short, for lists and searches."""
    from las_cli.render.json import render_json
    from las_cli.render.modules import module_document, newest_manifest

    known = []
    for name in context.registry.names():
        if context.stop():
            raise Problem("out-of-time", "the modules could not be listed in time")
        newest = newest_manifest(context.registry, name)
        short = module_document(context.registry, newest)
        labels = {"provides": list(newest.module.provides), "consumes": list(newest.module.consumes)}
        known.append({**short, "versions": len(context.registry.versions(name)), **labels})
    body = render_json({"modules": known}).encode()
    return Result(body=body, digest=context.digest, tag=context.registry.state)


def _check(parameters: Mapping[str, Any], context: Context) -> Result:
    """Whether a plan may be recorded: the manifests of what it brings, and what it has to name as installed.

    Raises :class:`PlanRefused` if it is out of date, or not right.
    """
    from las_cli.commands.apply import digest_before, manifests_of, refuse_unless_right
    from las_cli.installed import with_installed
    from las_registry.host.profile import host_from_document

    document, registry = parameters["plan"], context.registry
    content = _content(context) if parameters["store"] else None
    host = with_installed(host_from_document(parameters["host"]), content)
    refuse_unless_right(document, "the plan", registry=registry, content=content, host=host)
    manifests = [[name, number, text] for (name, number), text in manifests_of(document, registry)]
    made = {"installed": digest_before(content), "manifests": manifests}
    return Result(body=json.dumps(made).encode(), digest=context.digest)


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Context], Result]]] = {
    "plan": _plan,
    "diagnose": _diagnose,
    "why": _why,
    "needs": _needs,
    "modules": _modules,
    "check": _check,
}


class _Asked:
    """A question of a client, and the time that there is for it."""

    def __init__(
        self,
        kind: str,
        parameters: Mapping[str, Any],
        context: Context,
        *,
        adapt: Callable[[Request, Host, StoreContent | None], Request] | None = None,
    ) -> None:
        from las_cli.installed import digest_of, with_installed
        from las_cli.question import Question, Timer
        from las_registry.host.profile import host_from_document

        self._kind = kind
        self._parameters = parameters
        self._context = context
        self._content = _content(context) if parameters["store"] else None
        self._is_over = Timer(parameters["timeout"])
        self._is_over()  # the time begins
        self._is_cut_short = False
        host = with_installed(host_from_document(parameters["host"]), self._content)
        request = _request(parameters, self._content)
        if adapt is not None:
            if not host.installed:
                raise Problem("bad-input", "nothing is installed", "name in modules what the plan is for")
            request = adapt(request, host, self._content)
        self.question = Question(
            request=request,
            host=host,
            registry=context.registry,
            planner=context.planner(host),
            place="",
            started=time.monotonic(),
            timeout=parameters["timeout"],
            installed=digest_of(self._content),
        )

    def stop(self) -> bool:
        """Whether to stop planning."""
        return self._noted(self._is_over() or self._context.stop())

    def stop_explaining(self) -> Callable[[], bool]:
        """Whether to stop giving reasons, from when it is asked first."""
        from las_cli.question import Timer

        is_over, is_stopped = Timer(_explaining(self._kind, self._parameters["timeout"])), self._context.stop
        return lambda: self._noted(is_over() or is_stopped())

    def answered(
        self, question: Question, known: Plan | Conflict | None = None, *, smallest: bool = False
    ) -> tuple[Plan | Conflict, str]:
        """The answer to `question`, unless it is `known`, and the document about it."""
        from las_cli.answers import answer_text
        from las_solver.plan import Plan

        explaining = self.stop_explaining()
        planner = question.planner
        found = known or planner.plan(question.request, stop=self.stop, stop_explaining=explaining)
        if isinstance(found, Plan):
            found = planner.admit(found, stop=explaining)
            return found, answer_text(question, found, None)
        diagnosis = planner.diagnose(found, smallest=smallest, stop=explaining)
        return found, answer_text(question, found, diagnosis)

    def result(self, found: Plan | Conflict, text: str) -> Result:
        """What is sent for a plan or a conflict."""
        from las_solver.plan import Plan

        return self._sent(text, "plan" if isinstance(found, Plan) else "conflict")

    def result_of(self, document: Mapping[str, object]) -> Result:
        """What is sent for another answer."""
        from las_cli.render.json import render_json

        return self._sent(render_json(document), "")

    def _noted(self, stops: bool) -> bool:
        self._is_cut_short |= stops
        return stops

    def _sent(self, text: str, outcome: str) -> Result:
        """An answer that time cut short is known by nothing: it may be another one the next time."""
        tag = None
        if not self._is_cut_short:
            state, content = self._context.registry.state, self._content
            tag = tag_for(self._kind, self._parameters, state, content_token(content))
        return Result(body=text.encode(), digest=self._context.digest, outcome=outcome, tag=tag)


def _request(parameters: Mapping[str, Any], content: StoreContent | None) -> Request:
    from las_cli.installed import pins_of
    from las_cli.request import build_request

    return build_request(
        modules=parameters["modules"],
        strategy=parameters["strategy"],
        prereleases=parameters["prereleases"],
        modes=[*parameters["modes"], *(f"{name}={mode}" for name, mode in parameters["forced_modes"].items())],
        preferred=parameters["prefer"],
        excluded=parameters["exclude"],
        pinned=pins_of(content),
        released=parameters["allow_removal_of"],
        allow_removal=parameters["allow_removal"],
        together=parameters["together"],
    )


def _content(context: Context) -> StoreContent | None:
    from las_cli.installed import read_installed

    return read_installed(context.settings.store)


def _explaining(kind: str, timeout: float) -> float:
    from las_cli.explaining import AT_LENGTH, BRIEFLY

    return min(timeout, AT_LENGTH if kind in _AT_LENGTH else BRIEFLY)
