"""A planner over data of one's own: nothing is read from files, and nothing is detected.

A robot arm is put together from parts. What the parts are, and what fits the arm, are plain Python values; the answer
is the newest set of parts that works, or why there is none and what would help.

Run it: ``python examples/in_memory.py``
"""

from __future__ import annotations

from packaging.version import Version

from las_solver import Conflict, Deadline, Hardware, Host, MemorySource, ModuleVersion, Planner, Request, Requirement

PARTS: dict[str, tuple[list[str], int]] = {
    "gripper 1.0": (["controller>=1"], 1),
    "gripper 2.0": (["controller>=2", "camera"], 1),
    "camera 1.4": (["driver<3"], 2),
    "controller 1.0": (["driver"], 1),
    "controller 2.0": (["driver>=2"], 4),
    "driver 2.5": ([], 1),
    "driver 3.0": ([], 1),
}
"""What each part needs of others, and of the memory of the arm, in MB."""


def part(label: str, needs: list[str], memory: int) -> ModuleVersion:
    """One version of one part in the words of the library; sizes are in bytes."""
    name, version = label.split()
    return ModuleVersion(
        name=name,
        version=Version(version),
        requirements=tuple(Requirement.parse_runtime(need) for need in needs),
        hardware=Hardware(ram_min=memory * 10**6),
    )


def main() -> None:
    source = MemorySource([part(label, needs, memory) for label, (needs, memory) in PARTS.items()])
    for memory in (8, 2):
        planner = Planner(source, Host(ram=memory * 10**6))
        answer = planner.plan(Request(requirements=(Requirement.parse("gripper@>=2"),)), stop=Deadline(5))
        print(f"An arm with {memory} MB of memory:")
        if isinstance(answer, Conflict):
            found = planner.diagnose(answer, stop=Deadline(5))
            print(found.to_dict()["explanation"])
            for repair in found.repairs:
                print(f"  would help: {repair.to_dict()['text']}")
        else:
            for step in answer.steps:
                print(f"  {step.action} {step.module} {step.version}")


if __name__ == "__main__":
    main()
