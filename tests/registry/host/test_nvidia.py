"""NVIDIA cards, asked of a fake of NVML (contract, section 3: "never a crash"; pitfalls 18 and 19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from las_registry.host.probes import nvidia
from las_registry.host.probes.nvidia import inspect_cards, probe_nvidia
from las_registry.host.probes.nvml import Nvml
from las_registry.host.probes.probe import Findings
from las_registry.host.profile import host_from_document, profile_document
from las_solver.model import Gpu, Host

MIB = 1024**2
GIB = 1024**3
NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, NOT_LOADED, NO_LIBRARY, LOST, MISMATCH = 3, 4, 6, 9, 12, 15, 18


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
    uuid: object = "GPU-1111"
    slices: object = ()


@dataclass
class Slice:
    """A MIG slice of the fake: answers like a card, and has the numbers of its two instances."""

    name: object = "A100 MIG 3g.20gb"
    total: object = 20 * GIB
    uuid: object = "MIG-aaaa"
    instances: tuple[int, int] = (1, 0)


def split(*slices: object, **facts: Any) -> Card:
    """A card in MIG mode; None is a number without a slice."""
    return Card(name="A100", mig=[1, 1], slices=slices, **facts)


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

    def nvmlDeviceGetUUID(self, card: Card) -> object:
        return answer(card.uuid)

    def nvmlDeviceGetPciInfo(self, card: Card) -> object:
        return SimpleNamespace(busId=answer(card.bus))

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> object:
        # Pitfall 19: used and free are not what counts.
        return SimpleNamespace(total=answer(card.total), free=1, used=2)

    def nvmlDeviceGetMigMode(self, card: Card) -> object:
        return answer(card.mig)

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> object:
        return len(answer(card.slices))

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, index: int) -> object:
        part = answer(answer(card.slices)[index])
        return raising(NOT_FOUND)() if part is None else part

    def nvmlDeviceGetGpuInstanceId(self, part: Slice) -> int:
        return part.instances[0]

    def nvmlDeviceGetComputeInstanceId(self, part: Slice) -> int:
        return part.instances[1]


def answer(value: Any) -> Any:
    return value() if callable(value) else value


def raising(code: int) -> Callable[[], object]:
    def fail() -> object:
        raise FakeError(code)

    return fail


def inspect(fake: FakeNvml, unified: int | None = None, **environment: str) -> Findings:
    findings = inspect_cards(fake, lambda: unified, environment)
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


@pytest.mark.parametrize("count", [raising(LOST), None, "2", -1, 1 << 32])
def test_a_count_that_fails_or_is_no_count_is_no_card(count: object) -> None:
    fake = FakeNvml(Card())
    fake.count = count
    findings = inspect(fake)
    assert findings.gpus == ()
    assert findings.runtimes.keys() == {"nvidia-driver", "cuda"}
    assert len(findings.notes) == 1


def test_a_name_that_no_profile_could_have_is_made_one() -> None:
    assert inspect(FakeNvml(Card(name="A\n100\x1b[0m"))).gpus[0].name == "A100[0m"
    assert inspect(FakeNvml(Card(name="x" * 300))).gpus[0].name == "x" * 200
    assert inspect(FakeNvml(Card(name=b"\n\0"))).gpus[0].name == "NVIDIA GPU"


nonsense = st.one_of(
    st.none(),
    st.integers(-2, 1 << 65),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from([raising(NOT_SUPPORTED), raising(LOST), raising(-7), [], [1, 1], [1], [0], {}]),
)
slices = st.builds(Slice, name=nonsense, total=nonsense, uuid=nonsense, instances=nonsense)
cards = st.builds(
    Card,
    name=nonsense,
    total=nonsense | st.just(GIB),
    bus=nonsense,
    mig=nonsense,
    uuid=nonsense,
    slices=nonsense | st.lists(slices | nonsense, max_size=3),
)


@given(
    st.lists(cards | nonsense, max_size=3), nonsense, nonsense, st.none() | st.sampled_from(["", "0", "1,0", "MIG-"])
)
def test_whatever_nvml_answers_nothing_is_raised(
    answers: list[object], driver: object, cuda: object, listed: str | None
) -> None:
    environment = {} if listed is None else {"CUDA_VISIBLE_DEVICES": listed}
    findings = inspect(FakeNvml(*answers, driver=driver, cuda=cuda), 8 * GIB, **environment)
    host = Host(gpus=findings.gpus, runtimes=findings.runtimes)
    assert host_from_document(profile_document(host)) == host


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
                "NVIDIA card 0 (B) does not count, it is in MIG mode without a slice that can be used",
            ),
            (
                Card(name="B", mig=[1, 1], slices=raising(LOST)),
                "NVIDIA card 0 does not count, it does not answer: Refused",
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


SLICE, SMALL = Slice(), Slice(name="A100 MIG 1g.5gb", total=5 * GIB, uuid="MIG-abbb", instances=(9, 0))
WHOLE = Card(name="H100", total=80 * GIB, bus="2", uuid="GPU-2222")


class TestMig:
    """docs/host.md: one process uses either whole cards or exactly one MIG slice, so slices never add up."""

    def test_the_only_slice_is_the_card(self) -> None:
        findings = inspect(FakeNvml(split(SLICE)))
        assert findings.gpus == (Gpu(name="A100 MIG 3g.20gb", vendor="nvidia", vram=20 * GIB),)
        assert findings.notes == ()

    def test_of_several_slices_the_largest_counts(self) -> None:
        findings = inspect(FakeNvml(split(SMALL, None, SLICE, None)))
        assert [gpu.vram for gpu in findings.gpus] == [20 * GIB]
        assert findings.notes == (
            "of 2 devices only NVIDIA card 0 (A100), MIG slice 2 counts (20GiB), since one process uses"
            " either whole cards or one MIG slice: choose it with CUDA_VISIBLE_DEVICES=MIG-aaaa, or state other cards"
            " with --assume gpus=SIZE,SIZE",
        )

    def test_whole_cards_come_before_slices_that_are_no_larger(self) -> None:
        other = Card(name="small", total=8 * GIB, bus="3", uuid="GPU-3333")
        findings = inspect(FakeNvml(split(SLICE, SMALL), WHOLE, other))
        assert [gpu.name for gpu in findings.gpus] == ["H100", "small"]
        assert findings.notes == (
            "MIG slices (2) beside whole cards do not count, since one process uses either whole cards or one slice:"
            " name the whole cards in CUDA_VISIBLE_DEVICES, or state other cards with --assume gpus=SIZE,SIZE",
        )

    def test_a_whole_card_as_large_as_the_largest_slice_comes_before_it(self) -> None:
        findings = inspect(FakeNvml(split(SLICE), Card(name="equal", total=20 * GIB, bus="2")))
        assert [gpu.name for gpu in findings.gpus] == ["equal"]

    def test_a_slice_larger_than_every_whole_card_comes_before_them(self) -> None:
        small = Card(name="small", total=8 * GIB, bus="2")
        findings = inspect(FakeNvml(split(SLICE), small, small))
        assert [gpu.name for gpu in findings.gpus] == ["A100 MIG 3g.20gb"]
        assert findings.notes[0].startswith("of 3 devices only NVIDIA card 0 (A100), MIG slice 0 counts")

    @pytest.mark.parametrize(
        ("bad", "note"),
        [
            (raising(LOST), "NVIDIA card 0 (A100), MIG slice 1 does not count, it does not answer: Refused"),
            (
                Slice(total=0),
                "NVIDIA card 0 (A100), MIG slice 1 does not count, the size of its memory is not understood: 0",
            ),
            (
                Slice(total=raising(NOT_SUPPORTED)),
                "NVIDIA card 0 (A100), MIG slice 1 does not count, the size of its memory is unknown",
            ),
        ],
    )
    def test_what_is_wrong_with_one_slice_leaves_the_others(self, bad: object, note: str) -> None:
        findings = inspect(FakeNvml(split(SLICE, bad)))
        assert [gpu.vram for gpu in findings.gpus] == [20 * GIB]
        assert findings.notes == (note,)

    def test_a_slice_without_a_name_is_called_after_its_card(self) -> None:
        findings = inspect(FakeNvml(split(Slice(name=raising(LOST), uuid=raising(LOST)))))
        assert [gpu.name for gpu in findings.gpus] == ["A100 MIG"]


class TestVisibleDevices:
    """docs/host.md: cards that CUDA_VISIBLE_DEVICES hides do not count."""

    CARDS = (
        Card(name="A", bus="1", uuid="GPU-1111"),
        Card(name="B", bus="2", uuid="GPU-2222", total=8 * GIB),
        Card(name="C", bus="3", uuid="GPU-3333", total=80 * GIB),
    )
    ORDER = (
        "CUDA_VISIBLE_DEVICES was taken to count cards in the order of their slots, but CUDA may put the fastest first:"
        " set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the cards by UUID"
    )

    def names(self, listed: str, *cards: Card, order: str = "PCI_BUS_ID") -> tuple[list[str], tuple[str, ...]]:
        findings = inspect(FakeNvml(*cards or self.CARDS), CUDA_VISIBLE_DEVICES=listed, CUDA_DEVICE_ORDER=order)
        assert findings.runtimes.keys() == {"nvidia-driver", "cuda"}
        return [gpu.name for gpu in findings.gpus], findings.notes

    def test_indices_are_places_in_the_order_of_the_slots(self) -> None:
        assert self.names("2,0", *reversed(self.CARDS)) == (
            ["A", "C"],
            ("CUDA_VISIBLE_DEVICES hides NVIDIA card 1 (B)",),
        )

    def test_another_order_may_be_meant(self) -> None:
        assert self.names("1", order="FASTEST_FIRST") == (
            ["B"],
            (self.ORDER, "CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (A); NVIDIA card 2 (C)"),
        )

    def test_among_equal_cards_or_with_none_hidden_the_order_does_not_matter(self) -> None:
        equal = (Card(bus="1", uuid="GPU-1"), Card(bus="2", uuid="GPU-2"))
        assert self.names("1", *equal, order="FASTEST_FIRST")[1] == (
            "CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (GeForce RTX 4090)",
        )
        assert self.names("2,1,0", order="FASTEST_FIRST") == (["A", "B", "C"], ())

    def test_uuids_need_no_order(self) -> None:
        assert self.names("GPU-22,GPU-3333", order="FASTEST_FIRST") == (
            ["B", "C"],
            ("CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (A)",),
        )

    @pytest.mark.parametrize("listed", ["", " ", "-1"])
    def test_all_may_be_hidden_on_purpose(self, listed: str) -> None:
        assert self.names(listed) == (
            [],
            ("CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (A); NVIDIA card 1 (B); NVIDIA card 2 (C)",),
        )

    def test_what_is_no_device_ends_the_list_and_is_noted(self) -> None:
        assert self.names("0,7,1") == (
            ["A"],
            (
                "CUDA_VISIBLE_DEVICES: '7' is no device here, so it and what follows do not count",
                "CUDA_VISIBLE_DEVICES hides NVIDIA card 1 (B); NVIDIA card 2 (C)",
            ),
        )

    def test_a_card_that_does_not_answer_keeps_a_place_at_the_end(self) -> None:
        findings = inspect(
            FakeNvml(raising(LOST), *self.CARDS), CUDA_VISIBLE_DEVICES="0", CUDA_DEVICE_ORDER="PCI_BUS_ID"
        )
        assert [gpu.name for gpu in findings.gpus] == ["A"]

    def test_a_machine_without_cards_has_nothing_to_hide(self) -> None:
        assert inspect(FakeNvml(), CUDA_VISIBLE_DEVICES="0").notes == ("the NVIDIA driver shows no card",)

    @pytest.mark.parametrize("listed", ["MIG-ab", "MIG-GPU-1111/9/0", "MIG-GPU-11/9/0"])
    def test_a_slice_that_is_named_counts_however_small(self, listed: str) -> None:
        assert self.names(listed, split(SLICE, SMALL), WHOLE) == (
            ["A100 MIG 1g.5gb"],
            ("CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (A100), MIG slice 0; NVIDIA card 1 (H100)",),
        )

    def test_of_several_slices_that_are_named_the_first_counts(self) -> None:
        assert self.names("MIG-abbb,MIG-aaaa", split(SLICE, SMALL)) == (
            ["A100 MIG 1g.5gb"],
            ("of the MIG slices that CUDA_VISIBLE_DEVICES names, CUDA uses the first: only it counts",),
        )

    def test_naming_a_split_card_leaves_its_slices(self) -> None:
        names, notes = self.names("GPU-1111", split(SMALL, SLICE), WHOLE)
        assert names == ["A100 MIG 3g.20gb"]
        assert notes[0] == "CUDA_VISIBLE_DEVICES hides NVIDIA card 1 (H100)"

    def test_naming_whole_cards_leaves_out_the_slices(self) -> None:
        assert self.names("GPU-2222", split(SLICE), WHOLE) == (
            ["H100"],
            ("CUDA_VISIBLE_DEVICES hides NVIDIA card 0 (A100)",),
        )

    def test_how_cuda_numbers_split_cards_is_never_certain(self) -> None:
        assert self.names("1", split(SLICE), WHOLE)[1][0] == self.ORDER


class TestUnifiedMemory:
    """Section 3: "a GPU with unified memory has as `vram` the memory it may use"."""

    CARD = Card(name="GB10", total=raising(NOT_SUPPORTED))

    def test_it_is_the_memory_of_the_machine(self) -> None:
        findings = inspect(FakeNvml(self.CARD), unified=128 * 1000**3)
        assert findings.gpus == (Gpu(name="GB10", vendor="nvidia", vram=128 * 1000**3),)
        assert findings.notes == ("NVIDIA card 0 (GB10) has no memory of its own and may use the machine's",)

    def test_a_jetson_module_says_little_more_than_its_name(self) -> None:
        card = Card(name="Orin (nvgpu)", total=raising(NOT_SUPPORTED), bus=raising(NOT_SUPPORTED))
        findings = inspect(FakeNvml(card, driver="540.3.0", cuda=12020), unified=64 * GIB)
        assert findings.gpus == (Gpu(name="Orin (nvgpu)", vendor="nvidia", vram=64 * GIB),)
        assert findings.runtimes == {"nvidia-driver": Version("540.3"), "cuda": Version("12.2")}

    def test_a_superchip_with_memory_of_its_own_has_that(self) -> None:
        card = Card(name="NVIDIA GH200 480GB", total=97871 * MIB)
        assert inspect(FakeNvml(card), unified=480 * GIB).gpus[0].vram == 97871 * MIB

    def test_unknown_is_not_zero(self) -> None:
        findings = inspect(FakeNvml(self.CARD), unified=None)
        assert findings.gpus == ()
        assert findings.notes == ("NVIDIA card 0 (GB10) does not count, the size of its memory is unknown",)


class TestWsl:
    """docs/host.md: under WSL NVML answers less; the driver is that of Windows."""

    def test_what_is_not_answered_leaves_the_card(self) -> None:
        refused = raising(NOT_SUPPORTED)
        card = Card(bus=refused, uuid=refused, mig=raising(999))
        findings = inspect(FakeNvml(card, driver="551.86"))
        assert findings.gpus == (Gpu(name="GeForce RTX 4090", vendor="nvidia", vram=24564 * MIB),)
        assert findings.runtimes["nvidia-driver"] == Version("551.86")
        assert findings.notes == ()


class TestProbe:
    def test_without_the_library_there_is_no_card(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nvidia, "load_nvml", lambda: None)
        assert probe_nvidia() == Findings(notes=("no NVIDIA driver library was found, so no NVIDIA card",))

    def test_the_package_is_asked_where_there_is_a_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr(nvidia, "load_nvml", lambda: FakeNvml(Card()))
        assert len(probe_nvidia().gpus) == 1

    def test_the_environment_of_this_process_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        monkeypatch.setattr(nvidia, "load_nvml", lambda: FakeNvml(Card()))
        assert probe_nvidia().gpus == ()

    def test_the_real_package_has_every_call_that_is_used(self) -> None:
        import pynvml

        for name in vars(Nvml):
            if name.startswith("nvml"):
                assert callable(getattr(pynvml, name))
        codes = {
            "NOT_SUPPORTED": NOT_SUPPORTED,
            "NO_PERMISSION": NO_PERMISSION,
            "NOT_FOUND": NOT_FOUND,
            "DRIVER_NOT_LOADED": NOT_LOADED,
            "LIBRARY_NOT_FOUND": NO_LIBRARY,
            "LIB_RM_VERSION_MISMATCH": MISMATCH,
        }
        assert codes == {name: getattr(pynvml, f"NVML_ERROR_{name}") for name in codes}
        assert pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED).value == NOT_SUPPORTED

    def test_this_machine_does_not_make_it_raise(self) -> None:
        assert isinstance(probe_nvidia(), Findings)
