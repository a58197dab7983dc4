"""How diagnostics look: the layout, the caret's place, and nothing that a terminal would obey."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import Diagnostic, Related
from cnncalc.render.diagnostics import WIDTH, as_json, segments, text
from cnncalc.source import Mark, Source


def mark(line: str, start: int, end: int, above: int = 0, name: str = "f.yaml") -> Mark:
    whole = "\n" * above + line
    return Mark(Source(name, whole), start + above, end + above)


def columns(shown: str) -> int:
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in shown)
    return len(shown) + wide - sum(unicodedata.category(each) in ("Mn", "Me") for each in shown)


def test_golden_worked_label_notes_and_a_long_help() -> None:
    one = Diagnostic(
        "S101",
        "the stride does not tile the input",
        mark("  conv1: conv 96 11x11 /4 | relu", 9, 25, 4, "01_tiling.yaml"),
        "(224 - 11 + 2*0)/4 + 1 = 54.25, not a whole number",
        ("the incoming value is 3x224x224",),
        ("any one of these changes tiles:\ninput   223 -> 54   227 -> 55\nkernel    8 -> 55    12 -> 54", "or floor"),
    )
    assert text([one]) == (
        "error[S101]: the stride does not tile the input\n"
        " --> 01_tiling.yaml:5:10\n"
        "  |\n"
        "5 |   conv1: conv 96 11x11 /4 | relu\n"
        "  |          ^^^^^^^^^^^^^^^^ (224 - 11 + 2*0)/4 + 1 = 54.25, not a whole number\n"
        "  = the incoming value is 3x224x224\n"
        "  = help: any one of these changes tiles:\n"
        "       input   223 -> 54   227 -> 55\n"
        "       kernel    8 -> 55    12 -> 54\n"
        "  = help: or floor"
    )


@pytest.mark.parametrize("message", ["in basic, used", "in basic, used at"])
def test_golden_related_place_and_a_wide_gutter(message: str) -> None:
    one = Diagnostic(
        "S109",
        "the shortcut cannot be added",
        mark("  basic(c): residual(conv c 3)", 12, 30, 11),
        related=(Related(message, mark("  a: basic 3", 5, 12, 119)),),
        help=("project it",),
    )
    assert text([one, one._replace(severity="warning", related=())]) == (
        "error[S109]: the shortcut cannot be added\n"
        "  --> f.yaml:12:13\n"
        "   |\n"
        "12 |   basic(c): residual(conv c 3)\n"
        "   |             ^^^^^^^^^^^^^^^^^^\n"
        "   = in basic, used at f.yaml:120:6\n"
        "   = help: project it\n"
        "\n"
        "warning[S109]: the shortcut cannot be added\n"
        "  --> f.yaml:12:13\n"
        "   |\n"
        "12 |   basic(c): residual(conv c 3)\n"
        "   |             ^^^^^^^^^^^^^^^^^^\n"
        "   = help: project it"
    )


def test_golden_without_a_place() -> None:
    one = Diagnostic("T111", "--set clases: no such parameter", help=("did you mean 'classes'?",))
    assert text([one]) == "error[T111]: --set clases: no such parameter\n = help: did you mean 'classes'?"
    assert text([]) == ""


def caret(diagnosed: Mark, label: str = "") -> tuple[str, str]:
    """The source line and the caret line, without the gutter."""
    source, carets = text([Diagnostic("Y201", "x", diagnosed, label)]).split("\n")[3:5]
    gutter = source.index("|") + 2
    return source[gutter:], carets[gutter:]


@pytest.mark.parametrize(
    ("line", "start", "end", "shown", "carets"),
    [
        ("a\tbc", 2, 4, "a   bc", "    ^^"),
        ("\ta", 0, 1, "    a", "^^^^"),
        ("漢字 x", 3, 4, "漢字 x", "     ^"),
        ("漢字 x", 0, 2, "漢字 x", "^^^^"),
        ("e\u0301 x", 3, 4, "e\u0301 x", "  ^"),
        ("\U0001f600x", 1, 2, "\U0001f600x", "  ^"),
        ("a\x1b[31mb", 6, 7, "a·[31mb", "      ^"),
        ("a\u202eb\x9b\u2028c\ud800", 5, 6, "a·b··c·", "     ^"),
        ("abc", 3, 3, "abc", "   ^"),
        ("", 0, 0, "", "^"),
        ("ab\ncd", 1, 4, "ab", " ^"),
        ("ab   \r\ncd", 0, 9, "ab", "^^"),
        ("ab\ncd", 2, 4, "ab", "  ^"),
    ],
)
def test_the_caret_stays_in_place(line: str, start: int, end: int, shown: str, carets: str) -> None:
    assert caret(mark(line, start, end)) == (shown, carets)


def test_a_long_line_is_shown_around_the_caret() -> None:
    line = "".join(f"{number:>9} " for number in range(100))
    for start in (0, 5, 100, 155, 400, 990, 999, 1000):
        shown, carets = caret(mark(line, start, start + 3))
        assert len(shown) <= WIDTH and len(carets) <= WIDTH + 1
        assert ("…" in shown[:1], "…" in shown[-1:]) == (start > 5, start < 900)
        at = carets.index("^")
        assert shown[at : at + 3].rstrip() == line[start : start + 3].rstrip()
    shown, carets = caret(mark(line, 0, 1000), "all of it")
    assert WIDTH - 2 < len(shown) <= WIDTH and carets.startswith("^" * 150) and carets.endswith(" all of it")


def test_a_huge_line_costs_little() -> None:
    huge = mark("漢" * 5_000_000, 4_000_000, 4_000_001)
    shown, carets = caret(huge)
    assert columns(shown) <= WIDTH and carets.endswith("^^")


def test_nothing_reaches_the_terminal() -> None:
    bad = "\x1b[2J\r\n\x9b\u202e\ud800"
    one = Diagnostic(
        "Y201", bad, mark(bad, 0, 1, name=f"f{bad}"), bad, (bad,), (bad,), (Related(bad, mark("a", 0, 1)),)
    )
    shown = text([one])
    assert not {each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs")} - {"\n"}
    assert shown.startswith("error[Y201]: \\x1b[2J\\r\\n\\x9b\\u202e\\ud800\n --> f\\x1b[2J")
    json.dumps(as_json(one), ensure_ascii=False).encode()


def test_segments() -> None:
    one = Diagnostic("Y201", "m", mark("abc", 1, 2), "l", ("n",), ("h\ni",))
    assert list(segments([one])) == [
        ("error", "error[Y201]"),
        ("plain", ": m"),
        ("gutter", "\n --> "),
        ("path", "f.yaml:1:2"),
        ("gutter", "\n  |\n1 |"),
        ("plain", " abc"),
        ("gutter", "\n  | "),
        ("caret", " ^"),
        ("label", " l"),
        ("gutter", "\n  = "),
        ("plain", "n"),
        ("gutter", "\n  = "),
        ("help", "help: h"),
        ("help", "\n       i"),
    ]


def test_json() -> None:
    related = Related("in b, used", mark("xy", 1, 2))
    one = Diagnostic("S101", "m", mark("\U0001f600 漢abc", 2, 4, 2), "l", ("n",), ("h",), (related,), "conv1")
    assert as_json(one) == {
        "code": "S101",
        "name": "does-not-tile",
        "severity": "error",
        "message": "m",
        "file": "f.yaml",
        "line": 3,
        "column": 3,
        "end_column": 5,
        "layer": "conv1",
        "label": "l",
        "notes": ["n"],
        "help": ["h"],
        "related": [{"message": "in b, used", "file": "f.yaml", "line": 1, "column": 2, "end_column": 3}],
    }
    nowhere = as_json(Diagnostic("T111", "m"))
    assert [nowhere[key] for key in ("file", "line", "column", "end_column", "layer")] == [None] * 5


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400), st.data())
def test_any_mark_can_be_shown(whole: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    shown, carets = caret(Mark(Source("f", whole), start, end))
    assert columns(shown) <= WIDTH
    assert set(carets) <= {" ", "^"} and carets.strip()
    assert len(carets.rstrip()) <= WIDTH + 1


# -- on a terminal ----------------------------------------------------------------------------------------------------


def long_one(begin: int) -> Diagnostic:
    """A fault in a line of 200 columns, with more words than a terminal is wide."""
    source = Source("<line>", "3x9x9" + " | relu" * 28)
    words = " ".join(f"word{number}" for number in range(30))
    options = f"any one of these tiles:\n    {words}"
    return Diagnostic("S101", f"it does not fit: {words}", Mark(source, begin, begin + 4), words, (words,), (options,))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("begin", [8, 64, 141, 197])
def test_no_line_is_wider_than_the_terminal(width: int, begin: int) -> None:
    """It would be broken anywhere, and the caret of a long line would stand below another place."""
    found = long_one(begin)
    lines = text([found], width=width).splitlines()
    assert max(map(len, lines)) <= width
    row = next(number for number, line in enumerate(lines) if line.startswith("1 | "))
    caret = lines[row + 1].index("^")
    assert lines[row][caret : caret + 4] == "relu" == found.mark.source.text[begin : begin + 4]  # type: ignore[union-attr]
    assert lines[row + 1][caret:].startswith("^^^^") and not lines[row + 1][caret:].startswith("^^^^^")


@pytest.mark.parametrize("width", range(40, 81, 3))
def test_words_of_wide_characters_are_folded_by_their_columns(width: int) -> None:
    words = " ".join(["畳み込み"] * 12)
    found = Diagnostic("S101", words, mark("abc", 0, 1), words, (words,), (words,))
    lines = text([found], width=width).splitlines()
    assert max(map(columns, lines)) <= width
    assert sum(line.count("畳み込み") for line in lines) == 4 * 12


@pytest.mark.parametrize("width", [40, 80])
def test_a_terminal_shows_the_same_words(width: int) -> None:
    found = long_one(8)
    told = " ".join(text([found], width=width).split())
    for words in (found.message, *found.notes, *found.help):
        assert " ".join(words.split()) in told.replace(" | ", " ")
    assert text([found], width=10**4) == text([found])


def test_a_pipe_keeps_each_remark_on_its_line() -> None:
    assert f"\n  = {long_one(8).notes[0]}\n" in text([long_one(8)])
