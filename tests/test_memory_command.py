"""``cnncalc memory``: the table, the JSON contract, the limits; the model itself is tested in test_memory.py."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import cnncalc
from cnncalc import api
from cnncalc.analysis.memory import simulate
from cnncalc.analysis.memory.estimate import read_limit
from cnncalc.analysis.memory.gpus import GPUS, gpu_named
from cnncalc.cli._group import group
from cnncalc.errors import SpecError


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(group, ["memory", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_says_what_where_and_how_much() -> None:
    code, out, _ = run("alexnet", "--batch", "16", "--optimizer", "momentum")
    assert code == 0
    assert f"{62_378_344 * 4:,}" in out
    assert "peak" in out
    assert "forward" in out
    assert "backward" in out
    assert all(len(line) <= 120 for line in out.splitlines())


def test_json_contract() -> None:
    code, out, _ = run("resnet50", "--format", "json", "--optimizer", "adam", "--device", "cuda")
    assert code == 0
    document = json.loads(out)
    assert document["version"] == 1
    assert document["parameters_bytes"] == 25_557_032 * 4 == document["gradients_bytes"]
    assert document["optimizer_bytes"] >= 2 * document["parameters_bytes"]
    assert document["cuda"]["allocated_bytes"] <= document["cuda"]["reserved_bytes"]
    assert document["peak_bytes"] == max(stage["peak"] for stage in document["timeline"])
    assert sum(held["bytes"] for held in document["alive_at_peak"]) == document["peak_bytes"]


def test_autocast_is_named() -> None:
    code, out, _ = run("resnet18", "--dtype", "amp")
    assert code == 0
    assert out.splitlines()[0] == "ResNet-18   a training step (sgd), batch 1, amp (float16), cuda"
    assert "scaled for float16" in out
    document = json.loads(run("resnet18", "--dtype", "amp", "--device", "cpu", "--format", "json")[1])
    assert (document["dtype"], document["autocast"], document["loss_scaling"]) == ("amp", "bfloat16", False)
    document = json.loads(run("resnet18", "--format", "json")[1])
    assert (document["dtype"], document["autocast"], document["loss_scaling"]) == ("float32", None, False)


def test_the_workspace_is_that_of_the_gpu() -> None:
    hopper, older = 32 * 2**20, 2 * 4096 * 1024 + 8 * 16 * 1024
    for names, expected in ((("h100", "H200", "b200", "RTX 5090"), hopper), (("a100", "l4", "rtx4090"), older)):
        for name in names:
            assert api.memory("lenet5", gpu=name, device="cuda").workspace_bytes == expected
    assert api.memory("lenet5", device="cuda").workspace_bytes == older
    assert api.memory("lenet5", gpu="h100", device="cpu").workspace_bytes == 0
    assert api.memory("3x8x8 | conv 4 3 | relu", gpu="h100", device="cuda").workspace_bytes == 0
    found = json.loads(run("lenet5", "--gpu", "h100", "--format", "json")[1])
    assert found["cuda"]["workspace_bytes"] == hopper
    assert found["limit_bytes"] == 80 * 2**30 - 2**29
    found = json.loads(run("lenet5", "--gpu", "h100", "--limit", "1GiB", "--format", "json")[1])
    assert (found["cuda"]["workspace_bytes"], found["limit_bytes"]) == (hopper, 2**30)


def test_the_release_of_torch() -> None:
    line = "3x9x9 | conv 4 1 | slice 0 2 | gn 2 | conv 3 1 | fc 10"
    found = {}
    for chosen, told in (("2.13", "2.13"), ("2.14.1", "2.14"), ("2.15.0+cu132", "2.15"), ("3.0", "3.0")):
        document = json.loads(run(line, "--batch", "2", "--torch", chosen, "--format", "json")[1])
        assert document["torch"] == told
        found[told] = (document["saved_bytes"], document["cuda"]["allocated_bytes"])
    assert found["2.13"][0] < found["2.14"][0] == found["2.15"][0] == found["3.0"][0]
    assert found["2.14"][1] > found["2.15"][1] == found["3.0"][1]
    assert json.loads(run(line, "--format", "json")[1])["torch"] == "2.15"
    assert "16.2 MiB of it are cuBLAS's workspaces, for forward and for backward" in run(line, "--torch", "2.14")[1]
    assert "8.1 MiB of it are cuBLAS's workspace;" in run(line, "--torch", "2.14", "--inference")[1]
    for wrong, words in (("2.5", "of torch 2.5 is not modelled"), ("new", "a release such as 2.13"), ("2.", "such as")):
        code, _, told = run(line, "--torch", wrong)
        assert code == 2 and words in told


def test_several_nets() -> None:
    code, out, _ = run("dcgan", "--format", "json")
    assert code == 0
    assert [each["network"] for each in json.loads(out)["networks"]] == ["DCGAN.generator", "DCGAN.discriminator"]


def test_a_batch_that_does_not_fit_is_a_finding() -> None:
    line = "3x32x32 | conv 16 3 p1 | relu | maxpool | fc 10"
    for device in ("cpu", "cuda"):
        code, out, _ = run(line, "--batch", "64", "--limit", "1GiB", "--device", device)
        assert code == 0 and "does not fit" not in out
        code, out, _ = run(line, "--batch", "64", "--limit", "6MiB", "--device", device, "--torch", "2.15")
        assert code == 1 and ("batch 64 does not fit 6.0 MiB" in out or "not even a batch of 1 fits" in out)
        found = json.loads(run(line, "--batch", "64", "--limit", "6MiB", "--device", device, "--format", "json")[1])
        assert found["fits"] is False and found["largest_batch"]["batch"] < 64
    assert run(line, "--limit", "1KiB")[0] == 1
    assert json.loads(run(line, "--format", "json")[1])["fits"] is None
    assert run("lenet5", "--gpu", "h100", "--batch", "64")[0] == 0


def test_largest_batch_fits_and_the_next_does_not() -> None:
    network = cnncalc.load("lenet5")
    estimate = api.memory(network, limit=64 * 2**20, device="cpu", training=True, optimizer="sgd")
    assert estimate.fit is not None
    assert estimate.fit.batch > 1
    for batch, fits in ((estimate.fit.batch, True), (estimate.fit.batch + 1, False)):
        peak = api.memory(network, batch=batch, device="cpu", training=True, optimizer="sgd").report.peak_bytes
        assert (peak <= 64 * 2**20) == fits


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_largest_batch_of_a_small_network_on_a_large_device(device: str) -> None:
    line, limit = "784 | fc 10", 80 * 2**30
    fit = api.memory(line, limit=limit, device=device).fit
    assert fit is not None
    assert fit.more is None or fit.more > limit
    assert fit.batch > 2**24 and 0.99 * limit < fit.bytes <= limit
    pebibytes = api.memory(line, limit=2**55, device=device).fit
    assert pebibytes is not None and 0.99 * 2**55 < pebibytes.bytes <= 2**55


def test_hints_lower_the_peak() -> None:
    estimate = api.memory("vgg11", batch=8, hints=True, training=True)
    assert {hint.name for hint in estimate.hints} >= {"bfloat16", "checkpoint"}
    assert all(hint.peak_bytes < estimate.report.peak_bytes for hint in estimate.hints)


@pytest.mark.parametrize("written", ["1GiB", "1gib", "1Gi", "1024 MiB", "1048576kib", "1073741824"])
def test_a_limit_in_whatever_case(written: str) -> None:
    assert read_limit(written) == 2**30


@pytest.mark.parametrize("written", ["0", "0.5", "1e400GiB", "1024 PiB", "-1GiB", "nan"])
def test_a_limit_that_is_none(written: str) -> None:
    with pytest.raises(SpecError, match="T104"):
        read_limit(written)


def test_a_large_batch_has_its_commas() -> None:
    out = run("lenet5", "--optimizer", "adam", "--limit", "1GiB")[1]
    assert "largest batch in 1.0 GiB: 17,610, which takes" in out


def test_bad_limits() -> None:
    for arguments, part in (
        (["--limit", "much"], "--limit takes a size such as 24GiB"),
        (["--limit", "h100"], "a GPU is chosen with --gpu h100"),
        (["--gpu", "rtx309"], "did you mean 'rtx3090'"),
    ):
        code, _, err = run("lenet5", *arguments)
        assert code == 2
        assert part in err


def test_errors_are_json_where_json_is_asked_for() -> None:
    for arguments, codes in (
        (["nonsense"], ["Y001"]),
        (["lenet5", "--limit", "much"], ["T104"]),
        (["3x8x8 | conv 4 99"], ["S103"]),
    ):
        code, out, err = run(*arguments, "--format", "json")
        document = json.loads(out)
        assert (code, err, document["version"], document["networks"]) == (2, "", 1, [])
        assert [each["code"] for each in document["errors"]] == codes


def test_a_picture_that_cannot_be_written() -> None:
    code, _, err = run("lenet5", "--svg", "/nonexistent/step.svg")
    assert code == 2
    assert "/nonexistent/step.svg: cannot be written there" in err


def test_a_network_that_cannot_be_built_is_refused() -> None:
    with pytest.raises(SpecError):
        api.memory("3x8x8 | conv 4 99")
    code, _, err = run("3x8x8 | conv 4 99")
    assert code == 2
    assert "S103" in err


def test_the_chart_as_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "step.svg"
    assert run("lenet5", "--svg", str(path))[0] == 0
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg")
    assert any(element.tag.endswith("polygon") for element in root)


def test_a_picture_is_of_one_net(tmp_path: Path) -> None:
    path = tmp_path / "nets.yaml"
    path.write_text("nets:\n  a: {input: 3x8x8, layers: conv 4 3}\n  b: {input: 3x8x8, layers: conv 8 3}\n")
    code, _, err = run(str(path), "--svg", str(tmp_path / "a.svg"))
    assert code == 2 and "choose it with --net" in err and not (tmp_path / "a.svg").exists()
    assert run(str(path), "--net", "b", "--svg", str(tmp_path / "b.svg"))[0] == 0


def test_no_torch() -> None:
    code = (
        "import sys, cnncalc\n"
        "report = cnncalc.analyse('resnet50')\n"
        "from cnncalc.analysis.memory import simulate\n"
        "simulate(report.graph)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_key_is_in_the_docs() -> None:
    """docs/memory.md is the contract: all keys are there, those of the first version with their types."""
    page = (Path(__file__).parent.parent / "docs" / "memory.md").read_text("utf-8")
    told = page.split("## The JSON document")[1]
    code, out, _ = run("lenet5", "--gpu", "t4", "--hints", "--format", "json")
    assert code == 0
    document = json.loads(out)
    keys = {*document, *document["cuda"], *document["largest_batch"], *document["hints"][0], *document["timeline"][0]}
    assert {key for key in {*keys, *document["alive_at_peak"][0]} if f"`{key}`" not in told} == set()
    assert document["version"] == 1
    for key in ("parameters", "buffers", "gradients", "optimizer", "saved", "peak"):
        assert isinstance(document[f"{key}_bytes"], int)
    assert isinstance(document["peak_at"], str)
    assert {"allocated_bytes", "reserved_bytes"} <= set(document["cuda"])
    assert all(f"`{name}`" in page for name in GPUS)


def test_eighty_columns() -> None:
    out = run("resnet18", "--dtype", "amp", "--hints", "--gpu", "h100", "--batch", "4")[1]
    assert max(map(len, out.splitlines())) <= 80


def test_the_model_is_quick() -> None:
    """A few times what it takes to build the graph: 50 ms on any machine of today."""
    graph = api.analyse("resnet50").graph
    report = simulate(graph)
    best = min(timed(lambda: simulate(graph)) for _ in range(5))
    assert report.peak_bytes
    assert best < 0.05


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_options_of_a_training_step_beside_inference() -> None:
    code, _, err = run("alexnet", "--inference", "--optimizer", "adam", "--loss", "mean")
    assert code == 2
    assert "--optimizer and --loss belong to a training step: leave out --inference" in " ".join(err.split())
    assert run("alexnet", "--inference")[0] == 0


@pytest.mark.parametrize(
    "spelt, name",
    [
        ("h100", "h100"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("RTX 4090", "rtx4090"),
        ("4090", "rtx4090"),
        ("GeForce RTX-2080 Ti", "rtx2080ti"),
        ("a100_80", "a100-80"),
        ("NVIDIA A100-SXM4-80GB", "a100-80"),
        ("A100 40GB PCIe", "a100"),
        ("V100-SXM2-32GB", "v100-32"),
        ("tesla t4", "t4"),
    ],
)
def test_gpus_however_they_are_spelt(spelt: str, name: str) -> None:
    assert gpu_named(spelt) is GPUS[name]


@pytest.mark.parametrize("name", ["", "gb", "rtx", "a100 60GB", "h100 141GB", "4091", "80", "nvidia"])
def test_gpus_that_are_none(name: str) -> None:
    assert gpu_named(name) is None


def test_every_gpu_is_found_by_its_own_name() -> None:
    assert all(gpu_named(name) is gpu for name, gpu in GPUS.items())
