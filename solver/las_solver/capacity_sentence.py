"""What does not fit together, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from las_solver.sentence import listed, subject_of
from las_solver.size_text import rounded_up, size_beside, size_text
from las_solver.statement import CapacityLimit, Share

__all__ = ["capacity_sentence"]

_MOST_SHARES = 8


def capacity_sentence(statement: CapacityLimit) -> str:
    """What `statement` says, without a full stop."""
    shares = sorted(statement.shares, key=lambda share: (-share.weight, share.span.module))
    if statement.fact == "limit":
        return _limit(statement, shares)
    needs = [*_needs(statement, shares[:_MOST_SHARES]), *_others(shares[_MOST_SHARES:])]
    total, room = sum(share.weight for share in shares), sum(statement.cards)
    adds_up = _is_sum(shares) and (len(statement.cards) == 1 or all(share.spread for share in shares))
    together = f" ({_beyond(total, room, shares[0].weight)})" if adds_up and total > room else ""
    have = _have(statement, shares)
    return f"these cannot run at the same time: {', '.join(needs)}{together}, and this host has {have}"


def _is_sum(shares: Sequence[Share]) -> bool:
    """Whether all of `shares` are of different modules, so that they add up."""
    return len({share.span.module for share in shares}) == len(shares) > 1


def _beyond(total: int, room: int, other: int) -> str:
    """How much `total` bytes are, so that it is seen to be more than `room`, which is shown beside `other`."""
    if size_beside(rounded_up(total), other) == size_beside(room, other):
        return f"{total - room} bytes too many"
    return f"{size_text(rounded_up(total))} together"


def _limit(statement: CapacityLimit, shares: Sequence[Share]) -> str:
    """For example: ``no more than 2 inference servers are allowed, and vllm, ollama and sglang are 3``."""
    allowed = _allowed(statement.name, statement.cards[0])
    if len({share.span.module for share in shares}) < len(shares):
        return f"{allowed}: {listed([f'{_name(share)} counts as {share.weight}' for share in shares], 'and')}"
    plain = all(share.weight == 1 for share in shares)
    ordered = sorted(shares, key=lambda share: share.span.module) if plain else shares
    names = [_name(share) if plain else f"{_name(share)} ({share.weight})" for share in ordered]
    return f"{allowed}, and {listed(names, 'and')} {'is' if len(names) == 1 else 'are'} {sum(s.weight for s in shares)}"


def _allowed(name: str, most: int) -> str:
    """How many of what a limit calls `name`; nobody knows the singular of that."""
    if most == 1:
        return f"{name} are limited to 1"
    return f"no more than {most} {name} are allowed" if most else f"no {name} are allowed"


def _name(share: Share) -> str:
    """The versions of a share; only the name of its module where it is about all of them."""
    text = str(share.span)
    return share.span.module if text.startswith("every version of ") else text


def _needs(statement: CapacityLimit, shares: Sequence[Share]) -> Iterator[str]:
    """What each of `shares` needs; of what, once if it is the same of all."""
    what = [_what(statement, share) for share in shares]
    said = ""
    for share, of_what in zip(shares, what, strict=True):
        about = subject_of(share.span)
        verb = "need" if about.is_plural else "needs"
        yield f"{about.text} {verb} {size_text(share.weight)}" + (f" {of_what}" if of_what != said else "")
        said = of_what


def _what(statement: CapacityLimit, share: Share) -> str:
    if statement.fact == "ram":
        return "of memory"
    if len(statement.cards) == 1:
        return "of GPU memory"
    return "over all GPUs" if share.spread else "of one GPU"


def _others(shares: Sequence[Share]) -> Iterator[str]:
    if len(shares) == 1:
        about = subject_of(shares[0].span)
        yield f"{about.text} {'need' if about.is_plural else 'needs'} {size_text(shares[0].weight)}"
    elif shares:
        yield f"{len(shares)} more need {size_text(sum(share.weight for share in shares))}"


def _have(statement: CapacityLimit, shares: Sequence[Share]) -> str:
    """What there is, in the unit of the largest share."""
    sizes = [size_beside(card, shares[0].weight) for card in statement.cards]
    if statement.fact == "ram":
        return sizes[0]
    if not sizes:
        return "no GPU"
    if len(sizes) == 1:
        return f"one GPU of {sizes[0]}"
    if len(set(sizes)) == 1:
        return f"{len(sizes)} GPUs of {sizes[0]}"
    return f"GPUs of {listed(sizes, 'and')}"
