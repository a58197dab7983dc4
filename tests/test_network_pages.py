"""The pages about the families: all are there, and what they say of figures that differ is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import library
from tests import generate_networks as pages
from tests import network_stages

SOURCES = pages.sources()


def test_every_family_has_a_page_and_every_network_stands_on_one() -> None:
    assert {source["family"] for source in SOURCES.values()} == set(pages.entries())
    text = "\n".join((pages.FOLDER / f"{stem}.md").read_text("utf-8") for stem in SOURCES)
    index = (pages.FOLDER / "index.md").read_text("utf-8")
    for name in library.names():
        assert f"| `{name}` |" in text, name
        assert f"`{name}`" in index, name
    assert sorted(path.stem for path in pages.FOLDER.glob("*.md")) == sorted(["index", *SOURCES])


@pytest.mark.parametrize("stem", SOURCES)
def test_no_figure_is_left_open(stem: str) -> None:
    made = pages.page(stem)
    assert "{" not in made and "None" not in made
    assert set(SOURCES[stem]) <= {"family", "in_short", "new", "stages", "published", "notes", "also"}


@pytest.mark.parametrize("stem", SOURCES)
def test_a_reason_is_given_where_figures_differ_and_nowhere_else(stem: str) -> None:
    nets = pages.Nets(SOURCES[stem].get("also", {}))
    for told in SOURCES[stem].get("published", []):
        figures = [name for name in ("params", "macs", "flops") if name in told]
        apart = [n for n in figures if not pages.agrees(told[n], pages.total(nets.reports(told["network"]), n))]
        assert bool(apart) == ("why" in told), told


def test_the_rows_of_googlenet_that_cannot_be_right() -> None:
    (stage, *_) = SOURCES["inception"]["stages"]
    lines = list(pages.stage_table(pages.Nets({}), **stage))
    assert [line.split(" | ")[0] for line in lines[4:] if "** (" in line] == ["| conv 7x7, pool", "| 4c", "| 5a"]


def test_known_discrepancies_are_told() -> None:
    text = {stem: " ".join(pages.page(stem).split()) for stem in SOURCES}
    assert "1.583 G" in text["inception"] and "1.432 G" in text["inception"]
    assert "3.858 G" in text["resnet"] and "4.089 G" in text["resnet"] and "25,583,592" in text["resnet"]
    assert "10,838,016 of 568,740,352 multiply-adds, 1.91 %" in text["mobilenet"]
    assert "61,982,682" in text["vnet"] and "197,301,875" in text["yolo"] and "271,703,550" in text["yolo"]
    assert "15.2M values, 58 MiB" in text["vgg"]


@pytest.mark.parametrize(
    "printed, exact, right",
    [
        ("138M", 138_357_544, True),
        ("138M", 138_500_001, True),  # cut off
        ("138M", 139_000_000, False),
        ("3.8B", 3_857_973_248, True),
        ("3.9B", 3_857_973_248, True),
        ("4.0B", 3_857_973_248, False),
        ("60000", 60_001, False),
        ("60000", 60_000, True),
    ],
)
def test_printed_precision(printed: str, exact: int, right: bool) -> None:
    assert network_stages.agrees(printed, exact) is right


@pytest.mark.parametrize(
    "words, found",
    [
        ("a b a b c", (2, 2)),
        ("a a a", (1, 3)),
        ("a b c", (1, 1)),
        ("a b c a b c", (3, 2)),
        ("a a b a a b", (3, 2)),
        ("", (1, 1)),
    ],
)
def test_repeated_layers(words: str, found: tuple[int, int]) -> None:
    assert network_stages.repeated(words.split()) == found


def test_a_changed_network_has_to_say_what_it_changes() -> None:
    with pytest.raises(AssertionError):
        pages.changed("googlenet", "x", old="no such text", new="")
    assert Path(library.names()["googlenet"].path).exists()
