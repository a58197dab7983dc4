"""The rules of the language, one by one, on small networks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc
from cnncalc import api, files, loading
from cnncalc.errors import SpecError
from cnncalc.source import Source


def rows(text: str, **options: object) -> list[tuple[str, str, tuple[int, ...]]]:
    """(name, kind, output) of every layer."""
    report = cnncalc.analyse(cnncalc.parse(text, "net.yaml" if "\n" in text else "<line>", **options))
    return [(row.name, row.kind, row.output) for row in report.rows]


def names(text: str) -> list[str]:
    return [name for name, _, _ in rows(text)]


def outputs(text: str) -> list[tuple[int, ...]]:
    return [output for _, _, output in rows(text)]


def codes(text: str, **options: object) -> list[str]:
    """The codes of everything that is said about a text."""
    try:
        network = loading.network_of(Source("net.yaml" if "\n" in text else "<line>", text), **options)  # type: ignore[arg-type]
        found = list(network.diagnostics)
        for report in api.analyse_all(network, partial=True):
            found += report.diagnostics
    except SpecError as error:
        found = list(error.diagnostics)
    return [each.code for each in found]


# -- names ---------------------------------------------------------------------------------------------------------


def test_nodes_of_a_named_line() -> None:
    assert names("input: 3x8x8\nlayers:\n  c: conv 4 3 | relu | conv 4 3 | relu") == [
        "c.conv", "c.relu", "c.conv2", "c.relu2",
    ]  # fmt: skip


def test_nodes_without_line_names_are_numbered_by_kind() -> None:
    assert names("3x8x8 | conv 4 3 | relu | conv 4 3") == ["conv1", "relu1", "conv2"]
    assert names("3x8x8 | (conv 4 3 | relu)*2") == ["conv1", "relu1", "conv2", "relu2"]


def test_unnamed_nodes_keep_clear_of_line_names() -> None:
    text = "input: 3x8x8\nlayers:\n- conv 4 3\n- conv2: conv 5 3\n- conv2 | conv 6 3"
    assert names(text) == ["conv1", "conv2.conv", "conv3"]


def test_blocks_repeats_branches() -> None:
    text = (
        "input: 3x8x8\nblocks:\n  d(c): (conv c 3 p1 | relu)*2\nlayers:\n"
        "  a: d 4 | residual(conv 8 1, project = conv 8 1) | concat(id, relu)"
    )
    assert names(text) == [
        "a.d.0.conv", "a.d.0.relu", "a.d.1.conv", "a.d.1.relu",
        "a.body.conv", "a.project.conv", "a.add", "a.branch1.relu", "a.concat",
    ]  # fmt: skip


def test_a_second_repeat_goes_on_counting() -> None:
    assert names("input: 3x8x8\nlayers:\n  a: (relu)*2 | (tanh)*2") == ["a.0.relu", "a.1.relu", "a.2.tanh", "a.3.tanh"]


def test_the_rounds_of_a_long_repeat_are_those_of_copies() -> None:
    body = "residual(conv 4 3 p1 | bn | relu | fc_less, project = conv 4 1)"
    text = "fc_less(): conv 4 1; 3x8x8 | " + " | ".join([body] * 7)
    repeated = f"fc_less(): conv 4 1; 3x8x8 | ({body})*7"
    one = cnncalc.analyse(text)
    two = cnncalc.analyse(repeated)
    assert [(row.kind, row.output, row.params, row.macs) for row in one.rows] == [
        (row.kind, row.output, row.params, row.macs) for row in two.rows
    ]
    assert [node.inputs for node in one.graph.nodes] == [node.inputs for node in two.graph.nodes]


def test_a_label_in_a_repeat_belongs_to_its_round() -> None:
    graph = cnncalc.analyse("4x8x8 | (conv 4 3 p1 as u | relu | add(u, id))*5 | add(u, id)").graph
    adds = [node for node in graph.nodes if node.kind == "add"]
    assert [node.inputs for node in adds[:5]] == [(node.index - 2, node.index - 1) for node in adds[:5]]
    assert adds[5].inputs == (adds[4].index - 2, adds[4].index)


def test_names_are_unique_whatever_a_block_is_called() -> None:
    text = "input: 3x8x8\nblocks:\n  conv2(): relu\nlayers:\n  a: conv 4 3 | conv 4 3 | conv2 | conv2 | conv 4 3 | (conv2)*4"
    found = names(text)
    assert len(set(found)) == len(found)


def test_rounds_keep_references_to_lines_outside() -> None:
    text = "input: 4x8x8\nlayers:\n  a: conv 4 1\n  b: (add(a, id) | conv 4 1)*5"
    graph = cnncalc.analyse(cnncalc.parse(text, "n.yaml")).graph
    a = next(node.index for node in graph.nodes if node.name == "a.conv")
    for node in graph.nodes:
        if node.kind == "add":
            assert node.inputs[0] == a
            assert node.inputs[1] in (a, node.index - 1)


def test_a_line_called_like_a_layer_is_ambiguous_only_where_it_is_used() -> None:
    assert codes("input: 3x8x8\nlayers:\n  relu: conv 4 3 | relu\n  b: conv 4 3") == []
    assert codes("input: 3x8x8\nlayers:\n  relu: conv 4 3 | relu\n  b: conv 4 3\n  c: add(relu, relu)") == [
        "G110",
        "G110",
    ]


# -- phrases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "phrase",
    [
        "conv 96 11x11 /4 p2", "conv 96 11 s4 p2", "conv 11x11 96 /4 p2", "conv 96 11x11 stride=4 pad=2",
        "conv(96, 11, stride=4, pad=2)", "conv 96 11x11 stride 4 pad 2", "Conv 96 11 /4 p(1+1)", "convolution 96 k11 /4 p2",
        "conv 96 11 4 2", "conv 96 11 /4 p2:2", "conv 96 11 /4 p2x2",
    ],
)  # fmt: skip
def test_spellings_of_one_convolution(phrase: str) -> None:
    report = cnncalc.analyse(f"3x227x227 | {phrase}")
    assert report.rows[0].output == (96, 56, 56)
    assert report.rows[0].params == 34_944


def test_every_field_called_groups_has_its_letter() -> None:
    for phrase in ("conv 6 1 g3", "gn g3", "shuffle g3", "shuffle groups=3"):
        (row,) = cnncalc.analyse(cnncalc.parse(f"6x8x8 | {phrase}")).rows
        assert getattr(row.node.layer, "groups", None) == 3


def test_vgg_spelling_is_case_blind_and_adds_no_activation() -> None:
    assert [kind for _, kind, _ in rows("3x8x8 | Conv3-64 | MaxPool | FC-10")] == ["conv", "maxpool", "flatten", "fc"]


def test_filter_bank_checks_its_input() -> None:
    assert outputs("48x27x27 | conv 5x5x48x256 p2") == [(256, 27, 27)]
    assert codes("96x27x27 | conv 5x5x48x256 p2") == ["S104"]
    assert outputs("96x27x27 | conv 5x5x48x256 p2 g2") == [(256, 27, 27)]
    assert outputs("3x16x16x16 | conv 3x3x3x3x8") == [(8, 14, 14, 14)]


def test_one_two_and_three_axes() -> None:
    assert outputs("1x100 | conv 4 3 p1 | maxpool 2 | bn | gap") == [(4, 100), (4, 50), (4, 50), (4, 1)]
    assert outputs("1x8x8x8 | conv 4 3 p1 | avgpool 2 | gap") == [(4, 8, 8, 8), (4, 4, 4, 4), (4, 1, 1, 1)]


def test_paddings() -> None:
    assert outputs("3x10x10 | conv 4 3 /2 same") == [(4, 5, 5)]
    assert outputs("3x10x10 | conv 4 4 half") == [(4, 11, 11)]
    assert outputs("3x10x10 | conv 4 3x5 p0x2") == [(4, 8, 10)]
    assert outputs("3x10x10 | conv 4 3 p0:1") == [(4, 9, 9)]
    assert outputs("3x10x10 | conv 4 3 p1:2x0:1") == [(4, 11, 9)]
    assert outputs("3x10x10 | conv 4 3 d2 half") == [(4, 10, 10)]


def test_arithmetic_is_exact() -> None:
    assert outputs("1x8x8 | conv 0.1*30 1") == [(3, 8, 8)]
    assert outputs("1x8x8 | conv (1.1 - 0.1)*4 1") == [(4, 8, 8)]
    assert outputs("8x8x8 | conv C//2 1 | conv C*2+1 1 | conv round8(1.4*40) 1") == [(4, 8, 8), (9, 8, 8), (56, 8, 8)]
    assert codes("8x8x8 | conv (C/3) 1") == ["T105"]
    assert codes("8x8x8 | conv (C//0) 1") == ["T109"]


def test_sizes_of_what_flows_in_and_of_lines() -> None:
    text = "input: 3x8x6\nlayers:\n  a: conv C*2 1\n  b: maxpool 2\n  c: upsample to=(a.H, a.W) | crop (H-2, W-1)"
    assert outputs(text)[-2:] == [(6, 8, 6), (6, 6, 5)]
    assert codes("1x8x8 | conv L 1") == ["T108"]


def test_conditions() -> None:
    assert [k for _, k, _ in rows("4x8x8 | relu if C > 3 else tanh | gelu if C > 4")] == ["relu"]
    assert [k for _, k, _ in rows("2x8x8 | relu if C > 3 else tanh if C == 2 else id")] == ["tanh"]


def test_short_option_or_line() -> None:
    text = "input: 3x8x8\nblocks:\n  up(c, skip): conv c 1 | concat(id, skip)\nlayers:\n  d4: conv 4 1\n  x: up 5 d4"
    assert outputs(text)[-1] == (9, 8, 8)
    clash = "input: 3x8x8\nblocks:\n  f(c, dilation): conv c 3 d(dilation) half\nlayers:\n  d2: conv 4 1\n  x: f 5 d2"
    assert codes(clash) == ["T112"]


def test_parameter_or_line() -> None:
    blocks = "input: 3x8x8\nblocks:\n  f(c, res, stride=1):\n  - conv c 3 /stride half\n  - add(id, res)\n"
    layers = "layers:\n  res: conv 4 1\n  x: f 4 {}\n"
    assert outputs(blocks + layers.format("res")) == outputs(blocks + layers.format("res=res 1"))
    assert codes(blocks + layers.format("res 1")) == ["T112"]


def test_a_label_behind_else_is_used_like_any_other() -> None:
    """It is all that is used of its line."""
    text = "input: 3x8x8\nlayers:\n  a: relu if C == 4 else conv 4 1 as v\n  b: input | conv 4 1\n  c: add(b, v)"
    assert codes(text) == []


def test_labels_and_claims() -> None:
    assert outputs("3x8x8 | conv 4 3 p1 as u | relu | add(u, id) => 4x8x8")[-1] == (4, 8, 8)
    assert codes("3x8x8 | conv 4 3 p1 => 4x9x9 | relu") == ["E102"]
    assert codes("3x8x8 | gap => 3 | fc 2 => 2") == []
    assert codes("3x8x8 | conv 4 3 as u | relu as u") == ["G105"]


def test_residual() -> None:
    assert codes("3x8x8 | residual(conv 3 3 p1)") == []
    assert codes("3x8x8 | residual(conv 4 3 p1)") == ["S109"]
    assert [k for _, k, _ in rows("3x8x8 | residual(conv 4 3 p1, project = none)")] == ["conv"]
    assert [k for _, k, _ in rows("3x8x8 | residual(conv 4 3 p1, project = conv 4 1)")] == ["conv", "conv", "add"]


def test_fork_and_its_parts() -> None:
    text = "input: 3x8x8\nlayers:\n  h: fork(loc = conv 4 1, conf = conv 2 1)\n  x: h.loc | relu\noutputs: [x, h]"
    report = cnncalc.analyse(cnncalc.parse(text, "n.yaml"))
    assert [name for name, _ in report.outputs] == ["x", "h.loc", "h.conf"]
    assert codes("input: 3x8x8\nlayers:\n  h: fork(a = relu, b = tanh)\n  x: gelu") == ["G107"]


def test_unpool_takes_the_indices_of_its_pooling() -> None:
    text = "input: 3x9x9\nlayers:\n  p: conv 4 3 | maxpool 2 /2\n  u: relu | unpool p"
    report = cnncalc.analyse(cnncalc.parse(text, "n.yaml"))
    assert report.rows[-1].output == (4, 7, 7)
    assert report.rows[-1].inputs == ("u.relu", "p.maxpool")
    assert codes("input: 3x9x9\nlayers:\n  p: conv 4 3\n  u: relu | unpool p") == ["S110"]


# -- files ---------------------------------------------------------------------------------------------------------


def test_defaults_hold_where_nothing_is_given() -> None:
    text = "input: 3x8x8\ndefaults: {conv: nobias half, maxpool: ceil}\nlayers:\n  a: conv 4 3 | conv 4 3 bias p0 | maxpool 4"
    report = cnncalc.analyse(cnncalc.parse(text, "n.yaml"))
    assert [row.output for row in report.rows] == [(4, 8, 8), (4, 6, 6), (4, 2, 2)]
    assert [row.params for row in report.rows] == [108, 148, 0]


def test_a_parameter_of_a_block_may_be_called_like_an_option() -> None:
    """Then the word is the argument, whatever it was at the call before or in the same words outside of the block."""
    text = "b(half): conv 8 3 1 half; a(inplace): relu inplace; 3x9x9 | conv 8 3 1 half | b 0 | b 2 | a true | a false"
    assert outputs(text)[:3] == [(8, 9, 9), (8, 7, 7), (8, 9, 9)]
    layers = [row.node.layer for row in cnncalc.analyse(cnncalc.parse(text)).rows]
    assert [getattr(layer, "inplace", None) for layer in layers[3:]] == [True, False]


def test_params_variants_and_set() -> None:
    text = "params: {w: 4}\nvariants:\n  wide: {w: 8, expect: {params: 32}}\n  base: {}\ninput: 3x8x8\nlayers: conv w 1\nexpect: {params: 16}"
    assert outputs(text) == [(4, 8, 8)]
    assert cnncalc.analyse(cnncalc.parse(text, "n.yaml", variant="wide")).diagnostics == []
    assert cnncalc.analyse(cnncalc.parse(text, "n.yaml", variant="base")).diagnostics == []
    assert cnncalc.analyse(cnncalc.parse(text, "n.yaml", set={"w": 2})).rows[0].output == (2, 8, 8)
    assert codes(text, set={"v": 2}) == ["T111"]
    assert codes(text, variant="narrow") == ["T113"]
    assert codes(text.replace("params: 32", "params: 33"), variant="wide") == ["E101"]


def test_params_that_are_worked_out_follow_those_that_are_set() -> None:
    text = (
        "params: {w: 2, c: 4*w, d: c+1}\nvariants: {wide: {w: 3, d: 2*w}}\ninput: 3x8x8\nlayers: [conv c 1, conv d 1]"
    )
    assert outputs(text) == [(8, 8, 8), (9, 8, 8)]
    assert [out for _, _, out in rows(text, set={"w": 5})] == [(20, 8, 8), (21, 8, 8)]
    assert [out for _, _, out in rows(text, set={"c": 5})] == [(5, 8, 8), (6, 8, 8)]
    assert [out for _, _, out in rows(text, variant="wide")] == [(12, 8, 8), (6, 8, 8)]
    assert codes("params: {w: 2, c: 1/w}\ninput: 3x8x8\nlayers: conv 4*c 1", set={"w": 0}) == ["T109"]


def test_what_nets_expect_is_that_of_the_file_as_it_stands() -> None:
    """A variant that sets numbers is another network; what nobody would compare is refused."""
    text = "params: {w: 4}\nvariants: {wide: {w: 8}, same: {}}\nnets: {g: {input: 3x8x8, layers: conv w 1, expect: {params: 16}}}"
    assert codes(text) == codes(text, variant="wide") == codes(text, variant="same") == codes(text, set={"w": 2}) == []
    assert codes(text.replace("16", "17")) == codes(text.replace("16", "17"), variant="same") == ["E101"]
    assert codes(f"{text}\nexpect: {{params: 16}}") == ["Y107"]
    assert codes(f"{text}\nper_image: 2") == ["Y107"]
    assert codes(text.replace("w: 8", "w: 8, expect: {params: 32}")) == ["Y107"]


def test_shared_weights_count_once() -> None:
    text = "input: 3x8x8\nshared:\n  f(): conv 3 3 p1 | bn\nlayers:\n  a: f | relu\n  b: f"
    report = cnncalc.analyse(cnncalc.parse(text, "n.yaml"))
    assert report.totals.params == 3 * 3 * 9 + 3 + 6
    assert report.totals.buffers == 7
    assert report.totals.macs == 2 * 81 * 64
    assert report.find("b.f.conv").weights_of == "a.f.conv"  # type: ignore[union-attr]
    assert codes("input: 3x8x8\nshared:\n  f(): conv 4 3 p1\nlayers:\n  a: f\n  b: f") == ["S111"]


@pytest.mark.parametrize(
    "body, second",
    [
        ("bn frozen", "tile 2 | f"),
        ("bn noaffine", "tile 2 | f"),
        ("(bn if H == 8 else bn notrack)", "pad 1 | f"),
    ],
)
def test_shared_blocks_share_what_is_not_learned_too(body: str, second: str) -> None:
    assert codes(f"input: 3x8x8\nshared:\n  f(): {body}\nlayers:\n  a: f\n  b: {second}") == ["S111"]
    assert not codes(f"input: 3x8x8\nshared:\n  f(): {body}\nlayers:\n  a: f\n  b: relu | f")


def test_shared_blocks_of_one_name_in_two_files_are_two(tmp_path: Path) -> None:
    """A block of the imported file uses the one that stands beside it."""
    (tmp_path / "necks.yaml").write_text("shared: {head(): conv 4 3 p1}\nblocks: {neck(): head | relu}", "utf-8")
    text = "import: necks.yaml\ninput: 3x8x8\nshared: {head(): conv 4 3 p1 %s}\nlayers: add(neck, head)"
    for bias in ("", "nobias"):
        (tmp_path / "net.yaml").write_text(text % bias, "utf-8")
        weights = [row.params for row in cnncalc.analyse(tmp_path / "net.yaml") if row.kind == "conv"]
        assert weights == [112, 108 if bias else 112]


def test_several_inputs_are_used_by_name() -> None:
    assert outputs("inputs: {a: 3x8x8, b: 2x8x8}\nlayers: concat(a, b)") == [(5, 8, 8)]
    assert codes("inputs: {a: 3x8x8, b: 2x8x8}\nlayers: relu") == ["G108"]


def test_nets_tie_their_shapes() -> None:
    text = "nets:\n  g: {input: 8x1x1, layers: deconv 3 4}\n  d: {input: g, layers: conv 1 4}"
    reports = cnncalc.analyse_all(cnncalc.parse(text, "n.yaml"))
    assert [report.outputs[0][1] for report in reports] == [(3, 4, 4), (1, 1, 1)]


def test_another_input_is_that_of_the_first_net() -> None:
    """The second takes what the first makes, and a third keeps its own; all three call it ``input``."""
    nets = "a: {input: 8x4x4, layers: deconv 3 2 /2}, b: {input: a, layers: conv 1 4}, c: {input: 1x5x5, layers: relu}"
    reports = cnncalc.analyse_all(cnncalc.parse(f"{{nets: {{{nets}}}}}", input=(8, 6, 6)))
    assert [report.inputs for report in reports] == [(("input", each),) for each in ((8, 6, 6), (3, 12, 12), (1, 5, 5))]
    assert len(cnncalc.analyse_all(cnncalc.load("dcgan", input="50x1x1"))) == 2


def test_imports_stay_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text(
        "params: {k: 3}\ndefaults: {conv: nobias}\nblocks:\n  f(c): conv c k half\ninput: 3x8x8\nlayers: f 4\n", "utf-8"
    )
    path = tmp_path / "net.yaml"
    path.write_text("import: blocks.yaml\nparams: {k: 5}\ninput: 3x8x8\nlayers: f 4 | conv 4 k half\n", "utf-8")
    report = cnncalc.analyse(path)
    assert [row.params for row in report.rows] == [4 * 3 * 9, 4 * 4 * 25 + 4]
    for target in ("/etc/passwd", "../net.yaml", "no.yaml", "net.yaml", "sub/../../x.yaml"):
        path.write_text(f"import: {target}\ninput: 3x8x8\nlayers: relu\n", "utf-8")
        with pytest.raises(SpecError) as caught:
            cnncalc.load(path)
        assert caught.value.diagnostics[0].code == "G111"
    (tmp_path / "a.yaml").write_text("import: b.yaml\ninput: 3x8x8\nlayers: relu\n", "utf-8")
    (tmp_path / "b.yaml").write_text("import: a.yaml\ninput: 3x8x8\nlayers: relu\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        cnncalc.load(tmp_path / "a.yaml")
    assert "circle" in str(caught.value)


def test_a_file_is_read_once_however_many_import_it(tmp_path: Path) -> None:
    """Each of them imports the next one twice: 2**14 readings, told once what is wrong with the last."""
    for number in range(14):
        (tmp_path / f"b{number}.yaml").write_text(f"import: [b{number + 1}.yaml, ./b{number + 1}.yaml]", "utf-8")
    (tmp_path / "b14.yaml").write_text("blocks: {f(c): conv c 1, g(): relu |}", "utf-8")
    (tmp_path / "net.yaml").write_text("import: b0.yaml\ninput: 3x8x8\nlayers: f 4", "utf-8")
    opened: list[str] = []

    def opening(name: str) -> Source:
        opened.append(Path(name).name)
        return files.load_source(name)

    network = loading.network_of(files.load_source(tmp_path / "net.yaml"), open_file=opening)
    assert opened == [f"b{number}.yaml" for number in range(15)]
    assert [each.code for each in network.diagnostics] == ["Y201"]


def test_a_symbolic_link_does_not_lead_out(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.yaml").write_text("blocks:\n  f(c): conv c 1\ninput: 1\nlayers: relu\n", "utf-8")
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (inside / "net.yaml").write_text("import: link.yaml\ninput: 3x8x8\nlayers: f 3\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        cnncalc.load(inside / "net.yaml")
    assert caught.value.diagnostics[0].code == "G111"


@pytest.mark.parametrize(
    ("phrase", "code", "label", "help"),
    [
        ("conv 8 3 P1", "T101", "", "did you mean 'p1'? conv takes: channels, kernel, "),
        ("conv 8 3 p 1", "T101", "", "write p1, close together. conv takes: channels, kernel, "),
        ("conv 8 3 relu", "T101", "", "a layer is a step of its own: conv ... | relu. conv takes: "),
        ("conv(3, 8, kernel=3)", "T110", "it is 8 already", "conv takes: channels, kernel, stride, "),
        ("gap | reshape Cx1x1", "T101", "", "a size that is calculated has commas: (C, 1, 1). reshape takes: size"),
        ("bn 3", "T104", "", "bn takes: [affine, track, frozen, eps]; what flows in is known, and no argument"),
        ("fc 10 20", "T104", "", "fc takes: features [bias]; what flows in is known, and no argument"),
    ],
)
def test_arguments_in_another_notation(phrase: str, code: str, label: str, help: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.analyse(cnncalc.parse(f"3x8x8 | {phrase}"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.label) == (code, label) and found.help[0].startswith(help)


@pytest.mark.parametrize(
    ("phrase", "settings"), [("pad ((1+1, 0), 1)", "2:0x1"), ("pad 1:2", "1:2"), ("pad 1x2", "1x2"), ("pad 3", "3")]
)
def test_sides_are_shown_as_they_are_written(phrase: str, settings: str) -> None:
    report = cnncalc.analyse(cnncalc.parse(f"3x8x8 | {phrase}"))
    assert report.rows[0].kernel == settings
    assert outputs(f"3x8x8 | {phrase}") == outputs(f"3x8x8 | pad {settings}")


@pytest.mark.parametrize("shape", ["1x32x32", "1,32,32", "(1, 32, 32)", (1, 32, 32)])
def test_another_input_is_written_as_in_a_file(shape: str | tuple[int, ...]) -> None:
    assert cnncalc.analyse(cnncalc.load("lenet5", input=shape)).inputs[0][1] == (1, 32, 32)


@pytest.mark.parametrize("shape", [(1, 0, 32), (1, -4, 32), (1.0, 32, 32), (1, "a"), "1x0x32"])
def test_another_input_that_is_no_shape(shape: str | tuple[int, ...]) -> None:
    with pytest.raises(SpecError, match=r"T104 .* is no shape"):
        cnncalc.load("lenet5", input=shape)
    with pytest.raises(SpecError, match="T107"):
        cnncalc.load("alexnet", input=(224, 224, 3))


def test_another_number_is_the_decimal_that_it_is_written_as() -> None:
    """1.1*10 is 11, as in a file and behind ``--set``; in binary it is a little more, and no number of channels."""
    text = "params: {w: 1}\ninput: 3x8x8\nlayers: conv 10*w 3"
    for number in (1.1, Fraction(11, 10), loading.read_setting("w=1.1")[1]):
        assert rows(text, set={"w": number})[0][2] == (11, 6, 6)
    for wrong in (None, "2", [2], float("nan"), float("inf")):
        with pytest.raises(SpecError, match="T104 set takes numbers, got w="):
            cnncalc.parse(text, set={"w": wrong})


def test_another_input_with_its_channels_last() -> None:
    for text in ("224x224x3", "224,224,3"):
        with pytest.raises(SpecError) as caught:
            cnncalc.load("zfnet", input=text)
        (found,) = caught.value.diagnostics
        assert (found.code, found.help) == ("T107", ("write 3x224x224",))


def test_long_form_is_the_same_table() -> None:
    long = "input: 3x8x8\nlayers:\n  a: {op: conv, channels: 4, kernel: [3, 3], pad: [[0, 1], 1], bias: false}\n  b: {op: relu}\n  c: {op: add, from: [a, b]}"
    short = "input: 3x8x8\nlayers:\n  a: conv 4 3x3 p0:1x1 nobias\n  b: relu\n  c: add(a, b)"
    assert rows(long) == rows(short)
    assert codes("input: 3x8x8\nlayers:\n  a: {op: conv, channels: 4, kernal: 3}") == ["T101"]
    assert codes("input: 3x8x8\nlayers:\n  a: {op: conv, channels: yes, kernel: 3}") == ["T108"]
    assert codes("input: 3x8x8\nlayers:\n  a: {op: conv, channels: '4', kernel: 3}") == []


def test_strict_tiling() -> None:
    assert codes("3x224x224 | conv 96 11 /4") == []
    text = "tiling: strict\ninput: 3x224x224\nlayers: conv 96 11 /4"
    assert codes(text) == ["S101"]
    report = cnncalc.analyse("3x224x224 | conv 96 11 /4")
    assert report.rows[0].unread == (1, 1)
    with pytest.raises(SpecError):
        cnncalc.analyse("3x224x224 | conv 96 11 /4", strict=True)


def test_expectations_to_their_own_precision() -> None:
    text = "input: 3x8x8\nlayers:\n  a: conv 100 3\nexpect: {%s}"
    for good in (
        "params: 2800",
        "params: 2.8k",
        "params: 3k",
        "a.params: '2,800'",
        "a: 100x6x6",
        "output: 100x6x6",
        "macs: 97.2k",
    ):
        assert codes(text % good) == [], good
    for bad in ("params: 2801", "params: 2.9k", "a: 100x6x5", "output: 100x7x7", "macs: 97.3k", "a.params: 1"):
        assert codes(text % bad) == ["E101"], bad
    assert codes(text % "b: 3x3x3") == ["E103"]


def test_reserved_names() -> None:
    for word in ("output", "params", "weights", "macs", "memory", "total", "C", "H"):
        assert codes(f"input: 3x8x8\nlayers:\n  {word}: relu") == ["G110"]


def test_input_option_and_override() -> None:
    network = cnncalc.load("resnet50", input="3x256x256")
    assert cnncalc.analyse(network).outputs[0][1] == (1000,)
    assert cnncalc.analyse(network).find("conv5").output == (2048, 8, 8)  # type: ignore[union-attr]


# -- the number of the round -----------------------------------------------------------------------------------------


def channels(text: str) -> list[int]:
    return [output[0] for name, kind, output in rows(text) if kind == "conv"]


@pytest.mark.parametrize(
    "text, found",
    [
        ("3x8x8 | (conv 8*(i+1) 1)*3", [8, 16, 24]),
        ("3x8x8 | (conv i+1 1)*3", [1, 2, 3]),
        ("3x8x8 | ((conv 4*i+2 1)*2 | conv 10*(i+1) 1)*2", [2, 6, 10, 2, 6, 20]),
        ("3x8x8 | (conv 8 1 if i > 0 else conv 4 1)*3", [4, 8, 8]),
        ("3x8x8 | (conv 5 1 | add(id, conv 5 1))*2 | (conv i+1 1)*2", [5, 5, 5, 5, 1, 2]),
        ("b(c): (conv c 1)*2; 3x8x8 | (b i+3)*2", [3, 3, 4, 4]),
        ("b(c=i): conv c 1; 3x8x8 | (b 2)*2", [2, 2]),
        ("input: 3x8x8\nparams: {i: 7}\nlayers: {a: (conv i 1)*2}", [7, 7]),
    ],
)
def test_the_number_of_the_round(text: str, found: list[int]) -> None:
    assert channels(text) == found


def test_rounds_that_differ_are_not_stamped() -> None:
    """The shapes are the same from round to round; the layers are not."""
    report = cnncalc.analyse(cnncalc.parse("4x8x8 | (conv 4 1 | dropout (i/4))*4"))
    layers = [row.node.layer for row in report.rows if row.kind == "dropout"]
    assert [getattr(layer, "p", None) for layer in layers] == [0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("text", ["3x8x8 | conv i+1 1", "b(): conv i+1 1; 3x8x8 | (b)*2"])
def test_no_round_outside_of_a_repeat(text: str) -> None:
    with pytest.raises(SpecError, match="T108") as error:
        cnncalc.analyse(cnncalc.parse(text))
    assert "is the number of the round" in error.value.diagnostics[0].help[0]


# -- what a variant says of itself -----------------------------------------------------------------------------------

VARIANTS = """
name: Small
year: 2001
input: 3x8x8
params: {c: 4}
variants:
  small: {}
  wide: {c: 8, name: Wide, year: 2003, expect: {params: 224}}
  deep: {c: 9}
layers: conv c 3
"""


def test_a_name_and_a_year_per_variant() -> None:
    found = {name: cnncalc.parse(VARIANTS, variant=name) for name in (None, "small", "wide", "deep")}
    assert [each.name for each in found.values()] == ["Small", "Small", "Wide", "Small"]
    assert [each.title for each in found.values()] == ["Small", "Small", "Wide", "deep"]
    assert [each.extra["year"].value for each in found.values()] == ["2001", "2001", "2003", "2001"]


@pytest.mark.parametrize(
    "old, new, code",
    [
        ("year: 2003", "year: soon", "T104"),
        ("year: 2001", "year: 20011", "T104"),
        ("name: Wide", "name: [Wide]", "Y107"),
        ("name: Wide", "title: Wide", "T111"),
        ("params: {c: 4}", "params: {c: 4, year: 1}", "G110"),
    ],
)
def test_what_a_variant_cannot_say(old: str, new: str, code: str) -> None:
    assert codes(VARIANTS.replace(old, new)) == [code]
