"""Worksheets: sheets that are read back, keys that are graded as right, numbers of one's own, files for a class."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.formats.read.yaml import read as read_yaml
from cnncalc.grading.assignment import read_assignment
from cnncalc.grading.classroom import Grader
from cnncalc.grading.records import Assignment
from cnncalc.grading.roster import file_names, read_roster
from cnncalc.grading.submissions import read_submissions
from cnncalc.grading.variants import TRIES, Variant, Variants
from cnncalc.grading.worksheet import Worksheet, worksheet_of
from cnncalc.render.worksheet import names, render, suffix
from cnncalc.source import Mapping, Scalar, Source

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "grading"
READ_BACK = ("csv", "markdown", "yaml")


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def assignment(text: str) -> Assignment:
    return read_assignment(Source("homework.yaml", text, None))


def asking(*questions: str, network: str = "lecture_exercise", more: str = "") -> Assignment:
    return assignment(f"network: {network!r}\n{more}\nquestions:\n" + "".join(f"  - {each}\n" for each in questions))


# -- what stands on the sheet -----------------------------------------------------------------------------------------


def test_what_is_asked_for_does_not_stand_on_the_sheet() -> None:
    sheet = worksheet_of(
        asking("conv2.pad", "conv2.stride", "conv3.kernel", "{layer: fc4, blank: features}", "{layer: conv3, blank: channels}")
    )  # fmt: skip
    shown = {layer.name: layer.settings for layer in sheet.layers}
    assert shown == {
        "conv1": "96 11x11 /4", "conv2": "96 5x5 p? /?", "pool2": "2x2 /2", "conv3": "? ?", "flat": "", "fc4.fc": "?",
        "fc4.sigmoid": "", "fc5.fc": "1000", "fc5.sigmoid": "", "classes": "",
    }  # fmt: skip
    asked = {line.id: line.asked for line in sheet.lines}
    assert asked["conv2.pad"] == "Which padding gives conv2 an output of 96x14x14?"
    assert asked["conv3.channels"] == "Which number of filters gives conv3 41,520 parameters?"


def test_conventions_are_told_where_they_matter() -> None:
    sheet = worksheet_of(
        asking(
            "{id: a, layer: conv1, ask: params, accept: {bias: not}}",
            "{id: b, layer: conv1, ask: output, accept: {order: hwc}}",
            "{id: c, layer: fc4, ask: output, accept: {order: hwc}}",
            "{id: d, layer: conv1, ask: memory, accept: {units: MB, rounding: 'sig:3'}}",
            "{id: e, layer: conv2, ask: output, accept: {tiling: strict}}",
        )
    )
    notes = {line.id: line.notes for line in sheet.lines}
    assert notes == {
        "a": ("biases not counted",),
        "b": ("channels last",),
        "c": (),
        "d": ("float32, in MB", "3 significant digits are enough"),
        "e": ("say so where the stride does not tile",),
    }
    worked = {line.id: line.formula for line in sheet.lines}
    assert worked["d"] == "96*55*55*4 = 1,161,600 bytes = 1.1616 MB"
    assert worked["e"].endswith("14.5, no whole number: the stride does not tile")


def test_the_key_names_other_values_that_are_right() -> None:
    sheet = worksheet_of(asking("conv2.pad"))
    assert sheet.lines[0].formula == "(55 - 5 + 2*2)/4 + 1 = 14.5 -> 14; 1 would do as well"


def test_where_a_layer_takes_its_input_from() -> None:
    sheet = worksheet_of(asking("c.output", network="3x8x8 | conv 4 3 p1 as a | add(id, conv 4 3 p1) as b | gap as c"))
    assert [line for line in sheet.network if "from" in line]
    assert sheet.layers[0].inputs == ()


@pytest.mark.parametrize("format", names())
def test_golden_sheets(format: str) -> None:
    """The sheets and keys of the variant example: read the difference before you write them anew (UPDATE_GOLDEN=1)."""
    sheet = api.worksheet(EXAMPLES / "variants.yaml", "ada")
    folder = Path(__file__).parent / "data" / "worksheets"
    for key in (False, True):
        path = folder / f"variants{'_key' if key else ''}{suffix(format)}"
        if os.environ.get("UPDATE_GOLDEN"):
            folder.mkdir(exist_ok=True)
            path.write_text(render(sheet, format, key), "utf-8")
        assert render(sheet, format, key) == path.read_text("utf-8")


# -- back again -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lecture_exercise", "vgg16", "variants"])
@pytest.mark.parametrize("format", READ_BACK)
def test_the_key_is_graded_as_right_and_the_blank_sheet_as_empty(name: str, format: str) -> None:
    found = api.read_assignment(EXAMPLES / f"{name}.yaml")
    sheet = worksheet_of(found, "ada")
    for key in (True, False):
        source = Source(f"handed-in{suffix(format)}", render(sheet, format, key))
        (submission,) = read_submissions(source, found)
        assert (submission.student, submission.problems) == ("ada", ())
        graded = Grader(found).grade(submission)
        assert graded.score == (graded.max if key else 0)
        assert all(each.verdict == ("correct" if key else "wrong") for each in graded.answers)


def test_a_sheet_without_a_name_is_of_whom_the_file_is_named_after() -> None:
    found = api.read_assignment(EXAMPLES / "lecture_exercise.yaml")
    for format in READ_BACK:
        source = Source(f"grace{suffix(format)}", render(worksheet_of(found), format, True))
        (submission,) = read_submissions(source, found)
        assert (submission.student, len(submission.answers)) == ("grace", len(found.questions))


NASTY = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"])
    | st.sampled_from("|`*_\\\"'<>&~=#{}:[]()!?-+@,;\n\t\r\0\x85\u2028\ufeff\U0001f393"),
    min_size=1,
    max_size=30,
)
ENDS = st.sampled_from(["]]>", "```", "-->", "</pre>", "</script>", "'''", "{{x}}", "$x$", "=cmd|'/c'!A1", "../../x"])


def scalar(text: str) -> str:
    """A text as a YAML scalar that our reader takes: its control characters are no part of any format."""
    kept = "".join(each for each in text if each.isprintable() or each in "\n\t")
    return json.dumps(kept, ensure_ascii=False)


@st.composite
def assignments(draw: st.DrawFn) -> Assignment:
    """Small networks with questions of every sort, and texts that formats stumble over."""
    size, filters, kernel = draw(st.integers(12, 40)), draw(st.integers(1, 70)), draw(st.integers(1, 5))
    stride, pad = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    network = (
        f"{draw(st.integers(1, 5))}x{size}x{size} | conv {filters} {kernel} /{stride} p{min(pad, kernel // 2)} as a"
    )
    network += f" | maxpool 2 as b | fc {draw(st.integers(1, 2000))} as c"
    asks = [
        "a.output", "a.height", "a.channels", "a.params", "a.weights", "a.macs", "a.flops", "a.memory", "a.kernel",
        "a.receptive_field", "b.output", "b.params", "c.output", "c.params", "c.features", "total.params", "total.macs",
        "total.memory", "total.layers", "a.pad", "a.stride",
    ]  # fmt: skip
    texts = st.one_of(NASTY, ENDS, st.tuples(NASTY, ENDS).map("".join))
    questions = []
    for number, ask in enumerate(draw(st.lists(st.sampled_from(asks), min_size=1, max_size=6, unique=True))):
        layer, _, what = ask.rpartition(".")
        id = f"{number} {''.join(each for each in draw(texts) if each.isprintable())}".strip()
        accept = draw(
            st.sampled_from(["", "order: hwc", "tiling: strict", "rounding: 'sig:3'", "units: MiB", "bias: not"])
        )
        questions.append(
            f"  - {{id: {scalar(id)}, layer: {layer}, ask: {what}, points: {draw(st.sampled_from(['1', '2.5', '1/3']))}, "
            f"accept: {{{accept}}}{', text: ' + scalar(draw(texts)) if draw(st.booleans()) else ''}}}\n"
            if what not in ("kernel", "pad", "stride")
            else f"  - {{id: {scalar(id)}, layer: {layer}, blank: {what}}}\n"
        )
    text = f"assignment: {scalar(draw(texts))}\nabout: {scalar(draw(texts))}\nid: {scalar(draw(texts))}\n"
    text += f"network: {network!r}\ncredit: {{no-bias: 50%}}\nquestions:\n" + "".join(questions)
    return assignment(text)


STUDENTS = st.one_of(NASTY, ENDS, st.just("ada")).map(lambda text: " ".join(text.split())).filter(
    lambda text: text.isprintable() and text.lstrip("*:=") == text and not re.search(r"[\s_.…]{3,}\Z|\A[_ .…]*\Z", text)
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(assignments(), STUDENTS)
def test_every_key_of_every_assignment_is_read_and_right(found: Assignment, student: str) -> None:
    sheet = worksheet_of(found, student)
    for format in READ_BACK:
        text = render(sheet, format, True)
        (submission,) = read_submissions(Source(f"x{suffix(format)}", text), found)
        assert submission.problems == ()
        graded = Grader(found).grade(submission)
        assert [(each.question.id, each.answer) for each in graded.answers if each.verdict != "correct"] == [], text
        assert graded.score == graded.max


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(assignments(), STUDENTS, st.booleans())
def test_every_sheet_is_what_an_independent_parser_takes(found: Assignment, student: str, key: bool) -> None:
    sheet = worksheet_of(found, student)
    rows = list(csv.reader(io.StringIO(render(sheet, "csv", key), newline="")))
    assert {len(row) for row in rows} == {6 if key else 5} and len(rows) == len(found.questions) + 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row[4:])
    tree = read_yaml(Source("x.yaml", render(sheet, "yaml", key)))
    answers = tree.get("answers")
    assert isinstance(answers, Mapping) and [each.value for each, _ in answers] == [each.id for each in found.questions]
    page = Page()
    page.feed(render(sheet, "html", key))
    assert page.open == [] and page.cells == 4 * len(found.questions) and not page.scripts


class Page(HTMLParser):
    """Whether every element is closed, and what a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells = 0
        self.scripts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts |= tag in ("script", "link", "img", "iframe") or any(name.startswith("on") for name, _ in attrs)
        self.cells += tag == "td"
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = render(api.worksheet(EXAMPLES / "lecture_exercise.yaml"), "html")
    assert not re.search(r"https?:|src=|url\(|<script", text)
    assert "@page" in text and "@media print" in text


# -- numbers of one's own ---------------------------------------------------------------------------------------------


def variant_of(assignment: Assignment, student: str) -> Variant:
    return Variants(assignment).of(student)


def test_a_draw_hangs_on_the_two_ids_alone() -> None:
    """Written down once: the same numbers for ever, on every machine."""
    found = api.read_assignment(EXAMPLES / "variants.yaml")
    values = {"filters": 28, "kernel": 5, "more": 30, "pad": 2, "size": 90, "stride": 2}
    assert variant_of(found, "ada").values == values
    again = variant_of(found, "  ADA ").values
    assert again == variant_of(found, "ada").values
    assert variant_of(found, "A\u030asa") == variant_of(found, "\u00c5sa")
    assert variant_of(found, "bob").values != again
    assert variant_of(found._replace(id="other"), "ada").values != again


def test_other_hash_seeds_change_nothing() -> None:
    code = (
        "from cnncalc import api; from cnncalc.grading.variants import Variants; import sys; "
        "print(sorted(Variants(api.read_assignment(sys.argv[1])).of('ada').values.items()))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLES / "variants.yaml")],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(printed) == 1


def test_every_student_gets_numbers_that_tell_the_mistakes_apart() -> None:
    """Checked by brute force: every chosen mistake changes an answer, no two change all alike."""
    found = api.read_assignment(EXAMPLES / "variants.yaml")
    variants = Variants(found)
    different = set()
    for number in range(40):
        variant = variants.of(f"student {number}")
        assert (variant.hidden, variant.alike) == ((), ()) and 1 <= variant.tries <= TRIES
        different.add(tuple(variant.values.items()))
        sheet = worksheet_of(found, f"student {number}", variants)
        signatures: dict[str, tuple[object, ...]] = {}
        for name in ("no-bias", "rounded-up", "padding-forgotten", "stride-forgotten", "input-channels-forgotten"):
            wrong = [{each.name: each.value for each in line.item.mistakes}.get(name) for line in sheet.lines]
            signatures[name] = tuple(wrong)
            assert any(value is not None for value in wrong)
        assert len(set(signatures.values())) == len(signatures)
    assert len(different) > 30


def test_what_no_draw_can_show_is_told_in_the_key() -> None:
    text = (
        "network:\n  params: {k: 3}\n  input: 3x32x32\n  layers: {a: conv 8 k pad=1}\n"
        "params: {k: [3]}\nmistakes: [rounded-up, no-bias]\nquestions: [a.output, a.params]\n"
    )
    found = assignment(text)
    variant = variant_of(found, "ada")
    assert (variant.hidden, variant.tries) == (("rounded-up",), TRIES)
    key = render(worksheet_of(found, "ada"), "markdown", True)
    assert f"no answer shows these mistakes: rounded-up.\nNote: the best of {TRIES} draws." in key
    assert "rounded-up" not in render(worksheet_of(found, "ada"), "markdown")


def test_draws_that_cannot_be_built_are_passed_over() -> None:
    text = (
        "network:\n  params: {k: 3}\n  input: 3x8x8\n  layers: {a: conv 8 k}\n"
        "params: {k: [3, 100]}\nquestions: [a.output, a.params]\n"
    )
    found = assignment(text)
    assert {variant_of(found, f"s{number}").values["k"] for number in range(10)} == {3}
    never = assignment(text.replace("[3, 100]", "[100, 101]"))
    variants = Variants(never)
    for student in ("a", "b"):
        with pytest.raises(SpecError):
            variants.of(student)


def test_unknown_mistakes_are_refused() -> None:
    with pytest.raises(SpecError) as raised:
        asking("conv1.params", more="mistakes: [no-bia]")
    (only,) = raised.value.diagnostics
    assert only.code == "A106" and only.help == ("did you mean 'no-bias'?",)


def test_a_layer_is_called_as_the_questions_call_it() -> None:
    text = "network: '3x32x32 | conv 8 3x3 as a | conv 4 3 as b | fc 5'\nquestions: [a.output, b.params, conv2.output, fc1.params]\n"
    sheet = worksheet_of(read_assignment(Source("homework.yaml", text, None)))
    assert [line.split()[0] for line in sheet.network] == ["input", "a", "b,", "flatten1", "fc1"]


# -- a class ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ada\nbob\n\nada\n", ["ada", "bob"]),
        ("student\nada\n", ["ada"]),
        ("name,email\nAda,ada@x.org\nBob,bob@x.org\n", ["ada@x.org", "bob@x.org"]),
        ("Name;Student ID\nAda;17\n", ["17"]),
        ("ada,A\nbob,B\n", ["ada", "bob"]),
        ('id,name\n"a,b",x\n', ["a,b"]),
    ],
)
def test_rosters(text: str, expected: list[str]) -> None:
    assert read_roster(Source("class.csv", text)) == expected


def test_a_roster_without_students() -> None:
    with pytest.raises(SpecError) as raised:
        read_roster(Source("class.csv", "student\n\n"))
    assert raised.value.diagnostics[0].code == "Y004"


@given(
    st.lists(
        st.one_of(NASTY, ENDS, st.sampled_from(["ada", "Ada", "CON", "nul.txt", "..", "a/b", "x" * 300])), max_size=12
    )
)
def test_file_names_are_safe_and_differ(students: list[str]) -> None:
    made = [name for _, name in file_names(students)]
    assert len({name.casefold() for name in made}) == len(students)
    for name in made:
        assert re.fullmatch(r"[\w@+-][\w.@+-]*", name) and name not in (".", "..") and len(name.encode()) < 250 * 4
        assert os.path.basename(name) == name and not re.match(r"(?i)(con|nul|prn|aux)(\.|\Z)", name)


def test_a_folder_for_a_class(tmp_path: Path) -> None:
    roster = tmp_path / "class.txt"
    roster.write_text("ada\n../bob\nÅsa Öberg\n", "utf-8")
    out = tmp_path / "sheets"
    arguments = ["worksheet", str(EXAMPLES / "variants.yaml"), "--roster", str(roster), "--out", str(out), "--key"]
    result = run(*arguments)
    assert result.exit_code == 0 and "wrote 3 sheets" in result.stderr
    sheets = sorted(path.name for path in out.iterdir() if path.is_file())
    assert len(sheets) == 3 and "ada.md" in sheets and sorted(each.name for each in (out / "keys").iterdir()) == sheets
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.txt", "sheets"]
    graded = cnncalc.grade(EXAMPLES / "variants.yaml", out / "keys")
    assert {each.student for each in graded.submissions} == {"ada", "../bob", "Åsa Öberg"}
    assert all(each.score == each.max for each in graded.submissions)

    before = (out / "ada.md").read_text("utf-8")
    (out / sheets[0]).unlink()
    (out / "ada.md").write_text("precious", "utf-8")
    refused = run(*arguments)
    assert refused.exit_code == 2 and "error[Y001]" in refused.stderr and "--force" in refused.stderr
    assert (out / "ada.md").read_text("utf-8") == "precious" and not (out / sheets[0]).exists()
    assert run(*arguments, "--force").exit_code == 0 and (out / "ada.md").read_text("utf-8") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--roster", "x"],
        ["--out", "x"],
        ["--roster", "x", "--out", "y", "--student", "ada"],
        ["--roster", "x", "--out", "y", "-o", "z"],
        ["--format", "docx"],
    ],
)
def test_wrong_command_lines(arguments: list[str]) -> None:
    assert run("worksheet", str(EXAMPLES / "variants.yaml"), *arguments).exit_code == 2


def test_the_command_writes_what_the_library_makes(tmp_path: Path) -> None:
    sheet = api.worksheet(EXAMPLES / "variants.yaml", "ada")
    for format in names():
        printed = run("worksheet", str(EXAMPLES / "variants.yaml"), "--student", "ada", "--format", format, "--key")
        assert printed.stdout == render(sheet, format, True)
    path = tmp_path / "ada.md"
    assert run("worksheet", str(EXAMPLES / "variants.yaml"), "-o", str(path)).exit_code == 0
    assert run("worksheet", str(EXAMPLES / "variants.yaml"), "-o", str(path)).exit_code == 2


def test_a_broken_assignment_has_its_own_messages() -> None:
    result = run("worksheet", "-", stdin="network: alexnet\nquestions: [conv9.params]\n")
    assert result.exit_code == 2 and "error[A104]" in result.stderr


def test_sheets_need_neither_torch_nor_rich() -> None:
    script = (
        "import sys; from cnncalc.cli._group import group; "
        f"group.main(['worksheet', {str(EXAMPLES / 'variants.yaml')!r}, '--key'], standalone_mode=False); "
        "assert not {'torch', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


def test_the_command_knows_every_format() -> None:
    assert f"[{'|'.join(names())}]" in run("worksheet", "--help").stdout


def test_worksheet_is_public() -> None:
    assert isinstance(cnncalc.worksheet(EXAMPLES / "variants.yaml"), Worksheet)
    assert isinstance(read_yaml(Source("x", "a: 1\n")).get("a"), Scalar)


def test_every_setting_that_changes_an_answer_stands_on_the_sheet() -> None:
    """Of two networks with other answers the sheets differ; what is asked for is not given away."""
    text = "network: {{input: [3, 9, 9], layers: {{a: dwconv 3{mult}, b: deconv 1 2 /2{outpad}}}}}\nquestions: {questions}\n"

    def shown(questions: str, mult: str = "", outpad: str = "") -> list[str]:
        given = text.format(mult=mult, outpad=outpad, questions=questions)
        return api.worksheet(read_assignment(Source("homework.yaml", given, None))).network[1:]

    assert shown("[a.params]", " mult=2", " outpad=1") == [
        "a      dwconv  3x3 mult=2",
        "b      deconv  1 2x2 /2 outpad=1",
    ]
    assert shown("[a.params]") == ["a      dwconv  3x3", "b      deconv  1 2x2 /2"]
    asked = "[a.mult, b.outpad]"
    assert shown(asked, " mult=2", " outpad=1") == ["a      dwconv  3x3 mult=?", "b      deconv  1 2x2 /2 outpad=?"]
