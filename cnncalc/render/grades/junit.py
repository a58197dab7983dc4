"""JUnit XML: a suite for every student, a test case for every question; less than full points is a failure."""

from __future__ import annotations

from xml.etree import ElementTree

from cnncalc.grading.feedback import told
from cnncalc.grading.records import Graded, GradedSubmission, Grading
from cnncalc.render.grades import Screen
from cnncalc.render.verification import printable, totals
from cnncalc.units import decimal

SUFFIX = ".xml"


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """The document; what was wrong with a file is an error of that student's suite."""
    root = ElementTree.Element("testsuites", name=printable(grading.assignment.title))
    for submission in grading.submissions:
        suite(root, submission, feedback)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def suite(root: ElementTree.Element, submission: GradedSubmission, feedback: str) -> None:
    """The suite of one student."""
    name = printable(submission.student) or "student"
    found = ElementTree.SubElement(root, "testsuite", name=name)
    properties = ElementTree.SubElement(found, "properties")
    for key, value in (("score", submission.score), ("max", submission.max)):
        ElementTree.SubElement(properties, "property", name=key, value=decimal(value))
    for each in submission.answers:
        case(found, each, name, feedback)
    for problem in submission.problems:
        wrong = ElementTree.SubElement(found, "testcase", classname=name, name=printable(problem.code))
        ElementTree.SubElement(wrong, "error", message=printable(problem.message))
    totals(found)


def case(found: ElementTree.Element, answer: Graded, student: str, feedback: str) -> None:
    """The test case of one question."""
    shown = told(answer, feedback)
    test = ElementTree.SubElement(found, "testcase", classname=student, name=printable(answer.question.id))
    if answer.points == answer.max:
        return
    points = f"{decimal(answer.points)} of {decimal(answer.max)} points"
    message = f"{shown.verdict.replace('_', ' ')}: {points}" if shown.verdict else points
    failure = ElementTree.SubElement(test, "failure", message=message, type=shown.verdict or "points")
    lines = [f"answer: {answer.answer or '-'}", *([f"read as: {answer.read_as}"] if answer.read_as else [])]
    lines += [shown.reason] if shown.reason else []
    failure.text = printable("\n".join([*lines, *([f"right: {shown.formula}"] if shown.formula else [])]))
