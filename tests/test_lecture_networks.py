"""Figures that papers, authors' code and other libraries print of the bundled networks, told independently of the files.

A published figure is compared at the precision in which it is printed, rounded or cut off.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from functools import cache
from math import prod
from typing import NamedTuple

import pytest

from cnncalc import api, library
from cnncalc.api import Report
from cnncalc.shape import show
from tests import test_architectures, test_torchvision

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


class Told(NamedTuple):
    """What a source prints; ``flops`` where it counts a multiplication and an addition as two."""

    source: str
    params: str = ""
    macs: str = ""
    flops: str = ""


PUBLISHED: dict[str, Told] = {
    # classification
    "lenet5_1998": Told("LeCun et al. 1998, section II.B: 60,000 trainable free parameters", "60000"),
    "zfnet": Told("imgclsmob's list of models: 62,357,608", "62357608"),
    "inception_v4": Told("timm 1.0.31 inception_v4", "42679816"),
    "inception_resnet_v2": Told("timm 1.0.31 inception_resnet_v2", "55843464"),
    "resnet50_v1": Told("He et al. 2015, table 1: 3.8 billion multiply-adds", "25557032", "3.8G"),
    "resnet101_v1": Told("He et al. 2015, table 1: 7.6 billion", "44549160", "7.6G"),
    "resnet152_v1": Told("He et al. 2015, table 1: 11.3 billion", "60192808", "11.3G"),
    "preact_resnet164": Told("Zagoruyko & Komodakis 2016, table 5: 1.7M", "1.7M"),
    "mobilenet_v1": Told("Howard et al. 2017, table 6: 4.2 million, 569 million", "4.2M", "569M"),
    "mobilenet_v1_0_75": Told("Howard et al. 2017, table 6: 2.6 million, 325 million", "2.6M", "325M"),
    "mobilenet_v1_0_5": Told("Howard et al. 2017, table 6: 1.3 million, 149 million", "1.3M", "149M"),
    "mobilenet_v1_0_25": Told("Howard et al. 2017, table 6: 0.5 million, 41 million", "0.5M", "41M"),
    "xception": Told("Chollet 2016, table 3: 22,855,952", "22855952"),
    "nasnet_a_large": Told("Zoph et al. 2017, table 2: 23.8 B; Keras' trainable: 88,753,150", "88753150", "23.8G"),
    "nasnet_a_mobile": Told("Zoph et al. 2017, table 3: 5.3 M, 564 M; Keras' trainable: 5,289,978", "5289978", "564M"),
    "pnasnet5_large": Told("Liu et al. 2017, table 5: 86.1 M; timm: 86,057,668", "86057668"),
    "pnasnet5_mobile": Told("Liu et al. 2017, table 4: 5.1 M", "5.1M"),
    # segmentation
    "fcn_resnet50": Told("torchvision FCN_ResNet50_Weights", "35322218", "152.717G"),
    "fcn_resnet101": Told("torchvision FCN_ResNet101_Weights", "54314346", "232.738G"),
    "deeplabv3_resnet50": Told("torchvision DeepLabV3_ResNet50_Weights", "42004074", "178.722G"),
    "deeplabv3_resnet101": Told("torchvision DeepLabV3_ResNet101_Weights", "60996202", "258.743G"),
    "deeplabv3_mobilenet_v3_large": Told("torchvision DeepLabV3_MobileNet_V3_Large_Weights", "11029328", "10.452G"),
    "lraspp_mobilenet_v3_large": Told("torchvision LRASPP_MobileNet_V3_Large_Weights", "3221538", "2.086G"),
    # detection
    "yolov1": Told("widespread PyTorch builds of figure 3, e.g. torchsummary's 271,703,550", "271703550"),
    "yolov2": Told("Darknet's site: 62.94 Bn; YAD2K's Keras model: 50,962,889 trainable", "50962889", "", "62.94G"),
    "yolov2_voc": Told("Darknet's site, YOLOv2 for VOC: 34.90 Bn", "", "", "34.90G"),
    "yolov3": Told("Darknet's site: 65.86 Bn", "", "", "65.86G"),
    "yolov3_tiny": Told("Darknet's site: 5.56 Bn; Ultralytics: 8,852,366", "8852366", "", "5.56G"),
    # generative
    "pix2pix_generator": Told("TensorFlow's pix2pix tutorial: 54,414,979 trainable", "54414979"),
    "pix2pix_generator_pytorch": Told("the authors' PyTorch port: 54.414 M", "54.414M"),
    "pix2pix_patchgan": Told("the authors' PyTorch port: 2.769 M", "2.769M"),
    "cyclegan_generator": Told("the authors' PyTorch port, issue 169: 11378179", "11378179"),
    "cyclegan_generator_6": Told("the authors' PyTorch port: 7.838 M", "7.838M"),
    # video
    "r3d_18": Told("torchvision R3D_18_Weights", "33371472", "40.697G"),
    "mc3_18": Told("torchvision MC3_18_Weights", "11695440", "43.343G"),
    "r2plus1d_18": Told("torchvision R2Plus1D_18_Weights", "31505325", "40.519G"),
    "s3d": Told("torchvision S3D_Weights", "8320048", "17.979G"),
}

LAYERS: dict[str, tuple[int, int, str]] = {
    # torchvision 0.28's models on `meta`, by hooks in the order of execution: modules with parameters, buffers in all,
    # and the beginning of SHA-256 over lines of kind, output, parameters and buffers
    "r3d_18": (41, 9620, "e1944cf6fd4af799"),
    "mc3_18": (41, 9620, "9e8f535414518713"),
    "r2plus1d_18": (75, 25387, "20c897eabce8b197"),
    "s3d": (155, 21293, "6be07d9ce85f3ac2"),
    "fcn_resnet50": (112, 54711, "5834af713a26c6e3"),
    "fcn_resnet101": (214, 106986, "4bdd075598d78951"),
    "deeplabv3_resnet50": (124, 57277, "44f46e9cb52749c2"),
    "deeplabv3_resnet101": (226, 109552, "032f32368e77be83"),
    "deeplabv3_mobilenet_v3_large": (126, 28058, "f3ec7d29bb1f66af"),
    "lraspp_mobilenet_v3_large": (113, 24703, "3f347e625dcb0913"),
}

COUNTED: dict[str, list[tuple[int, int, int]]] = {
    # parameters, buffers and MACs, net by net, by torch 2.13 on `meta` (FlopCounterMode / 2), on builds made from papers
    # and authors' configurations or, where the comment says so, on a library's modules; layers agree one by one
    "lenet5_1998": [(60_000, 0, 327_256)],
    "zfnet": [(62_357_608, 0, 1_168_032_896)],
    "inception_v4": [(42_679_816, 63_317, 12_253_974_624)],  # timm 1.0.31's
    "inception_resnet_v2": [(55_843_464, 60_748, 13_155_794_016)],  # timm's
    "resnet50_v1": [(25_557_032, 53_173, 3_857_973_248)],  # torchvision's, the strides moved
    "resnet101_v1": [(44_549_160, 105_448, 7_570_194_432)],
    "resnet152_v1": [(60_192_808, 151_579, 11_282_415_616)],
    "preact_resnet164": [(1_703_258, 24_387, 244_500_992)],
    "preact_resnet1001": [(10_327_706, 150_216, 1_487_849_984)],
    "xception": [(22_855_952, 54_568, 8_357_403_496)],  # timm's legacy_xception
    "nasnet_a_large": [(88_753_150, 196_932, 23_783_414_658)],  # timm's nasnetalarge
    "nasnet_a_mobile": [(5_289_978, 36_930, 563_638_816)],  # of timm's cells
    "pnasnet5_large": [(86_057_668, 177_189, 24_937_395_792)],  # timm's pnasnet5large
    "pnasnet5_mobile": [(5_064_487, 33_823, 587_293_200)],  # of timm's cells
    "mobilenet_v1": [(4_231_976, 21_915, 568_740_352)],
    "mobilenet_v1_0_75": [(2_585_560, 16_443, 325_400_448)],
    "mobilenet_v1_0_5": [(1_331_592, 10_971, 149_497_088)],
    "mobilenet_v1_0_25": [(470_072, 5_499, 41_030_272)],
    "fcn32s": [(136_152_917, 0, 181_365_854_976)],
    "fcn16s": [(134_815_994, 0, 181_448_086_272)],
    "fcn8s": [(134_489_759, 0, 181_529_034_048)],
    "segnet": [(29_449_932, 15_897, 106_811_965_440)],
    "rcnn": [(57_687_524, 0, 721_130_016)],
    "fast_rcnn": [(14_714_688, 0, 183_869_263_872), (119_976_041, 0, 119_967_744)],
    "faster_rcnn": [(17_102_198, 0, 189_583_607_808), (119_976_041, 0, 119_967_744)],
    "fasterrcnn_resnet50_fpn": [(27_393_231, 106_240, 120_020_169_216), (14_362_055, 0, 14_359_552)],  # torchvision's
    "rfcn": [(50_600_767, 105_448, 138_209_154_048), (0, 0, 0), (0, 0, 0)],
    "ssd512": [(27_188_676, 0, 90_207_908_864)],
    "yolov1": [(271_703_550, 0, 20_285_153_280)],
    "yolov1_local": [(197_301_875, 26_392, 20_210_729_728)],
    "yolov2": [(50_962_889, 20_694, 31_469_126_656)],
    "yolov2_416": [(50_962_889, 20_694, 14_732_084_224)],
    "yolov2_voc": [(67_137_565, 20_565, 17_449_063_424)],
    "yolov3_tiny": [(8_852_366, 6_379, 2_782_480_896)],
    "pix2pix_generator": [(54_414_979, 10_894, 6_048_186_368)],
    "pix2pix_generator_pytorch": [(54_413_955, 9_869, 6_048_186_368)],
    "cyclegan_generator": [(11_378_179, 0, 49_551_507_456)],
    "cyclegan_generator_6": [(7_837_699, 0, 8_763_998_208)],
    "conv_autoencoder": [(105_216, 0, 354_368), (105_153, 0, 354_368)],
}

RECEPTIVE_FIELDS = [
    ("pix2pix_patchgan", None, "patch", 70, "Isola et al. 2016: 70x70"),
    ("fcn32s", None, "score", 404, "Long et al. 2014, table 1"),
    ("faster_rcnn", "image", "rpn.objectness", 228, "Ren et al. 2015, section 3.1: 228 pixels for VGG"),
    ("vgg16", None, "conv5", 212, "VGG-16's last pooling"),
]

BOXES = [
    # values per box, the outputs that tell boxes, their number
    ("ssd300", 4, ".loc", 8732, "Liu et al. 2015, section 3.1"),
    ("ssd512", 4, ".loc", 24564, "Liu et al. 2015, table 7"),
    ("yolov2_416", 85, "out", 13 * 13 * 5, "Redmon & Farhadi 2016: 845"),
    ("yolov3", 85, "", 10647, "YOLOv3 at 416 pixels"),
    ("yolov3_tiny", 85, "", 2535, "13*13*3 + 26*26*3"),
    ("faster_rcnn", 4, ".deltas", 38 * 63 * 9, "Ren et al. 2015: 9 anchors a position, about 20,000"),
    ("fasterrcnn_resnet50_fpn", 4, ".deltas", 159_882, "3*(200*200 + 100*100 + 50*50 + 25*25 + 13*13)"),
]

OUTPUTS = {
    "yolov1": ["30x7x7"],
    "yolov1_local": ["35x7x7"],
    "segnet": ["12x360x480"],
    "fcn8s": ["21x500x500"],
    "pix2pix_generator": ["3x256x256"],
    "cyclegan_generator": ["3x256x256"],
    "r2plus1d_18": ["400"],
    "deeplabv3_resnet101": ["21x520x520", "21x520x520"],
    "yolov3_tiny": ["255x13x13", "255x26x26"],
    "nasnet_a_large": ["1000"],
}

LENET_1998 = {
    # LeCun et al. 1998, section II.B: trainable parameters and connections of each layer
    "c1": (156, 122_304),
    "s2": (12, 5_880),
    "c3": (1_516, 151_600),
    "s4": (32, 2_000),
    "c5": (48_120, 48_120),
    "f6": (10_164, 10_164),
}


@cache
def reports(name: str) -> list[Report]:
    return api.analyse_all(api.load(name))


def agrees(printed: str, exact: int) -> bool:
    """Whether a figure is what it is printed as, rounded or cut off to that precision."""
    digits = printed.rstrip("KMG")
    unit = UNITS[printed[len(digits) :]]
    last = Fraction(unit, 10 ** len(digits.partition(".")[2]))
    apart = exact - Fraction(digits) * unit
    return apart == 0 if unit == 1 else -last / 2 <= apart < last


@pytest.mark.parametrize(
    "printed, exact, right",
    [
        ("3.8G", 3_857_973_248, True),
        ("3.9G", 3_857_973_248, True),
        ("4.0G", 3_857_973_248, False),
        ("3.7G", 3_857_973_248, False),
        ("54.414M", 54_413_955, True),
        ("54.415M", 54_413_955, False),
        ("60000", 60_001, False),
    ],
)
def test_printed_precision(printed: str, exact: int, right: bool) -> None:
    assert agrees(printed, exact) is right


def test_all_are_bundled() -> None:
    assert {*PUBLISHED, *COUNTED, *LAYERS, *OUTPUTS} <= {*library.names()}


def test_every_network_is_counted_by_somebody_else() -> None:
    """Each bundled name has a figure that does not come from its file: published, or counted by torch."""
    told = {*PUBLISHED, *COUNTED, *LAYERS, *test_torchvision.BUILT}
    assert {*library.names()} - told == {*test_architectures.PUBLISHED, *test_architectures.COUNTED} - told


@pytest.mark.parametrize("name", PUBLISHED)
def test_published(name: str) -> None:
    told = PUBLISHED[name]
    (report,) = reports(name)
    totals = report.totals
    for printed, exact in ((told.params, totals.params), (told.macs, totals.macs), (told.flops, totals.flops)):
        assert not printed or agrees(printed, exact), f"{printed} is {exact}: {told.source}"


@pytest.mark.parametrize("name", COUNTED)
def test_counted(name: str) -> None:
    found = [(each.totals.params, each.totals.buffers, each.totals.macs) for each in reports(name)]
    assert found == COUNTED[name]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_torchvisions(name: str) -> None:
    (report,) = reports(name)
    lines = [
        f"{'conv' if row.kind == 'dwconv' else row.kind} {show(row.output)} {row.params} {row.buffers}"
        for row in report.rows
        if row.params
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (len(lines), report.totals.buffers, digest[:16]) == LAYERS[name]


@pytest.mark.parametrize("name, net, line, size, source", RECEPTIVE_FIELDS)
def test_receptive_fields(name: str, net: str | None, line: str, size: int, source: str) -> None:
    (report,) = [each for each in reports(name) if each.graph.net.name == net]
    found = report.find(line)
    assert found is not None
    assert [axis.size for axis in found.receptive_field] == [size, size], source


@pytest.mark.parametrize("name, values, ending, boxes, source", BOXES)
def test_numbers_of_boxes(name: str, values: int, ending: str, boxes: int, source: str) -> None:
    shapes = [shape for output, shape in reports(name)[0].outputs if output.endswith(ending)]
    found = sum(Fraction(prod(shape), values) for shape in shapes)
    assert found == boxes, source


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs(name: str) -> None:
    assert [show(shape) for _, shape in reports(name)[0].outputs] == OUTPUTS[name]


@pytest.mark.parametrize("line", LENET_1998)
def test_connections_of_lenet(line: str) -> None:
    """A weighted sum and its bias are as many connections as they have terms; subsampling adds up four values."""
    params, connections = LENET_1998[line]
    found = reports("lenet5_1998")[0].find(line)
    assert found is not None
    taken = 4 if line.startswith("s") else 1
    biases = sum(row.work.bias for row in found.rows)
    assert (found.params, found.macs * taken + biases) == (params, connections)


def test_nasnet_counts_running_statistics_as_parameters() -> None:
    """The paper's 88.9 M; ours, and timm's, are 88.75 M parameters and the rest running means and variances."""
    totals = reports("nasnet_a_large")[0].totals
    statistics = sum(each.count for row in reports("nasnet_a_large")[0].rows for each in row.buffer_tensors[:2])
    assert totals.params + statistics == 88_949_818


def test_resnet_1001_without_normalisation() -> None:
    """The 10.2 M of Zagoruyko & Komodakis 2016, table 5, are convolutions and the classifier."""
    rows = reports("preact_resnet1001")[0].rows
    assert agrees("10.2M", sum(row.params for row in rows if row.kind in {"conv", "fc"}))


def test_faster_rcnn_in_all() -> None:
    """One image and the regions: torchvision's parameters and its 134.38 G multiply-adds."""
    pyramid, box = reports("fasterrcnn_resnet50_fpn")
    assert agrees("134.38G", pyramid.totals.macs + 1000 * box.totals.macs)
    assert pyramid.totals.params + box.totals.params == 41_755_286


def test_darknets_weights_file() -> None:
    """yolov1.weights, 753 MB on the authors' page: parameters and running statistics, 4 bytes each."""
    (report,) = reports("yolov1_local")
    values = sum(each.count for row in report.rows for each in (*row.parameters, *row.buffer_tensors[:2]))
    assert round(values * 4 / 2**20) == 753
