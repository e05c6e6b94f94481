"""clingo, which is told the whole of the contract: circles, pre-releases, and the newest answer layer by layer.

What a layer is depends on what was decided before it, so that there is one call to solve for each: it minimizes the
total of versions behind of the layer's modules, then each module's in order. What it found is then fixed, and the next
layer's minimization added. `solve_only` is all these calls, with what is grounded in between, on a program that was
grounded before; `end_to_end` also reads and grounds the program. Unsatisfiable cores guide the minimization (``usc``).
An interface is a module like others here, so that who provides it may be another than the contract says.
"""

from __future__ import annotations

import clingo
from sampling import work

RULES = """
in(M) :- request(D), on(D,M).
in(M) :- pick(N,V), needs(N,V,D), on(D,M).
1 { pick(M,V) : version(M,V) } 1 :- in(M).
met(D) :- pick(M,V), admits(D,V), on(D,M).
:- request(D), not met(D).
:- pick(M,V), needs(M,V,D), not met(D).
named(M) :- request(D), naming(D), on(D,M).
named(M) :- pick(N,V), needs(N,V,D), naming(D), on(D,M).
:- pick(M,V), prerelease(M,V), not named(M).
#edge (N,M) : pick(N,V), needs(N,V,D), on(D,M), not interface(N), not interface(M).
#defined naming/1. #defined prerelease/2. #defined needs/3. #defined admits/2. #defined interface/1.
"""


def prepare(question, folder):
    program = RULES + "\n".join(facts(question))
    behind = [versions_behind(question, module) for module in range(len(question["modules"]))]

    def grounded():
        control = clingo.Control(["--opt-strategy=usc", "--warn=none"])
        control.add("base", [], program)
        control.ground([("base", [])])
        return control

    def sample(clock):
        control, grounding = clock.seconds(grounded)
        chosen, solving = clock.seconds(lambda: newest(control, question, behind))
        return chosen, {"end_to_end": grounding + solving, "solve_only": solving, "ground": grounding}

    return sample


def facts(question):
    for need, (module, admitted) in enumerate(question["needs"]):
        yield f"on({need},{module})."
        yield from (f"admits({need},{low}..{high})." for low, high in admitted)
    for module, versions in enumerate(question["modules"]):
        if versions:
            yield f"version({module},0..{len(versions) - 1})."
        for rank, needs in enumerate(versions):
            yield from (f"needs({module},{rank},{need})." for need in needs)
    yield from (f"request({need})." for need in question["request"])
    yield from (f"interface({module})." for module in question["interfaces"])
    yield from (f"naming({need})." for need in question["naming"])
    yield from (f"prerelease({module},{rank})." for module, ranks in question["prereleases"] for rank in ranks)


def versions_behind(question, module):
    """The number of newer eligible versions of each rank: those that the request admits, final or named by it."""
    asked = [need for need in question["request"] if question["needs"][need][0] == module]
    barred = set()
    if not set(asked) & set(question["naming"]):
        barred.update(dict(question["prereleases"]).get(module, ()))
    behind, counts = 0, []
    for rank in range(len(question["modules"][module]) - 1, -1, -1):
        counts.append(behind)
        is_admitted = all(any(low <= rank <= high for low, high in question["needs"][need][1]) for need in asked)
        behind += is_admitted and rank not in barred
    return tuple(counts[::-1])


def newest(control, question, behind):
    decided, met = {}, set()
    layer = discovered(question, question["request"], met)
    priority = 0
    while layer:
        part = f"layer{priority}"
        control.add(part, [], "\n".join(minimization(layer, behind, priority)))
        control.ground([(part, [])])
        picked = best(control)
        if picked is None:
            return None
        fixed = f"fixed{priority}"
        control.add(fixed, [], "".join(f":- not pick({module},{picked[module]}).\n" for module in layer))
        control.ground([(fixed, [])])
        needs = []
        for module in layer:
            decided[module] = picked[module]
            needs += question["modules"][module][picked[module]]
        priority -= 2 * len(layer) + 1
        layer = discovered(question, needs, met)
    return sorted([module, rank] for module, rank in decided.items())


def discovered(question, needs, met):
    """The modules of `needs` that were not met before, in order."""
    found = []
    for need in needs:
        module = question["needs"][need][0]
        if module not in met:
            met.add(module)
            found.append(module)
    return found


def minimization(layer, behind, priority):
    """The total of a layer comes first, then each of its modules in order; then, where that ties, the newer rank."""
    last = len(layer)
    for place, module in enumerate(layer):
        for rank, count in enumerate(behind[module]):
            if count:
                yield f":~ pick({module},{rank}). [{count}@{priority},{module}]"
                if last > 1:
                    yield f":~ pick({module},{rank}). [{count}@{priority - 1 - place},{module}]"
            if len(set(behind[module])) < len(behind[module]):
                older = len(behind[module]) - 1 - rank
                yield f":~ pick({module},{rank}). [{older}@{priority - 1 - last - place},{module}]"


def best(control):
    """The ranks picked by the last model of a call to solve, which is the best; None if there is no model."""
    picked = None
    with control.solve(yield_=True) as models:
        for model in models:
            atoms = (symbol for symbol in model.symbols(atoms=True) if symbol.match("pick", 2))
            picked = {atom.arguments[0].number: atom.arguments[1].number for atom in atoms}
    return picked


work(f"clingo {clingo.__version__}", prepare)
