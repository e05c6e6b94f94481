"""Probes of other packages (contract, section 3: "which third parties extend by entry points")."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from las_registry.host import detect as module
from las_registry.host.detect import PLAIN_MODES, Detection, Note, examine
from las_registry.host.probes import Findings
from las_solver.model import Gpu, Host

ACME = Path(__file__).parent / "acme_probe"
"""A package as it lies where packages are installed: a module, and a folder of metadata with its entry point."""

GIB = 1024**3


@pytest.fixture(autouse=True)
def own_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the project's own probes one, which knows the cores."""
    monkeypatch.setattr(module, "PROBES", {"cpu": lambda: Findings(cores=4)})


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """What the driver of the example shows: two accelerators, of which one is damaged."""
    files = {"version": "2.1\n", "device0/name": "Acme One\n", "device0/memory": f"{16 * GIB}\n", "device1/memory": "?"}
    for name, text in files.items():
        path = tmp_path / "driver" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "driver"


def install(site: Path, name: str, code: str, target: str = "probe") -> None:
    """Another package in the folder `site`."""
    (site / f"{name}.py").write_text(code)
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[las_solve.probes]\n{name} = {name}:{target}\n")


class TestExample:
    def test_what_it_finds_comes_with_the_rest(self, driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(ACME)
        monkeypatch.setenv("ACME_DRIVER", str(driver))
        assert examine() == Detection(
            Host(
                cores=4,
                gpus=(Gpu(name="Acme One", vendor="acme", vram=16 * GIB),),
                runtimes={"acme": Version("2.1")},
                modes=PLAIN_MODES | {"acme"},
            ),
            (Note("acme", "Acme device1 does not count: invalid literal for int() with base 10: '?'"),),
        )

    def test_where_its_driver_is_missing_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(ACME)
        monkeypatch.setenv("ACME_DRIVER", str(tmp_path / "missing"))
        assert examine().notes == (Note("acme", "no Acme driver was found, so no Acme accelerator"),)

    def test_the_command_line_finds_it(self, driver: Path) -> None:
        variables = {"PYTHONPATH": str(ACME), "ACME_DRIVER": str(driver), "LAS_SOLVE_PROFILE": "detect"}
        command = (sys.executable, "-m", "las_cli.main", "host", "show", "--format", "json")
        run = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
        shown = json.loads(run.stdout)
        assert {"name": "Acme One", "vendor": "acme", "vram": "16GiB"} in shown["gpus"]
        assert shown["runtimes"]["acme"] == "2.1"


class TestOthers:
    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder of installed packages."""
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path

    def test_the_own_probes_decide_first(self, site: Path) -> None:
        install(
            site,
            "las_test_npu",
            "from las_registry.host.probes import Findings\n"
            "def probe():\n"
            "    return Findings(cores=99, ram=64, notes=('found one',))\n",
        )
        detection = examine()
        assert detection.host == Host(cores=4, ram=64, modes=PLAIN_MODES)
        assert detection.notes == (Note("las_test_npu", "found one"),)

    @pytest.mark.parametrize(
        ("code", "target", "note"),
        [
            ("import there_is_no_such_module", "probe", "the probe failed: ModuleNotFoundError: "),
            ("", "nothing", "the probe failed: AttributeError: "),
            ("probe = 3", "probe", "the probe failed: TypeError: "),
            ("def probe(): raise SystemExit(2)", "probe", "the probe failed: SystemExit: 2"),
            ("def probe(): return {'cores': 4}", "probe", "the probe answered with dict, not with Findings"),
            ("def probe(root): return None", "probe", "the probe failed: TypeError: "),
        ],
    )
    def test_one_that_is_broken_is_a_note(
        self, site: Path, monkeypatch: pytest.MonkeyPatch, code: str, target: str, note: str
    ) -> None:
        name = "las_test_broken"
        monkeypatch.delitem(sys.modules, name, raising=False)
        install(site, name, code, target)
        detection = examine()
        assert detection.host == Host(cores=4, modes=PLAIN_MODES)
        assert [found.probe for found in detection.notes] == [name]
        assert detection.notes[0].text.startswith(note)

    def test_several_are_asked_in_order_of_their_names(self, site: Path) -> None:
        for name in ("las_test_b", "las_test_a"):
            install(site, name, "raise OSError")
        assert [note.probe for note in examine().notes] == ["las_test_a", "las_test_b"]

    @pytest.mark.parametrize("text", [b"[las_solve.probes]\nnonsense\n", b"\xff las_solve.probes"])
    def test_metadata_that_is_damaged_is_a_note(self, site: Path, text: bytes) -> None:
        install(site, "las_test_damaged", "")
        (site / "las_test_damaged-1.0.dist-info" / "entry_points.txt").write_bytes(text)
        detection = examine()
        assert detection.host.cores == 4
        assert [note.probe for note in detection.notes] == ["las_solve.probes"]

    def test_without_any_their_machinery_is_not_imported(self, tmp_path: Path) -> None:
        other = tmp_path / "other-1.0.dist-info"
        other.mkdir()
        (other / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n")
        assert not module._offers_probes([str(tmp_path), "", str(tmp_path / "missing")])

    def test_an_archive_on_the_path_is_left_to_importlib(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"")
        assert module._offers_probes([str(tmp_path / "a.zip")])
