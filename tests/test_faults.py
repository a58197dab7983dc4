"""What is wrong with a text, one small text for every way to be wrong that no other test shows."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.errors import Diagnostic, SpecError

SOME = "input: 3x8x8\nlayers: [relu]"
FORK = "fork(a = relu, b = relu)"
PAIR = "nets:\n  g:\n    input: 3x8x8\n    layers:\n      a: relu\n      b: input | relu\n    outputs: [a, b]\n  d: "

FAULTS: list[tuple[str, str, str]] = [
    # where an input stands
    ("a: 3x8x8 | relu", "Y201", "3x8x8 cannot begin this line"),
    ("3x8x8 | relu; 4x8x8 | relu", "Y201", "4x8x8 cannot begin this line"),
    ("784 | relu; 10 | relu", "Y201", "10 cannot begin this line"),
    ("input: 3x8x8\nlayers: {a: relu, pool1: 96x27x27}", "Y201", "96x27x27 is no layer"),
    ("784", "Y201", "something is missing after '784'"),
    ("input: 3x8x8\nlayers:\n - 4x8x8 | relu", "S110", "the input is 3x8x8, not 4x8x8"),
    ("input: 0x3x3\nlayers: [relu]", "T104", "an input's sizes must be whole numbers from 1"),
    ("params: {s: 2.5}\ninput: [3, s, s]\nlayers: [relu]", "T104", "an input's sizes must be whole numbers from 1"),
    ("params: {s: 784}\ninput: s\nlayers: [relu]", "G101", "there is no net called 's' above"),
    ("input: []\nlayers: [relu]", "T104", "an input needs at least one size"),
    ("input: {a: 1}\nlayers: [relu]", "Y107", "an input is a shape such as 3x224x224"),
    ("input: [3, {a: 1}, 2]\nlayers: [relu]", "Y107", "a value is a number, a size, a word or a list of them"),
    ("inputs: {a: 3x8x8}\ninput: 3x8x8\nlayers: [a | relu]", "Y107", "a net has either input or inputs"),
    ("inputs: {C: 3x8x8}\nlayers: [C | relu]", "G110", "'C' is the name of a size"),
    (f"{PAIR}{{input: g, layers: [relu]}}", "G107", "net 'g' has 2 outputs"),
    # keys of a file
    (f"{SOME}\nper_image: 2.5", "T104", "per_image must be a whole number from 1"),
    (f"{SOME}\nper_image: zz", "T108", "no parameter called 'zz'"),
    (f"{SOME}\n?", "Y103", "unknown key ''"),
    (f"{SOME}\nname: [a]", "Y107", "name must be a single value"),
    (f"{SOME}\nabout: {{a: b}}", "Y107", "about must be a single value"),
    (f"{SOME}\nyear: 15", "T104", "a year has four digits"),
    (f"{SOME}\nconv: nobias", "Y103", "unknown key 'conv'"),
    (f"{SOME}\nparams: {{n: 3x3}}", "T104", "parameter n must be a number"),
    (f"{SOME}\ndefaults: {{conv: [nobias]}}", "Y107", "defaults are options of a layer"),
    (f"{SOME}\ndefaults: {{conv: nobias | relu}}", "Y107", "defaults are options of one layer"),
    ("nets: {a: {input: 3x8x8, layers: [relu]}}\nlayers: [relu]", "Y107", "a file has either nets or layers"),
    ("nets: {1a: {input: 3x8x8, layers: [relu]}}", "Y107", "a net's name must be a word, got '1a'"),
    ("nets: {a: {input: 3x8x8}}", "Y106", "net 'a' has no layers"),
    ("nets: {a: relu}", "Y107", "net a must be a mapping"),
    ("input: 3x8x8\nlayers: [a: relu, b: relu]\noutputs: [b, b]", "G105", "output 'b' stands twice"),
    ("input: 3x8x8\nlayers: [a: relu]\nexpect: {a: [3, [8], 8]}", "Y107", "an expected figure must be a single value"),
    (f"{SOME}\nparams: {{w: 0.123456789012345, v: w*w*w}}", "T106", "a fraction with a denominator larger than 10^30"),
    # blocks and lines
    (f"{SOME}\nblocks: {{conv(c): relu}}", "G105", "'conv' is a layer already"),
    (f"{SOME}\nblocks: {{a(C): relu}}", "G110", "'C' is the name of a size"),
    (f"{SOME}\nblocks:\n  a(c): relu\n  a(d): relu", "G105", "block 'a' is defined twice"),
    (f"{SOME}\nblocks:\n  a(c):", "Y106", "block a has no layers"),
    ("input: 3x8x8\nlayers: [{a: relu, b: relu}]", "Y107", "one phrase, or one `name: phrase`"),
    ("input: 3x8x8\nlayers: [[relu]]", "Y107", "a line is a phrase, or a mapping with `op:`"),
    ("blocks:\n  a(c): relu\ninput: 3x8x8\nlayers: [a: relu]", "G105", "'a' is a block and a line"),
    ("inputs: {a: 3x8x8}\nlayers: [a: relu]", "G105", "'a' is an input and a line"),
    # the long form
    ("input: 3x8x8\nlayers:\n - op: conv\n   channels:", "Y106", "'channels' has no value"),
    ("input: 3x8x8\nlayers:\n - op: add", "Y106", "add in the long form needs `from:`"),
    ("input: 3x8x8\nlayers:\n - op: add\n   from: [{a: 1}]", "Y107", "`from:` is the name of a line, or a list"),
    (
        "input: 3x8x8\nlayers:\n - a: relu\n - {op: add, from: [a, input], inplace: yes}",
        "T104",
        "must be true or false",
    ),
    ("input: 3x8x8\nlayers:\n - op: residual", "Y107", "residual has no long form"),
    ("input: 3x8x8\nlayers:\n - a: relu\n - {op: relu, from: [a, input]}", "T103", "relu takes one input"),
    # names
    ("3x8x8 | relu as x; relu | x 3", "T103", "'x' is a line: it takes no arguments"),
    ("3x8x8 | relu as x; relu | x", "G101", "'x' is a line, not a layer"),
    ("3x8x8 | relu; y: y | relu", "G102", "'y' cannot use itself"),
    ("3x8x8 | relu | b; b: relu", "G102", "'b' is not defined yet"),
    ("b(n): conv n 1 | skip; 3x8x8 | relu; skip: relu; b 3", "G101", "a block does not see the line 'skip'"),
    ("3x8x8 | relu as a; conv a.X 1", "T108", "'a.X' is no number"),
    ("3x8x8 | relu as a; conv zz.C 1", "G101", "there is no line called 'zz'"),
    ("3x8x8 | relu as a | relu as a", "G105", "the name 'a' is taken already"),
    ("3x8x8 | relu as b | relu; b: conv 4 1", "G105", "the name 'b' is taken already"),
    ("3x8x8 | relu; b: conv 4 1 as b | relu", "G105", "the name 'b' is taken already"),
    ("input: 3x8x8\nblocks: {f(): [a: relu as b, b: conv 4 1]}\nlayers: f", "G105", "the name 'b' is taken already"),
    ("3x8x8 | relu as C | conv C 1", "G110", "'C' is a reserved name"),
    ("3x8x8 | relu as output | conv 4 1", "G110", "'output' is a reserved name"),
    ("input: 3x8x8\nlayers: {a: conv 4 1, a.conv: relu}", "G105", "two layers are called 'a.conv'"),
    ("input: 3x8x8\nlayers: {a.conv: relu, a: conv 4 1}", "G105", "two layers are called 'a.conv'"),
    (
        "input: 3x8x8\nlayers: {a: {op: fc, features: 2, from: input}, a.fc: {op: relu, from: a}}",
        "G105",
        "called 'a.fc'",
    ),
    # arguments of blocks
    ("b(n=zz): conv n 1; 3x8x8 | b", "T108", "no parameter called 'zz'"),
    ("b(n): conv n 1; 3x8x8 | b n=3 n=4", "T110", "b's n is given twice"),
    ("b(n): conv n 1; 3x8x8 | b d7", "G101", "block b has no parameter 'd', and there is no line called 'd7'"),
    # merges and forks
    (f"3x8x8 | {FORK} | conv 4 1", "G107", "several values flow in here: a, b"),
    (f"3x8x8 | {FORK} | relu if C == 3", "G107", "several values flow in here: a, b"),
    (f"3x8x8 | {FORK} | (relu)*C", "G107", "several values flow in here: a, b"),
    (f"3x8x8 | relu; h: {FORK}; h.a | conv h.C 1", "G107", "several values here: a, b"),
    (f"3x8x8 | relu; h: {FORK}; h.a | crop h", "G107", "several values here: a, b"),
    (f"3x8x8 | relu; h: {FORK}; h.a | unpool h", "G107", "several values here: a, b"),
    ("layers: [(relu)*C]", "G108", "nothing flows in here"),
    (f"3x8x8 | {FORK} => 3x8x8", "G107", "several values: a claim needs one"),
    ("3x8x8 | concat(inplace, id, relu)", "G101", "no layer, block or earlier line called 'inplace'"),
    (f"3x8x8 | add({FORK}, id)", "G107", "several values here: a, b"),
    ("3x8x8 | fork(a = relu, a = relu)", "G105", "fork has two branches called 'a'"),
    ("3x8x8 | concat", "T102", "concat needs its branches in parentheses"),
    ("3x8x8 | add(a = relu, id)", "T101", "add's branches have no names"),
    ("3x8x8 | add(inplace)", "T102", "add needs branches"),
    ("3x8x8 | residual(relu, projekt = relu)", "T101", "residual has no option 'projekt'"),
    ("3x8x8 | residual(relu, relu)", "T103", "residual takes a body and at most one projection"),
    # values that a layer cannot have
    ("3x8x8 | conv 4 3 pad=(1,2,3)", "S106", "conv's pad has 3 axes, but what flows in has 2"),
    ("3x8x8 | conv 4 3 pad=((1,2,3),1)", "T104", "conv's pad takes two sides for an axis"),
    ("3x8x8 | conv 4 3 pad=(-1)", "T104", "conv's pad must be at least 0, got -1"),
    ("3x8x8 | conv 4 3 pad=true", "T104", "conv's pad must be a whole number, got true"),
    ("3x8x8 | conv 4 3 bias=3", "T104", "conv's bias must be true or false, got 3"),
    ("3x8x8 | adaptive 2.5", "T105", "adaptive's size must be a whole number, got 2.5"),
    ("3x8x8 | adaptive (2,true)", "T104", "adaptive's size must be a whole number, got true"),
    ("3x8x8 | dropout 1.5", "T104", "dropout's p must lie between 0 and 1, got 1.5"),
    ("3x8x8 | lrn k=same", "T104", "lrn's k must be a number, got 'same'"),
    ("3x8x8 | bn frozen noaffine", "T112", "noaffine goes against it"),
    ("3x8x8 | bn frozen track=false", "T112", "notrack goes against it"),
    ("3x8x8 | pad 1x2x3", "S106", "pad has 3 axes, but what flows in has 2"),
    ("3x8 | pixelunshuffle 2", "S106", "pixelunshuffle needs two spatial axes, but 3x8 flows in"),
    ("3x8x8 | pixelunshuffle 3", "S110", "8x8 does not part into squares of 3x3"),
    ("3x8x8 | maxpool 2 p3", "S108", "leaves windows that see only padding"),
    ("3x8x8 | deconv 4 1 p4", "S102", "the padding takes all of the output's axis H"),
    (
        "input: 3x8x8\nlayers: [{op: conv, channels: 4, kernel: []}]",
        "T104",
        "must be a whole number or a size such as 3x3, got nothing",
    ),
    ("input: 3x8x8\nlayers: [{op: conv, channels: 4, kernel: [3, [2]]}]", "T104", "must be a whole number, got (2,)"),
    ("input: 3x8x8\nlayers: [{op: conv, channels: [4], kernel: 3}]", "T104", "must be a whole number, got (4,)"),
    ("3x8x8 | maxpool 2 as p | unpool p kernel=3", "T101", "unpool takes its kernel from the pooling that it undoes"),
    # repeats
    ("3x8x8 | (conv 4 1)*(3/2)", "T105", "a repeat needs a whole number from 0, got 1.5"),
    ("3x8x8 | (conv 4 1)*(1==1)", "T105", "a repeat needs a whole number from 0, got true"),
    ("3x8x8 | (conv 4 1)*100000000", "G112", "more than the limit of 10,000"),
    ("3x8x8 | (relu)*9999 | (relu)*9999 | (conv 4 1 | (relu)*9999)*99", "G112", "layers"),
]


def faults(text: str) -> tuple[Diagnostic, ...]:
    try:
        cnncalc.analyse(cnncalc.parse(text))
    except SpecError as error:
        return error.diagnostics
    return ()


@pytest.mark.parametrize(("text", "code", "message"), FAULTS)
def test_fault(text: str, code: str, message: str) -> None:
    found = faults(text)
    assert [(each.code, message in each.message) for each in found] == [(code, True)], found
    assert found[0].mark is not None


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("3x8x8 | add(conv 8 3, conv 8 3, conv 16 3)", "conv 16 3"),
        ("3x8x8 | add(inplace, conv 8 3, conv 16 3)", "conv 16 3"),
        ("3x8x8 | mul(gap, id, maxpool 2)", "maxpool 2"),
        ("3x8x8 | concat(id, maxpool 2, crop 7)", "maxpool 2"),
    ],
)
def test_the_branch_that_does_not_fit(text: str, branch: str) -> None:
    """The first one that does not go with those in front of it."""
    (found,) = faults(text)
    assert found.code == "S105" and found.mark is not None
    assert text[found.mark.start : found.mark.end] == branch


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("3x8x8 | add(relu)", 0),
        ("b(dilation): conv 4 3 d=dilation; 3x8x8 | b d2", 112),
        ("b(n): conv n 1; 3x8x8 | b n 3", 12),
        ("b(p): conv 4 3 pad=p; 3x8x8 | b half", 112),
        ("params: {s: 784}\ninput: [s]\nlayers: [fc 3]", 2355),
    ],
)
def test_no_fault(text: str, params: int) -> None:
    assert cnncalc.analyse(cnncalc.parse(text)).totals.params == params
