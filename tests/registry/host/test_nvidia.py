"""NVIDIA cards, asked of a fake of NVML (contract, section 3: "never a crash"; pitfalls 18 and 19)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pytest
from packaging.version import Version

from las_registry.host.probes import nvidia
from las_registry.host.probes.nvidia import inspect_cards, probe_nvidia
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

MIB = 1024**2
NOT_SUPPORTED, NO_PERMISSION, NOT_LOADED, NO_LIBRARY, LOST, MISMATCH = 3, 4, 9, 12, 15, 18


class FakeError(Exception):
    """Like pynvml's NVMLError, which has the return code in `value`."""

    def __init__(self, value: int, text: str = "Refused") -> None:
        super().__init__(text)
        self.value = value


@dataclass
class Card:
    """A card of the fake. A callable in place of an answer is called, so that it can raise."""

    name: object = "GeForce RTX 4090"
    total: object = 24564 * MIB
    bus: object = "00000000:01:00.0"
    mig: object = field(default_factory=lambda: raising(NOT_SUPPORTED))


class FakeNvml:
    """The part of the module ``pynvml`` that is used."""

    def __init__(self, *cards: object, driver: object = "550.54.14", cuda: object = 12040, init: object = None) -> None:
        self.cards = cards
        self.driver = driver
        self.cuda = cuda
        self.init = init
        self.count: object = len(cards)
        self.is_open = False

    def nvmlInit(self) -> None:
        answer(self.init)
        self.is_open = True

    def nvmlShutdown(self) -> None:
        self.is_open = False

    def nvmlSystemGetDriverVersion(self) -> object:
        return answer(self.driver)

    def nvmlSystemGetCudaDriverVersion(self) -> object:
        return answer(self.cuda)

    def nvmlDeviceGetCount(self) -> object:
        return answer(self.count)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> object:
        return answer(self.cards[index])

    def nvmlDeviceGetName(self, card: Card) -> object:
        return answer(card.name)

    def nvmlDeviceGetPciInfo(self, card: Card) -> object:
        return SimpleNamespace(busId=answer(card.bus))

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> object:
        # Pitfall 19: used and free are not what counts.
        return SimpleNamespace(total=answer(card.total), free=1, used=2)

    def nvmlDeviceGetMigMode(self, card: Card) -> object:
        return answer(card.mig)


def answer(value: object) -> object:
    return value() if callable(value) else value


def raising(code: int) -> Callable[[], object]:
    def fail() -> object:
        raise FakeError(code)

    return fail


def inspect(fake: FakeNvml, unified: int | None = None) -> Findings:
    findings = inspect_cards(fake, lambda: unified)
    assert not fake.is_open
    return findings


def test_a_card_with_its_driver_and_cuda() -> None:
    findings = inspect(FakeNvml(Card()))
    assert findings.gpus == (Gpu(name="GeForce RTX 4090", vendor="nvidia", vram=24564 * MIB),)
    assert findings.runtimes == {"nvidia-driver": Version("550.54.14"), "cuda": Version("12.4")}
    assert findings.notes == ()


def test_a_card_sold_as_24_gb_has_24_gb() -> None:
    assert inspect(FakeNvml(Card())).gpus[0].vram >= 24 * 1000**3


def test_texts_may_be_bytes() -> None:
    findings = inspect(FakeNvml(Card(name=b"A100\0", bus=b"1"), driver=b"535.183.01"))
    assert findings.gpus[0].name == "A100"
    assert findings.runtimes["nvidia-driver"] == Version("535.183.1")


@pytest.mark.parametrize(
    ("number", "version"),
    [(12040, "12.4"), (11080, "11.8"), (13000, "13.0"), (9020, "9.2"), (12100, "12.10")],
)
def test_the_number_of_cuda(number: int, version: str) -> None:
    assert str(inspect(FakeNvml(cuda=number)).runtimes["cuda"]) == version


@pytest.mark.parametrize("number", [0, -1, 999, 1_000_000, None, "12.4", raising(LOST)])
def test_a_cuda_version_that_is_not_understood_is_unknown(number: object) -> None:
    findings = inspect(FakeNvml(Card(), cuda=number))
    assert "cuda" not in findings.runtimes
    assert "nvidia-driver" in findings.runtimes
    assert len(findings.gpus) == len(findings.notes) == 1


@pytest.mark.parametrize("text", ["", "garbage", b"\xff\xfe", None, raising(LOST)])
def test_a_driver_version_that_is_not_understood_is_unknown(text: object) -> None:
    findings = inspect(FakeNvml(Card(), driver=text))
    assert "nvidia-driver" not in findings.runtimes
    assert "cuda" in findings.runtimes
    assert len(findings.gpus) == len(findings.notes) == 1


@pytest.mark.parametrize(
    ("code", "note"),
    [
        (NO_PERMISSION, "this user may not ask the NVIDIA driver (no permission), so no NVIDIA card counts"),
        (NOT_LOADED, "the NVIDIA driver is installed but not loaded, so no NVIDIA card counts"),
        (NO_LIBRARY, "no NVIDIA driver library was found, so no NVIDIA card"),
        (
            MISMATCH,
            "the loaded NVIDIA driver and its library differ in version: no NVIDIA card counts until a restart",
        ),
        (999, "NVML does not start, so no NVIDIA card counts: Refused"),
    ],
)
def test_a_driver_that_does_not_start_is_no_card(code: int, note: str) -> None:
    assert inspect(FakeNvml(Card(), init=raising(code))) == Findings(notes=(note,))


@pytest.mark.parametrize("error", [OSError("damaged library"), AttributeError("nvmlInit"), UnicodeError()])
def test_any_other_error_at_the_start_is_no_card(error: Exception) -> None:
    def fail() -> None:
        raise error

    findings = inspect(FakeNvml(Card(), init=fail))
    assert (findings.gpus, findings.runtimes, len(findings.notes)) == ((), {}, 1)


def test_a_driver_without_cards_is_noted() -> None:
    findings = inspect(FakeNvml())
    assert findings.gpus == ()
    assert findings.runtimes.keys() == {"nvidia-driver", "cuda"}
    assert findings.notes == ("the NVIDIA driver shows no card",)


def test_a_count_that_fails_is_no_card() -> None:
    fake = FakeNvml(Card())
    fake.count = raising(LOST)
    assert inspect(fake).gpus == ()


class TestOneOfSeveral:
    """What is wrong with one card leaves the others."""

    GOOD = Card(name="A", bus="00000000:02:00.0")

    @pytest.mark.parametrize(
        ("bad", "note"),
        [
            (raising(LOST), "NVIDIA card 0 does not count, it does not answer: Refused"),
            (Card(total=raising(LOST)), "NVIDIA card 0 does not count, it does not answer: Refused"),
            (
                Card(name="B", total=0),
                "NVIDIA card 0 (B) does not count, the size of its memory is not understood: 0",
            ),
            (
                Card(name="B", total=-(1 << 40)),
                "NVIDIA card 0 (B) does not count, the size of its memory is not understood: -1099511627776",
            ),
            (
                Card(name="B", total=(1 << 64) - 1),
                f"NVIDIA card 0 (B) does not count, the size of its memory is not understood: {(1 << 64) - 1}",
            ),
            (
                Card(name="B", total=None),
                "NVIDIA card 0 (B) does not count, the size of its memory is not understood: None",
            ),
            (
                Card(name="B", mig=[1, 1]),
                "NVIDIA card 0 (B) does not count, it is split into MIG slices: state those that may be used"
                " with --assume gpus=SIZE,SIZE",
            ),
        ],
    )
    def test_the_bad_one_does_not_count(self, bad: object, note: str) -> None:
        findings = inspect(FakeNvml(bad, self.GOOD))
        assert [gpu.name for gpu in findings.gpus] == ["A"]
        assert findings.notes == (note,)

    def test_a_card_without_a_name_counts(self) -> None:
        findings = inspect(FakeNvml(Card(name=raising(LOST), bus="1"), self.GOOD))
        assert {gpu.name for gpu in findings.gpus} == {"NVIDIA GPU", "A"}

    @pytest.mark.parametrize("mig", [[0, 0], [0, 1], [], None, raising(NO_PERMISSION)])
    def test_a_card_that_is_not_split_counts(self, mig: object) -> None:
        assert len(inspect(FakeNvml(Card(mig=mig), self.GOOD)).gpus) == 2


def test_cards_are_in_order_of_their_place_not_of_their_number() -> None:
    first = Card(name="first", bus="00000000:0A:00.0")
    second = Card(name="second", bus="00000000:c1:00.0")
    without_place = Card(name="third", bus=raising(NOT_SUPPORTED))
    for cards in ((first, second, without_place), (without_place, second, first)):
        assert [gpu.name for gpu in inspect(FakeNvml(*cards)).gpus] == ["first", "second", "third"]


class TestUnifiedMemory:
    """Section 3: "a GPU with unified memory has as `vram` the memory it may use"."""

    CARD = Card(name="GB10", total=raising(NOT_SUPPORTED))

    def test_it_is_the_memory_of_the_machine(self) -> None:
        findings = inspect(FakeNvml(self.CARD), unified=128 * 1000**3)
        assert findings.gpus == (Gpu(name="GB10", vendor="nvidia", vram=128 * 1000**3),)
        assert findings.notes == ("NVIDIA card 0 (GB10) has no memory of its own and may use the machine's",)

    def test_unknown_is_not_zero(self) -> None:
        findings = inspect(FakeNvml(self.CARD), unified=None)
        assert findings.gpus == ()
        assert findings.notes == ("NVIDIA card 0 (GB10) does not count, the size of its memory is unknown",)


class TestProbe:
    def test_without_the_library_its_package_is_not_even_imported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nvidia, "_library_exists", lambda: False)
        monkeypatch.setitem(sys.modules, "pynvml", None)  # an import would raise
        assert probe_nvidia() == Findings(notes=("no NVIDIA driver library was found, so no NVIDIA card",))

    def test_a_mac_has_no_nvidia_driver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert probe_nvidia().gpus == ()

    def test_the_package_is_asked_where_there_is_a_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fake = FakeNvml(Card())
        module = ModuleType("pynvml")
        for name in dir(fake):
            if name.startswith("nvml"):
                setattr(module, name, getattr(fake, name))
        monkeypatch.setattr(nvidia, "_library_exists", lambda: True)
        monkeypatch.setitem(sys.modules, "pynvml", module)
        assert len(probe_nvidia().gpus) == 1

    def test_the_real_package_has_every_call_that_is_used(self) -> None:
        import pynvml

        for name in vars(nvidia.Nvml):
            if name.startswith("nvml"):
                assert callable(getattr(pynvml, name))
        codes = {
            "NOT_SUPPORTED": NOT_SUPPORTED,
            "NO_PERMISSION": NO_PERMISSION,
            "DRIVER_NOT_LOADED": NOT_LOADED,
            "LIBRARY_NOT_FOUND": NO_LIBRARY,
            "LIB_RM_VERSION_MISMATCH": MISMATCH,
        }
        assert codes == {name: getattr(pynvml, f"NVML_ERROR_{name}") for name in codes}
        assert pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED).value == NOT_SUPPORTED

    def test_this_machine_does_not_make_it_raise(self) -> None:
        assert isinstance(probe_nvidia(), Findings)
