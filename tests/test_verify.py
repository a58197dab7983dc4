"""`cnncalc verify`: every bundled network against torch, and that a wrong figure is found, told and graded."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import cnncalc
from cnncalc import api, library
from cnncalc.analysis.memory import simulate as memory_model
from cnncalc.analysis.report import Report
from cnncalc.cli._group import group

torch = pytest.importorskip("torch")

from cnncalc.backend import device_memory, memory_checks, room  # noqa: E402
from cnncalc.backend.device_memory import Job, Measured, Peaks, Process  # noqa: E402
from cnncalc.backend.records import Verification  # noqa: E402
from cnncalc.backend.verify import Verifier, verify  # noqa: E402
from tests.junit_schema import check_junit  # noqa: E402

cuda = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

SMALL = "3x8x8 | conv 4 3 p1 | bn | relu inplace | gap | fc 5 | softmax"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["verify", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(found: Verification) -> str:
    return "; ".join(map(str, (*found.differences, *found.skipped)))


def reason(found: Verification, what: str) -> str:
    return next(each.reason for each in found.skipped if each.what == what)


# -- what is true ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", library.names())
def test_every_bundled_network(name: str) -> None:
    with Verifier("meta") as verifier:
        for report in api.analyse_all(name, batch=2):
            found = verifier.verify(report)
            assert found.equal, told(found)
            groups = {each.group for each in found.checks}
            assert {"outputs", "parameters", "MACs", "totals"} <= groups
            assert sum(each.what == "output" for each in found.checks) == len(report.rows)


UNET = """
input: 1x16x16
blocks:
  double(c): conv c 3 p1 | relu | conv c 3 p1 | relu
layers:
  down: double 4
  below: maxpool 2 | double 8
  up: deconv 4 2 /2
  joined: concat(down, up) | double 4 | conv 2 1
"""
SEGNET = "1x8x8 | conv 4 3 p1 | maxpool 2 as p | conv 4 3 p1 | unpool p | conv 2 3 p1"
SHARED = """
inputs: {a: 3x16x16, b: 3x9x9}
shared:
  head(): conv 4 3 /2 same | bn | relu
layers:
  one: a | head
  two: b | head
outputs: [one, two]
"""


@pytest.mark.parametrize("text", [SMALL, UNET, SEGNET, SHARED, "lenet5", "mobilenet_v1_0_25"])
def test_numbers_and_memory(text: str) -> None:
    found = cnncalc.verify(api.parse(text) if "\n" in text else text, device="cpu", training=True)
    assert found.equal, told(found)
    assert not found.skipped
    whats = [each.what for each in found.checks if each.group == "memory"]
    assert whats == ["peak bytes of an inference", "bytes saved for backward", "peak bytes of a training step"]
    assert all(isinstance(each.ours, int) and each.ours > 0 for each in found.checks if each.group == "memory")
    assert sum(each.group == "numbers" for each in found.checks) == 3 * len(api.analyse(found_network(text)).outputs)


def found_network(text: str) -> Any:
    return api.parse(text) if "\n" in text else api.load(text)


def test_shared_weights_count_once() -> None:
    found = cnncalc.verify(api.parse(SHARED), device="meta")
    counts = {each.layer: each.torch for each in found.checks if each.what == "parameters" and each.torch}
    assert counts == {"one.head.conv": 112, "one.head.bn": 8, None: 120}
    assert [each.torch for each in found.checks if each.what == "parameter weight"] == [(4, 3, 3, 3), (4,)] * 2


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_data_types(dtype: str) -> None:
    found = cnncalc.verify(SMALL, device="cpu", dtype=dtype)
    assert found.equal, told(found)
    assert next(each.torch for each in found.checks if each.what == "data type") == dtype
    size = {"bfloat16": 2, "float64": 8}[dtype]
    report = api.analyse(SMALL)
    assert next(each.torch for each in found.checks if each.what == "parameter bytes") == size * report.totals.params


# -- what is not -----------------------------------------------------------------------------------------------------


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts wrong facts into one node of every network that is analysed."""
    right = api.analyse_all

    def plant(name: str, **wrong: Any) -> None:
        def analyse_all(*arguments: Any, **options: Any) -> list[Any]:
            reports = right(*arguments, **options)
            made = []
            for report in reports:
                node = next(each for each in report.graph.nodes if each.name == name)
                node.facts = node.facts._replace(**wrong)
                made.append(Report(report.graph, report.batch, report.dtype))
            return made

        monkeypatch.setattr(api, "analyse_all", analyse_all)

    return plant


def differences(*arguments: str) -> tuple[int, list[tuple[Any, ...]]]:
    result = run(*arguments, "--format", "json")
    (network,) = json.loads(result.stdout)["networks"]
    wrong = [each for each in network["checks"] if not each["equal"]]
    assert network["equal"] == (not wrong)
    return result.exit_code, [(each["what"], each["layer"], each["ours"], each["torch"]) for each in wrong]


def test_a_planted_fault_is_found(planted: Callable[..., None]) -> None:
    assert differences(SMALL, "--device", "meta") == (0, [])
    planted("bn1", output=(4, 8, 9))
    assert differences(SMALL, "--device", "meta") == (1, [("output", "bn1", [4, 8, 9], [4, 8, 8])])
    result = run(SMALL, "--device", "meta")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("✗ network   39 checks: 1 differs   meta, float32, batch 2, torch ")
    assert result.stdout.splitlines()[1:] == [
        "    layer  what     ours  torch",
        "  ✗ bn1    output  4x8x9  4x8x8",
        "  numbers: not run: nothing is calculated on meta",
    ]


def test_planted_faults_in_totals(planted: Callable[..., None]) -> None:
    planted("conv1", macs=6911)
    wrong = [("MACs", "conv1", 13822, 13824), ("MACs", None, 13862, 13864)]
    assert differences(SMALL, "--device", "meta") == (1, wrong)


def test_planted_fault_in_a_tensor(planted: Callable[..., None]) -> None:
    planted("bn1", buffers=())
    code, wrong = differences(SMALL, "--device", "cpu")
    assert code == 1
    assert ("buffer running_mean", "bn1", None, [4]) in wrong
    assert len(wrong) == 4  # the counts of the values stayed, the bytes of the counter changed


def test_planted_fault_in_the_memory_model(monkeypatch: pytest.MonkeyPatch) -> None:
    right = memory_model

    def simulate(*arguments: Any, **options: Any) -> Any:
        found = right(*arguments, **options)
        return found._replace(peak_bytes=found.peak_bytes + 4) if options["training"] else found

    monkeypatch.setattr(memory_checks, "simulate", simulate)
    code, ((what, layer, ours, theirs),) = differences(SMALL, "--device", "cpu", "--training")
    assert (code, what, layer, ours - theirs) == (1, "peak bytes of a training step", None, 4)


def test_values_that_are_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Linear, "forward", lambda self, value: value.new_full((2, 5), torch.inf))
    found = cnncalc.verify("3x8x8 | gap | fc 5", device="cpu")
    assert [(each.what, each.torch) for each in found.differences] == [
        ("MACs", 0),
        ("MACs", 0),
        ("values", "10 are not finite"),
    ]


def test_weights_that_no_seed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter([0.0, 1.0])
    monkeypatch.setattr(torch.nn.Linear, "reset_parameters", lambda self: self.weight.data.fill_(next(numbers)))
    found = cnncalc.verify("3x8x8 | gap | fc 5 nobias", device="cpu")
    assert [each.what for each in found.differences] == ["built again with seed 0"]


def test_torch_refuses_a_layer(planted: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, value: Any) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\nmore")

    monkeypatch.setattr(torch.nn.Linear, "forward", refuse)
    for device in ("meta", "cpu"):
        code, wrong = differences(SMALL, "--device", device)
        assert (code, wrong) == (1, [("run", "fc1", "runs", "mat1 and mat2 shapes cannot be multiplied")])


# -- what cannot be run ----------------------------------------------------------------------------------------------


def test_an_operation_in_place_that_torch_refuses() -> None:
    """The model and torch agree that there is no such step."""
    found = cnncalc.verify("3x8x8 | conv 4 3 | sigmoid | relu inplace", device="cpu", training=True)
    assert found.equal, told(found)
    assert not found.skipped
    peak = found.checks[-1]
    assert peak.what == "peak bytes of a training step"
    assert peak.torch == memory_checks.REFUSED


def test_what_torch_cannot_train_is_told() -> None:
    found = cnncalc.verify(SMALL.replace("gap", "gap | bn"), device="cpu", training=True, batch=1)
    assert found.equal, told(found)
    assert "more than 1 value per channel" in reason(found, "peak bytes of a training step")
    found = cnncalc.verify("3x8x8 | relu", device="cpu", training=True)
    assert reason(found, "peak bytes of a training step").startswith("not run: nothing that the loss depends on")


def test_networks_too_big_go_through_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cnncalc.verify("1000000 | fc 1000000", device="cpu", training=True)
    assert (found.device, found.equal) == ("meta", True)
    assert {each.what for each in found.skipped} == {"numbers", "memory"}
    assert reason(found, "numbers").startswith("not run: needs about 10.9 TiB, of which ")
    assert reason(found, "numbers").endswith(" are free on cpu: checked on meta")
    monkeypatch.setattr(room, "free_bytes", lambda device: None)
    assert cnncalc.verify(SMALL, device="cpu").device == "cpu"


def test_a_device_that_cannot_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = torch.nn.Linear.forward

    def unable(self: Any, value: Any) -> Any:
        if value.device.type == "cpu":
            raise RuntimeError('"addmm" not implemented for this data type')
        return forward(self, value)

    monkeypatch.setattr(torch.nn.Linear, "forward", unable)
    found = cnncalc.verify(SMALL, device="cpu")
    assert (found.device, found.equal) == ("meta", True)
    assert reason(found, "numbers") == 'not run: "addmm" not implemented for this data type'


def test_containers_limit_memory(tmp_path: Path) -> None:
    assert room.free_of_group(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300\n")
    assert room.free_of_group(tmp_path) == 400
    (tmp_path / "memory.max").write_text("max\n")
    assert room.free_of_group(tmp_path) is None
    assert room.needed_bytes(api.analyse(SMALL), True) > room.needed_bytes(api.analyse(SMALL), False) > 0


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = cnncalc.verify(SMALL, training=False)
    assert (found.device, found.notes) == ("cpu", ("there is no CUDA here: checked on the CPU",))
    assert cnncalc.verify(SMALL, device="cpu").notes == ()
    with pytest.raises(cnncalc.SpecError, match="D102 there is no CUDA here"):
        cnncalc.verify(SMALL, device="cuda")
    result = run(SMALL, "--device", "cuda")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error[D102]: there is no CUDA here: ")
    result = run(SMALL)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "  there is no CUDA here: checked on the CPU"


def without_torch(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    path = os.pathsep.join([str(folder), str(Path(cnncalc.__file__).parents[1])])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_torch(tmp_path: Path) -> None:
    found = without_torch(tmp_path, "-m", "cnncalc", "verify", "lenet5")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "error[D101]: verify needs torch\n = help: pip install 'cnncalc[torch]'\n"
    found = without_torch(tmp_path, "-m", "cnncalc", "verify", "lenet5", "--format", "json")
    told = json.loads(found.stdout)
    assert (found.returncode, found.stderr, told["networks"]) == (2, "", [])
    assert [(each["code"], each["help"]) for each in told["errors"]] == [("D101", ["pip install 'cnncalc[torch]'"])]
    for name in ("build", "verify"):
        code = f"import cnncalc\ntry: cnncalc.{name}('lenet5')\nexcept ImportError as error: print(error)"
        found = without_torch(tmp_path, "-c", code)
        assert (found.stdout, found.stderr) == (f"{name} needs torch: pip install 'cnncalc[torch]'\n", "")
    assert without_torch(tmp_path, "-m", "cnncalc", "summarize", "lenet5").returncode == 0


# -- the command -----------------------------------------------------------------------------------------------------


def test_several_targets() -> None:
    result = run("lenet5", "dcgan", "--device", "meta")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split("   ")[0] for line in lines[:3]] == ["✓ LeNet-5", "✓ DCGAN.generator", "✓ DCGAN.discriminator"]
    assert lines[3:] == [
        "",
        f"✓ 3 networks, {sum(int(line.split('   ')[1].split()[0]) for line in lines[:3])} checks: all equal",
        "  numbers: not run: nothing is calculated on meta",
    ]
    assert run("dcgan", "--net", "generator", "--device", "meta").stdout.startswith("✓ DCGAN.generator ")


def test_verbose_shows_all() -> None:
    result = run("784 | fc 10", "--device", "meta", "--verbose")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["✓", "fc1", "parameter", "weight", "10x784"] in rows
    assert ["✓", "fc1", "MACs", "15,680"] in rows
    assert ["✓", "parameters", "7,850"] in rows


def test_json() -> None:
    result = run("784 | fc 10", "nonsense", "--device", "cpu", "--batch", "3", "--dtype", "float64", "--format", "json")
    assert (result.exit_code, result.stderr) == (2, "")
    document = json.loads(result.stdout)
    (network,) = document["networks"]
    assert document["version"] == 1
    assert [each["code"] for each in document["errors"]] == ["Y001"]
    assert {key: network[key] for key in ("name", "device", "torch", "batch", "dtype", "training", "equal")} == {
        "name": "network",
        "device": "cpu",
        "torch": torch.__version__,
        "batch": 3,
        "dtype": "float64",
        "training": False,
        "equal": True,
    }
    assert network["skipped"] == network["measured"] == network["notes"] == []
    expected = {"group": "outputs", "what": "output", "layer": "fc1", "ours": [10], "torch": [10], "equal": True}
    assert network["checks"][0] == expected
    assert {tuple(each) for each in network["checks"]} == {tuple(expected)}


def test_every_key_is_in_the_docs() -> None:
    text = (Path(__file__).parent.parent / "docs" / "verify.md").read_text("utf-8")
    document = cnncalc.verify("784 | fc 10", device="meta").as_document()
    for key in (*document, *document["checks"][0], *document["skipped"][0]):
        assert f"`{key}`" in text, key


def test_junit(planted: Callable[..., None]) -> None:
    planted("conv1", macs=0)
    result = run(SMALL, "no <such> & file.yaml", "--device", "meta", "--training", "--format", "junit")
    assert result.exit_code == 2
    root = ElementTree.fromstring(result.stdout)
    check_junit(root)
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "8",
        "failures": "2",
        "errors": "1",
    }
    network, errors = root.findall("testsuite")
    assert network.get("skipped") == "2"
    cases = {case.get("name"): [each.tag for each in case] for case in network.findall("testcase")}
    assert cases == {
        "outputs": [],
        "parameters": [],
        "buffers": [],
        "MACs": ["failure"],
        "totals": ["failure"],
        "memory": ["skipped"],
        "numbers": ["skipped"],
    }
    failure = network.find("testcase[@name='MACs']/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("1 of 7 figures differ", "conv1 MACs: ours 0, torch 13,824")
    assert errors.find("testcase/error") is not None


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "Missing argument 'TARGET...' (or --all)"),
        (("--all", "alexnet"), "--all takes no TARGET"),
        (("--all", "--variant", "x"), "--all takes no TARGET"),
        (("alexnet", "--device", "tpu"), "'tpu' is not one of"),
        (("alexnet", "--dtype", "int8"), "'int8' is not one of"),
        (("alexnet", "--batch", "0"), "'0' is no whole number from 1"),
    ],
)
def test_wrong_command_lines(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_all_names(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {name: library.names()[name] for name in ("lenet5", "mobilenet_v1", "mobilenet_v1_0_25")}
    monkeypatch.setattr(library, "names", lambda: places)
    result = run("--all", "--device", "meta")
    assert result.exit_code == 0
    assert "✓ 3 networks, " in result.stdout


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Verifier.verify
    calls: list[str] = []

    def interrupt(self: Verifier, report: Any) -> Verification:
        calls.append(report.name)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return right(self, report)

    monkeypatch.setattr(Verifier, "verify", interrupt)
    result = run("lenet5", "alexnet", "--device", "meta")
    assert result.exit_code == 130
    assert result.stdout.startswith("✓ LeNet-5 ")


# -- the library -----------------------------------------------------------------------------------------------------


def test_build() -> None:
    net = cnncalc.build("dcgan", "generator", seed=3, dtype="bfloat16")
    assert isinstance(net, torch.nn.Module)
    assert {each.dtype for each in net.parameters()} == {torch.bfloat16}
    again = cnncalc.build(api.analyse("dcgan", net="generator"), seed=3, dtype=torch.bfloat16).state_dict()
    assert all(torch.equal(each, again[name]) for name, each in net.state_dict().items())
    assert {each.device.type for each in cnncalc.build("lenet5", device="meta").parameters()} == {"meta"}
    with pytest.raises(cnncalc.SpecError, match="several nets"):
        cnncalc.build("dcgan")


def switches() -> Iterator[Any]:
    """What torch keeps for the whole process."""
    yield torch.get_rng_state().tolist()
    yield torch.get_num_threads()
    yield torch.get_default_dtype()
    yield torch.get_float32_matmul_precision()
    yield torch.backends.cudnn.benchmark
    yield torch.backends.cudnn.deterministic
    yield torch.backends.cudnn.allow_tf32
    yield torch.is_grad_enabled()
    yield torch.is_inference_mode_enabled()
    yield torch.empty(0).device.type


def test_nothing_global_is_touched() -> None:
    torch.manual_seed(9)
    torch.backends.cudnn.benchmark = True
    try:
        before = list(switches())
        verify(api.analyse(SMALL.replace("fc 5", "fc 5 | dropout"), batch=2), "cpu", training=True)
        assert list(switches()) == before
        with torch.inference_mode():
            found = verify(api.analyse(SMALL, batch=2), "cpu", training=True)
            assert torch.is_inference_mode_enabled()
        assert found.equal and not found.skipped, told(found)
    finally:
        torch.backends.cudnn.benchmark = False


def test_what_one_output_needs_is_a_network_too() -> None:
    name = api.analyse("inception_v3").outputs[0][0]
    found = verify(api.analyse("inception_v3", only=name), "meta")
    assert found.equal and found.checks, told(found)


def test_only_known_data_types() -> None:
    with pytest.raises(ValueError, match="dtype must be one of"):
        verify(api.analyse("lenet5", dtype="int8"), "meta")


def test_records() -> None:
    found = cnncalc.verify("784 | fc 10", device="meta")
    assert repr(found).startswith("<Verification network: ")
    assert pickle.loads(pickle.dumps(found)) == found


# -- CUDA ------------------------------------------------------------------------------------------------------------


class Scripted(Process):
    """Answers what it was told to, as a process on a GPU machine would."""

    def __init__(self, workspaces: bool, answer: Measured) -> None:
        super().__init__(workspaces)
        self.answer = answer

    def measure(self, job: Job) -> Measured:
        return self.answer


def test_what_the_allocator_says_is_sorted() -> None:
    report = api.analyse(SMALL, batch=2)
    models = [api_memory(report, training) for training in (False, True)]
    bare = Measured(
        Peaks(models[0].peak_bytes, 5120, 2 << 20),
        Peaks(models[1].peak_bytes, 9728, 2 << 20),
        models[1].saved_bytes,
        None,
    )
    usual = Measured(Peaks(models[0].peak_bytes + 100, 6144, 4 << 20), None, None, "CUDA out of memory")
    processes = {False: Scripted(False, bare), True: Scripted(True, usual)}
    twin = cnncalc.build(report)
    found = memory_checks.check(report, twin, torch.device("cuda"), 0, processes)
    assert [each.equal for each in found.checks] == [True] * 3
    assert not found.skipped
    told = {each.what: (each.torch, each.ours) for each in found.measured}
    assert told["workspaces at the peak of an inference"] == (100, None)
    assert told["reserved bytes of an inference without workspaces"] == (2 << 20, 2 << 20)
    assert told["allocated bytes of an inference"] == (6144, None)
    processes[False] = Scripted(False, Measured(None, None, None, "CUDA out of memory"))
    found = memory_checks.check(report, twin, torch.device("cuda"), 0, processes)
    assert not found.checks
    assert {each.reason for each in found.skipped} == {"not run: CUDA out of memory"}


def api_memory(report: Any, training: bool) -> Any:
    return memory_model(report.graph, batch=2, training=training, device="cuda")


def test_the_process_that_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs and answers cross the pipe; without CUDA the answer is torch's refusal."""
    jobs, answers = io.BytesIO(), io.BytesIO()
    job = Job(api.analyse("lenet5").graph, 2, "float32", "cuda")
    for _ in range(2):
        pickle.dump(job, jobs)
    jobs.seek(0)
    monkeypatch.setattr(device_memory, "measure", lambda job: Measured(None, None, job.batch, job.graph.name))
    device_memory.answer_all(jobs, answers)
    answers.seek(0)
    assert [pickle.load(answers) for _ in range(2)] == [Measured(None, None, 2, "LeNet-5")] * 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_the_process_without_cuda() -> None:
    process = Process(False)
    try:
        found = process.measure(Job(api.analyse("784 | fc 10").graph, 2, "float32", "cuda"))
        assert found[:3] == (None, None, None)
        assert found.refused
        assert process.process is not None
        process.process.kill()
        process.process.wait()
        with pytest.raises(RuntimeError, match="the process that measures CUDA memory ended"):
            process.measure(Job(api.analyse("784 | fc 10").graph, 2, "float32", "cuda"))
        assert process.process is None
    finally:
        process.close()


@pytest.mark.parametrize("name", [pytest.param(name, marks=cuda) for name in (SMALL, "alexnet", "resnet18", "lenet5")])
def test_cuda(name: str) -> None:
    found = cnncalc.verify(name, device="cuda", training=True)
    assert found.equal, told(found)
    assert not found.skipped
    assert len(found.measured) == 2 * (2 + 3 + 1)
