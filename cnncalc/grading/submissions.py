"""Submissions: YAML, JSON, CSV or a filled-in Markdown sheet, of one student or of a whole class.

Every format becomes pairs of a question and an answer.  What is wrong with a file is a diagnostic of that file and
stops nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnncalc.errors import Diagnostic, SpecError, did_you_mean
from cnncalc.files import STDIN
from cnncalc.formats.read.yaml import read as read_yaml
from cnncalc.grading.cells import STUDENTS, cell_of, column, headings, line_mark, rows_of
from cnncalc.grading.records import Answer, Assignment, Submission
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

SUFFIXES = (".yaml", ".yml", ".json", ".csv", ".md", ".markdown", ".txt")
"""Files of a folder that are submissions."""

_STUDENT = re.compile(
    r"^[#>*\s_-]*(?:student|name)[*_ \t]*[:=][*_ \t]*(\S.*?)(?:(?<!\\)[*_ \t])*$", re.IGNORECASE | re.MULTILINE
)
_RULE = re.compile(r"\|?[\s:|-]+\|?\Z")
_FORM = ("student", "name", "answers", "submissions")
_QUESTION = ("question", "id", "frage", "item")
_ANSWER = ("answer", "antwort", "your answer", "response")


class Sheet(NamedTuple):
    """The answers of one student as they stand in a file, before the questions are looked up."""

    student: str
    answers: list[Answer]
    mark: Mark
    heading: Mark | None = None
    """The columns of a table with a row per student; what is wrong with them is told once."""


def files_of(targets: Iterable[str]) -> list[str]:
    """The files behind some targets: a folder stands for the submissions in it, sorted; ``-`` is kept."""
    found: list[str] = []
    for target in targets:
        if target != "-" and os.path.isdir(target):
            found += sorted(
                os.path.join(folder, name)
                for folder, _, names in os.walk(target)
                for name in names
                if name.lower().endswith(SUFFIXES) and not name.startswith(".")
            )
        else:
            found.append(target)
    return found


def read_submissions(source: Source, assignment: Assignment) -> list[Submission]:
    """The submissions of one text; raises :class:`SpecError` where nothing can be made of it."""
    kind = kind_of(source)
    sheets = READERS[kind](source)
    told: set[str] = set()
    found = [looked_up(each, source, assignment, told) for each in sheets]
    if not found:
        raise SpecError(Diagnostic("A201", f"there are no answers in {source.name}", Mark(source, 0, 0), help=(FORMS,)))
    return found


FORMS = "a submission is YAML, JSON, CSV (student,question,answer) or the Markdown sheet filled in"


def kind_of(source: Source) -> str:
    """``yaml``, ``csv`` or ``markdown``, by the name, else by how the text begins."""
    suffix = os.path.splitext(source.name)[1].lower()
    if suffix in (".yaml", ".yml", ".json"):
        return "yaml"
    if suffix == ".csv":
        return "csv"
    if suffix in (".md", ".markdown"):
        return "markdown"
    if re.search(r"^\s*\|.*\|\s*$", source.text, re.MULTILINE):
        return "markdown"
    first = source.text.lstrip().partition("\n")[0].lower()
    return "csv" if re.search(r"[,;\t]", first) and ":" not in first else "yaml"


def stem(source: Source) -> str:
    """Who handed it in, where the file does not say."""
    name = os.path.splitext(os.path.basename(source.name))[0]
    return "student" if name in (STDIN, "-", "") else name


# -- YAML and JSON ----------------------------------------------------------------------------------------------------


def yaml_sheets(source: Source) -> Iterator[Sheet]:
    """``student:`` and ``answers:``; a list of such under ``submissions:``; or the answers alone."""
    try:
        tree = read_yaml(source)
    except SpecError as error:
        keys = [key.value.lower() for key, _ in error.tree or ()]
        if error.tree is None or any(keys.count(each) > 1 for each in _FORM):
            raise
        tree = error.tree  # questions that stand twice: that is told answer by answer
    several = tree.get("submissions")
    if several is None:
        yield yaml_sheet(tree, source)
        return
    if not isinstance(several, Items):
        raise wrong_form("submissions must be a list", several.mark)
    for each in several:
        if not isinstance(each, Mapping):
            raise wrong_form("a submission must be a mapping", each.mark)
        yield yaml_sheet(each, source)


def yaml_sheet(tree: Mapping, source: Source) -> Sheet:
    student = next((value for key, value in tree if key.value.lower() in ("student", "name")), None)
    given = next((value for key, value in tree if key.value.lower() == "answers"), None)
    if given is not None and not isinstance(given, Mapping):
        raise wrong_form("answers must be a mapping", given.mark)
    if given is None:
        rest = [(key, value) for key, value in tree if value is not student]
        given = Mapping(source, rest, tree.start, tree.end)
    who = student.value if isinstance(student, Scalar) and student.value else stem(source)
    return Sheet(who, list(yaml_answers(given, "")), tree.mark)


def yaml_answers(tree: Mapping, prefix: str) -> Iterator[Answer]:
    """The answers of a mapping; ``conv1: {output: ...}`` is ``conv1.output``."""
    for key, value in tree:
        name = f"{prefix}{key.value}"
        if isinstance(value, Mapping) and value.items:
            inner = value.get("answer")
            if inner is None:
                yield from yaml_answers(value, f"{name}.")
                continue
            value = inner
        yield Answer(name, text_of(value), value.mark)


def text_of(tree: Tree) -> str:
    """An answer as it was written: of a list its own characters."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Items) and not tree.flow:
        return f"[{', '.join(text_of(each) for each in tree)}]"
    return " ".join(tree.source.text[tree.start : tree.end].split())


def wrong_form(message: str, mark: Mark) -> SpecError:
    return SpecError(Diagnostic("A205", message, mark, help=(FORMS,)))


# -- CSV --------------------------------------------------------------------------------------------------------------


def csv_sheets(source: Source) -> Iterator[Sheet]:
    """``student,question,answer`` in rows, or a row per student with a column per question."""
    rows = list(rows_of(source, FORMS))
    if not rows:
        return
    first, heading = rows[0]
    heads = headings(first)
    answer = column(heads, _ANSWER)
    question = column(heads, _QUESTION) if answer is not None else None
    who = column(heads, STUDENTS, (question, answer))
    long = question is not None and answer is not None
    if who is None and not long:
        raise wrong_form(f"{source.name} has no columns `question` and `answer`", heading)
    asked = [at for at in range(len(heads)) if at != who]
    found: dict[str, Sheet] = {}
    for row, mark in rows[1:]:
        if headings(row) == heads:
            continue  # files put one behind the other
        student = cell_of(row, who) or stem(source)
        sheet = found.setdefault(student, Sheet(student, [], mark, None if long else heading))
        if long:
            sheet.answers.append(Answer(cell_of(row, question), cell_of(row, answer), mark))
        else:
            sheet.answers.extend(Answer(first[at].strip(), cell_of(row, at), mark) for at in asked)
    yield from found.values()


# -- Markdown ---------------------------------------------------------------------------------------------------------


def markdown_sheets(source: Source) -> Iterator[Sheet]:
    """The tables of a worksheet: a column for the question, one for the answer, and ``Student: NAME`` above."""
    student = _STUDENT.search(source.text)
    answers: list[Answer] = []
    columns: tuple[int, int] | None = None
    for number, line in enumerate(source.text.splitlines(), 1):
        cells = cells_of(line)
        if len(cells) < 2:
            columns = None
        elif columns is None:
            columns = columns_of(cells)
        elif not _RULE.match(line.strip()):
            question, answer = columns
            if max(columns) < len(cells):
                answers.append(Answer(plain(cells[question]), plain(cells[answer]), line_mark(source, number)))
    name = plain(student[1]) if student else ""
    name = re.sub(r"[\s_.…]{3,}\Z", "", name)  # what is left of the line to write on
    yield Sheet(name if name.strip("_ .…") else stem(source), answers, Mark(source, 0, 0))


def cells_of(line: str) -> list[str]:
    r"""The cells of a row of a table; ``\|`` is no border."""
    line = line.strip()
    if "|" not in line:
        return []
    inside = line.replace("\\|", "\0").removeprefix("|").removesuffix("|")
    return [cell.replace("\0", "|").strip() for cell in inside.split("|")]


def columns_of(cells: list[str]) -> tuple[int, int]:
    """Where the question and the answer stand: by the heading, else the first and the last column."""
    names = [cell.strip("*_` ").lower() for cell in cells]
    question = next((names.index(each) for each in ("id", *_QUESTION) if each in names), 0)
    answer = next((names.index(each) for each in _ANSWER if each in names), len(names) - 1)
    return question, answer


def plain(text: str) -> str:
    """A cell without Markdown's emphasis and code marks."""
    text = text.strip()
    for mark in ("**", "__", "`", "*", "_"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            text = text[len(mark) : -len(mark)].strip()
    return re.sub(r"\\([\\`*_\[\]<>|~])", r"\1", text)


READERS = {"yaml": yaml_sheets, "csv": csv_sheets, "markdown": markdown_sheets}


# -- the questions ----------------------------------------------------------------------------------------------------


def looked_up(sheet: Sheet, source: Source, assignment: Assignment, told: set[str]) -> Submission:
    """The answers by question, with what is wrong with single ones; ``told`` are the columns told of already."""
    known = {question.id.lower(): question.id for question in assignment.questions}
    answers: dict[str, Answer] = {}
    problems: list[Diagnostic] = []
    for answer in sheet.answers:
        id = known.get(answer.question.strip().lower())
        if id is None:
            if not answer.question.strip() and not answer.text.strip():
                continue
            if sheet.heading is not None and (answer.question in told or answer.question.lower() in STUDENTS):
                continue
            hint = did_you_mean(answer.question[:80], known.values())
            message = f"{sheet.student} answers {answer.question[:60]!r}, which is no question"
            if sheet.heading is not None:
                message = f"the column {answer.question[:60]!r} is no question"
                told.add(answer.question)
            mark = sheet.heading or answer.mark
            problems.append(Diagnostic("A203", message, mark, help=(hint,) if hint else ()))
            continue
        if id in answers and answers[id].text != answer.text:
            message = f"{sheet.student} answers {id!r} twice"
            problems.append(Diagnostic("A204", message, answer.mark, help=("the last answer is graded",)))
        answers[id] = answer
    if not answers:
        message = f"{sheet.student} answers no question of the assignment"
        problems.append(Diagnostic("A201", message, sheet.mark, help=(FORMS,)))
    return Submission(sheet.student, answers, source.name, tuple(problems))
