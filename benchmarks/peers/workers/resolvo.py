"""resolvo, by way of py-rattler: a module is a package of conda, and a rank its version.

py-rattler knows no way to solve again over what was loaded before. So what is timed is a call that loads the records of
all packages that the request reaches from a file, fills a solver with them and solves (`end_to_end`), and in the same
turn two others: one that loads the same records and no more (`load`), and the same call with one more request, for a
package that there is not, which ends as soon as everything is loaded and filled in (`impossible`). `solve_only` is the
first without the second, from records in memory to the answer; `search` is the first without the third, what resolvo's
own search takes. The second also makes objects of Python, which the first does not, in favour of the peer.
"""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from pathlib import Path

from rattler import Channel, MatchSpec, PackageName, SparseRepoData, solve_with_sparse_repodata
from rattler.exceptions import SolverError
from sampling import ranges, work


def prepare(question, folder):
    specs = [spelled(question, need) for need in range(len(question["needs"]))]
    index = Path(folder, "repodata.json")
    index.write_text(json.dumps(repository(question, specs)), encoding="utf-8")
    wanted = [specs[need] for need in question["request"]]
    names = [f"m{question['needs'][need][0]}" for need in question["request"]]

    def opened():
        return SparseRepoData(Channel("modules"), "noarch", index)

    def solve(sparse, texts):
        try:
            records = asyncio.run(solve_with_sparse_repodata([MatchSpec(text) for text in texts], [sparse]))
        except SolverError:
            return None
        return sorted([int(one.name.normalized[1:]), int(str(one.version))] for one in records)

    def load(sparse):
        return SparseRepoData.load_records_recursive([sparse], [PackageName(name) for name in names])

    def sample(clock):
        sparse, opening = clock.seconds(opened)
        chosen, whole = clock.seconds(lambda: solve(sparse, wanted))
        records, loading = clock.seconds(lambda: load(sparse))
        del records
        _, impossible = clock.seconds(lambda: solve(sparse, [*wanted, "none"]))
        return chosen, {
            "end_to_end": opening + whole,
            "solve_only": max(0.0, whole - loading),
            "search": max(0.0, whole - impossible),
            "load": loading,
            "impossible": impossible,
        }

    return sample


def repository(question, specs):
    records = {}
    for module, versions in enumerate(question["modules"]):
        for rank, needs in enumerate(versions):
            records[f"m{module}-{rank}-0.conda"] = {
                "name": f"m{module}",
                "version": str(rank),
                "build": "0",
                "build_number": 0,
                "depends": [specs[need] for need in needs],
                "subdir": "noarch",
                "noarch": "generic",
                "sha256": "0" * 64,
                "size": 1,
            }
    return {"info": {"subdir": "noarch"}, "packages": {}, "packages.conda": records, "repodata_version": 1}


def spelled(question, need):
    module, admitted = ranges(question, need)
    alternatives = [bounds(low, high) for low, high in admitted]
    if "" in alternatives:
        return f"m{module}"
    return f"m{module} {'|'.join(alternatives) or '<0'}"


def bounds(low, high):
    if low is not None and low == high:
        return f"=={low}"
    return ",".join(part for part in (low is not None and f">={low}", high is not None and f"<={high}") if part)


work(f"py-rattler {version('py-rattler')}", prepare)
