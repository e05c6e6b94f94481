"""Limits of control groups, from recorded trees (contract, section 3: "affinity and cgroup limits count")."""

from __future__ import annotations

from pathlib import Path

import pytest

from las_registry.host.probes import cpu, memory
from las_registry.host.probes.cgroup import cpu_limit, memory_limit

GIB = 1024**3
V2_MOUNT = "35 24 0:30 {top} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
V1_MOUNTS = """\
30 24 0:25 {top} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
31 24 0:26 {top} /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct"""
V1_GROUPS = "9:memory:{group}\n4:cpu,cpuacct:{group}\n1:name=systemd:/\n"


def write(root: Path, files: dict[str, str]) -> Path:
    """A recorded tree: paths below the root of a machine, with their text."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def v2(root: Path, group: str, files: dict[str, str], top: str = "/") -> Path:
    """A tree of version 2 in which this process stands in `group`; `files` below the mount point."""
    process = {"proc/self/cgroup": f"0::{group}", "proc/self/mountinfo": V2_MOUNT.format(top=top)}
    return write(root, process | {f"sys/fs/cgroup/{name}": text for name, text in files.items()})


def v1(root: Path, group: str, files: dict[str, str], top: str = "/") -> Path:
    """A tree of version 1."""
    process = {
        "proc/self/cgroup": V1_GROUPS.format(group=group),
        "proc/self/mountinfo": V1_MOUNTS.format(top=top),
    }
    return write(root, process | {f"sys/fs/cgroup/{name}": text for name, text in files.items()})


def test_no_control_groups_are_no_limit(tmp_path: Path) -> None:
    assert cpu_limit(tmp_path) is None
    assert memory_limit(tmp_path) is None


class TestVersion2:
    def test_a_container_sees_its_own_group_at_the_mount(self, tmp_path: Path) -> None:
        root = v2(tmp_path, "/", {"cpu.max": "200000 100000", "memory.max": str(2 * GIB)})
        assert cpu_limit(root) == 2
        assert memory_limit(root) == 2 * GIB

    def test_max_is_no_limit(self, tmp_path: Path) -> None:
        root = v2(tmp_path, "/a", {"a/cpu.max": "max 100000", "a/memory.max": "max"})
        assert cpu_limit(root) is None
        assert memory_limit(root) is None

    def test_the_least_limit_of_all_ancestors_counts(self, tmp_path: Path) -> None:
        root = v2(
            tmp_path,
            "/kube/pod/container",
            {
                "kube/cpu.max": "800000 100000",
                "kube/memory.max": str(8 * GIB),
                "kube/pod/cpu.max": "150000 100000",
                "kube/pod/memory.max": str(3 * GIB),
                "kube/pod/container/cpu.max": "max 100000",
                "kube/pod/container/memory.max": str(4 * GIB),
            },
        )
        assert cpu_limit(root) == 1.5
        assert memory_limit(root) == 3 * GIB

    def test_a_limit_beside_the_own_group_does_not_count(self, tmp_path: Path) -> None:
        root = v2(tmp_path, "/mine", {"mine/memory.max": str(4 * GIB), "other/memory.max": str(GIB)})
        assert memory_limit(root) == 4 * GIB

    def test_a_group_seen_from_outside_its_namespace(self, tmp_path: Path) -> None:
        root = v2(tmp_path, "/docker/abc/inner", {"inner/memory.max": str(GIB)}, top="/docker/abc")
        assert memory_limit(root) == GIB

    @pytest.mark.parametrize("group", ["/../../elsewhere", "/other"])
    def test_a_group_out_of_sight_falls_back_to_what_is_mounted(self, tmp_path: Path, group: str) -> None:
        root = v2(tmp_path, group, {"memory.max": str(GIB)}, top="/docker/abc" if group == "/other" else "/")
        assert memory_limit(root) == GIB

    def test_a_group_that_was_removed_leaves_its_ancestors(self, tmp_path: Path) -> None:
        root = v2(tmp_path, "/a/gone", {"a/memory.max": str(GIB)})
        assert memory_limit(root) == GIB

    def test_a_mount_point_with_a_blank(self, tmp_path: Path) -> None:
        root = write(
            tmp_path,
            {
                "proc/self/cgroup": "0::/",
                "proc/self/mountinfo": r"35 24 0:30 / /my\040groups rw - cgroup2 cgroup2 rw",
                "my groups/memory.max": str(GIB),
            },
        )
        assert memory_limit(root) == GIB


class TestVersion1:
    def test_quota_and_period(self, tmp_path: Path) -> None:
        root = v1(
            tmp_path,
            "/docker/abc",
            {
                "memory/docker/abc/memory.limit_in_bytes": str(GIB),
                "cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000",
                "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000",
            },
        )
        assert cpu_limit(root) == 2.5
        assert memory_limit(root) == GIB

    def test_minus_one_and_the_largest_number_are_no_limit(self, tmp_path: Path) -> None:
        root = v1(
            tmp_path,
            "/",
            {
                "memory/memory.limit_in_bytes": "9223372036854771712",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1",
                "cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
        )
        assert cpu_limit(root) is None
        assert memory_limit(root) is None

    def test_a_limit_of_an_ancestor_that_the_container_cannot_see(self, tmp_path: Path) -> None:
        root = v1(
            tmp_path,
            "/pod/container",
            {
                "memory/memory.limit_in_bytes": str(8 * GIB),
                "memory/memory.stat": f"cache 1\nhierarchical_memory_limit {2 * GIB}\nrss 2",
            },
            top="/pod/container",
        )
        assert memory_limit(root) == 2 * GIB

    def test_both_versions_at_once(self, tmp_path: Path) -> None:
        root = write(
            tmp_path,
            {
                "proc/self/cgroup": V1_GROUPS.format(group="/old") + "0::/new",
                "proc/self/mountinfo": V1_MOUNTS.format(top="/")
                + "\n36 24 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
                "sys/fs/cgroup/memory/old/memory.limit_in_bytes": str(4 * GIB),
                "sys/fs/cgroup/unified/new/cpu.max": "100000 100000",
            },
        )
        assert cpu_limit(root) == 1
        assert memory_limit(root) == 4 * GIB


@pytest.mark.parametrize("text", ["", "garbage", "-5", "0", "1e9", "12 34 56", "99" * 40, "\0\0"])
def test_damaged_files_are_no_limit(tmp_path: Path, text: str) -> None:
    root = v2(tmp_path, "/", {"cpu.max": text, "memory.max": text})
    assert memory_limit(root) is None
    assert cpu_limit(root) is None


@pytest.mark.parametrize("period", ["0", "x", "-1"])
def test_a_damaged_period_is_no_limit(tmp_path: Path, period: str) -> None:
    assert cpu_limit(v2(tmp_path, "/", {"cpu.max": f"50000 {period}"})) is None


@pytest.mark.parametrize("mounts", ["", "nonsense", "1 2 3 - cgroup2", "35 24 0:30 top point rw - cgroup2 c rw"])
@pytest.mark.parametrize("groups", ["", "0::/", "0:", "nonsense", "0::relative"])
def test_damaged_tables_are_no_limit(tmp_path: Path, mounts: str, groups: str) -> None:
    root = write(tmp_path, {"proc/self/mountinfo": mounts, "proc/self/cgroup": groups})
    assert memory_limit(root) is None


def test_a_directory_in_place_of_a_file(tmp_path: Path) -> None:
    root = v2(tmp_path, "/", {"memory.max/inside": "1"})
    assert memory_limit(root) is None


class TestCpu:
    @pytest.mark.parametrize(
        ("quota", "cores"),
        [
            ("150000 100000", 1),
            ("199999 100000", 1),
            ("200000 100000", 2),
            ("50000 100000", 1),
            ("max 100000", 4),
        ],
    )
    def test_a_part_of_a_cpu_does_not_count_but_one_is_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
    ) -> None:
        monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
        assert cpu.probe_cpu(v2(tmp_path, "/", {"cpu.max": quota})).cores == cores

    def test_the_limit_is_noted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
        findings = cpu.probe_cpu(v2(tmp_path, "/", {"cpu.max": "150000 100000"}))
        assert findings.notes == ("a control group limits this process to 1.5 of 4 CPUs",)

    def test_a_limit_above_the_affinity_changes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
        findings = cpu.probe_cpu(v2(tmp_path, "/", {"cpu.max": "6400000 100000"}))
        assert (findings.cores, findings.notes) == (4, ())

    def test_unknown_is_not_zero(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cpu, "usable_cpus", lambda: None)
        findings = cpu.probe_cpu(tmp_path)
        assert (findings.cores, findings.notes) == (None, ("the number of CPUs could not be found out",))


class TestMemory:
    def test_the_total_counts_where_nothing_limits_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "total_memory", lambda: 64 * GIB)
        findings = memory.probe_memory(v2(tmp_path, "/", {"memory.max": str(128 * GIB)}))
        assert (findings.ram, findings.notes) == (64 * GIB, ())

    def test_a_limit_counts_and_is_noted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "total_memory", lambda: 64 * GIB)
        findings = memory.probe_memory(v2(tmp_path, "/", {"memory.max": str(8 * GIB)}))
        assert findings.ram == 8 * GIB
        assert findings.notes == ("a control group limits this process to 8GiB of 64GiB of memory",)

    def test_a_limit_is_known_where_the_total_is_not(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "total_memory", lambda: None)
        assert memory.usable_memory(v2(tmp_path, "/", {"memory.max": str(8 * GIB)})) == 8 * GIB

    def test_unknown_is_not_zero(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "total_memory", lambda: None)
        assert memory.probe_memory(tmp_path).ram is None
