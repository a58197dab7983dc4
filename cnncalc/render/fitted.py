"""Lines and tables that fit a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.render.ansi import Line
from cnncalc.render.table import wrapped


def folded(found: Iterator[Line], width: int) -> Iterator[Line]:
    """Lines of text broken at blanks; rows of tables stay whole."""
    for style, words in found:
        if style in ("title", "dim", "warning") and len(words) > width:
            yield from ((style, part) for part in wrapped(words, width))
        else:
            yield style, words


def fitted(
    headings: Sequence[str],
    body: Sequence[tuple[str, list[str]]],
    left: Sequence[str],
    drops: Sequence[Sequence[str]],
    width: int,
) -> Iterator[Line]:
    """A table with as many columns as there is room for.

    ``body`` are rows with their styles; one with fewer cells ends in a text.  The columns ``left`` are aligned there;
    of ``drops`` the first is taken whose columns have to go for the rest to fit.
    """
    whole = [cells for _, cells in body if len(cells) == len(headings)]
    sizes = [max([len(heading), *(len(cells[place]) for cells in whole)]) for place, heading in enumerate(headings)]
    chosen = list(range(len(headings)))
    for drop in drops:
        chosen = [place for place, heading in enumerate(headings) if heading not in drop]
        if sum(sizes[place] for place in chosen) + 2 * (len(chosen) - 1) <= width:
            break

    def padded(cells: Sequence[str], places: Sequence[int]) -> list[str]:
        return [
            cells[place].ljust(sizes[place]) if headings[place] in left else cells[place].rjust(sizes[place])
            for place in places
        ]

    yield "head", "  ".join(padded(headings, chosen)).rstrip()
    for style, cells in body:
        if len(cells) == len(headings):
            yield style, "  ".join(padded(cells, chosen)).rstrip()
        else:
            text = "  ".join([*padded(cells, chosen[: len(cells) - 1]), cells[-1]])
            yield style, text if len(text) <= width else text[: width - 1] + "…"
