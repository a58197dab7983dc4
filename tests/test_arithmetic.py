"""The formula against counting: windows one by one, scattered filters, receptive fields by following every position."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.receptive import receptive_fields
from cnncalc.arithmetic import Transposed, Window, effective, half_padding, same_padding
from cnncalc.graph import Graph, expand
from cnncalc.layers import kind_of
from cnncalc.reach import Field, transposed_reach
from cnncalc.units import Figure, decimal, grouped, read_figure, short_bytes, short_count

# -- windows ---------------------------------------------------------------------------------------------------------


@st.composite
def windows(draw: st.DrawFn, ceil: bool | None = False) -> Window:
    """Windows that mostly fit."""
    kernel, dilation = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    extent = max(1, dilation * (kernel - 1) + 1 + draw(st.integers(-4, 30)))
    before, after = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    rounds_up = draw(st.booleans()) if ceil is None else ceil
    if rounds_up:  # pooling refuses more: windows would see only padding
        after = min(after, dilation * (kernel - 1))
    return Window(extent, kernel, draw(st.integers(1, 7)), before, after, dilation, rounds_up)


def taps(window: Window, number: int) -> list[int]:
    """The input positions (padding among them) that the window reads at one of its places."""
    return [number * window.stride - window.before + tap * window.dilation for tap in range(window.kernel)]


def places(window: Window) -> list[list[int]]:
    """The taps at every place, from the definition: a window moves on while it lies inside the padded input.  With
    ``ceil`` it also moves on while it leaves positions behind it, if it then begins inside the input or the padding
    before it."""
    found: list[list[int]] = []
    end = window.extent + window.after - 1
    while taps(window, len(found))[-1] <= end:
        found.append(taps(window, len(found)))
    if window.ceil:
        left = taps(window, len(found) - 1)[-1] < end
        if left and taps(window, len(found))[0] < window.extent:
            found.append(taps(window, len(found)))
    return found


@given(windows(ceil=None))
def test_out_is_the_number_of_places(window: Window) -> None:
    assert max(window.out, 0) == len(places(window))
    assert window.fits == bool(places(window))


@given(windows())
def test_unread_positions_are_those_behind_the_last_window(window: Window) -> None:
    if window.fits:
        last = places(window)[-1][-1]
        assert window.unread == len([each for each in range(window.extent) if each > last])
        assert window.tiles == (last == window.extent + window.after - 1)
        assert window.exact == window.out or not window.tiles


@settings(deadline=None)
@given(windows(ceil=None))
def test_torch_counts_the_same(window: Window) -> None:
    torch = pytest.importorskip("torch")
    window = window._replace(before=min(window.before, window.kernel // 2))
    window = window._replace(after=window.before)
    value = torch.empty(1, 1, window.extent, device="meta")
    pool = torch.nn.MaxPool1d(window.kernel, window.stride, window.before, window.dilation, ceil_mode=window.ceil)
    if window.fits:
        assert pool(value).shape[-1] == window.out
    else:
        with pytest.raises(RuntimeError):
            pool(value)


@given(windows(ceil=None))
def test_the_worked_line_is_true(window: Window) -> None:
    text = str(window)
    expression, equals, result = text.partition(" = ")
    assert equals
    value = evaluate(window.expression)
    assert value == window.exact
    if not window.fits:
        assert evaluate(expression) == window.slack < 0
        assert result == f"{window.slack} is negative"
    elif " -> " in result:
        shown, out = result.split(" -> ")
        assert expression == window.expression
        assert shown == decimal(window.exact)
        assert abs(Fraction(shown) - value) <= Fraction(1, 20000)
        assert int(out) == window.out != value
    else:
        assert expression == window.expression
        assert int(result) == window.out == value


def evaluate(expression: str) -> Fraction:
    """A worked line's own arithmetic, exactly."""
    assert re.fullmatch(r"[\d\s()+*/-]+", expression)
    found = eval(re.sub(r"\d+", r"Fraction(\g<0>)", expression), {"Fraction": Fraction})
    assert isinstance(found, Fraction)
    return found


def test_worked_lines() -> None:
    assert str(Window(227, 11, 4)) == "(227 - 11 + 2*0)/4 + 1 = 55"
    assert str(Window(224, 11, 4)) == "(224 - 11 + 2*0)/4 + 1 = 54.25 -> 54"
    assert str(Window(112, 3, 2, 0, 1)) == "(112 - 3 + 0 + 1)/2 + 1 = 56"
    assert str(Window(28, 3, 1, 2, 2, 2)) == "(28 - 2*(3 - 1) - 1 + 2*2)/1 + 1 = 28"
    assert str(Window(5, 7)) == "5 - 7 + 0 = -2 is negative"
    assert str(Window(112, 3, 2, ceil=True)) == "(112 - 3 + 2*0)/2 + 1 = 55.5 -> 56"
    assert str(Transposed(28, 2, 2)) == "(28 - 1)*2 - 2*0 + 2 = 56"


# -- padding ---------------------------------------------------------------------------------------------------------

extents, kernels, strides, dilations = st.integers(1, 64), st.integers(1, 9), st.integers(1, 8), st.integers(1, 4)


@given(extents, kernels, strides, dilations)
def test_same_is_the_least_padding_that_gives_ceil(extent: int, kernel: int, stride: int, dilation: int) -> None:
    """TensorFlow: out = ceil(W/S), with the least padding, the odd one after."""
    before, after = same_padding(extent, kernel, stride, dilation)
    out = -(-extent // stride)
    assert Window(extent, kernel, stride, before, after, dilation).out == out
    assert after - before in (0, 1)
    if before + after:
        assert Window(extent, kernel, stride, 0, before + after - 1, dilation).out < out


@given(kernels, dilations)
def test_half_padding(kernel: int, dilation: int) -> None:
    if dilation == 1:
        assert half_padding(kernel) == kernel // 2
    assert half_padding(kernel, dilation) == effective(kernel, dilation) // 2
    if kernel % 2:
        assert Window(33, kernel, 1, *(half_padding(kernel, dilation),) * 2, dilation).out == 33


# -- transposed windows ----------------------------------------------------------------------------------------------


@st.composite
def transposed(draw: st.DrawFn) -> Transposed:
    stride, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    side = st.integers(0, 3)
    outpad = draw(st.integers(0, max(stride, dilation) - 1))
    return Transposed(
        draw(st.integers(1, 9)), draw(st.integers(1, 6)), stride, draw(side), draw(side), dilation, outpad
    )


@given(transposed())
def test_transposed_out_is_what_the_scattered_filters_span(window: Transposed) -> None:
    written = {
        place * window.stride + tap * window.dilation for place in range(window.extent) for tap in range(window.kernel)
    }
    full = len(range(min(written), max(written) + 1))
    assert window.out == full - window.before - window.after + window.outpad
    assert evaluate(window.expression) == window.out
    assert str(window) == f"{window.expression} = {window.out}"


@given(windows())
def test_a_transposed_window_turns_a_window_around(window: Window) -> None:
    if window.fits:
        back = Transposed(window.out, window.kernel, window.stride, window.before, window.after, window.dilation)
        assert back.out == window.extent - window.slack % window.stride


@given(transposed())
def test_reach_of_a_transposed_window(window: Transposed) -> None:
    """An output sees at most ``span`` inputs in a row, and output 0 none before ``start``."""
    seen = [
        [each for each in range(-60, 60) if (out + window.before - each * window.stride) in tap_set(window)]
        for out in range(20)
    ]
    reach = transposed_reach(window)
    assert reach.span == max([each[-1] - each[0] + 1 for each in seen if each], default=1)
    assert reach.stride == Fraction(1, window.stride)
    if seen[0]:
        assert reach.start <= seen[0][0]


def tap_set(window: Transposed) -> set[int]:
    return {tap * window.dilation for tap in range(window.kernel)}


# -- tilings ---------------------------------------------------------------------------------------------------------


@given(windows())
def test_tilings_tile_and_are_the_nearest(window: Window) -> None:
    found = list(window.tilings())
    if window.tiles or not window.fits:
        assert found == []
        return
    options = {"input": "extent", "kernel": "kernel", "stride": "stride", "pad": "before after"}
    for option, other in found:
        assert other.tiles and other.fits and other.out >= 1
        changed = {name for name in Window._fields if getattr(window, name) != getattr(other, name)}
        assert changed <= set(options[option].split()) and changed
    for option, name in (("input", "extent"), ("kernel", "kernel"), ("stride", "stride")):
        given_values = {getattr(other, name) for each, other in found if each == option}
        here = getattr(window, name)
        fitting = [
            value for value in range(1, here + 80) if (other := window._replace(**{name: value})).tiles and other.fits
        ]
        below = [value for value in fitting if value < here]
        above = [value for value in fitting if value > here]
        distances = sorted(abs(value - here) for value in given_values)
        if option == "stride":
            nearest = sorted(abs(value - here) for value in fitting)[:2]
            assert distances == nearest
        elif window.dilation == 1 or option == "input":
            assert given_values == {*below[-1:], *above[:1]}
        else:
            assert given_values <= {*below[-1:], *above[:1]}
    pads = [other for option, other in found if option == "pad"]
    assert len(pads) == 1
    added = pads[0].before - window.before, pads[0].after - window.after
    symmetric = [n for n in range(1, 2 * window.stride) if (window.slack + 2 * n) % window.stride == 0]
    one_sided = [n for n in range(1, window.stride) if (window.slack + n) % window.stride == 0]
    assert added == ((symmetric[0],) * 2 if symmetric else (0, one_sided[0]))


# -- receptive fields ------------------------------------------------------------------------------------------------


def positions(graph: Graph) -> list[list[set[int] | None]]:
    """For every node along one axis: the input positions that each of its outputs depends on, found by following
    every window; None where a window touches padding, so that borders do not cut."""
    found: list[list[set[int] | None]] = []
    for node in graph.nodes:
        extent = node.facts.output[1]
        if node.layer is None:
            found.append([{place} for place in range(extent)])
            continue
        before = [found[each] for each in node.inputs]
        layer = node.layer
        fields = dict(layer)
        many = len(before[0])
        if layer.word in ("conv", "maxpool", "avgpool"):
            stride = fields["kernel"] if fields["stride"] is None else fields["stride"]
            first = fields["pad"][0][0] if isinstance(fields["pad"], tuple) else fields["pad"]
            seen = [
                [place * stride - first + tap * fields.get("dilation", 1) for tap in range(fields["kernel"])]
                for place in range(extent)
            ]
        elif layer.word == "deconv":
            reached: list[list[int]] = [[] for _ in range(extent)]
            for place in range(-many, 2 * many):
                for tap in range(fields["kernel"]):
                    out = place * fields["stride"] + tap - fields["pad"]
                    if 0 <= out < extent:
                        reached[out].append(place)
            seen = reached
        elif layer.word == "unpool":
            pooling = graph.nodes[node.links[0]].layer
            windows = [
                {place * pooling.stride - pooling.pad + tap * pooling.dilation for tap in range(pooling.kernel)}
                for place in range(-many, 2 * many)
            ]
            seen = [[place - many for place, window in enumerate(windows) if at in window] for at in range(extent)]
        elif layer.word == "upsample":
            seen = [[place // fields["factor"]] for place in range(extent)]
        elif layer.word == "crop":
            seen = [[place + (many - extent) // 2] for place in range(extent)]
        elif layer.word == "pad":
            seen = [[place - fields["pad"]] for place in range(extent)]
        else:
            seen = [[place] for place in range(extent)]
        found.append([together(before, each) for each in seen])
    return found


def together(values: list[list[set[int] | None]], seen: list[int]) -> set[int] | None:
    parts = [value[place] if 0 <= place < len(value) else None for value in values for place in seen]
    if not parts or any(part is None for part in parts):
        return None
    return set().union(*(part for part in parts if part is not None))


def measured(graph: Graph, index: int = -1) -> tuple[int, list[tuple[int, int, int]]]:
    """The largest extent that an interior output of a node depends on, and (output, first, last) of each."""
    inner = [(place, min(each), max(each)) for place, each in enumerate(positions(graph)[index]) if each is not None]
    return max((last - first + 1 for _, first, last in inner), default=0), inner


def field_of(graph: Graph, index: int = -1) -> Field:
    return receptive_fields(graph)[index][0].largest


def chain(*steps: str, extent: int = 150) -> Graph:
    return expand(cnncalc.parse(f"1x{extent} | {' | '.join(steps)}"))[0]


shrinking = st.one_of(
    st.builds(
        "conv 1 {} /{} p{} d{}".format, st.integers(1, 4), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2)
    ),
    st.builds("maxpool {} /{}".format, st.integers(1, 3), st.integers(1, 2)),
    st.builds("avgpool {} /{} ceil".format, st.integers(2, 3), st.integers(1, 2)),
    st.builds("conv 1 {} p{}:{}".format, st.integers(2, 5), st.integers(0, 2), st.integers(0, 2)),
    st.builds("pad {}".format, st.integers(1, 3)),
    st.just("relu"),
)
enlarging = st.one_of(
    st.builds("deconv 1 {} /{} p{}".format, st.integers(2, 5), st.integers(1, 2), st.integers(0, 2)),
    st.builds("upsample {}".format, st.integers(2, 3)),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(shrinking, min_size=1, max_size=5))
@example(["maxpool 1 /2", "maxpool 1 /2", "conv 1 2 /2 p1", "conv 1 4 /2 d2", "conv 1 4 d2"])
def test_receptive_field_of_a_chain(steps: list[str]) -> None:
    graph = chain(*steps, extent=400)  # five of the largest steps see 187, and more where they begin in the padding
    size, inner = measured(graph)
    found = field_of(graph)
    assert found.size == size
    for place, first, _ in inner:
        assert first == found.start + place * found.stride


@settings(deadline=None, max_examples=100)
@given(st.integers(3, 60), st.lists(shrinking, max_size=2))
def test_receptive_field_behind_a_crop(size: int, steps: list[str]) -> None:
    graph = chain(*steps, f"crop {min(size, chain(*steps, 'relu').nodes[-1].facts.output[1])}")
    largest, inner = measured(graph)
    found = field_of(graph)
    assert found.size == largest
    assert all(first == found.start + place * found.stride for place, first, _ in inner)


@pytest.mark.parametrize(
    "options", ["2 /2", "3 /2", "3 /2 p1", "5 /2 p2", "3 /1 p1", "3 /1 d2", "3 /2 d2 p1", "2 /2 d2"]
)
def test_receptive_field_of_an_unpooling(options: str) -> None:
    """A position sees all windows of the pooling that it lies in."""
    graph = chain(f"maxpool {options} as p", "unpool p", extent=60)
    size, inner = measured(graph)
    found = field_of(graph)
    assert (found.size, found.stride) == (size, 1)
    assert all(abs(first - (place + found.start)) < int(options[3]) for place, first, _ in inner)


@settings(deadline=None, max_examples=100)
@given(st.lists(shrinking, max_size=3), enlarging, st.lists(shrinking, max_size=3))
def test_receptive_field_behind_something_that_enlarges(before: list[str], step: str, after: list[str]) -> None:
    """Neighbours behind an enlarging layer may see the same position before it, or the next one: the recurrence takes
    the mean step, so that it is right to one position before that layer, and to one for every rounding behind it."""
    graph = chain(*before, step, *after, extent=90)
    size, inner = measured(graph)
    if not inner:
        return  # every output sees a border
    found = field_of(graph)
    jump = field_of(chain(*before, "relu")).stride
    assert abs(found.size - size) <= jump + len(after)
    for place, first, _ in inner:
        assert abs(first - (found.start + place * found.stride)) <= jump


def test_outputs_of_a_decoder_see_more_or_less() -> None:
    """What docs/conventions.md says of a U-Net."""
    level, up = ["conv 1 3", "conv 1 3"], "deconv 1 2 /2"
    graph = chain(*[*level, "maxpool 2"] * 4, *level, *[up, *level] * 4, extent=700)
    _, inner = measured(graph)
    sizes = {last - first + 1 for _, first, last in inner}
    assert (min(sizes), field_of(graph).size, max(sizes)) == (188, 200, 204)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(shrinking.filter(lambda step: "/2" not in step), min_size=1, max_size=3), min_size=2, max_size=3)
)
def test_receptive_field_of_branches_is_the_largest_over_all_paths(branches: list[list[str]]) -> None:
    extents = [chain(*branch).nodes[-1].facts.output[1] for branch in branches]
    least = min(extents)
    cut = [[*branch, f"crop {least}"] for branch in branches]
    text = ", ".join(" | ".join(branch) for branch in cut)
    for word in ("concat", "add"):
        graph = chain(f"{word}({text})")
        assert field_of(graph).size == max(field_of(chain(*branch)).size for branch in cut)
        assert field_of(graph).size <= measured(graph)[0]


def test_a_branch_through_a_deconvolution() -> None:
    graph = chain(
        "conv 1 3 p1 as a", "maxpool 2", "conv 1 3 p1", "deconv 1 2 /2", "concat(id, a)", "conv 1 3", extent=64
    )
    assert field_of(graph) == Field(10, 1, -3)
    assert measured(graph)[0] == 10


VGG16 = "3x224x224 | (conv3-64)*2 | maxpool | (conv3-128)*2 | maxpool | (conv3-256)*3 | maxpool | " + " | ".join(
    ["(conv3-512)*3 | maxpool"] * 2
)
ALEXNET = (
    "3x227x227 | conv 96 11 /4 | maxpool 3 /2 | conv 256 5 p2 | maxpool 3 /2 | (conv 384 3 p1)*2 | conv 256 3 p1 | "
    "maxpool 3 /2"
)
RESNET18 = """
input: 3x224x224
blocks:
  basic(c, stride=1): >-
    residual(conv c 3 /stride p1 | bn | relu | conv c 3 p1 | bn, project = conv c 1 /stride | bn) | relu
layers:
  stem: conv 64 7 /2 p3 | bn | relu | maxpool 3 /2 p1
  stages: (basic 64)*2 | basic 128 /2 | basic 128 | basic 256 /2 | basic 256 | basic 512 /2 | basic 512
"""


@pytest.mark.parametrize(
    "text, expected",
    [(VGG16, Field(212, 32, -90)), (ALEXNET, Field(195, 32, -64)), (RESNET18, Field(435, 32, -217))],
    ids=["VGG-16", "AlexNet", "ResNet-18"],
)
def test_known_receptive_fields(text: str, expected: Field) -> None:
    graph = expand(cnncalc.parse(text))[0]
    assert [paths.largest for paths in receptive_fields(graph)[-1]] == [expected] * 2


def test_the_whole_map() -> None:
    graph = expand(cnncalc.parse("3x16x16 | conv 4 3 | gap | relu | fc 10"))[0]
    fields = receptive_fields(graph)
    assert {paths.largest.size for paths in fields[2]} == {16}
    assert [paths.largest.size for paths in fields[-1]] == [16, 16]


def test_a_window_along_what_was_reshaped_still_sees_the_other_axis() -> None:
    """The gate of ECA-Net: a convolution along the channels, behind a pooling over both axes."""
    gate = "gap | reshape (1, C) | conv 1 3 half | sigmoid | reshape (L, 1, 1)"
    graph = expand(cnncalc.parse(f"8x16x12 | mul(id, {gate})"))[0]
    assert [paths.largest.size for paths in receptive_fields(graph)[-1]] == [16, 12]


# -- numbers ---------------------------------------------------------------------------------------------------------

counts = st.one_of(st.integers(0, 10**6), st.integers(0, 10**14))


@given(counts)
def test_short_counts_are_read_back(number: int) -> None:
    for text in (short_count(number), short_count(number).replace(" ", "")):
        figure = read_figure(text)
        assert figure is not None and figure.matches(number)
    assert read_figure(grouped(number)) == read_figure(str(number)) == Figure(Fraction(number), Fraction(0))


@given(st.integers(2**10, 2**39))
def test_short_bytes_are_read_back(number: int) -> None:
    figure = read_figure(short_bytes(number))
    assert figure is not None and figure.matches(number)


@given(counts, st.integers(1, 10**6))
def test_a_figure_tells_other_numbers_apart(number: int, by: int) -> None:
    figure = read_figure(str(number))
    assert figure is not None and not figure.matches(number + by)
    short = read_figure(short_count(number))
    assert short is not None and not short.matches(number + int(2 * short.slack) + 1)


@pytest.mark.parametrize(
    "text, value, slack",
    [
        ("62378344", 62378344, 0),
        ("62,378,344", 62378344, 0),
        ("62_378_344", 62378344, 0),
        ("25.6M", 25_600_000, 50_000),
        ("4.09 G", 4_090_000_000, 5_000_000),
        ("24GiB", 24 * 2**30, 2**29),
        ("60.97 k", 60_970, 5),
        ("1e6", 10**6, 5 * 10**5),
    ],
)
def test_figures(text: str, value: int, slack: int) -> None:
    assert read_figure(text) == Figure(Fraction(value), Fraction(slack))


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "-5", "12 monkeys", "1" * 61])
def test_no_figures(text: str) -> None:
    assert read_figure(text) is None


def test_reach_is_told_by_every_layer_that_moves_things() -> None:
    for word in (
        "conv",
        "dwconv",
        "deconv",
        "local",
        "maxpool",
        "avgpool",
        "adaptive",
        "upsample",
        "crop",
        "pad",
        "unpool",
    ):
        assert "reach" in {name for each in kind_of(word).layer.__mro__[:-3] for name in vars(each)}, word
