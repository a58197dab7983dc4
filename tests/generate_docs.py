"""Writes the generated pages of docs/: ``python -m tests.generate_docs``; a test fails where one is stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from textwrap import fill

from cnncalc import api
from cnncalc.analysis.reference import Reference, references
from cnncalc.layers import kind_of
from cnncalc.render import reference as render
from tests import generate_networks

DOCS = Path(__file__).parent.parent / "docs"
PAGES = DOCS.parent / "cnncalc" / "pages"

HEAD = """\
# The layers

One table for phrases, the long form, the JSON Schema and this page. An argument without a default is required; their
order is that of positional arguments. *Short* is how an option is written in a phrase; in the long form it has its full name.
A value that is one number for every axis may be a size (`3x3`, in the long form `[3, 3]`). How phrases are put together
is told in [The language](language.md). `cnncalc explain conv` prints the section of a layer, `cnncalc list --layers` names
them all.

<!-- Written by `python -m tests.generate_docs`; do not edit. -->
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for family, kinds in render.by_family(references()).items():
        parts.append(f"## {render.FAMILIES[family]}\n")
        if family == "activation":
            parts.append(activations(kinds))
            kinds = [each for each in kinds if each.example]
        parts += [f"##{render.markdown(each)}" for each in kinds]
    return "\n".join(parts)


def activations(kinds: list[Reference]) -> str:
    """The activations in one table; those with arguments of their own stand below."""
    lines = ["| layer | also written | what it does |", "| --- | --- | --- |"]
    for each in kinds:
        about = each.about.replace("|", "\\|")
        lines.append(f"| `{each.word}` | {render.listed(each.spellings)} | {about} |")
    flagged = [each.word for each in kinds if any(other.name == "inplace" for other in each.parameters)]
    return "\n".join(
        [
            *lines,
            "",
            f"{render.listed(flagged)} take `inplace`: the output overwrites the input, which changes memory only.",
            "",
        ]
    )


CLI_HEAD = """\
# Commands

`cnncalc --help` lists them, `cnncalc COMMAND --help` tells about one. TARGET is a file, a bundled name (`alexnet`,
`densenet201`; `cnncalc list` names them), `-` for stdin, or a network on one line.

Exit codes are the same in every command: 0 fine; 1 findings or figures that differ; 2 input that cannot be used, or a
wrong command line. Results go to stdout, diagnostics and progress to stderr; with `--format json` the diagnostics stand in
the document. There is colour on a terminal only; `NO_COLOR`, `FORCE_COLOR` and `COLUMNS` are honoured. Completion:
`cnncalc completion bash|zsh|fish` prints a script for the shell.

<!-- Written by `python -m tests.generate_docs`; do not edit. -->
"""


def cli_page() -> str:
    """Every command with its own help."""
    import click

    from cnncalc.cli import _commands
    from cnncalc.cli._group import group

    parts = [CLI_HEAD]
    for name in _commands.names():
        context = click.Context(
            group, info_name="cnncalc", max_content_width=100, terminal_width=100, **group.context_settings
        )
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


def diagnostics_page() -> str:
    """The pages of all codes, one after the other."""
    from cnncalc.errors import CODES, TOPICS, codes
    from cnncalc.render.page import TOPIC_NAMES

    topics = ", ".join(f"{letter} {TOPIC_NAMES[letter]}" for letter in TOPICS)
    about = (
        f"Every message has a code and a name, frozen once released. The letter is the topic: {topics}. `cnncalc explain "
        "CODE` prints the page of one. The rules of the linter have a [page of their own](rules.md)."
    )
    head = f"""\
# Diagnostics

{fill(about, 118)}

<!-- Written by `python -m tests.generate_docs`; do not edit. -->
"""
    parts = [head]
    for code in (each for each in codes() if each in CODES):
        text = (PAGES / f"{code}.md").read_text("utf-8")
        parts.append(one_level_down(text))
    return "\n".join(parts)


def rules_page() -> str:
    """The pages of the lint rules, behind a table of them all."""
    from cnncalc.errors import rule_files
    from cnncalc.render import page as pages
    from cnncalc.render import rulebook

    head = """\
# The rules of `cnncalc lint`

What a file must not have besides the [diagnostics](diagnostics.md) of loading, which the linter tells too. How they are
chosen, ignored and configured stands in [Linting](lint.md). `cnncalc rule CODE` prints the page of one.

<!-- Written by `python -m tests.generate_docs`; do not edit. -->
"""
    table = [line for line in rulebook.markdown().splitlines() if line[2:6] in (*rule_files(), "rule", "--- ")]
    linked = [re.sub(r"^\| (\w\d{3}) ([\w-]+)", r"| [\1](#\1-\2) \2", line) for line in table]
    linked = [re.sub(r"#\w\d{3}", lambda found: found[0].lower(), line) for line in linked]
    parts = [head, "\n".join(linked) + "\n", *(one_level_down(pages.page(code)) for code in rule_files())]
    return "\n".join(parts)


def one_level_down(text: str) -> str:
    """A page with its headings one level lower; comments in code blocks stay."""
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(lines) + "\n"


MISTAKES_HEAD = """\
# Known mistakes

What people answer when they are asked for a figure of a layer, with the formula that leads there. The letters are those
of [The layers](layers.md): F the kernel, S the stride, P the padding, Cin and Cout the channels, g the groups, H and W
the sizes that flow in, H' and W' those that come out. Where a formula gives the right value, the mistake cannot show:
`cnncalc grade` lists those with every question. `cnncalc grade` names a mistake only where its value is exactly the
answer; how several answers tell mistakes apart is told in [Grading](grading.md).

<!-- Written by `python -m tests.generate_docs`; do not edit. -->
"""

CHAPTERS = (
    ("Sizes behind a window", ("conv", "maxpool"), ("size",)),
    ("Sizes behind a transposed convolution", ("deconv",), ("size",)),
    (
        "Sizes and channels of other layers",
        ("pad", "upsample", "gap", "flatten", "concat", "add", "fc"),
        ("size", "channels"),
    ),
    ("Channels", ("conv", "maxpool"), ("channels",)),
    ("Parameters of a convolution", ("conv", "dwconv"), ("params",)),
    ("Weights and biases of a convolution", ("conv",), ("weights", "biases")),
    ("Parameters without weight sharing", ("local",), ("params",)),
    ("Fully connected layers", ("fc",), ("params", "weights", "biases")),
    ("Normalisation", ("bn",), ("params",)),
    ("Layers that learn nothing", ("maxpool", "relu"), ("params",)),
    ("MACs and FLOPs", ("conv", "deconv", "fc", "maxpool"), ("macs", "flops")),
    ("Memory", ("conv",), ("memory",)),
)
"""Title, the kinds whose rules stand there, and what is asked."""

EXAMPLE_QUESTIONS = (
    ("Sums", "lecture_exercise", ("total.params", "total.macs", "total.memory")),
    ("Depthwise-separable convolutions", "32x56x56 | dwconv 3 p1 | conv 64 1", ("total.params",)),
    ("Receptive fields", "3x64x64 | conv 8 5 /2 | conv 8 3 /2 | conv 8 3", ("conv3.receptive_field",)),
    ("Blanks", "3x56x56 | conv 64 5 /2 p2", ("conv1.pad", "conv1.stride", "conv1.kernel")),
)
"""Mistakes that belong to no kind of layer, as they are made with these questions."""

EXAMPLE_ANSWERS = (
    ("alexnet", "conv1.output", "55x55", {}),
    ("alexnet", "conv1.output", "290400", {}),
    ("alexnet", "conv1.output", "55", {}),
    ("alexnet", "conv1.output", "55x55x96", {"order": "chw"}),
    ("3x20x40 | conv 8 3", "conv1.output", "8x38x18", {}),
    ("lecture_exercise", "conv2.output", "14x14x96", {"tiling": "strict"}),
    ("alexnet", "conv1.params", "34,944 bytes", {}),
)
"""Answers whose form gives them away."""


def mistakes_page() -> str:
    """Every known mistake: in letters where a kind of layer brings it, else by example."""
    parts = [MISTAKES_HEAD]
    for title, words, asks in CHAPTERS:
        rows = list(rules(words, asks))
        parts.append(
            "\n".join(
                [f"## {title}\n", "| name | asked of | what is given | why |", "| --- | --- | --- | --- |", *rows, ""]
            )
        )
    for title, network, questions in EXAMPLE_QUESTIONS:
        rows = list(by_example(network, questions))
        parts.append("\n".join([f"## {title}\n", "| name | for example | why |", "| --- | --- | --- |", *rows, ""]))
    parts.append(
        "\n".join(["## Forms of an answer\n", "| name | answer | why |", "| --- | --- | --- |", *by_form(), ""])
    )
    parts.append(
        "\n".join(["## Units\n", "| name | a count times | memory in bytes times |", "| --- | --- | --- |", *slips()])
    )
    return "\n".join(parts) + "\n"


def rules(words: tuple[str, ...], asks: tuple[str, ...]) -> Iterator[str]:
    """The rows of some kinds' rules, each formula once."""
    told: set[tuple[str, str]] = set()
    for word in words:
        kind = kind_of(word).layer
        for _, chapter in kind.mistakes():
            for rule in chapter:
                formula = rule.wrong.text({})
                asked = [ask for ask in rule.asks if ask in asks]
                if not asked or (rule.name, formula) in told:
                    continue
                told.add((rule.name, formula))
                how = {"floor": ", rounded down", "ceil": ", rounded up", "half": ", rounded to the nearest"}.get(
                    rule.rounding, ""
                )
                yield f"| `{rule.name}` | {', '.join(asked)} | `{formula}`{how} | {re.sub('[{}]', '', rule.message)} |"


def by_example(network: str, questions: tuple[str, ...]) -> Iterator[str]:
    """The mistakes of some questions, each name once."""
    from cnncalc.grading.mistakes import mistakes
    from cnncalc.grading.questions import question_of
    from cnncalc.grading.records import Accept

    report = api.analyse(api.load(network))
    told: set[str] = set()
    for text in questions:
        for each in mistakes(question_of(text, text, Accept()), report).visible:
            if each.name not in told:
                told.add(each.name)
                yield f"| `{each.name}` | `{text}`: {each.formula.replace('*', chr(92) + '*')} | {each.message} |"


def by_form() -> Iterator[str]:
    """The mistakes that the form of an answer shows."""
    for network, ask, answer, accept in EXAMPLE_ANSWERS:
        [found] = api.grade_answer(network, ask, answer, accept=accept).submissions[0].answers
        first = found.mistakes[0]
        yield f"| `{first.name}` | {answer} for {found.right} | {first.message} |"


def slips() -> Iterator[str]:
    """The slips of units, as factors of the right figure."""
    from cnncalc.grading.slips import BYTES_SLIPS, COUNT_SLIPS

    counts, memory = ({each.name: each.factor for each in slips} for slips in (COUNT_SLIPS, BYTES_SLIPS))
    for name in dict.fromkeys((*counts, *memory)):
        yield f"| `{name}` | {counts.get(name, '')} | {memory.get(name, '')} |"


GENERATED = {
    "layers.md": page,
    "cli.md": cli_page,
    "diagnostics.md": diagnostics_page,
    "rules.md": rules_page,
    "mistakes.md": mistakes_page,
    "networks/index.md": generate_networks.index,
    **{f"networks/{stem}.md": partial(generate_networks.page, stem) for stem in generate_networks.sources()},
}


if __name__ == "__main__":
    for name, write in GENERATED.items():
        (DOCS / name).write_text(write(), "utf-8")
        print(f"wrote docs/{name}")
