"""No rule raises, whatever stands in a file: budgets, figures in comments, and steps that are good for nothing."""

from __future__ import annotations

import random
import re
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mutations import corpus, mutate
from tests.test_lint_robustness import check, check_fix

COMMENTS = (
    "96x55x55", "3x224x224 -> 64x112x112", "25.6M params, 4.1 GMACs", "(227 - 11 + 2*0)/4 + 1 = 55", "(11*11*3)*96 + 96",
    "1e99 params", "1*1", "(((1", "0/0 = 1", "1 - - 1 = 0", "99999999999999999999x1x1", "1.5x2x3", "1,,1 params", "=> 0x0x0",
)  # fmt: skip
BUDGETS = (
    "params: 1k", "params: 0", "macs: {max: 1}", "flops: 1e300", "layers: 1", "receptive_field: {min: 9999, at: a.b}",
    "receptive_field: {max: 1}", "peak_memory: {max: 1, batch: 3}", "peak_memory: {max: 1KiB, dtype: float16, training: true}",
    "peak_memory: {max: 1, batch: 1000000}", "params: ''", "params: [1]", "params: {max: {max: 1}}", "macs: -1", "x: 1",
)  # fmt: skip
KEYS = (
    "params: {zz: 1, yy: zz}", "variants: {v1: {}, v2: {}, v3: {expect: {params: 1M}, budget: {params: 1}}}",
    "defaults: {dwconv: nobias, relu: inplace}", "blocks: {zz(a, b=C): relu}", "import: zz.yaml",
)  # fmt: skip
STEPS = (
    "id",
    "(relu)",
    "(relu | relu)",
    "(relu)*1",
    "relu if 1 < 2",
    "relu as zz",
    "conv 8 3 p3 d2 /1",
    "conv 8 1 p1",
    "maxpool 2 /2 p0",
)


def enriched(spec: str, rng: random.Random) -> str:
    """A text with more for the rules to find."""
    lines = spec.split("\n")
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(lines))
        lines[at] += f"  # {rng.choice(COMMENTS)}"
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(lines))
        bars = [found.start() for found in re.finditer(r" \| ", lines[at])]
        if bars:
            bar = rng.choice(bars)
            lines[at] = f"{lines[at][:bar]} | {rng.choice(STEPS)}{lines[at][bar:]}"
    if len(lines) > 1:
        lines += rng.sample(KEYS, rng.randrange(3))
        if rng.random() < 0.5:
            lines.append(f"budget: {{{', '.join(rng.sample(BUDGETS, 3))}}}")
        lines.insert(0, f"# {rng.choice(COMMENTS)}")
    return "\n".join([*lines, ""]) if len(lines) > 1 else lines[0]


def spec_of(rng: random.Random) -> str:
    spec = enriched(rng.choice(CORPUS), rng)
    return mutate(spec, rng) if rng.random() < 0.5 else spec


CORPUS = corpus()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_nothing_but_findings(seed: int) -> None:
    check(spec_of(random.Random(seed)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_no_fix_breaks_a_file(seed: int) -> None:
    rng = random.Random(seed)
    check_fix(spec_of(rng), unsafe=rng.random() < 0.5)


def many(count: int, seed: int) -> None:
    """So many texts, every tenth with fixes: ``python -m tests.test_rules_robustness 10000``."""
    rng = random.Random(seed)
    for number in range(count):
        spec = spec_of(rng)
        try:
            check(spec) if number % 10 else check_fix(spec, unsafe=True)
        except Exception:
            print(f"number {number} of seed {seed}:\n{spec}")
            raise


if __name__ == "__main__":
    many(int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
