"""Heights: numbers that fall along needs, so that no needs go round in a circle.

Forbidding one circle after the other takes as many clauses as there are circles, which can be exponentially many. Where
the first few such cuts do not settle it, every module that was seen in a circle gets a height, a binary number, and what it
needs has a lower one. That takes a number of clauses for each need, however many circles they form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from las_solver.sat import Sat

__all__ = ["Heights"]

_FIRST_WIDTH = 5
_MORE_WIDTH = 3


class Heights:
    """The heights of modules in one SAT solver.

    As many modules as there are numbers can have one. When there are more, all heights begin anew with wider numbers; what
    was said of the narrow ones stays true of an answer, since there were enough of them for the modules of then.
    """

    def __init__(self, sat: Sat) -> None:
        self._sat = sat
        self._width = _FIRST_WIDTH
        self._bits: dict[str, tuple[int, ...]] = {}
        self._falls: dict[tuple[str, str], int] = {}

    def include(self, names: Iterable[str]) -> None:
        """Give each of `names` a height; all begin anew if there are too many, so that nothing is known of them."""
        members = dict.fromkeys((*self._bits, *names))
        if len(members) > 2**self._width:
            while len(members) > 2**self._width:
                self._width += _MORE_WIDTH
            self._bits.clear()
            self._falls.clear()
        for name in members:
            if name not in self._bits:
                self._bits[name] = tuple(self._sat.new_variable(phase=False) for _ in range(self._width))

    def knows(self, upper: str, lower: str) -> bool:
        """Whether :meth:`falls` was asked for these two since heights began."""
        return (upper, lower) in self._falls

    def falls(self, upper: str, lower: str) -> int:
        """A literal that is true only if the height of `upper` is greater than that of `lower`."""
        literal = self._falls.get((upper, lower))
        if literal is None:
            literal = self._falls[upper, lower] = self._greater(self._bits[upper], self._bits[lower])
        return literal

    def _greater(self, upper: Sequence[int], lower: Sequence[int]) -> int:
        """A literal that is true only if the number `upper` is greater than `lower`; bits from the lowest on.

        With g for the bits up to this one, f for those before it, u and l for this bit of both::

            g -> u or f        g -> not l or f        g -> u or not l
        """
        greater: int | None = None
        for high, low in zip(upper, lower, strict=True):
            before = () if greater is None else (greater,)
            greater = self._sat.new_variable(phase=True)
            self._sat.add((-greater, high, *before))
            self._sat.add((-greater, -low, *before))
            if before:
                self._sat.add((-greater, high, -low))
        assert greater is not None
        return greater
