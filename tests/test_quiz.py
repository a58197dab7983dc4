"""Quizzes: what each system makes of its file, by the rules that the system itself goes by.

No importer is at hand, so the rules stand here once more, on the reading side: GIFT as Moodle's own importer takes it
apart (escapes first, then name, braces, answers), Moodle's decimal comma, its regular expressions for embedded answers,
and the content models of the QTI 1.2 specification.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings

import cnncalc
from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.formats.write.quiz import FRACTIONS, moodle_share, moodle_xml, names, write
from cnncalc.grading.assignment import read_assignment
from cnncalc.grading.quiz import Asked, Quiz, by_axis, choices, notations, quiz_of
from cnncalc.grading.records import Assignment
from cnncalc.source import Source
from tests.test_worksheet import assignments

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "grading"
DATA = Path(__file__).parent / "data" / "quizzes"

LECTURE = """\
assignment: "Shapes ~ {by} hand = #1: a/b"
id: golden
about: Two <layers>
network: lecture_exercise
credit: {no-bias: 50%, one-bias: 1/3}
questions:
  - conv1.params
  - {id: shape, layer: conv1, ask: output}
  - conv2.pad
  - {id: strict, layer: conv2, ask: output, accept: {tiling: strict}}
  - {id: last, layer: conv3, ask: output, accept: {order: hwc}, points: 2}
  - {id: mb, layer: conv1, ask: memory, accept: {units: MB, rounding: 'sig:3'}}
  - {id: sum, layer: total, ask: params, accept: {rounding: 'sig:3'}}
  - total.layers
"""


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def assignment(text: str) -> Assignment:
    return read_assignment(Source("homework.yaml", text, None))


@pytest.fixture(scope="module")
def lecture() -> Quiz:
    return quiz_of(assignment(LECTURE))


# -- GIFT, as Moodle's importer reads it ------------------------------------------------------------------------------


class Taken(NamedTuple):
    """A question as it was imported: answers with their share and feedback."""

    kind: str
    name: str
    text: str
    answers: list[tuple[str, float, str]]
    general: str


PLACEHOLDERS = {r"\:": "&&058;", r"\#": "&&035;", r"\=": "&&061;", r"\{": "&&123;", r"\}": "&&125;", r"\~": "&&126;"}


def import_gift(text: str) -> tuple[list[str], list[Taken]]:
    """Categories and questions of a GIFT text."""
    categories, taken = [], []
    blocks = re.split(r"\n\s*\n", text)
    for block in blocks:
        lines = [line for line in block.split("\n") if not line.strip().startswith("//")]
        body = "\n".join(lines).strip()
        if not body:
            continue
        body = body.replace("\\\\", "&&092;")
        for escaped, placeholder in PLACEHOLDERS.items():
            body = body.replace(escaped, placeholder)
        body = body.replace("&&092;", "\\")
        if body.startswith("$CATEGORY:"):
            categories.append(body[10:].strip())
            continue
        taken.append(import_question(body))
    return categories, taken


def plain(text: str) -> str:
    for escaped, placeholder in PLACEHOLDERS.items():
        text = text.replace(placeholder, escaped[1])
    found = re.match(r"\[(\w+)\]", text.strip())
    assert found is None or found[1] == "html"
    return text.strip().removeprefix("[html]").strip()


def import_question(body: str) -> Taken:
    assert body.startswith("::")
    name, _, rest = body[2:].partition("::")
    start, end = rest.index("{"), rest.index("}")
    assert rest.count("{") == rest.count("}") == 1 and rest[end + 1 :].strip() == ""
    inside = rest[start + 1 : end].strip()
    general = ""
    if "####" in inside:
        inside, _, general = inside.rpartition("####")
        inside = inside.strip()
    kind = "numerical" if inside.startswith("#") else "multichoice" if "~" in inside else "shortanswer"
    assert kind == "multichoice" or "->" not in inside  # it would be taken for matching
    answers = []
    for part in re.split(r"=|~(?==?)" if kind != "multichoice" else r"~|(?==)", inside.removeprefix("#")):
        answer = part.strip()
        if not answer:
            continue
        share = 100.0
        if kind == "multichoice":
            share, answer = (100.0, answer[1:]) if answer[0] == "=" else (0.0, answer)
        weight = re.match(r"%-*([0-9]{1,2}\.?[0-9]*)%", answer)
        if weight:
            share, answer = float(weight[1]), answer[weight.end() :]
        value, _, feedback = answer.partition("#")
        answers.append((plain(value), share, plain(feedback)))
    return Taken(kind, plain(name), plain(rest[:start]), answers, plain(general))


def graded(answers: list[tuple[str, float, str]], typed: str) -> tuple[float, str]:
    """Share and feedback of a number, as Moodle's numerical questions give them: the first answer that fits."""
    text = typed.replace(" ", "")
    if "." in text or text.count(",") > 1:
        text = text.replace(",", "")
    number = Fraction(text.replace(",", "."))
    for answer, share, feedback in answers:
        value, _, tolerance = answer.partition(":")
        if abs(Fraction(value) - number) <= Fraction(tolerance or "0"):
            return share, feedback
    return 0.0, ""


def test_a_wrong_value_may_be_rounded_as_far_as_the_right_one() -> None:
    text = "network: alexnet\nquestions: [{layer: conv1, ask: memory, accept: {units: MB, rounding: 'sig:3'}}, conv1.params]\n"
    memory, params = quiz_of(assignment(text)).parts[0].questions
    given = next(each for each in memory.wrong if "values that flow in" in each.feedback)  # 0.618348 MB
    assert abs(Fraction("0.618") - Fraction(str(given.value))) <= given.tolerance < Fraction("0.001")
    assert {each.tolerance for each in params.wrong} == {0}


def test_a_wrong_value_is_told_as_grade_tells_it() -> None:
    """A lone size is only supposed, the channels that flow in are plain to see; likewise axis by axis."""
    found = quiz_of(assignment("network: {input: 3x32x48, layers: {a: conv 20 3}}\nquestions: [a.output, a.height]"))
    said = {each.value: each.feedback for each in found.parts[0].questions[0].wrong}
    assert said[(3, 30, 46)].startswith("3: the 3 channels")
    assert said[(20, 32, 48)].startswith(("Perhaps", "Either"))
    axes = {
        name: {each.value: each.feedback for each in wrong} for name, _, wrong in by_axis(found.parts[0].questions[0])
    }
    assert axes["channels"][3].startswith("3: the 3 channels")
    assert axes["height"][32].startswith(("Perhaps", "Either"))


def test_numbers_in_gift(lecture: Quiz) -> None:
    _, taken = import_gift(write(lecture, "gift")[""].decode("utf-8"))
    found = {each.name: each for each in taken}
    params = found["conv1.params"]
    assert params.kind == "numerical" and params.general == "(11*11*3)*96 + 96 = 34,944 parameters"
    assert graded(params.answers, "34944") == graded(params.answers, "34,944") == (100, "")
    said = "34,848 = 11*11*3*96: the 96 biases are missing."
    assert graded(params.answers, "34848") == graded(params.answers, "34,848") == (50, said)
    assert graded(params.answers, "34849")[0] == 33.33333
    assert graded(params.answers, "34943") == (0, "")
    assert graded(found["conv2.pad"].answers, "1") == graded(found["conv2.pad"].answers, "2") == (100, "")
    assert graded(found["sum"].answers, "2560000")[0] == 100 and graded(found["sum"].answers, "2550000")[0] == 0
    assert graded(found["mb"].answers, "1.16")[0] == 100 and graded(found["mb"].answers, "1161600")[0] == 0


def test_shapes_in_gift(lecture: Quiz) -> None:
    _, taken = import_gift(write(lecture, "gift")[""].decode("utf-8"))
    found = {each.name: each for each in taken}
    shape = {text: share for text, share, _ in found["shape"].answers}
    for right in ("96x55x55", "55x55x96", "(96, 55, 55)", "55, 55, 96", "[55,55,96]", "96 × 55 × 55"):
        assert shape[right] == 100
    assert shape["54x54x96"] == 0
    last = {text: share for text, share, _ in found["last"].answers}
    assert last["5x5x48"] == 100 and last.get("48x5x5", 0) == 0
    strict = {text: share for text, share, _ in found["strict"].answers}
    assert found["strict"].kind == "multichoice"
    assert [text for text, share in strict.items() if share == 100] == ["the stride does not tile"]
    assert "96x14x14" in strict


def test_categories_of_versions() -> None:
    quiz = api.quiz(EXAMPLES / "variants.yaml", ["variant 1", "variant 2"])
    categories, taken = import_gift(write(quiz, "gift")[""].decode("utf-8"))
    assert categories[0] == "$course$/top/Your own network/conv1.output" and len(categories) == 6
    assert [each.name for each in taken[:2]] == ["conv1.output (variant 1)", "conv1.output (variant 2)"]
    assert taken[0].text != taken[1].text


# -- Moodle XML -------------------------------------------------------------------------------------------------------

ALTERNATIVE = r"(=|%(-?[0-9]+(?:[.,][0-9]*)?)%)?(.+?(?<!\\|&)(?=[~#}]|\Z))(#(.*?(?<!\\)(?=[~}]|\Z)))?"
EMBEDDED = re.compile(rf"\{{([0-9]*):(NUMERICAL|NM):({ALTERNATIVE}(?:~{ALTERNATIVE})*)\}}", re.DOTALL)
"""Moodle's own expressions for embedded answers."""


def import_xml(data: bytes) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(data))


def answers_of(question: ElementTree.Element) -> list[tuple[str, float, str]]:
    """Answers with share and feedback; the tolerance stands behind a colon."""
    found = []
    for answer in question.findall("answer"):
        tolerance = answer.findtext("tolerance")
        text = answer.findtext("text", "")
        said = unescape(answer.findtext("feedback/text") or "")
        found.append((f"{text}:{tolerance}" if tolerance else text, float(answer.get("fraction", "")), said))
    return found


def embedded(text: str) -> list[list[tuple[str, float, str]]]:
    """The answers of every gap; Moodle decodes the entities of a feedback, and shows what is left as HTML."""
    gaps = []
    for gap in EMBEDDED.finditer(text):
        answers = []
        for _, percent, answer, _, said in re.findall(f"~?{ALTERNATIVE}", gap[3]):
            answers.append((answer, float(percent) if percent else 100.0, unescape(said)))
        gaps.append(answers)
    return gaps


def test_numbers_in_moodle_xml(lecture: Quiz) -> None:
    questions = {each.findtext("name/text"): each for each in import_xml(write(lecture, "moodle-xml")[""])}
    params = questions["conv1.params"]
    assert params.get("type") == "numerical" and float(params.findtext("defaultgrade", "")) == 1
    answers = answers_of(params)
    assert graded(answers, "34944") == graded(answers, "34,944") == (100, "")
    assert graded(answers, "34,848") == (50, "34,848 = 11*11*3*96: the 96 biases are missing.")
    for question in questions.values():
        shares = {share for _, share, _ in answers_of(question)}
        assert shares <= {float(each) for each in FRACTIONS}


def test_shapes_are_embedded_axis_by_axis(lecture: Quiz) -> None:
    questions = {each.findtext("name/text"): each for each in import_xml(write(lecture, "moodle-xml")[""])}
    shape = questions["shape"].findtext("questiontext/text", "")
    channels, height, width = embedded(shape)
    assert [graded(axis, size)[0] for axis, size in ((channels, "96"), (height, "55"), (width, "55"))] == [100] * 3
    assert graded(channels, "3")[1] and "channels" in shape and graded(height, "217")[1]
    last = questions["last"].findtext("questiontext/text", "")
    assert [answers[0][0] for answers in embedded(last)] == ["5:0", "5:0", "48:0"]
    assert re.sub(r"\{1:.*?\}", "", last).endswith("<p>height , width , channels </p>")


def test_no_text_around_embedded_answers_becomes_one() -> None:
    text = 'network: lecture_exercise\nabout: "a {1:NUMERICAL:=3} b"\nquestions: [conv1.output]\n'
    (question,) = import_xml(write(quiz_of(assignment(text)), "moodle-xml")[""])
    shown = question.findtext("questiontext/text", "")
    assert [answers[0][0] for answers in embedded(shown)] == ["96:0", "55:0", "55:0"]
    assert "<p>a {1:NUMERICAL:=3} b</p>" in unescape(shown)


def test_the_feedback_of_an_embedded_answer_stays_text() -> None:
    """``<b>`` in it is no markup: it is HTML after Moodle has decoded it."""
    (asked,) = quiz_of(assignment("network: lecture_exercise\nquestions: [conv1.output]\n")).parts[0].questions
    said = "1 < 2 & <b>{~}\\"
    wrong = asked.wrong[0]._replace(value=(95, 55, 55), feedback=said)
    channels = embedded(moodle_xml.embedded(asked._replace(wrong=(wrong,))))[0]
    stored = graded(channels, "95")[1]
    assert unescape(stored) == said and "<" not in stored


def test_a_stride_that_does_not_tile_is_multiple_choice(lecture: Quiz) -> None:
    questions = {each.findtext("name/text"): each for each in import_xml(write(lecture, "moodle-xml")[""])}
    strict = questions["strict"]
    assert strict.get("type") == "multichoice" and strict.findtext("single") == "true"
    assert [text for text, share, _ in answers_of(strict) if share == 100] == ["the stride does not tile"]


def test_shares_that_moodle_knows() -> None:
    assert moodle_share(Fraction(1, 2)) == "50" and moodle_share(Fraction(1, 3)) == "33.33333"
    assert moodle_share(Fraction(1)) == "90" and moodle_share(Fraction(0)) == "0"


# -- QTI 1.2 ----------------------------------------------------------------------------------------------------------

MODELS = {
    "questestinterop": "assessment",
    "assessment": "(qtimetadata )*(section )+",
    "section": "(selection_ordering )?((item|section) )*",
    "selection_ordering": "(selection )*",
    "selection": "(selection_number )?(selection_extension )?",
    "item": "(itemmetadata )?(presentation )?(resprocessing )*(itemfeedback )*",
    "itemmetadata": "(qtimetadata )*",
    "qtimetadata": "(qtimetadatafield )+",
    "qtimetadatafield": "fieldlabel fieldentry",
    "presentation": "((material|response_lid|response_str) )+",
    "response_lid": "(material )?(render_choice|render_fib) (material )?",
    "response_str": "(material )?(render_choice|render_fib) (material )?",
    "render_choice": "((material|response_label) )*",
    "render_fib": "((material|response_label) )*",
    "response_label": "(material )*",
    "resprocessing": "outcomes (respcondition )+",
    "outcomes": "(decvar )+",
    "respcondition": "conditionvar (setvar )*(displayfeedback )*",
    "conditionvar": "((other|varequal|or) )+",
    "or": "((and|varequal) )+",
    "and": "((vargte|varlte) )+",
    "itemfeedback": "((flow_mat|material) )+",
    "flow_mat": "(material )+",
    "material": "(mattext )+",
}
"""Content models of the specification, as far as we use its elements: children in order, each followed by a blank."""

REQUIRED = {"assessment": "ident", "section": "ident", "item": "ident", "response_lid": "ident", "itemfeedback": "ident",
            "response_label": "ident", "varequal": "respident", "displayfeedback": "linkrefid"}  # fmt: skip
TEXT_ONLY = {"fieldlabel", "fieldentry", "mattext", "varequal", "vargte", "varlte", "setvar", "decvar", "other",
             "displayfeedback", "selection_number", "points_per_item"}  # fmt: skip


def unpacked(data: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        for entry in file.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0) and entry.compress_type == zipfile.ZIP_STORED
        return {name: ElementTree.fromstring(file.read(name)) for name in file.namelist()}


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def check_qti(data: bytes) -> ElementTree.Element:
    """A package whose parts fit together, and an assessment that keeps to the specification."""
    files = unpacked(data)
    manifest = files["imsmanifest.xml"]
    hrefs = [each.get("href", "") for each in manifest.iter() if local(each) == "file"]
    assert sorted([*hrefs, "imsmanifest.xml"]) == sorted(files)
    resources = [each.get("identifier") for each in manifest.iter() if local(each) == "resource"]
    assert all(each.get("identifierref") in resources for each in manifest.iter() if local(each) == "dependency")
    assessment = files[next(href for href in hrefs if not href.endswith("meta.xml"))]
    idents = []
    for element in assessment.iter():
        assert element.tag.startswith("{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}")
        name = local(element)
        children = "".join(f"{local(child)} " for child in element)
        if name in TEXT_ONLY:
            assert children == ""
        elif name != "selection_extension":
            assert re.fullmatch(
                MODELS[name], children.strip() if name in ("questestinterop", "qtimetadatafield") else children
            )
        assert REQUIRED.get(name) is None or element.get(REQUIRED[name])
        if name in ("item", "section", "assessment"):
            idents.append(element.get("ident"))
    assert len(set(idents)) == len(idents)
    for item in (each for each in assessment.iter() if local(each) == "item"):
        check_item(item)
    return assessment


def check_item(item: ElementTree.Element) -> None:
    labels = [each.get("ident") for each in item.iter() if local(each) == "response_label"]
    feedbacks = [each.get("ident") for each in item.iter() if local(each) == "itemfeedback"]
    links = [each.get("linkrefid") for each in item.iter() if local(each) == "displayfeedback"]
    assert sorted(map(str, links)) == sorted(map(str, feedbacks)) and len(set(labels)) == len(labels)
    fields = dict(field_of(each) for each in item.iter() if local(each) == "qtimetadatafield")
    right = [each for each in item.iter() if local(each) == "respcondition" and any(local(c) == "setvar" for c in each)]
    if fields["question_type"] == "multiple_choice_question":
        (only,) = right
        (equal,) = [each for each in only.iter() if local(each) == "varequal"]
        assert equal.text in labels and fields["original_answer_ids"].split(",") == labels and len(labels) > 1
    else:
        assert fields["question_type"] == "numerical_question" and right


def field_of(field: ElementTree.Element) -> tuple[str, str]:
    label, entry = field
    return str(label.text), str(entry.text)


def test_the_qti_package(lecture: Quiz) -> None:
    assessment = check_qti(write(lecture, "qti")[""])
    items = [each for each in assessment.iter() if local(each) == "item"]
    assert [each.get("title") for each in items] == [each.id for each in lecture.assignment.questions]
    shown = [each.text for each in items[0].iter() if local(each) == "mattext"]
    assert "34,944" in shown and "34,848" in shown
    assert "<p>34,848 = 11*11*3*96: the 96 biases are missing.</p>" in shown


def test_versions_are_groups_of_which_one_is_drawn() -> None:
    quiz = api.quiz(EXAMPLES / "variants.yaml", ["variant 1", "variant 2", "variant 3"])
    assessment = check_qti(write(quiz, "qti")[""])
    groups = [each for each in assessment.iter() if local(each) == "section" and each.get("ident") != "root_section"]
    assert len(groups) == 6
    for each in groups:
        assert len([child for child in each if local(child) == "item"]) == 3
        assert [e.text for e in each.iter() if local(e) == "selection_number"] == ["1"]


def test_a_question_without_wrong_values_is_a_number() -> None:
    quiz = quiz_of(assignment("network: 3x8x8 | conv 4 3\nquestions: [total.layers]\n"))
    assessment = check_qti(write(quiz, "qti")[""])
    assert "numerical_question" in [each.text for each in assessment.iter()]


# -- PrairieLearn -----------------------------------------------------------------------------------------------------


def server(folder: Path) -> dict[str, Any]:
    """``server.py`` as PrairieLearn loads it."""
    module: dict[str, Any] = {"__file__": str(folder / "server.py"), "__name__": "server"}
    exec(compile((folder / "server.py").read_text("utf-8"), "server.py", "exec"), module)
    return module


def data_of(folder: Path, seed: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"params": {}, "correct_answers": {}, "submitted_answers": {}, "format_errors": {}}
    given = {"partial_scores": {}, "feedback": {}, "variant_seed": seed, "options": {"question_path": str(folder)}}
    return {**empty, **given, **more}


def in_folder(quiz: Quiz, folder: Path) -> Path:
    for name, data in write(quiz, "prairielearn").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_prairielearn_question_grades_itself(tmp_path: Path) -> None:
    folder = in_folder(api.quiz(EXAMPLES / "variants.yaml"), tmp_path)
    module = server(folder)
    shown = set()
    for seed in ("1", "2"):
        data = data_of(folder, seed)
        module["generate"](data)
        shown.add(data["params"]["network"])
        page = (folder / "question.html").read_text("utf-8")
        fields = re.findall(r'answers-name="(\w+)"', page)
        assert sorted(fields) == sorted(data["correct_answers"]) and len(fields) == 8
        assert set(re.findall(r"\{\{params\.(\w+)\}\}", page)) == set(data["params"])
        assert all(isinstance(value, int) for value in data["correct_answers"].values())

        data["submitted_answers"] = dict(data["correct_answers"])
        module["parse"](data)
        module["grade"](data)
        assert data["score"] == 1 and data["format_errors"] == {}
        assert {each["score"] for each in data["partial_scores"].values()} == {1.0}

        sheet = cnncalc.worksheet(EXAMPLES / "variants.yaml", seed)
        params = next(line for line in sheet.lines if line.id == "conv1.params")
        wrong = next(each for each in params.item.mistakes if each.name == "no-bias")
        data["submitted_answers"]["q3"] = wrong.value
        module["grade"](data)
        assert data["partial_scores"]["q3"]["score"] == 0.5 and "biases are missing" in data["feedback"]["q3"]
    assert len(shown) == 2


@pytest.mark.parametrize("order", ["any", "chw", "hwc"])
def test_fields_of_axes_are_those_that_are_labelled(order: str, tmp_path: Path) -> None:
    """8 filters of 3x3 make 8x26x26 of 28x28, wherever the assignment wants the channels."""
    text = (
        f"network: {{input: [3, 28, 28], layers: {{a: conv 8 3}}}}\naccept: {{order: {order}}}\nquestions: [a.output]\n"
    )
    folder = in_folder(quiz_of(assignment(text)), tmp_path)
    module = server(folder)
    for channels, height, width, score in ((8, 26, 26, 1), (26, 26, 8, 0), (26, 8, 26, 0)):
        data = data_of(folder, "7")
        module["generate"](data)
        data["submitted_answers"] = {"q1_channels": channels, "q1_height": height, "q1_width": width}
        module["grade"](data)
        assert data["score"] == score


def test_a_shape_in_a_text_is_read_in_every_notation(tmp_path: Path) -> None:
    text = "network: {input: [3, 28, 28], layers: {a: conv 8 3 /2}}\naccept: {tiling: strict}\nquestions: [a.output]\n"
    folder = in_folder(quiz_of(assignment(text)), tmp_path)
    module = server(folder)
    for answer in ("8, 13, 13", "8 13 13", "H=13, W=13, C=8", "8x13.5x13.5", "does not tile"):
        data = data_of(folder, "7", submitted_answers={"q1": answer})
        module["parse"](data)
        assert data["format_errors"] == {}, answer


def test_the_number_of_values_is_a_right_short_answer_once() -> None:
    text = "network: {input: [3, 28, 28], layers: {a: conv 8 5}}\naccept: {flattened: true}\nquestions: [a.output]\n"
    lines = write(quiz_of(assignment(text)), "gift")[""].decode().splitlines()
    right = [line for line in lines if line.startswith("=") and not line.startswith("=%")]
    assert len(set(right)) == len(right)
    assert right[-2:] == ["=4608", "=4,608"]  # 8*24*24


def test_texts_that_cannot_be_read_cost_no_attempt(tmp_path: Path) -> None:
    folder = in_folder(quiz_of(assignment(LECTURE)), tmp_path)
    module = server(folder)
    data = data_of(folder, "7")
    module["generate"](data)
    assert data["correct_answers"]["q4"] == "the stride does not tile"
    data["submitted_answers"] = {**data["correct_answers"], "q4": "perhaps thirteen", "q7": "2.56M"}
    module["parse"](data)
    assert set(data["format_errors"]) == {"q4"} and "is written" in data["format_errors"]["q4"]
    module["grade"](data)
    assert data["partial_scores"]["q7"]["score"] == 1


def test_a_prairielearn_folder_is_whole(tmp_path: Path) -> None:
    (tmp_path / "work" / "nets").mkdir(parents=True)
    (tmp_path / "work" / "nets" / "net.yaml").write_text("input: 3x32x32\nlayers: {a: conv 6 5}\n", "utf-8")
    path = tmp_path / "work" / "homework.yaml"
    path.write_text("network: nets/net.yaml\nquestions: [a.params]\n", "utf-8")
    folder = in_folder(api.quiz(path), tmp_path / "question")
    (tmp_path / "work" / "nets" / "net.yaml").unlink()
    data = data_of(folder, "1")
    server(folder)["generate"](data)
    assert data["correct_answers"] == {"q1": 456}
    info = json.loads((folder / "info.json").read_text("utf-8"))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", info["uuid"]) and info["type"] == "v3"


def test_a_network_outside_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: 3x32x32\nlayers: {a: conv 6 5}\n", "utf-8")
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "homework.yaml"
    path.write_text("network: ../net.yaml\nquestions: [a.params]\n", "utf-8")
    with pytest.raises(SpecError, match="beside"):
        write(api.quiz(path), "prairielearn")


# -- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", names())
def test_golden_files(format: str, lecture: Quiz) -> None:
    """Equal for ever: read the difference before you write them anew (UPDATE_GOLDEN=1)."""
    files = write(lecture, format)
    assert files == write(quiz_of(assignment(LECTURE)), format)
    if format == "qti":
        with zipfile.ZipFile(io.BytesIO(files[""])) as file:
            files = {Path(name).name.replace(Path(name).stem, "assessment")
                     if len(Path(name).stem) == 32 else Path(name).name: file.read(name) for name in file.namelist()}  # fmt: skip
    for name, data in files.items():
        path = DATA / format / f"{name or 'quiz'}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert data == path.read_bytes()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(assignments())
def test_no_text_of_an_assignment_breaks_a_format(found: Assignment) -> None:
    quiz = quiz_of(found)
    _, taken = import_gift(write(quiz, "gift")[""].decode("utf-8"))
    assert len(taken) == len(found.questions)
    for each, asked in zip(taken, quiz.parts[0].questions, strict=True):
        assert each.name == " ".join(each.name.split()) and each.name
        assert unescape(each.text).endswith(f"<p>{' '.join(asked.line.text.split())}</p>")
        assert any(share == 100 for _, share, _ in each.answers)
        check_right(each.answers, asked)
    questions = import_xml(write(quiz, "moodle-xml")[""])
    assert len(questions) == len(found.questions)
    for question, asked in zip(questions, quiz.parts[0].questions, strict=True):
        if question.get("type") == "cloze":
            gaps = embedded(question.findtext("questiontext/text", ""))
            assert len(gaps) == len(asked.axes) and all(gap[0][1] == 100 for gap in gaps)
        else:
            check_right(answers_of(question), asked)
    check_qti(write(quiz, "qti")[""])
    files = write(quiz, "prairielearn")
    compile(files["server.py"], "server.py", "exec")
    json.loads(files["info.json"])
    page = files["question.html"].decode("utf-8")
    assert page.count("<pl-submission-panel>") == len(found.questions)
    assert not re.search(r"\{\{(?!params\.|feedback\.|#feedback\.|/feedback\.)", page)


def check_right(answers: list[tuple[str, float, str]], asked: Asked) -> None:
    """Numbers: what is right gets all, in Moodle's two readings of it, and known mistakes less than all."""
    if asked.kind != "number":
        return
    first = asked.right[0]
    assert not isinstance(first, tuple)
    if isinstance(first, int):
        assert graded(answers, str(first))[0] == graded(answers, f"{first:,}")[0] == 100
    for wrong in asked.wrong:
        if isinstance(wrong.value, int):
            share, said = graded(answers, str(wrong.value))
            assert share < 100 and said


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(assignments())
def test_choices_hold_one_right_answer(found: Assignment) -> None:
    for asked in quiz_of(found).parts[0].questions:
        listed = choices(asked)
        assert sum(each.right for each in listed) == 1 and 1 <= len(listed) <= 5
        assert len({each.shown for each in listed}) == len(listed)


def test_notations_are_what_grade_reads_too() -> None:
    asked = "network: lecture_exercise\nquestions: [conv1.output]\n"
    for text in notations((96, 55, 55), ("chw", "hwc")):
        assert cnncalc.grade(assignment(asked), {"conv1.output": text}).submissions[0].score == 1, text


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_the_library_makes(tmp_path: Path) -> None:
    path = str(EXAMPLES / "variants.yaml")
    quiz = api.quiz(path)
    assert run("quiz", path, "--to", "gift").stdout == write(quiz, "gift")[""].decode("utf-8")
    for format in names():
        out = tmp_path / format
        assert run("quiz", path, "--to", format, "--out", str(out)).exit_code == 0
        refused = run("quiz", path, "--to", format, "--out", str(out))
        assert refused.exit_code == 2 and "error[Y001]" in refused.stderr
        assert run("quiz", path, "--to", format, "--out", str(out), "--force").exit_code == 0
    assert (tmp_path / "qti").read_bytes() == write(quiz, "qti")[""]
    assert {each.name for each in (tmp_path / "prairielearn").iterdir()} == set(write(quiz, "prairielearn"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "qti"],
        ["--to", "prairielearn"],
        ["--to", "prairielearn", "--out", "x", "--student", "ada"],
        ["--to", "gift", "--variants", "2", "--student", "ada"],
        ["--to", "docx"],
        [],
    ],
)
def test_wrong_command_lines(arguments: list[str]) -> None:
    assert run("quiz", str(EXAMPLES / "variants.yaml"), *arguments).exit_code == 2


def test_versions_need_ranges() -> None:
    result = run("quiz", str(EXAMPLES / "lecture_exercise.yaml"), "--to", "gift", "--variants", "3")
    assert result.exit_code == 2 and "params" in result.stderr


def test_the_command_knows_every_format() -> None:
    assert f"[{'|'.join(names())}]" in run("quiz", "--help").stdout
