"""GIFT, Moodle's text format: numbers and short answers with one feedback for each known wrong value.

A shape is a short answer in every notation that is usual; Moodle compares texts.  Where Moodle reads 34.944 for
``34,944``, that counts as right too.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.formats.write.quiz import body, clean, escape, moodle_share, name_of, numbers
from cnncalc.grading.quiz import NONE, NUMBER, Asked, Part, Quiz, choices, notations, typed
from cnncalc.layers.mistakes import written

SUFFIX = ".gift"

_SPECIAL = "\\~=#{}:"


def write(quiz: Quiz) -> dict[str, bytes]:
    """A text in UTF-8; with several versions, a category for each question to draw from."""
    lines = [f"// {clean(quiz.assignment.title)}", ""]
    several = len(quiz.parts) > 1
    for number in range(len(quiz.assignment.questions)):
        if several:
            lines += [f"$CATEGORY: $course$/top/{category(quiz, number)}", ""]
        for part in quiz.parts:
            lines += [question(part.questions[number], part), ""]
    return {"": "\n".join(lines).encode("utf-8")}


def category(quiz: Quiz, number: int) -> str:
    """The path of a question's category; a slash would begin another one."""
    names = (quiz.assignment.title, quiz.assignment.questions[number].id)
    return "/".join("".join(" " if each in "/\\{}~=#:$" else each for each in clean(name)).strip() for name in names)


def question(asked: Asked, part: Part) -> str:
    """One question; no line of it is empty, since that would end it."""
    answers = {NUMBER: numerical, NONE: choosing}.get(asked.kind, shapes)(asked)
    text = body(asked, part).replace("\n", "<br>")
    worked = f"####[html]{special(escape(asked.line.formula))}"
    begins = "#" if asked.kind == NUMBER else ""
    return f"::{special(name_of(asked, part))}::[html]{special(text)} {{{begins}\n" + "\n".join([*answers, worked, "}"])


def numerical(asked: Asked) -> Iterator[str]:
    """``=34944:0`` and ``=%50%34848:0#34,848 = 11*11*3*96: the 96 biases are missing``."""
    for value, tolerance, wrong in numbers(asked.right, asked.wrong, asked.tolerance):
        number = f"{typed(value)}:{typed(tolerance)}"
        if wrong is None:
            yield f"={number}"
        else:
            yield f"=%{moodle_share(wrong.credit)}%{number}#[html]{special(escape(wrong.feedback))}"


def shapes(asked: Asked) -> Iterator[str]:
    """Short answers: the right shape in every notation, known wrong ones in the commonest; where the number of values
    is right as well, ``4608`` and ``4,608``."""
    seen: set[str] = set()
    for value in asked.right:
        right = notations(value, asked.orders) if isinstance(value, tuple) else (typed(value), written(value))
        seen.update(right)
        yield from (f"={special(text)}" for text in right)
    for wrong in asked.wrong:
        value = wrong.value if isinstance(wrong.value, tuple) else (wrong.value,)
        for text in notations(value, asked.orders, all_=False):
            if text not in seen:
                seen.add(text)
                share = moodle_share(wrong.credit)
                yield f"=%{share}%{special(text)}#[html]{special(escape(wrong.feedback))}"


def choosing(asked: Asked) -> Iterator[str]:
    """Multiple choice, where the right answer is that there is none."""
    for choice in choices(asked):
        said = f"#[html]{special(escape(choice.feedback))}"
        yield f"{'=' if choice.right else '~'}[html]{special(escape(choice.shown))}{said}"


def special(text: str) -> str:
    """A text in which no sign has GIFT's meaning."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in text)
