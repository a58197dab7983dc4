"""A PrairieLearn question: a folder whose ``server.py`` lets cnncalc make the numbers and grade the answers.

Every variant of the question has the numbers of its seed.  The folder holds the assignment, and the file of its
network where it has one; PrairieLearn's Python needs cnncalc.
"""

from __future__ import annotations

import json
import os
import uuid

from cnncalc import library
from cnncalc.errors import fault
from cnncalc.formats.write.quiz import clean, ident
from cnncalc.grading.asks import AXES
from cnncalc.grading.quiz import NONE, SHAPE, Asked, Quiz
from cnncalc.grading.records import Assignment
from cnncalc.source import Source

SUFFIX = ""

SERVER = '''\
"""The numbers of a variant, and the grading of its answers: both are cnncalc's."""

import os

import cnncalc
from cnncalc.grading.reading import read_answer

QUESTIONS = {questions}
"""By the name that a question has here: its id, its fields (one for each axis of a shape), whether they are whole, and
how many axes are asked for."""


def text_of(name, fields, given):
    """The answer in one text; where every axis has a field, with the names of the axes."""
    texts = [str(given.get(each, "")) for each in fields]
    axes = [each[len(name) + 1 :] for each in fields]
    if "channels" in axes and {{"channels", "depth", "height", "width", "length"}}.issuperset(axes):
        return ", ".join("{{}}={{}}".format(axis, text) for axis, text in zip(axes, texts, strict=True))
    return "x".join(texts)


def assignment(data):
    folder = data.get("options", {{}}).get("question_path") or os.path.dirname(os.path.abspath(__file__))
    return cnncalc.read_assignment(os.path.join(folder, "assignment.yaml"))


def generate(data):
    sheet = cnncalc.worksheet(assignment(data), str(data["variant_seed"]))
    data["params"]["network"] = "\\n".join(sheet.network)
    lines = {{line.id: line for line in sheet.lines}}
    for name, (id, fields, whole, _) in QUESTIONS.items():
        line = lines[id]
        data["params"][name] = line.text
        value = line.item.truth.value if whole else line.answer
        data["correct_answers"].update(zip(fields, value if isinstance(value, tuple) else [value], strict=True))


def parse(data):
    """What cannot be read is a format error: it costs no attempt."""
    for name, (_, _, _, axes) in QUESTIONS.items():
        text = data["submitted_answers"].get(name)
        if isinstance(text, str) and name not in data["format_errors"]:
            reading = read_answer(text, axes)
            if reading.kind in ("unreadable", "blank"):
                data["format_errors"][name] = reading.problem or "there is no answer"


def grade(data):
    given = data["submitted_answers"]
    answers = {{id: text_of(name, fields, given) for name, (id, fields, _, _) in QUESTIONS.items()}}
    found = cnncalc.grade(assignment(data), answers, student=str(data["variant_seed"])).submissions[0]
    graded = {{each.question.id: each for each in found.answers}}
    for name, (id, fields, _, _) in QUESTIONS.items():
        one = graded[id]
        data["feedback"][name] = one.reason
        for each in fields:
            score = float(one.points / one.max) if one.max else 1.0
            data["partial_scores"][each] = {{"score": score, "weight": float(one.max) / len(fields)}}
    data["score"] = float(found.share)
'''


def write(quiz: Quiz) -> dict[str, bytes]:
    """``info.json``, ``question.html``, ``server.py``, the assignment, and its network's file.

    Raises :class:`SpecError` where the network's file does not lie beside the assignment or below.
    """
    asked = quiz.parts[0].questions
    files = {
        "info.json": info(quiz.assignment).encode(),
        "question.html": page(quiz.assignment, asked).encode(),
        "server.py": SERVER.format(questions=names(asked)).encode(),
        "assignment.yaml": quiz.assignment.source.text.encode("utf-8", "surrogateescape"),
    }
    network = network_file(quiz.assignment)
    if network is not None:
        name, source = network
        files[name] = source.text.encode("utf-8", "surrogateescape")
    return files


def info(assignment: Assignment) -> str:
    """The question's metadata; its id hangs on the assignment's."""
    own = uuid.uuid5(uuid.NAMESPACE_URL, f"cnncalc:{ident(assignment.id, assignment.title)}")
    document = {
        "uuid": str(own),
        "title": clean(assignment.title),
        "topic": "Convolutional networks",
        "tags": ["cnncalc"],
        "type": "v3",
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def fields(number: int, asked: Asked) -> dict[str, str]:
    """The fields of a question with their labels: one for each axis of a shape, else a single one without."""
    if asked.kind != SHAPE or strict(asked):
        return {f"q{number}": ""}
    return {f"q{number}_{axis.replace(' ', '_')}": axis for axis in asked.axes}


def strict(asked: Asked) -> bool:
    """Whether there may be no such size, which only a text can say."""
    ask = asked.question.ask
    return asked.question.accept.tiling == "strict" and (ask == "output" or ask in AXES)


def names(asked: tuple[Asked, ...]) -> str:
    """The fields as a Python dictionary."""
    lines = []
    for number, each in enumerate(asked, 1):
        listed = ", ".join(f'"{name}"' for name in fields(number, each))
        axes = len(each.axes) or None
        lines.append(f'    "q{number}": ({each.question.id!a}, [{listed}], {whole(each)}, {axes}),')
    return "\n".join(["{", *lines, "}"])


def page(assignment: Assignment, asked: tuple[Asked, ...]) -> str:
    """The question's page; the texts come from ``server.py``."""
    lines = ["<pl-question-panel>"]
    if assignment.about:
        lines.append(f"  <p>{html(assignment.about)}</p>")
    lines += ["  <pre>{{params.network}}</pre>", "</pl-question-panel>"]
    for number, each in enumerate(asked, 1):
        name = f"q{number}"
        lines += [f"<p>{{{{params.{name}}}}}</p>"]
        kind = "pl-integer-input" if whole(each) else "pl-string-input"
        for field, label in fields(number, each).items():
            shown = f' label="{html(label)}"' if label else ""
            lines.append(f'<{kind} answers-name="{field}"{shown}></{kind}>')
        said = f"{{{{#feedback.{name}}}}}<p>{{{{feedback.{name}}}}}</p>{{{{/feedback.{name}}}}}"
        lines.append(f"<pl-submission-panel>{said}</pl-submission-panel>")
    return "\n".join(lines) + "\n"


def whole(asked: Asked) -> bool:
    """Whether the answer is made of whole numbers, exact ones, in every variant."""
    accept, ask = asked.question.accept, asked.question.ask
    exact = accept.digits is None or asked.kind == SHAPE
    return (
        exact and asked.kind != NONE and not strict(asked) and (ask != "memory" or accept.units in ("bytes", "values"))
    )


def html(text: str) -> str:
    """A text in a page, and in an attribute; Mustache's braces are written as entities."""
    found = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return found.replace("{", "&#123;").replace("}", "&#125;")


def network_file(assignment: Assignment) -> tuple[str, Source] | None:
    """The file of the network and its path below the assignment's folder; None where it needs no file."""
    source: Source = assignment.options["tree"].source
    if source is assignment.source or source.name == "<line>":
        return None
    path = os.path.abspath(source.name)
    bundled = library.folder()
    if bundled is not None and path.startswith(os.path.abspath(bundled) + os.sep):
        return None
    inside = os.path.relpath(path, os.path.abspath(assignment.source.folder or "."))
    if inside.startswith(os.pardir) or os.path.isabs(inside):
        help = "PrairieLearn gets a copy of both: put the network beside the assignment"
        raise fault("Y001", f"{source.name} does not lie beside the assignment", help=[help])
    return inside.replace(os.sep, "/"), source
