"""Container engines, on fake executables (contract, section 3; docs/host.md)."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from executables import script
from packaging.version import Version

from las_registry.host.probes.commands import Commands
from las_registry.host.probes.containers import ENGINES, ask_containers, probe_containers
from las_registry.host.probes.probe import Findings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are scripts of a shell")

CONTAINER = frozenset({"container"})


@pytest.mark.parametrize(
    ("engine", "answer", "version"),
    [
        ("docker", "Docker version 27.3.1, build ce12230", "27.3.1"),
        ("docker", "Docker version 20.10.24+dfsg1, build 297e128", "20.10.24"),
        ("docker", "Docker version 24.0.7, build 24.0.7-0ubuntu2~22.04.1", "24.0.7"),
        ("docker", "Docker version 24.0.7-rd, build 72ffacf", "24.0.7"),
        ("podman", "podman version 4.9.3", "4.9.3"),
        ("podman", "podman version 5.0.0-dev", "5.0.0.dev0"),
        ("nerdctl", "nerdctl version 2.0.0", "2.0.0"),
    ],
)
def test_an_engine_allows_containers_and_is_a_runtime(tmp_path: Path, engine: str, answer: str, version: str) -> None:
    script(tmp_path / engine, f"echo '{answer}'")
    assert probe_containers(str(tmp_path)) == Findings(
        modes=CONTAINER, runtimes={engine: Version(version)}, notes=(f"found {engine}",)
    )


def test_all_engines_at_once(tmp_path: Path) -> None:
    for engine in ENGINES:
        script(tmp_path / engine, f"echo {engine} version 1.2.3")
    findings = probe_containers(str(tmp_path))
    assert findings.runtimes == dict.fromkeys(ENGINES, Version("1.2.3"))
    assert findings.notes == ("found docker, podman, nerdctl",)


def test_no_engine(tmp_path: Path) -> None:
    script(tmp_path / "docker", "echo Docker version 27.3.1", mode=0o644)
    (tmp_path / "podman").mkdir()
    assert probe_containers(str(tmp_path)) == Findings(
        notes=("no container engine was found (docker, podman, nerdctl)",)
    )


class TestPodmanInPlaceOfDocker:
    DOCKER = "echo 'Emulate Docker CLI using podman.' >&2; echo podman version 4.9.3"

    def test_it_is_podman(self, tmp_path: Path) -> None:
        script(tmp_path / "docker", self.DOCKER)
        assert probe_containers(str(tmp_path)) == Findings(
            modes=CONTAINER, runtimes={"podman": Version("4.9.3")}, notes=("found docker (which is podman)",)
        )

    def test_what_podman_itself_says_counts_more(self, tmp_path: Path) -> None:
        script(tmp_path / "docker", self.DOCKER)
        script(tmp_path / "podman", "echo podman version 5.3.1")
        findings = probe_containers(str(tmp_path))
        assert findings.runtimes == {"podman": Version("5.3.1")}
        assert findings.notes == ("found docker (which is podman), podman",)


class TestMisbehaviour:
    def test_one_that_fails_is_no_engine(self, tmp_path: Path) -> None:
        """Docker Desktop leaves such a command in every distribution of WSL."""
        script(tmp_path / "docker", "echo \"The command 'docker' could not be found in this WSL 2 distro.\"; exit 1")
        assert probe_containers(str(tmp_path)) == Findings(
            notes=(
                "docker does not count, it ends with status 1:"
                " \"The command 'docker' could not be found in this WSL 2 distro.\"",
                "no container engine was found (docker, podman, nerdctl)",
            )
        )

    def test_one_that_cannot_be_started_is_no_engine(self, tmp_path: Path) -> None:
        (tmp_path / "nerdctl").write_bytes(b"\x7fELF nonsense")
        (tmp_path / "nerdctl").chmod(0o755)
        findings = probe_containers(str(tmp_path))
        assert (findings.modes, findings.runtimes) == (frozenset(), {})
        assert findings.notes[0].startswith("nerdctl does not count, it cannot be started (")

    @pytest.mark.parametrize("answer", ["", "garbage", "Docker version master", "Docker Engine 99"])
    def test_one_that_is_not_understood_is_an_engine_of_unknown_version(self, tmp_path: Path, answer: str) -> None:
        script(tmp_path / "docker", f"echo '{answer}'")
        assert probe_containers(str(tmp_path)) == Findings(
            modes=CONTAINER, notes=("found docker", f"docker does not say its version: {answer!r}")
        )

    def test_one_that_hangs_is_an_engine_of_unknown_version(self, tmp_path: Path) -> None:
        script(tmp_path / "docker", "sleep 1000")
        script(tmp_path / "podman", "echo podman version 4.9.3")
        with Commands(str(tmp_path), patience=0.5) as commands:
            findings = ask_containers(commands)()
        assert findings.modes == CONTAINER
        assert "docker" not in findings.runtimes
        assert "docker does not answer in time, so its version is unknown" in findings.notes

    def test_one_that_cannot_be_started_now_is_an_engine_of_unknown_version(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*arguments: object, **options: object) -> None:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        script(tmp_path / "docker", "echo Docker version 27.3.1")
        assert probe_containers(str(tmp_path)) == Findings(
            modes=CONTAINER,
            notes=(
                "found docker",
                "docker cannot be started (Resource temporarily unavailable), so its version is unknown",
            ),
        )
