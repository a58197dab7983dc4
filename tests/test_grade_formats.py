"""The outputs of ``grade`` that other programs and students read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.cli._group import group
from cnncalc.grading.classroom import Grader, graded
from cnncalc.grading.records import Answer, Assignment, Grading, Submission
from cnncalc.render import grades
from cnncalc.render.grades import Screen, formats, render
from tests.junit_schema import check_junit
from tests.test_worksheet import ENDS, NASTY, assignments

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "grading"
LECTURE = str(EXAMPLES / "lecture_exercise.yaml")
SOLUTION = str(EXAMPLES / "lecture_exercise_solution.yaml")


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(group, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def notes() -> Grading:
    """The lecture's own solution, in which only the sum is wrong."""
    return cnncalc.grade(LECTURE, SOLUTION)


def test_the_gradebook_has_a_row_for_every_student(notes: Grading) -> None:
    head, row = csv.reader(io.StringIO(render(notes, "csv")))
    assert head[0] == "student" and head[-2:] == ["score", "max"]
    assert head[1:-2] == [each.id for each in notes.assignment.questions]
    assert row[0] == "Lecture notes" and row[-2:] == ["15", "16"]
    assert dict(zip(head, row, strict=True))["sum"] == "0"


VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_results_json_keeps_to_the_specification(notes: Grading, visibility: str) -> None:
    """Fields and words as in Gradescope's autograder specification."""
    document = json.loads(render(notes, "gradescope", "full", Screen(visibility=visibility, seconds=0.25)))
    assert set(document) <= {
        "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
        "stdout_visibility", "extra_data", "tests", "leaderboard",
    }  # fmt: skip
    assert (document["score"], document["execution_time"], document["visibility"]) == (15, 0.25, visibility)
    assert len(document["tests"]) == 16
    for test in document["tests"]:
        assert set(test) <= {
            "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
            "visibility", "extra_data",
        }  # fmt: skip
        assert test["status"] == ("passed" if test["score"] == test["max_score"] else "failed")
        assert test["visibility"] == visibility and test["output_format"] == test["name_format"] == "text"
    wrong = document["tests"][-1]
    assert (wrong["name"], wrong["number"], wrong["score"], wrong["max_score"]) == ("sum", "16", 0, 1)
    assert wrong["extra_data"]["verdict"] == "diagnosed"
    assert wrong["extra_data"]["diagnosis"][0]["name"] == "sum-repeats-row"
    assert "the sum repeats fc1's count" in wrong["output"] and "2,561,784" in wrong["output"]


def test_students_read_no_more_than_the_feedback_says(notes: Grading) -> None:
    for format in ("gradescope", "junit", "markdown"):
        full, verdict, none = (render(notes, format, level) for level in ("full", "verdict", "none"))
        assert "repeats fc1" in full and "diagnosed" in verdict
        if format == "gradescope":  # what students do not see holds the diagnosis all the same
            verdict, none = ("".join(test["output"] for test in json.loads(text)["tests"]) for text in (verdict, none))
        assert "repeats fc1" not in verdict and "2,561,784" not in verdict
        assert "diagnosed" not in none and "2,561,784" not in none


def test_junit(notes: Grading) -> None:
    root = ElementTree.fromstring(render(notes, "junit"))
    check_junit(root)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("16", "1", "0")
    (suite,) = root
    assert suite.get("name") == "Lecture notes"
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "diagnosed" and failure.get("message") == "diagnosed: 0 of 1 points"
    assert "the sum repeats fc1's count" in str(failure.text)


def test_markdown_keeps_the_dots_of_a_long_sum() -> None:
    text = render(cnncalc.grade_answer("vgg16", "total.params", "1"), "markdown")
    assert " + ... + " in text and ".." not in text.replace("...", "") and text.endswith("138,357,544.\n")


def test_markdown_tells_the_reason(notes: Grading) -> None:
    text = render(notes, "markdown")
    assert "Lecture notes: **15 of 16 points**" in text
    assert "| sum | 1229824 | 1,229,824 | diagnosed | 0/1 |" in text
    assert "- **sum**: 1,229,824 = fc1: the sum repeats fc1's count. Right: " in text


def test_a_file_for_every_student(tmp_path: Path) -> None:
    (tmp_path / "ada.yaml").write_text("student: ada\nanswers: {conv1.output: 55x55x96}\n", "utf-8")
    (tmp_path / "bob.yaml").write_text("student: ../bob\nanswers: {conv1.params: '34848'}\n", "utf-8")
    out = tmp_path / "out"
    for format, ending in (("gradescope", ".json"), ("markdown", ".md"), ("junit", ".xml"), ("table", ".txt")):
        arguments = ["grade", LECTURE, str(tmp_path / "ada.yaml"), str(tmp_path / "bob.yaml"), "--format", format]
        result = run(*arguments, "--out", str(out / format))
        assert result.exit_code == 0 and result.stdout == "" and "wrote 2 files" in result.stderr
        names = sorted(each.name for each in (out / format).iterdir())
        assert names[1] == f"ada{ending}" and all(name.endswith(ending) for name in names)
        again = run(*arguments, "--out", str(out / format))
        assert again.exit_code == 2 and "--force" in again.stderr
        assert run(*arguments, "--out", str(out / format), "--force").exit_code == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ada.yaml", "bob.yaml", "out"]


def test_results_json_holds_one_student(tmp_path: Path) -> None:
    (tmp_path / "ada.yaml").write_text("student: ada\nanswers: {conv1.output: 55x55x96}\n", "utf-8")
    arguments = ["grade", LECTURE, SOLUTION, str(tmp_path / "ada.yaml"), "--format", "gradescope"]
    assert run(*arguments).exit_code == 2
    one = run(*arguments, "--student", "ada", "--visibility", "after_published")
    assert one.exit_code == 0
    document = json.loads(one.stdout)
    assert document["extra_data"]["student"] == "ada" and document["visibility"] == "after_published"
    assert document["execution_time"] >= 0


def test_every_format_has_an_ending() -> None:
    for name in formats():
        assert list(grades.files(Grading(api_assignment(), ()), name, "full", Screen())) == []


def test_the_help_names_every_format() -> None:
    text = " ".join(run("grade", "--help").stdout.split())
    assert "table, csv, gradescope, json, junit or markdown" in text
    assert formats() == ["table", "csv", "gradescope", "json", "junit", "markdown"]


def api_assignment() -> Assignment:
    return cnncalc.read_assignment(LECTURE)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(assignments(), st.one_of(NASTY, ENDS), st.lists(st.one_of(NASTY, ENDS), min_size=6, max_size=6))
def test_nothing_that_students_write_breaks_a_format(found: Assignment, student: str, texts: list[str]) -> None:
    answers = {each.id: Answer(each.id, text) for each, text in zip(found.questions, texts, strict=False)}
    grader = Grader(found)
    grading = graded(grader, [grader.grade(Submission(student, answers, "x.yaml"))])
    head, row = csv.reader(io.StringIO(render(grading, "csv"), newline=""))
    assert len(head) == len(row) == len(found.questions) + 3
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in (*head, *row))
    assert json.loads(render(grading, "gradescope"))["extra_data"]["student"] == student
    root = ElementTree.fromstring(render(grading, "junit"))
    check_junit(root)
    assert root.get("tests") == str(len(found.questions) + len(grading.submissions[0].problems))
    lines = render(grading, "markdown").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == len(found.questions) + 2
    assert all(line.replace("\\\\", "").replace("\\|", "").count("|") == 6 for line in rows)


def test_a_file_that_cannot_be_read_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not below each of the questions."""
    monkeypatch.chdir(tmp_path)
    Path("ada.csv").write_bytes(b"question,answer\nconv1.output,J\xfcrgen\n")
    shown = run("grade", LECTURE, "ada.csv").stdout
    assert shown.startswith("ada: 0 of 16 points (0 %)\n      the file could not be read: ada.csv is not text: ")
    assert "conv1.output" not in shown
    assert run("grade", LECTURE, "ada.csv", "--format", "markdown").stdout.count("is not text") == 1
    document = json.loads(run("grade", LECTURE, "ada.csv", "--format", "json").stdout)
    assert {each["verdict"] for each in document["submissions"][0]["answers"]} == {"unreadable"}


def test_a_student_that_nobody_is() -> None:
    found = run("grade", LECTURE, SOLUTION, "--student", "Lecture note")
    assert found.exit_code == 2 and "nobody is called 'Lecture note'; did you mean 'Lecture notes'?" in found.stderr
