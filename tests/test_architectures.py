"""The bundled architectures: each loads by every name it has, and its figures are those that its source gives.

A file's own test is its ``expect:``.  The totals below are told a second time, independently of the files: a file whose
figures drift cannot take its test along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from cnncalc import api, library
from cnncalc.analysis.expectations import FIGURES, check
from cnncalc.api import Report
from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.shape import show
from cnncalc.source import Scalar, Source, Tree
from cnncalc.spec.network import Expectation

FILES = [Path(path) for path in library.files()]
NAMES = list(library.names())
ONE_LINERS = Path(__file__).parent / "data" / "one_liners.txt"

PUBLISHED: dict[str, tuple[int, int | None, str]] = {
    # parameters, MACs where the source gives them or torch counts them on the source's own model
    "lenet5": (61_706, None, "lecture notes: tanh, average pooling, fully connected c3"),
    "logistic_regression": (7_850, None, "LeCun et al. 1998, section III.C"),
    "lecture_exercise": (34_944 + 230_496 + 41_520 + 1_229_824 + 1_025_000, None, "the lecture's solution"),
    "alexnet": (62_378_344, None, "lecture notes: one tower, 227x227"),
    "alexnet_grouped": (60_965_224, 724_406_816, "Caffe bvlc_alexnet; Sze et al. 2017 (1703.09039), table II: 724M"),
    "alexnet_torchvision": (61_100_840, 714_188_480, "torchvision AlexNet_Weights: 0.714 G"),
    "vgg11": (132_863_336, 7_609_090_048, "torchvision VGG11_Weights: 7.609 G"),
    "vgg13": (133_047_848, 11_308_466_176, "torchvision VGG13_Weights: 11.308 G"),
    "vgg16": (138_357_544, 15_470_264_320, "torchvision VGG16_Weights: 15.47 G"),
    "vgg19": (143_667_240, 19_632_062_464, "torchvision VGG19_Weights: 19.632 G"),
    "vgg11_bn": (132_868_840, 7_609_090_048, "torchvision VGG11_BN_Weights: 7.609 G"),
    "vgg13_bn": (133_053_736, 11_308_466_176, "torchvision VGG13_BN_Weights: 11.308 G"),
    "vgg16_bn": (138_365_992, 15_470_264_320, "torchvision VGG16_BN_Weights: 15.47 G"),
    "vgg19_bn": (143_678_248, 19_632_062_464, "torchvision VGG19_BN_Weights: 19.632 G"),
    "resnet50": (25_557_032, 4_089_184_256, "torchvision ResNet50_Weights: 4.089 G"),
    "densenet121": (7_978_856, 2_834_161_664, "torchvision DenseNet121_Weights: 2.834 G"),
    "densenet169": (14_149_480, 3_359_843_328, "torchvision DenseNet169_Weights: 3.36 G"),
    "densenet201": (20_013_928, 4_291_365_888, "torchvision DenseNet201_Weights: 4.291 G"),
    "efficientnet_b0": (5_288_548, 385_814_752, "torchvision EfficientNet_B0_Weights: 0.386 G"),
    "efficientnet_b1": (7_794_184, 686_802_832, "torchvision EfficientNet_B1_Weights: 0.687 G"),
    "efficientnet_b2": (9_109_994, 993_561_872, "torchvision EfficientNet_B2_Weights, but at 260x260"),
    "efficientnet_b3": (12_233_232, 1_827_141_392, "torchvision EfficientNet_B3_Weights: 1.827 G"),
    "efficientnet_b4": (19_341_616, 4_393_771_024, "torchvision EfficientNet_B4_Weights: 4.394 G"),
    "efficientnet_b5": (30_389_784, 10_266_384_752, "torchvision EfficientNet_B5_Weights: 10.266 G"),
    "efficientnet_b6": (43_040_704, 19_067_593_536, "torchvision EfficientNet_B6_Weights: 19.068 G"),
    "efficientnet_b7": (66_347_960, 37_745_884_192, "torchvision EfficientNet_B7_Weights: 37.746 G"),
    "yolov3": (61_949_149, 32_932_037_632, "Darknet, yolov3.cfg at 416x416: 65.86 BFLOPs = 2 x MACs"),
    "vnet": (61_982_682, None, "the authors' network file"),
}

COUNTED: dict[str, list[tuple[int, int]]] = {
    # parameters and MACs, net by net, by torch 2.13 (meta device, FlopCounterMode / 2) on builds made from the papers
    # or, where it says so, on torchvision 0.28's modules
    "lenet5": [(61_706, 416_520)],
    "logistic_regression": [(7_850, 7_840)],
    "mlp": [(266_610, 266_200)],
    "lecture_exercise": [(2_561_784, 153_863_200)],
    "alexnet": [(62_378_344, 1_135_256_096)],
    "alexnet_batchnorm": [(25_680_936, 539_462_784)],
    "googlenet": [(13_378_280, 1_591_044_096)],
    "inception_v3_module_c": [(6_821_376, 1_967_382_528)],  # torchvision's InceptionC
    "unet": [(31_030_658, 150_428_424_448)],
    "vnet": [(61_982_682, 384_638_648_320)],
    "dcgan": [(3_576_704, 104_628_224), (2_765_568, 103_817_216)],
    "pix2pix_patchgan": [(2_768_705, 3_197_140_992)],
    "ssd300": [(26_285_486, 31_373_537_792)],  # torchvision's ssd300_vgg16, 21 classes
    # torchvision's maskrcnn_resnet50_fpn, the batch normalisation of its ResNet frozen: 44,401,393 parameters in all
    "mask_rcnn": [(27_393_231, 120_020_169_216), (14_362_055, 14_359_552), (2_646_107, 532_066_304)],
    "two_input_cells": [(172_550, 170_424_432)],
    "yolov3": [(61_949_149, 32_932_037_632)],
}


@cache
def reports(name: str) -> list[Report]:
    """The reports of a bundled network, one for each of its nets."""
    return api.analyse_all(api.load(name))


@cache
def keys(path: Path) -> dict[str, Tree]:
    """The top-level keys of a file."""
    return {key.value: value for key, value in read(load_source(path))}


def told(tree: Tree | None) -> str:
    return tree.value if isinstance(tree, Scalar) else ""


def by_stem(paths: list[Path]) -> Sequence[object]:
    return [pytest.param(path, id=path.stem) for path in paths]


def scalar(text: str) -> Scalar:
    return Scalar(Source("<planted>", text), text, 0, len(text), 0)


def expectations(name: str) -> list[tuple[Expectation, ...]]:
    """What a bundled network expects, net by net."""
    return [net.expect for net in api.load(name).nets]


def speaks_of_a_shape(expectation: Expectation) -> bool:
    return expectation.key.value.rpartition(".")[2] not in FIGURES


def test_the_wanted_networks_are_there() -> None:
    assert {*PUBLISHED, *COUNTED} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_loads_and_what_it_expects_holds(name: str) -> None:
    for report in reports(name):
        assert report.complete
        assert report.diagnostics == []
        assert report.outputs


@pytest.mark.parametrize("name", NAMES)
def test_expects_its_parameters_and_macs(name: str) -> None:
    for expect in expectations(name):
        assert {"params", "macs"} <= {each.key.value for each in expect}


@pytest.mark.parametrize("name", NAMES)
def test_expects_a_shape(name: str) -> None:
    """Of landmarks on the way, where a network has lines to speak of, not only of what comes out."""
    for report, expect in zip(reports(name), expectations(name), strict=True):
        told = {each.key.value for each in expect if speaks_of_a_shape(each)}
        assert told
        lines = {row.line for row in report.rows if row.line}
        assert len(lines) < 4 or len(told) > 1 or told - {output for output, _ in report.outputs}


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_expectation_would_be_found(name: str) -> None:
    """The guard itself can fail: with every figure and shape replaced, every expectation does."""
    for report, expect in zip(reports(name), expectations(name), strict=True):
        wrong = tuple(each._replace(value=scalar("123454321")) for each in expect)
        assert [each.code for each in check(report, wrong)] == ["E101"] * len(expect)


@pytest.mark.parametrize(
    "name, variant, right, wrong",
    [
        ("alexnet", None, "params: 62378344", "params: 62378345"),
        ("densenet121", "densenet121", "macs: 2834161664", "macs: 2834161663"),
        ("densenet121", "densenet201", "params: 20013928", "params: 20013929"),
        ("dcgan", None, "image: 3x64x64", "image: 3x64x65"),
    ],
)
def test_a_planted_fault_is_found(name: str, variant: str | None, right: str, wrong: str) -> None:
    text = Path(library.names()[name].path).read_text("utf-8")
    assert text.count(right) == 1
    planted = api.parse(text.replace(right, wrong), variant=variant)
    found = [each.code for report in api.analyse_all(planted) for each in report.diagnostics]
    assert found == ["E101"]


@pytest.mark.parametrize("path", by_stem(FILES))
def test_says_what_it_is_and_where_it_comes_from(path: Path) -> None:
    found = keys(path)
    assert told(found["name"])
    assert told(found["family"])
    assert 1900 < int(told(found["year"])) < 2100
    assert re.search(r"arXiv \d{4}\.\d{4,5}|et al\. \d{4}|lecture", told(found["about"]))


def test_names_are_unique_over_all_files() -> None:
    """A file's stem may be one of its own variants; no name leads to two places."""
    names: Counter[str] = Counter()
    for path in FILES:
        names.update({path.stem, *library.variants_of(str(path))})
    assert [name for name, count in names.items() if count > 1] == []
    assert sorted(names) == sorted(NAMES)


@pytest.mark.parametrize("path", by_stem(FILES))
def test_the_library_sees_the_variants_that_the_reader_sees(path: Path) -> None:
    assert library.variants_of(str(path)) == list(api.load(path).variants)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals(name: str) -> None:
    params, macs, source = PUBLISHED[name]
    (report,) = reports(name)
    assert report.totals.params == params, source
    if macs is not None:
        assert report.totals.macs == macs, source


@pytest.mark.parametrize("name", COUNTED)
def test_independently_counted_totals(name: str) -> None:
    assert [(each.totals.params, each.totals.macs) for each in reports(name)] == COUNTED[name]


def test_imported_blocks_are_those_of_the_file() -> None:
    (resnet,) = reports("resnet101_v1")
    image = reports("rfcn")[0]
    for line in ("conv2", "conv3", "conv4", "conv5"):
        ours, theirs = image.find(line), resnet.find(line)
        assert ours is not None and theirs is not None
        assert ours.params == theirs.params > 0


def test_imported_weights_are_shared() -> None:
    """The region proposals of Mask R-CNN are those of Faster R-CNN's file: one set for five levels."""
    ours, theirs = reports("mask_rcnn")[0], reports("fasterrcnn_resnet50_fpn")[0]
    for report in (ours, theirs):
        found = [report.find(f"rpn{level}") for level in range(2, 7)]
        assert [each.params if each else None for each in found] == [593_935, 0, 0, 0, 0]


def test_mask_rcnn_in_all() -> None:
    """What torchvision publishes for MaskRCNN_ResNet50_FPN_Weights."""
    assert sum(each.totals.params for each in reports("mask_rcnn")) == 44_401_393


def one_liners() -> Sequence[object]:
    """``# params N out SHAPE``, and the network on the line below."""
    lines = ONE_LINERS.read_text("utf-8").splitlines()
    found: list[object] = []
    for head, text in zip(lines[::2], lines[1::2], strict=True):
        given = re.fullmatch(r"# params (\d+) out ([\dx]+)", head)
        assert given, head
        found.append(pytest.param(text, int(given[1]), given[2], id=f"{given[1]}-{given[2]}-{len(found)}"))
    return found


@pytest.mark.parametrize("text, params, output", one_liners())
def test_networks_on_one_line(text: str, params: int, output: str) -> None:
    report = api.analyse(api.load(text))
    assert report.diagnostics == []
    assert report.totals.params == params
    assert [show(shape) for _, shape in report.outputs] == [output]
