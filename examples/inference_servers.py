"""A planner with constraints of its own: at most two inference servers, and a budget of watts.

No manifest says either of them. A `Limit` says what a module version weighs and how much all modules of an answer may
weigh together; reports explain it like any other statement, and say what raising it would do.

Run it: ``python examples/inference_servers.py``
"""

from __future__ import annotations

from packaging.version import Version

from las_solver import Conflict, Host, Limit, MemorySource, ModuleVersion, Planner, Request, Requirement

WATTS = {"vllm": 300, "ollama": 120, "sglang": 280, "chat": 5, "coder": 10}


def is_server(one: ModuleVersion) -> int:
    """A cardinality constraint: each inference server counts as one, whatever its name."""
    return int("inference-api" in one.provides)


def watts(one: ModuleVersion) -> int:
    """A pseudo-Boolean constraint: each module has a weight."""
    return WATTS[one.name]


def module(name: str, version: str, *needs: str, provides: tuple[str, ...] = ()) -> ModuleVersion:
    requirements = tuple(map(Requirement.parse, needs))
    return ModuleVersion(name=name, version=Version(version), requirements=requirements, provides=provides)


SOURCE = MemorySource(
    [
        module("chat", "1.0", "vllm"),
        module("chat", "2.0", "vllm", "sglang"),
        module("coder", "1.0", "ollama"),
        *(module(name, "1.0", provides=("inference-api",)) for name in ("vllm", "ollama", "sglang")),
    ]
)


def report(title: str, *limits: Limit) -> None:
    """Plan chat and coder within `limits`, and print the answer."""
    planner = Planner(SOURCE, Host())
    wanted = (Requirement.parse("chat"), Requirement.parse("coder"))
    answer = planner.plan(Request(requirements=wanted, limits=limits))
    print(f"{title}:")
    if isinstance(answer, Conflict):
        found = planner.diagnose(answer)
        for statement in answer.to_dict()["core"]:
            print(f"  {statement['text']}")
        for repair in found.repairs:
            print(f"  would help: {repair.to_dict()['text']}")
        return
    print(f"  {', '.join(f'{step.module} {step.version}' for step in answer.steps)}")
    for step in answer.steps:
        for reason in step.to_dict()["held_back_by"]:
            print(f"  {step.module} is not newer: {reason['text']}")


def main() -> None:
    servers = Limit("inference servers", 2, is_server)
    report("No limits")
    report("At most two inference servers", servers)
    report("At most one", Limit("inference servers", 1, is_server))
    report("At most two, and 400 watts", servers, Limit("watts", 400, watts))


if __name__ == "__main__":
    main()
