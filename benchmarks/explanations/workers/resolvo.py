"""resolvo, by way of py-rattler, with the facts of the host as virtual packages."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from rattler import (
    BuildString,
    Channel,
    GenericVirtualPackage,
    MatchSpec,
    PackageName,
    SparseRepoData,
    Version,
    solve_with_sparse_repodata,
)
from rattler.exceptions import SolverError


def main() -> None:
    question = json.load(sys.stdin)
    facts = [
        GenericVirtualPackage(PackageName(one["name"]), Version(one["version"]), BuildString("0"))
        for one in question["facts"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "repodata.json")
        index.write_text(json.dumps(repository(question["packages"])), encoding="utf-8")
        try:
            records = asyncio.run(
                solve_with_sparse_repodata(
                    [MatchSpec(spelled(need)) for need in question["needs"]],
                    [SparseRepoData(Channel("modules"), "noarch", index)],
                    virtual_packages=facts,
                    strategy="lowest" if question["is_lowest"] else "highest",
                )
            )
        except SolverError as error:
            text, has_plan = str(error), False
        else:
            text, has_plan = "\n".join(sorted(f"{one.name.normalized} {one.version}" for one in records)), True
    print(json.dumps({"version": f"py-rattler {version('py-rattler')}", "has_plan": has_plan, "text": text}))


def repository(packages):
    records = {}
    for one in packages:
        name = f"{one['name']}-{one['version']}-0.conda"
        records[name] = {
            "name": one["name"],
            "version": one["version"],
            "build": "0",
            "build_number": 0,
            "depends": [spelled(need) for need in one["needs"]],
            "subdir": "noarch",
            "noarch": "generic",
            "sha256": "0" * 64,
            "size": 1,
        }
    return {"info": {"subdir": "noarch"}, "packages": {}, "packages.conda": records, "repodata_version": 1}


def spelled(need):
    return f"{need['name']} {','.join(operator + bound for operator, bound in need['bounds'])}".strip()


main()
sys.stdout.flush()
os._exit(0)  # the threads of py-rattler sometimes bring down an interpreter that ends in order
