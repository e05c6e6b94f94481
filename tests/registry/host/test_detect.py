"""Putting the findings of probes together (contract, section 3)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from las_registry.host import detect as module
from las_registry.host.detect import PLAIN_MODES, Detection, Note, detect, examine
from las_registry.host.probes import Findings
from las_registry.host.probes.containers import ENGINES, probe_containers
from las_registry.host.profile import host_from_document, profile_document
from las_solver.model import Gpu, Host

CARD, OTHER = Gpu(name="A", vram=8), Gpu(name="B", vram=4)


def found(**facts: object) -> Callable[[], Findings]:
    return lambda: Findings(**facts)


def failing(error: BaseException) -> Callable[[], Findings]:
    def probe() -> Findings:
        raise error

    return probe


def test_a_machine_of_which_nothing_can_be_found_out() -> None:
    assert examine({}) == Detection(Host(modes=PLAIN_MODES), ())


def test_findings_come_together() -> None:
    detection = examine(
        {
            "one": found(cores=4, gpus=(CARD,), runtimes={"cuda": Version("12.4")}, notes=("first",)),
            "two": found(ram=64, gpus=(OTHER,), runtimes={"rocm": Version("6.2")}, modes=frozenset({"container"})),
        }
    )
    assert detection == Detection(
        Host(
            cores=4,
            ram=64,
            gpus=(CARD, OTHER),
            runtimes={"cuda": Version("12.4"), "rocm": Version("6.2")},
            modes=PLAIN_MODES | {"container"},
        ),
        (Note("one", "first"),),
    )


def test_the_first_probe_that_knows_a_fact_decides_it() -> None:
    host = examine(
        {
            "silent": found(),
            "first": found(cores=4, ram=64, runtimes={"cuda": Version("12.4")}),
            "second": found(cores=8, ram=32, runtimes={"cuda": Version("11.8")}),
        }
    ).host
    assert (host.cores, host.ram, host.runtimes) == (4, 64, {"cuda": Version("12.4")})


@pytest.mark.parametrize("error", [RuntimeError("broken"), ImportError("no module"), SystemExit(3), OSError(5, "I/O")])
def test_a_probe_that_fails_is_a_note_and_the_others_count(error: BaseException) -> None:
    detection = examine({"bad": failing(error), "good": found(cores=4)})
    assert detection.host.cores == 4
    assert detection.notes == (Note("bad", f"the probe failed: {type(error).__name__}: {error}"),)


def test_an_interruption_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        examine({"bad": failing(KeyboardInterrupt())})


@pytest.mark.parametrize("facts", [{"cores": 0}, {"ram": -1}, {"gpus": (Gpu(vram=0),)}])
def test_hardware_of_no_size_is_unknown(facts: dict[str, object]) -> None:
    detection = examine({"bad": found(**facts)})
    assert detection.host == Host(modes=PLAIN_MODES)
    assert "1 or more" in detection.notes[0].text


def test_versions_of_runtimes_are_versions() -> None:
    detection = examine({"bad": found(cores=4, runtimes={"cuda": "12.4"})})
    assert detection.host == Host(modes=PLAIN_MODES)
    assert "packaging.version.Version" in detection.notes[0].text


def test_an_answer_of_another_kind_is_a_note() -> None:
    assert examine({"bad": lambda: {"cores": 4}}).notes == (
        Note("bad", "the probe answered with dict, not with Findings"),
    )


class TestModes:
    """Section 3: "`modes` has `container` only where a container engine was found"."""

    @pytest.mark.parametrize("engine", ENGINES)
    def test_an_engine_on_the_path_allows_containers(self, tmp_path: Path, engine: str) -> None:
        (tmp_path / engine).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / engine).chmod(0o755)
        assert probe_containers(str(tmp_path)) == Findings(modes=frozenset({"container"}), notes=(f"found {engine}",))

    def test_a_file_that_cannot_be_executed_is_no_engine(self, tmp_path: Path) -> None:
        (tmp_path / "docker").write_text("")
        assert probe_containers(str(tmp_path)) == Findings(
            notes=("no container engine was found (docker, podman, nerdctl)",)
        )

    def test_a_directory_is_no_engine_and_a_missing_one_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "a/docker").mkdir(parents=True)
        (tmp_path / "b").mkdir()
        (tmp_path / "b/podman").write_text("")
        (tmp_path / "b/podman").chmod(0o755)
        path = os.pathsep.join(map(str, ("", tmp_path / "missing", tmp_path / "a", tmp_path / "b")))
        assert probe_containers(path).notes == ("found podman",)

    def test_without_an_engine_every_mode_that_needs_none_is_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert detect().modes == {"native", "binary", "source", "python", "cpu"}


class TestThirdParties:
    """Section 3: "further probes [...] which third parties extend by entry points"."""

    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder of installed packages."""
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(module, "PROBES", {"cpu": found(cores=4)})
        return tmp_path

    @staticmethod
    def install(site: Path, name: str, code: str, target: str = "probe") -> None:
        (site / f"{name}.py").write_text(code)
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[las_solve.probes]\n{name} = {name}:{target}\n")

    def test_a_probe_of_another_package_is_asked_after_the_own(self, site: Path) -> None:
        self.install(
            site,
            "las_test_npu",
            "from las_registry.host.probes import Findings\n"
            "from las_solver.model import Gpu\n"
            "def probe():\n"
            "    return Findings(cores=99, gpus=(Gpu(name='NPU', vendor='acme', vram=16),), notes=('found one',))\n",
        )
        detection = examine()
        assert detection.host == Host(cores=4, gpus=(Gpu(name="NPU", vendor="acme", vram=16),), modes=PLAIN_MODES)
        assert detection.notes == (Note("las_test_npu", "found one"),)

    def test_a_package_that_cannot_be_imported_is_a_note(self, site: Path) -> None:
        self.install(site, "las_test_broken", "import there_is_no_such_module")
        self.install(site, "las_test_missing", "", target="nothing")
        detection = examine()
        assert detection.host.cores == 4
        assert [note.probe for note in detection.notes] == ["las_test_broken", "las_test_missing"]

    def test_without_any_their_machinery_is_not_imported(self, tmp_path: Path) -> None:
        other = tmp_path / "other-1.0.dist-info"
        other.mkdir()
        (other / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n")
        assert not module._offers_probes([str(tmp_path), "", str(tmp_path / "missing")])

    def test_an_archive_on_the_path_is_left_to_importlib(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"")
        assert module._offers_probes([str(tmp_path / "a.zip")])


def test_this_machine() -> None:
    host = detect()
    assert host.cores is not None and host.cores >= 1
    assert host.ram is not None and host.ram > 0
    assert host_from_document(profile_document(host)) == host
    assert detect() == host


def test_heavy_libraries_are_imported_only_when_they_are_asked() -> None:
    code = (
        "import sys, las_registry.host.detect, las_registry.host.profile, las_registry.host.assume\n"
        "print(sorted({'psutil', 'pynvml', 'jsonschema'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
