"""No rule ever raises, whatever loads in whole or in part, and every finding has a place inside its text."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc import rules
from cnncalc.errors import rule_files
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.fixing import fix
from cnncalc.linting.settings import Settings
from cnncalc.source import Source
from tests.mutations import corpus, mutate
from tests.test_rules import lies_inside

EVERYTHING = Settings(select=("ALL",), extend_select=tuple(rule_files()))
"""The rules that are off by default, too."""

CORPUS = corpus()

STEPS = (
    "conv 8 3 p1", "conv 8 3 p1 nobias", "conv 6 1 /2", "conv 8 4 half", "conv 8 3 p1 g2", "conv 16 1x3 p0x1 d2", "dwconv 3 p1",
    "deconv 8 3 /2", "deconv 8 2 /3", "local 4 3", "fc 10", "fc 2000", "fc 1", "bn", "bn notrack", "gn 4", "gn 8", "ln", "instnorm", "lrn",
    "l2norm", "scale", "relu", "relu inplace", "relu6", "lrelu", "prelu", "gelu", "tanh", "sigmoid", "hsigmoid", "softmax", "logsoftmax",
    "softplus", "elu", "dropout", "dropout 0", "dropout 1", "dropout 0.2 inplace", "dropout 0.1 spatial", "droppath", "droppath 1",
    "maxpool", "maxpool 2 /3", "maxpool 3 /1 p1", "maxpool 3 /2 ceil", "avgpool", "avgpool 1 /2", "gap", "gmp", "adaptive 7", "flatten",
    "reshape 8x4x4", "reshape 8x16", "upsample 2", "crop 2", "pad 1", "slice 0 2", "tile 2", "shuffle 2", "pixelshuffle 2", "id",
    "add(id, id)", "add(id, id inplace)", "mul(id, sigmoid)", "concat(id, relu)", "residual(relu inplace | conv C 3 p1)",
    "residual(bn | relu)", "mul(id, gap | conv C 1 | softmax)", "concat(conv 4 1 /2, avgpool 1 /2)", "(sigmoid | conv 8 1)*7",
    "f 4", "(f 8)*2", "t", "t | t", "conv 8 3 p1 as u | relu | concat(id, u)", "fork(a = softmax, b = id)",
)  # fmt: skip
"""What rules look for, in every order that comes."""

FORM = "input: {input}\ndefaults: {defaults}\nblocks:\n  f(c): conv c 3 p1 | bn\nshared:\n  t: conv 8 1 | relu\nlayers:\n  a: {a}\n  b: {b}\n"


def check(source: Source) -> Checked:
    checked = check_source(source, EVERYTHING)
    for each in checked.findings:
        lies_inside(each)
    return checked


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_mutated_files(seed: int) -> None:
    rng = random.Random(seed)
    text = mutate(rng.choice(CORPUS), rng)
    check(Source("spec.yaml" if "\n" in text else "<line>", text))


chains = st.lists(st.sampled_from(STEPS), min_size=1, max_size=8).map(" | ".join)
networks = st.builds(
    FORM.format,
    input=st.sampled_from(("8x16x16", "8x1x1", "8x16", "8", "8x4x4x4")),
    defaults=st.sampled_from(("{}", "{conv: nobias}", "{relu: inplace}", "{maxpool: ceil}")),
    a=chains,
    b=chains,
)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks)
def test_layers_in_any_order(text: str) -> None:
    check(Source("spec.yaml", text))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks)
def test_fixes_never_break_a_file(text: str) -> None:
    source = Source("spec.yaml", text)
    before = check(source)
    after = fix(source, EVERYTHING, unsafe=True)
    assert after.checked.loads or not before.loads
    for each in after.checked.findings:
        lies_inside(each)


def test_the_steps_reach_every_rule_of_practice() -> None:
    """The generator is worth something: all its steps behind each other make most rules speak."""
    rng = random.Random(1)
    seen: Counter[str] = Counter()
    for _ in range(1500):
        steps = [" | ".join(rng.choice(STEPS) for _ in range(rng.randrange(1, 6))) for _ in range(2)]
        text = FORM.format(input=rng.choice(("8x16x16", "8x1x1", "8x16")), defaults="{}", a=steps[0], b=steps[1])
        seen.update(each.code for each in check(Source("spec.yaml", text)).findings)
    silent = {code for code in rule_files() if code[0] == "P"} - set(seen)
    assert not {code: rules.load(code).name for code in silent}
