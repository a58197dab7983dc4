"""The kinds of layers, told by ``explain`` and ``list --layers``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnncalc import api, library
from cnncalc.analysis.reference import reference, references
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.layers import SPELLINGS, TABLE, all_words, kind_of
from cnncalc.render import reference as render
from cnncalc.shape import show


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments])


@pytest.mark.parametrize("word", TABLE)
def test_a_kind(word: str) -> None:
    found = reference(word)
    assert found.about and found.family in render.FAMILIES
    unbroken = {*render.worked(found.example)} if found.example else set()
    for width in (60, 80):
        text = render.text(found, width)
        assert text.startswith(f"{word}: ")
        assert [line for line in text.splitlines() if len(line) > width and line not in unbroken] == []
        assert all(f"  {each.name} " in text and each.about.split()[0] in text for each in found.parameters)
    document = json.loads(render.as_document(found))
    assert [each["name"] for each in document["arguments"] if each["required"]] == [*kind_of(word).required]
    assert f"# `{word}`" in render.markdown(found)


def test_the_examples_end_in_their_kind() -> None:
    examples = {each.word: each.example for each in references() if each.example is not None}
    assert {each.word for each in references() if each.family != "activation"} <= {*examples}
    for word, example in examples.items():
        report = api.analyse(example.text)
        assert (report.rows[-1].kind, report.rows[-1].output) == (word, example.output)
        assert show(example.output) in run("summarize", example.text).stdout


def test_required_and_optional_arguments_are_what_the_language_takes() -> None:
    for each in references():
        takes = [argument.name for argument in each.parameters if argument.required]
        if takes and each.word not in ("reshape", "unpool"):
            with pytest.raises(SpecError, match="T102"):
                api.analyse(f"4x8x8 | {each.word}")


def test_explain_a_kind() -> None:
    for asked in ("conv", "Conv", "CONVOLUTION"):
        result = run("explain", asked)
        assert result.exit_code == 0 and result.stdout == render.text(reference("conv"))
    assert "(227 - 11 + 2*0)/4 + 1 = 55" in result.stdout
    assert json.loads(run("explain", "deconv", "--format", "json").stdout)["spellings"] == ["upconv", "convt"]
    assert run("explain", "bn", "--format", "markdown").stdout.startswith("# `bn`")
    assert run("explain", "conv", "conv1").exit_code == 2


def test_a_word_that_is_nothing() -> None:
    result = run("explain", "dwcnov")
    assert result.exit_code == 2 and "error[Y001]" in result.stderr and "did you mean 'dwconv'?" in result.stderr
    result = run("explain", "attention", "--format", "json")
    assert "cnncalc list --layers" in json.loads(result.stdout)["errors"][0]["help"][-1]


def test_a_file_is_stronger_than_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conv").write_text("input: 3x8x8\nlayers:\n  only: conv 4 3\n")
    assert "only" in run("explain", "conv").stdout


def test_no_bundled_network_is_called_like_a_kind() -> None:
    assert not [word for word in all_words() if library.find(word)]


def test_list_layers() -> None:
    result = run("list", "--layers")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert all(f"\n  {word} " in result.stdout for word in TABLE)
    documents = json.loads(run("list", "--layers", "--format", "json").stdout)["layers"]
    assert [each["kind"] for each in documents] == [*TABLE]
    assert sorted(other for each in documents for other in each["spellings"]) == sorted(SPELLINGS)
    assert run("list", "--layers", "--family", "vgg").exit_code == 2
