"""The script for machines with a GPU works: in a small form, on the CPU."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

torch = pytest.importorskip("torch")

from tests import measure_cuda  # noqa: E402


def test_measure_cuda_in_small(tmp_path: Path) -> None:
    assert measure_cuda.main([str(tmp_path), "--device", "cpu", "--small", "--seconds", "3000"]) == 0
    verify, memory, probe = (
        json.loads((tmp_path / f"{name}.json").read_text("utf-8")) for name in ("verify", "memory", "probe_lenet5")
    )
    assert [each["name"] for each in verify["networks"]] == ["LeNet-5", "DCGAN.discriminator", "DCGAN.generator"]
    assert all(each["equal"] and each["checks"] > 20 and not each["differences"] for each in verify["networks"])
    assert (verify["left"], probe["complete"]) == ([], True)
    for each in memory["setups"]:
        assert each["predicted"]["peak_bytes"] == each["without_workspaces"]["requested_bytes"]
        assert each["without_workspaces"] == each["with_workspaces"]
    assert {"date", "environment"} <= set(verify) & set(memory) & set(probe)
    assert any(row["layers"] for row in probe["rows"]) and any(row["time"] for row in probe["rows"])
    told = (tmp_path / "summary.md").read_text("utf-8")
    assert "3 networks, " in told and "| lenet5 | 4 | float32 | adam | " in told
    assert measure_cuda.main([str(tmp_path), "--draw"]) == 0
    assert ElementTree.parse(tmp_path / "probe_lenet5.svg").getroot().tag.endswith("svg")


def test_ten_setups() -> None:
    """Ten, of ten graphs that can be trained on any GPU of 24 GiB; together every optimizer with temporaries."""
    assert len(set(measure_cuda.SETUPS)) == 10
    for each in measure_cuda.SETUPS:
        found = measure_cuda.predicted(each, "cuda", 32 * 2**20)
        assert 0 < found["predicted"]["reserved_bytes"] < 24 * 2**30
        assert found["predicted"]["requested_bytes"] <= found["predicted_with_workspace"]["requested_bytes"]


def test_the_time_is_kept(tmp_path: Path) -> None:
    found = measure_cuda.verified("cpu", ["lenet5"], measure_cuda.Clock(0))
    assert (found["networks"], found["left"]) == ([], ["LeNet-5"])
    found = measure_cuda.remembered("cpu", measure_cuda.SMALL, measure_cuda.Clock(0))
    assert all("without_workspaces" not in each for each in found["setups"])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_memory_on_cuda() -> None:
    """Without workspaces the tensors' bytes are the model's, but for what cuDNN keeps of batch normalisation."""
    found = measure_cuda.remembered("cuda", measure_cuda.SETUPS[:5], measure_cuda.Clock(300))
    for each in found["setups"]:
        ours, theirs = each["predicted"]["requested_bytes"], each["without_workspaces"]["requested_bytes"]
        assert abs(ours - theirs) <= 0.02 * theirs, each
