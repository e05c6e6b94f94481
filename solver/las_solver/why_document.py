"""Why a module is in a plan, or is not, as plain values: docs/documents.md describes every key."""

from __future__ import annotations

from typing import assert_never

from las_solver.absence import Absence, HostHas, OtherProvider, OtherVersions
from las_solver.cause import Entry, Link, Provision, Reason
from las_solver.constraint import Requirement
from las_solver.document import asked, conflict_document, step_document
from las_solver.plan import Plan, Step
from las_solver.preference import Difference, Earlier, FewerChanges, Preference, ProviderOrder, Settled, Unadmitted
from las_solver.sentence import listed, spelled
from las_solver.why import Bound, Impossible, Possible, Present, Why

__all__ = ["why_document"]


def why_document(question: Requirement, why: Why) -> dict[str, object]:
    """The answer to `question`."""
    match why:
        case Present(plan=plan, step=step):
            return {"status": "present", **_head(question, plan, step), **_present(why)}
        case Possible(plan=plan, step=step):
            return {"status": "possible", **_head(question, plan, step), **_possible(why)}
        case Impossible(plan=plan, step=step, conflict=conflict):
            head = _head(question, plan, step)
            return {"status": "impossible", **head, "conflict": conflict_document(conflict)}
        case _:
            assert_never(why)


def _head(question: Requirement, plan: Plan, step: Step | None) -> dict[str, object]:
    return {
        "question": str(question),
        **asked(plan.request),
        "module": question.name,
        "version": None if step is None else str(step.version),
        "optimal": plan.optimal,
    }


def _present(why: Present) -> dict[str, object]:
    return {
        "chains": [[_link(link) for link in chain] for chain in why.chains],
        "more_chains": why.chain_count - len(why.chains),
        "begins": "installed" if why.begins_installed else "request",
        "step": step_document(why.step),
        "constraints": [_bound(one) for one in why.bounds],
    }


def _link(link: Link) -> dict[str, object]:
    return {
        "module": link.module,
        "version": str(link.version),
        "target": link.target,
        "reasons": [_reason(link, one) for one in link.reasons],
    }


def _reason(link: Link, reason: Reason) -> dict[str, object]:
    who = f"{link.module} {link.version}"
    match reason:
        case Entry(requirement=requirement, field="modules"):
            kind, text = "dependency", f"{who} needs {spelled(requirement)}"
            more: dict[str, object] = {"requirement": str(requirement)}
        case Entry(requirement=requirement, have=have):
            host = "which this host does not provide" if have is None else f"and this host has {have}"
            kind, text = "runtime", f"{who} needs the runtime {spelled(requirement)}, {host}"
            more = {"requirement": str(requirement), "have": None if have is None else str(have)}
        case Provision(interface=interface, before=before, after=after, preferred=preferred):
            kind, text = "provider", f"{who} consumes {interface}, which {link.target} provides, {_place(reason)}"
            more = {"interface": interface, "before": list(before), "after": list(after), "preferred": preferred}
        case _:
            assert_never(reason)
    return {"kind": kind, "text": text, "source": reason.source, **more}


def _place(provision: Provision) -> str:
    """Why the provider is this one."""
    before, count = provision.before, len(provision.before) + 1 + len(provision.after)
    place = "the only module that can" if count == 1 else f"the first by name of {count} modules that could"
    if before:
        place = "the first by name that goes with what was decided before"
    if provision.preferred:
        place = "as you prefer it"
    return f"{place}; {listed(before, 'and')} {'do' if len(before) > 1 else 'does'} not" if before else place


def _bound(bound: Bound) -> dict[str, object]:
    return {
        "module": bound.module,
        "requirement": str(bound.requirement),
        "source": bound.source,
        "oldest": str(bound.oldest),
        "newest": str(bound.newest),
    }


def _possible(why: Possible) -> dict[str, object]:
    return {
        "then": next(str(step.version) for step in why.other.steps if step.module == why.question.name),
        "reasons": [_absence(why.question.name, one) for one in why.absences],
        "preferring": why.preferring,
        "decided_by": None if why.preference is None else _preference(why.preference),
        "changes": [_difference(one) for one in why.differences],
    }


def _absence(name: str, absence: Absence) -> dict[str, object]:
    match absence:
        case HostHas(module=module, version=version, requirement=requirement, have=have, source=source):
            text = f"{module} {version} needs the runtime {spelled(requirement)}, and this host itself has {have}"
            more: dict[str, object] = {"requirement": str(requirement), "have": str(have), "source": source}
            return {"kind": "host", "module": module, "text": text, **more}
        case OtherProvider(consumer=consumer, interface=interface, providers=providers):
            by = listed(providers, "and") if providers else "this host itself"
            text = f"{consumer} consumes {interface}, which {by} provide{'s' if len(providers) < 2 else ''} already"
            return {
                "kind": "interface",
                "module": consumer,
                "text": text,
                "interface": interface,
                "providers": list(providers),
            }
        case OtherVersions(span=span, chosen=chosen):
            verb = "needs" if span.low == span.high else "need"
            text = f"{span} {verb} {name}, and the plan has {span.module} {chosen}, which does not"
            return {"kind": "versions", "module": span.module, "text": text, "versions": span.constraint}
        case _:
            assert_never(absence)


def _preference(preference: Preference) -> dict[str, object]:
    match preference:
        case Earlier(number=number, modules=modules, total=total, other_total=other_total):
            return {
                "kind": "layer",
                "layer": number,
                "modules": list(modules),
                "versions_behind": total,
                "then_behind": other_total,
            }
        case ProviderOrder(consumer=consumer, interface=interface, provider=provider):
            return {"kind": "provider", "module": consumer, "interface": interface, "provider": provider}
        case FewerChanges(what=what, modules=modules, count=count, other_count=other_count):
            return {"kind": what, "modules": list(modules), "count": count, "then_count": other_count}
        case Settled(modules=modules):
            return {"kind": "installed", "modules": list(modules)}
        case Unadmitted(module=module, version=version):
            return {"kind": "pre-release", "module": module, "version": str(version)}
        case _:
            assert_never(preference)


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "module": difference.module,
        "layer": difference.layer,
        "from": None if difference.before is None else str(difference.before),
        "to": None if difference.after is None else str(difference.after),
    }
