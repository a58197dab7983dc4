"""Grading, against reading the submissions with the YAML reader."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cnncalc import api
from cnncalc.grading.sheet import sheet_of
from cnncalc.layers.mistakes import written
from tests.benchmarks.measure import Result, best, cnncalc, figure, python, ratio, seconds

STUDENTS = 1_000
HOMEWORK = """\
network: alexnet
questions: [conv1.output, pool1.output, conv2.output, pool2.output, conv3.output, conv4.output, conv5.output, pool5.output,
  fc6.output, conv1.params, conv2.params, conv3.params, conv4.params, conv5.params, fc6.params, fc7.params, fc8.params,
  total.params, conv1.macs, conv1.memory]
"""
READ_ALL = """
import os, time
from cnncalc.files import load_source
from cnncalc.formats.read.yaml import read
paths = [os.path.join({path!r}, name) for name in sorted(os.listdir({path!r}))]
read(load_source(paths[0]))
start = time.perf_counter()
for path in paths:
    read(load_source(path))
print(time.perf_counter() - start)
"""


def grading(folder: Path) -> Iterator[Result]:
    """A class of students who make the mistakes of the catalogue, each in his own answers: a fifth of the answers are
    wrong by a known mistake, a few by none."""
    homework, answers = classroom(folder)
    command = cnncalc("grade", str(homework), str(answers))
    reading = READ_ALL.format(path=str(answers))
    measures = {
        "grade": partial(seconds, command),
        "process": partial(seconds, python(reading)),
        "read": partial(figure, READ_ALL, answers),
    }
    times = best(measures, repeats=5)
    yield ratio(f"grading {STUDENTS:,} submissions : reading, each a process", times, "grade", "process", 5)
    yield ratio("the same, start-up too : reading alone", times, "grade", "read", None)


def classroom(folder: Path) -> tuple[Path, Path]:
    """The assignment and the folder of submissions."""
    homework, answers = folder / "homework.yaml", folder / "submissions"
    homework.write_text(HOMEWORK, "utf-8")
    answers.mkdir()
    items = sheet_of(api.read_assignment(homework)).items
    chance = random.Random(1)
    for number in range(STUDENTS):
        lines = []
        for item in items:
            value = item.truth.value
            if chance.random() < 0.2 and item.mistakes:
                value = chance.choice(item.mistakes).value
            elif chance.random() < 0.05:
                value = chance.randrange(1, 10**6)
            assert value is not None
            lines += [
                f"  # {item.question.subject}, {item.question.points} point",
                f"  {item.question.id}: {written(value)}",
            ]
        path = answers / f"student{number:04}.yaml"
        path.write_text(f"student: student {number}\nanswers:\n" + "\n".join(lines) + "\n", "utf-8")
    return homework, answers
