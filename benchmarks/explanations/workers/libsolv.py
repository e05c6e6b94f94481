"""libsolv, by its own Python binding, with versions in the spelling of RPM."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys

import solv

OPERATORS = {
    "<": solv.REL_LT,
    "<=": solv.REL_LT | solv.REL_EQ,
    "==": solv.REL_EQ,
    ">=": solv.REL_GT | solv.REL_EQ,
    ">": solv.REL_GT,
    "!=": solv.REL_LT | solv.REL_GT,
}


def main() -> None:
    question = json.load(sys.stdin)
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch("noarch")
    pool.installed = pool.add_repo("@System")
    host = pool.installed.add_solvable()
    host.name, host.evr, host.arch = "this-host", "1", "noarch"
    for fact in question["facts"]:
        host.add_deparray(solv.SOLVABLE_PROVIDES, related(pool, fact["name"], "==", fact["version"]))
    repository = pool.add_repo("modules")
    for package in question["packages"]:
        one = repository.add_solvable()
        one.name, one.evr, one.arch = package["name"], spelled(package["version"]), "noarch"
        one.add_deparray(solv.SOLVABLE_PROVIDES, pool.rel2id(one.nameid, one.evrid, solv.REL_EQ))
        for name in package["provides"]:
            one.add_deparray(solv.SOLVABLE_PROVIDES, pool.str2id(name))
        for need in package["needs"]:
            one.add_deparray(solv.SOLVABLE_REQUIRES, relation(pool, need))
    pool.createwhatprovides()
    install = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE_PROVIDES
    jobs = [pool.Job(install, relation(pool, need)) for need in question["needs"]]
    solver = pool.Solver()
    problems = solver.solve(jobs)
    if problems:
        text = "\n".join(line for problem in problems for line in told(problem))
    else:
        text = "\n".join(sorted(f"{one.name} {one.evr}" for one in solver.transaction().newsolvables()))
    print(json.dumps({"version": version(), "has_plan": not problems, "text": text}))


def relation(pool, need):
    """One dependency, which is met by one package that is within all bounds."""
    relations = [related(pool, need["name"], operator, bound) for operator, bound in need["bounds"]]
    if not relations:
        return pool.str2id(need["name"])
    return functools.reduce(lambda left, right: pool.rel2id(left, right, solv.REL_WITH), relations)


def related(pool, name, operator, bound):
    return pool.rel2id(pool.str2id(name), pool.str2id(spelled(bound)), OPERATORS[operator])


def spelled(version):
    """A PEP 440 version in the spelling of RPM, where a tilde sorts before everything."""
    return re.sub(r"(a|b|rc)(\d+)$", r"~\1\2", version)


def told(problem):
    """The problem in libsolv's own words, the other rules that it is made of, and the solutions."""
    main = problem.findproblemrule().info().problemstr()
    yield f"Problem {problem.id}: {main}"
    others = [rule.info().problemstr() for rule in problem.findallproblemrules()]
    yield from (f"  - {text}" for text in dict.fromkeys(others) if text != main)
    for solution in problem.solutions():
        yield f"Solution {solution.id}:"
        yield from (f"  - {element.str()}" for element in solution.elements(True))


def version():
    """The version of the package, since the binding does not say."""
    for command in (
        ["dpkg-query", "-W", "-f", "${Version}", "python3-solv"],
        ["rpm", "-q", "--qf", "%{VERSION}", "python3-solv"],
    ):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
    return "unknown"


main()
