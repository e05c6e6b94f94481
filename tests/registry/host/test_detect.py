"""Putting the findings of probes together (contract, section 3)."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from executables import script
from packaging.version import Version

from las_registry.host import detect as module
from las_registry.host.detect import PLAIN_MODES, Detection, Note, detect, examine
from las_registry.host.probes import Findings
from las_registry.host.probes.commands import Commands, Question
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


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"cores": 0}, "1 or more"),
        ({"ram": -1}, "1 or more"),
        ({"gpus": (Gpu(vram=0),)}, "1 or more"),
        ({"cores": 2.5}, "are int"),
        ({"cores": True}, "are int"),
        ({"gpus": (Gpu(vram=None),)}, "are int"),
        ({"gpus": [CARD]}, "gpus is a tuple"),
        ({"gpus": CARD}, "gpus is a tuple"),
        ({"gpus": (CARD for _ in range(2))}, "gpus is a tuple"),
        ({"gpus": None}, "gpus is a tuple"),
        ({"gpus": (8,)}, "no attribute 'vram'"),
        ({"gpus": (Gpu(name="a\nb", vram=8),)}, "is not a name"),
        ({"gpus": (Gpu(vendor="\x1b[31m", vram=8),)}, "is not a name"),
        ({"modes": "container"}, "modes is a frozenset"),
        ({"modes": frozenset({""})}, "is not a name"),
        ({"modes": frozenset({5})}, "'int' object"),
        ({"notes": "found one"}, "notes is a tuple"),
        ({"runtimes": {"cuda": "12.4"}}, "packaging.version.Version"),
        ({"runtimes": {"cu da": Version("12.4")}}, "cu da"),
        ({"runtimes": {5: Version("12.4")}}, "int"),
        ({"runtimes": None}, "NoneType"),
    ],
)
def test_what_no_profile_could_state_is_a_note(facts: dict[str, object], problem: str) -> None:
    detection = examine({"bad": found(**facts), "good": found(ram=64)})
    assert detection.host == Host(ram=64, modes=PLAIN_MODES)
    assert problem in detection.notes[0].text
    assert len(detection.notes) == 1


def test_an_answer_of_another_kind_is_a_note() -> None:
    assert examine({"bad": lambda: {"cores": 4}}).notes == (
        Note("bad", "the probe answered with dict, not with Findings"),
    )


class TestModes:
    """Section 3: "`modes` has `container` only where a container engine was found"."""

    def test_without_an_engine_every_mode_that_needs_none_is_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert detect().modes == {"native", "binary", "source", "python", "cpu"}


class TestCommands:
    """Commands answer while the other probes look."""

    def test_they_are_started_before_the_first_probe_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        order: list[str] = []

        def ask(commands: Commands) -> Callable[[], Findings]:
            order.append("started")
            return lambda: order.append("collected") or Findings(runtimes={"python": Version("3.12")})

        monkeypatch.setattr(module, "_AHEAD", {"python": ask})
        probes = {"cpu": lambda: order.append("looked") or Findings(cores=4), "python": failing(AssertionError())}
        monkeypatch.setattr(module, "PROBES", probes)
        assert examine().host.runtimes == {"python": Version("3.12")}
        assert order == ["started", "looked", "collected"]

    @pytest.mark.skipif(sys.platform == "win32", reason="the fake is a script of a shell")
    def test_an_interruption_ends_them(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[Question] = []

        def ask(commands: Commands) -> Callable[[], Findings]:
            started.append(commands.ask(script(tmp_path / "docker", "sleep 1000")))
            return found()

        monkeypatch.setattr(module, "_AHEAD", {"containers": ask})
        monkeypatch.setattr(module, "PROBES", {"cpu": failing(KeyboardInterrupt()), "containers": found()})
        with pytest.raises(KeyboardInterrupt):
            examine()
        (question,) = started
        assert question.process is not None and question.process.returncode == -signal.SIGKILL

    def test_one_that_cannot_be_started_is_a_note(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def ask(commands: Commands) -> Callable[[], Findings]:
            raise OSError("too many processes")

        monkeypatch.setattr(module, "_AHEAD", {"python": ask})
        monkeypatch.setattr(module, "PROBES", {"python": found(), "cpu": found(cores=4)})
        detection = examine()
        assert detection.host.cores == 4
        assert detection.notes == (Note("python", "the probe failed: OSError: too many processes"),)


def test_this_machine() -> None:
    host = detect()
    assert host.cores is not None and host.cores >= 1
    assert host.ram is not None and host.ram > 0
    assert host_from_document(profile_document(host)) == host
    assert detect() == host


def test_heavy_libraries_are_imported_only_when_they_are_asked() -> None:
    code = (
        "import sys, las_registry.host.detect, las_registry.host.profile, las_registry.host.assume\n"
        "print(sorted({'psutil', 'pynvml', 'jsonschema', 'subprocess', 'ctypes'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_probes_are_imported_while_commands_run() -> None:
    code = (
        "import sys, las_registry.host.detect as detect\n"
        "probes = {f'las_registry.host.probes.{name}' for name in detect.PROBES}\n"
        "print(sorted(probes & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "['las_registry.host.probes.containers', 'las_registry.host.probes.python']\n"


@pytest.mark.parametrize("name", module.PROBES)
def test_each_probe_is_there(name: str) -> None:
    assert isinstance(module.PROBES[name](), Findings)
