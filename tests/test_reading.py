"""How answers are read: every notation that people use, and that no text crashes the reader or is evaluated as code."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.grading.calculator import NotArithmetic, calculate
from cnncalc.grading.reading import LONGEST, read_answer
from cnncalc.grading.records import Reading


@pytest.mark.parametrize(
    "text",
    [
        "34944", "34,944", "34 944", "34'944", "34_944", "34\u202f944", "34\u00a0944", "34’944", "$34,944$", "`34944`", "**34944**",
        "34{,}944", "11*11*3*96+96", "11 * 11 * 3 * 96 + 96", "11×11×3×96 + 96", "11x11x3x96+96", "(11*11*3)*96 + 96 = 34944",
        "11^2*3*96+96", "11**2 * 3 * 96 + 96", "11² · 3 · 96 + 96", r"11 \cdot 11 \cdot 3 \cdot 96 + 96", "(11*11*3 + 1)*96", "34,848 + 96",
        "34848 + 96 → 34944", "34,848 -> 34,944", r"34848 + 96 \rightarrow 34944", "34,944 (with biases)", "34,944 weights and biases",
        "34944 trainable parameters in total", "96(11*11*3 + 1)", "(11^2)(3)(96) + 96", "３４，９４４", "34.944 Tsd.",
        r"\(34944\)", "params: 34944", "conv1 = 34,944", "34944 parameters", "34,944 params", "+34944", "34944.0", "69,888/2",
        "34.944,00", "34,944.00", "(11*11*3 + 1)96", "11 X 11 X 3 X 96 + 96", "34,944 parameters incl. bias", "34944 incl. biases",
        "34944 params with the bias",
    ],
)  # fmt: skip
def test_exact_figures(text: str) -> None:
    found = read_answer(text)
    assert (found.kind, found.values) == ("number", (34_944,)), found
    assert not found.problem


@pytest.mark.parametrize(
    "text, value, slack",
    [
        ("34.9K", 34_900, 50),
        ("34.9 k", 34_900, 50),
        ("34.94k params", 34_940, 5),
        ("0.035M", 35_000, 500),
        ("3.49e4", 34_900, 50),
        ("3.5 x 10^4", 35_000, 500),
        ("3.5·10⁴", 35_000, 500),
        (r"3.5 \times 10^{4}", 35_000, 500),
        ("~35000", 35_000, 500),
        ("≈ 35,000", 35_000, 500),
        ("about 34900", 34_900, 50),
        ("138M", 138_000_000, 500_000),
        ("138 million", 138_000_000, 500_000),
        ("1.1 GFLOPs", 1_100_000_000, 50_000_000),
        ("105.4M MACs", 105_400_000, 50_000),
        ("34.944", Fraction(34_944, 1000), Fraction(1, 2000)),
        ("54.25", Fraction(217, 4), Fraction(1, 200)),
        ("54,25", Fraction(217, 4), Fraction(1, 200)),
        ("1.229.824", 1_229_824, 0),
        ("1,229,824", 1_229_824, 0),
        ("224*224*64 = 3.2M", 3_200_000, 50_000),
        ("24M * 4 bytes ~= 93MB", 93, Fraction(1, 2)),
        ("-5", -5, 0),
        ("0", 0, 0),
    ],
)
def test_rounded_figures_say_how_far_they_go(text: str, value: Fraction, slack: Fraction) -> None:
    found = read_answer(text)
    assert (found.kind, found.values, found.slack) == ("number", (value,), slack)


@pytest.mark.parametrize("text", ["34944 ≈ 35k", "34,944 = 35k", "11*11*3*96 + 96 = 34944 ~= 35K"])
def test_a_figure_that_is_rounded_once_more_is_the_figure(text: str) -> None:
    found = read_answer(text)
    assert (found.values, found.slack, found.problem) == ((34_944,), 0, "")
    assert read_answer("54.25 ≈ 54").values == (54,)
    assert read_answer("34944 ≈ 36k").kind == "unreadable"


def test_a_function_needs_its_parentheses() -> None:
    assert read_answer("floor(54.25) + 1").values == (55,)
    assert read_answer("floor 54.25 + 1").kind == "unreadable"


def test_what_was_read_is_shown() -> None:
    assert read_answer("34.9K").shown == "34,900 ± 50"
    assert read_answer("11*11*3*96+96").shown == "11*11*3*96+96 = 34,944"
    assert read_answer("61 MB").shown == "61 MB"
    assert read_answer("11*11*3*96 = 34944").problem == "11*11*3*96 is 34,848, not 34,944"


@pytest.mark.parametrize(
    "text",
    [
        "55x55x96", "55 x 55 x 96", "55 X 55 X 96", "55X55X96", "55**2*96", "55×55×96", r"$55 \times 55 \times 96$", "(55, 55, 96)", "[55, 55, 96]", "55, 55, 96", "55,55,96", "55 55 96",
        "(None, 55, 55, 96)", "(N, 55, 55, 96)", "TensorShape([None, 55, 55, 96])", "output: 55x55x96", "55*55*96", "55 by 55 by 96", "(55,55,96,)",
    ],
)  # fmt: skip
def test_shapes_in_the_order_they_are_written(text: str) -> None:
    found = read_answer(text, 3)
    assert (found.kind, found.values) == ("shape", (55, 55, 96)), found


@pytest.mark.parametrize(
    "text",
    ["96@55x55", "H=55, W=55, C=96", "C: 96, H: 55, W: 55", "height 55, width 55, channels 96", "w=55 x h=55 x c=96"],
)
def test_shapes_that_name_their_axes(text: str) -> None:
    found = read_answer(text, 3)
    assert (found.kind, found.values, found.axes) == ("shape", (96, 55, 55), "CHW"), found


def test_the_batch_is_kept_for_whoever_knows_the_rank() -> None:
    assert read_answer("torch.Size([1, 96, 55, 55])", 3).values == (1, 96, 55, 55)


def test_the_coarsest_axis_says_how_far_a_shape_goes() -> None:
    assert read_answer("3x7.66666667x10.33", 3).slack == Fraction(1, 200)
    assert read_answer("96x55x55", 3).slack == 0


def test_a_comma_in_front_of_three_digits() -> None:
    assert read_answer("1,200", 1).values == (1200,)
    assert read_answer("290,400", 3).values == (290_400,)
    assert read_answer("256,256,256", 3).values == (256, 256, 256)
    assert read_answer("256,256,256").values == (256_256_256,)


@pytest.mark.parametrize("text", ["", "  ", "?", "___", "-", "n/a", "...", "TODO"])
def test_blanks(text: str) -> None:
    assert read_answer(text, 3).kind == "blank"


@pytest.mark.parametrize(
    "text", ["invalid", "does not tile", "it doesn't fit", "not possible", "14.5 (not an integer)", "impossible: 14.5"]
)
def test_no_such_size(text: str) -> None:
    assert read_answer(text, 3).kind == "none", read_answer(text, 3)


@pytest.mark.parametrize(
    "text",
    [
        "96 channels of 55x55", "34944.", "abc", "__import__('os').system('true')", "().__class__", "9**9**9", "9^9^9^9", "1e99999",
        "2**1000000", "10^30", "1/0", "0^-1", "(" * 300 + "1" + ")" * 300, "1" * 41, "nan", "inf", "1e-400", "[x for x in y]",
        "0/0", "5 5", "55x", "x55", "--", "+", "=", "= =", "≈", "()", "[]", "1,,2", "\x00", "1j", "0b11", "1 000 00", "1++",
    ],
)  # fmt: skip
def test_what_is_not_read(text: str) -> None:
    found = read_answer(text)
    assert found.kind in ("unreadable", "blank") or text in ("--",), found
    assert found.kind == "blank" or "a number is written" in found.problem


@pytest.mark.parametrize(
    "text", ["1" * 10_000_000, "9" * 399, "(" * 399, "1," * 199, "-" * 399 + "1", "1x" * 199, "a=" * 199, "h 1 " * 99]
)
def test_long_texts_take_no_time(text: str) -> None:
    start = time.perf_counter()
    assert read_answer(text, 3).kind in ("unreadable", "blank", "number", "shape")
    assert time.perf_counter() - start < 1


@given(
    st.one_of(
        st.text(max_size=LONGEST + 10), st.text(alphabet="0123456789.,'_ x*×@()[]=+-/^kKMeE~≈?HWC:", max_size=60)
    ),
    st.sampled_from([None, 1, 2, 3, 4]),
)
@settings(max_examples=1500, deadline=None)
def test_no_text_crashes_the_reader(text: str, rank: int | None) -> None:
    found = read_answer(text, rank)
    assert isinstance(found, Reading)
    assert (found.kind == "unreadable") == (not found.values and found.kind not in ("blank", "none"))
    for value in found.values:
        assert isinstance(value, (int, Fraction))


@given(st.integers(0, 10**15))
@settings(max_examples=300, deadline=None)
def test_every_number_is_read_in_every_grouping(value: int) -> None:
    grouped = f"{value:,}"
    for text in (
        str(value),
        grouped,
        grouped.replace(",", " "),
        grouped.replace(",", "'"),
        grouped.replace(",", "_"),
        f"= {value}",
        f"{value} values",
    ):
        assert read_answer(text).values == (value,), text


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=4))
@settings(max_examples=300, deadline=None)
def test_every_shape_is_read_in_every_notation(axes: list[int]) -> None:
    for join in ("x", " x ", "×", ", ", ","):
        text = join.join(map(str, axes))
        forms = [f"({text})", f"[{text}]"] if "," in join else [text]
        for form in forms:
            assert read_answer(form, len(axes)).values == tuple(axes), form


@pytest.mark.parametrize(
    "text, value",
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("7/2", Fraction(7, 2)),
        ("floor(7/2)", 3),
        ("ceil(7/2)", 4),
    ],
)
def test_arithmetic(text: str, value: Fraction) -> None:
    assert calculate(text) == value


@given(st.text(alphabet="0123456789.+-*/^()florcei ", max_size=80))
@settings(max_examples=800, deadline=None)
def test_arithmetic_is_that_of_python(text: str) -> None:
    """What is calculated at all is what Python gives for the same text, exactly."""
    try:
        value = calculate(text)
    except NotArithmetic:
        return
    if any(word in text for word in ("floor", "ceil", "/")):
        return
    source = "".join(
        f"Fraction('{part}')" if part[:1].isdigit() or part[:1] == "." else part
        for part in _pieces(text.replace("^", "**"))
    )
    assert eval(source, {"Fraction": Fraction}) == value


def _pieces(text: str) -> list[str]:
    import re

    return re.findall(r"\d+(?:\.\d+)?|\.\d+|\*\*|.", text.strip())


@pytest.mark.parametrize(
    "text, values, axes",
    [
        ("55 x 54 x 96 (HxWxC)", (96, 55, 54), "CHW"),
        ("(55, 54, 96) (H, W, C)", (96, 55, 54), "CHW"),
        ("(H, W, C) = (55, 54, 96)", (96, 55, 54), "CHW"),
        ("(N, C, H, W) = (N, 96, 55, 54)", (96, 55, 54), "CHW"),
        ("NHWC: 1x55x54x96", (96, 55, 54), "CHW"),
        ("C x H x W = 96 x 55 x 54", (96, 55, 54), "CHW"),
        ("C=96, H=W=55", (96, 55, 55), "CHW"),
    ],
)
def test_an_order_that_is_named_decides(text: str, values: tuple[int, ...], axes: str) -> None:
    found = read_answer(text, 3)
    assert (found.kind, found.values, found.axes) == ("shape", values, axes), found


@pytest.mark.parametrize(
    "text",
    ["96 x 55²", "55^2 x 96", r"\(55 \times 55 \times 96\)", "55x55x96 = 290,400", "(227-11)/4 + 1 = 55 → 55x55x96"],
)
def test_shapes_in_the_notation_of_mathematics(text: str) -> None:
    found = read_answer(text, 3)
    assert found.kind == "shape" and sorted(found.values) == [55, 55, 96], found


def test_a_shape_with_another_number_of_values_behind_it_is_that_number() -> None:
    assert read_answer("55x55x96 = 290,401", 3).kind == "number"


@pytest.mark.parametrize("text", ["none", "zero", "no padding", "No parameters", "nothing"])
def test_nothing_is_zero(text: str) -> None:
    found = read_answer(text)
    assert (found.kind, found.values, found.shown) == ("number", (0,), "0")
    assert read_answer(text, 3).kind == "unreadable"


@pytest.mark.parametrize(
    "text", ["I cannot solve this", "no error here", "it is not invalid", "14x14x96 or does not tile", "error or 14"]
)
def test_what_does_not_say_that_there_is_no_such_size(text: str) -> None:
    assert read_answer(text, 3).kind == "unreadable"


def test_fractions_of_latex() -> None:
    assert read_answer(r"\frac{227 - 11}{4} + 1").values == (55,)
