"""libsolv, by its own Python binding: a module is a package of RPM, and a rank its version.

`solve_only` is `Solver.solve` with a new solver on a pool that is filled and has `createwhatprovides` behind it, the
better of the first two on a pool; `end_to_end` is the first, and reading the packages from a file in libsolv's own
format.
"""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

import solv
from sampling import ranges, work

AT_LEAST, AT_MOST = solv.REL_GT | solv.REL_EQ, solv.REL_LT | solv.REL_EQ


def prepare(question, folder):
    index = str(Path(folder, "modules.solv"))
    pool, repository = new_pool()
    fill(pool, repository, question)
    file = solv.xfopen(index, "w")
    repository.write(file)
    file.close()

    def opened():
        pool, repository = new_pool()
        file = solv.xfopen(index)
        repository.add_solv(file)
        file.close()
        pool.createwhatprovides()
        return pool

    def solve(pool, jobs):
        solver = pool.Solver()
        return solver, solver.solve(jobs)

    def sample(clock):
        pool, opening = clock.seconds(opened)
        install = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE_PROVIDES
        jobs = [pool.Job(install, relation(pool, question, need)) for need in question["request"]]
        (solver, problems), first = clock.seconds(lambda: solve(pool, jobs))
        (solver, problems), again = clock.seconds(lambda: solve(pool, jobs))
        chosen = (
            None
            if problems
            else sorted([int(one.name[1:]), int(one.evr)] for one in solver.transaction().newsolvables())
        )
        return chosen, {"end_to_end": opening + first, "solve_only": min(first, again), "set_up": opening}

    return sample


def new_pool():
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch("noarch")
    return pool, pool.add_repo("modules")


def fill(pool, repository, question):
    relations = [relation(pool, question, need) for need in range(len(question["needs"]))]
    for module, versions in enumerate(question["modules"]):
        for rank, needs in enumerate(versions):
            one = repository.add_solvable()
            one.name, one.evr, one.arch = f"m{module}", str(rank), "noarch"
            one.add_deparray(solv.SOLVABLE_PROVIDES, pool.rel2id(one.nameid, one.evrid, solv.REL_EQ))
            for need in needs:
                one.add_deparray(solv.SOLVABLE_REQUIRES, relations[need])


def relation(pool, question, need):
    module, admitted = ranges(question, need)
    name = pool.str2id(f"m{module}")

    def bound(rank, operator):
        return pool.rel2id(name, pool.str2id(str(rank)), operator)

    def within(low, high):
        if low is None and high is None:
            return name
        if low == high:
            return bound(low, solv.REL_EQ)
        bounds = [bound(rank, operator) for rank, operator in ((low, AT_LEAST), (high, AT_MOST)) if rank is not None]
        return functools.reduce(lambda left, right: pool.rel2id(left, right, solv.REL_WITH), bounds)

    if not admitted:
        return pool.str2id("none")
    either = [within(low, high) for low, high in admitted]
    return functools.reduce(lambda left, right: pool.rel2id(left, right, solv.REL_OR), either)


def version():
    """The version of the package, since the binding does not say."""
    for command in (
        ["dpkg-query", "-W", "-f", "${Version}", "python3-solv"],
        ["rpm", "-q", "--qf", "%{VERSION}", "python3-solv"],
    ):
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
        return f"libsolv {told}"
    return "libsolv, version unknown"


work(version(), prepare)
