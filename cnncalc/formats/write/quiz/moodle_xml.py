"""Moodle XML: numerical questions, and shapes as embedded answers, one number for each axis.

Every known wrong value has a feedback of its own.  Where Moodle reads 34.944 for ``34,944``, that counts as right too.
"""

from __future__ import annotations

from xml.etree import ElementTree

from cnncalc.formats.write.quiz import body, clean, element, escape, ident, moodle_share, name_of, numbers, xml
from cnncalc.grading.quiz import NONE, NUMBER, Asked, Part, Quiz, by_axis, choices, typed

SUFFIX = ".xml"


def write(quiz: Quiz) -> dict[str, bytes]:
    """One document; with several versions, a category for each question to draw from."""
    root = ElementTree.Element("quiz")
    for number, asked in enumerate(quiz.assignment.questions):
        if len(quiz.parts) > 1:
            category(root, quiz.assignment.title, asked.id)
        for part in quiz.parts:
            question(root, part.questions[number], part)
    return {"": xml(root)}


def category(root: ElementTree.Element, *names: str) -> None:
    """What the questions below belong to; a slash in a name is doubled, as Moodle wants it."""
    found = element(root, "question", type="category")
    path = "/".join(clean(name).replace("/", "//") for name in names)
    element(element(found, "category"), "text", f"$course$/top/{path}")


def question(root: ElementTree.Element, asked: Asked, part: Part) -> None:
    kind = {NUMBER: "numerical", NONE: "multichoice"}.get(asked.kind, "cloze")
    found = element(root, "question", type=kind)
    element(element(found, "name"), "text", name_of(asked, part)[:255])
    text = body(asked, part)
    if kind == "cloze":  # a brace of the text could begin an answer
        text = text.replace("{", "&#123;") + embedded(asked)
    html(found, "questiontext", text)
    html(found, "generalfeedback", f"<p>{escape(asked.line.formula)}</p>")
    if kind != "cloze":  # the marks of embedded answers are their weights
        element(found, "defaultgrade", f"{float(asked.question.points):.7f}")
    element(found, "penalty", "0.3333333")
    element(found, "hidden", "0")
    element(found, "idnumber", ident(part.sheet.assignment.id, part.label, asked.question.id))
    if kind == "numerical":
        numerical(found, asked)
    elif kind == "multichoice":
        multichoice(found, asked)


def html(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> ElementTree.Element:
    found = element(parent, tag, format="html", **attributes)
    element(found, "text", text)
    return found


def numerical(found: ElementTree.Element, asked: Asked) -> None:
    for value, tolerance, wrong in numbers(asked.right, asked.wrong, asked.tolerance):
        share = moodle_share(wrong.credit) if wrong else "100"
        answer = element(found, "answer", fraction=share, format="moodle_auto_format")
        element(answer, "text", typed(value))
        html(answer, "feedback", escape(wrong.feedback) if wrong else "")
        element(answer, "tolerance", typed(tolerance))
    element(found, "unitgradingtype", "0")
    element(found, "unitpenalty", "0.1000000")
    element(found, "showunits", "3")
    element(found, "unitsleft", "0")


def multichoice(found: ElementTree.Element, asked: Asked) -> None:
    element(found, "single", "true")
    element(found, "shuffleanswers", "false")
    element(found, "answernumbering", "none")
    for choice in choices(asked):
        answer = html(found, "answer", escape(choice.shown), fraction="100" if choice.right else "0")
        html(answer, "feedback", escape(choice.feedback))


def embedded(asked: Asked) -> str:
    """``channels {1:NUMERICAL:=96:0~%0%3:0#...}``, for every axis."""
    parts = []
    for name, size, wrong in by_axis(asked):
        listed = [
            f"%{moodle_share(each.credit)}%{typed(value)}:0#{inside(each.feedback)}" if each else f"={typed(value)}:0"
            for value, _, each in numbers([size], wrong)
        ]
        parts.append(f"{escape(name)} {{1:NUMERICAL:{'~'.join(listed)}}}")
    return f"<p>{', '.join(parts)}</p>"


def inside(text: str) -> str:
    """A feedback inside of braces: what could end it is written as an entity, and so is HTML once more.

    Moodle takes the entities away when it takes the answer apart; what is left is HTML.
    """
    return "".join(f"&#{ord(each)};" if each in "~{}\\" else each for each in escape(escape(text)))
