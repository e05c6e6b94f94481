"""Graphics cards on the PCI bus of a Linux machine: where they are and what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from las_registry.host.probes.sysfs import card_names, list_numbered, read_bytes, read_fields

__all__ = ["Card", "find_cards", "find_name", "is_name"]

_LISTS: Final = ("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids")
_MOST_BYTES: Final = 8 << 20
_LONGEST: Final = 100
_LAST: Final = (1 << 32,)


@dataclass(frozen=True, slots=True)
class Card:
    """`place` is the PCI address, e.g. ``0000:03:00.0``, which a card keeps over restarts; `number` its device
    number; `driver` the kernel's, empty where unknown; `folder` is ``/sys/class/drm/card0`` or the like."""

    place: str
    number: int
    driver: str
    folder: Path

    @property
    def device(self) -> Path:
        return self.folder / "device"

    @property
    def minor(self) -> int | None:
        """The number of its render node, by which programs compute: 128 for ``/dev/dri/renderD128``."""
        return next((minor for minor, _ in list_numbered(self.device / "drm", "renderD")), None)


def find_cards(root: Path, vendor: int) -> tuple[Card, ...]:
    """The cards of the PCI vendor `vendor`, in the order of their addresses."""
    cards: dict[tuple[tuple[int, ...], str], Card] = {}
    for name in card_names(root, vendor):
        folder = root / "sys/class/drm" / name
        fields = read_fields(folder / "device/uevent", "=")
        number = re.fullmatch("[0-9A-Fa-f]{4}:([0-9A-Fa-f]{4})", fields.get("PCI_ID", ""))
        place = fields.get("PCI_SLOT_NAME", "")
        at = re.fullmatch("([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})[.]([0-7])", place)
        # A card that does not say its place comes last; one that is shown twice counts once.
        key = (tuple(int(part, 16) for part in at.groups()), "") if at else (_LAST, name)
        card = Card(place if at else name, int(number[1], 16) if number else 0, fields.get("DRIVER", ""), folder)
        cards.setdefault(key, card)
    return tuple(cards[key] for key in sorted(cards))


def find_name(root: Path, vendor: int, number: int) -> str:
    """What the system's list of PCI devices calls a device; empty where there is no list or no such device.

    Its lines are ``vvvv  vendor``, then ``<tab>dddd  device`` for each device: manual page pci.ids(5). Of
    ``Navi 31 [Radeon RX 7900 XT]`` the part in brackets is what people know.
    """
    for path in _LISTS:
        data = read_bytes(root / path, _MOST_BYTES)
        start = data.find(b"\n%04x  " % vendor)
        if start < 0:
            continue
        found = re.compile(rb"\n\t%04x  ([^\n]+)|\n[^\t#\n]" % number).search(data, start + 1)
        text = found[1].decode("utf-8", errors="replace").strip() if found and found[1] else ""
        known = re.search(r"\[(.+)\]", text)
        name = known[1] if known else text
        if is_name(name):
            return name
    return ""


def is_name(text: str) -> bool:
    """Whether `text` can be shown as the name of a card."""
    return bool(text) and text.isprintable() and len(text) <= _LONGEST
