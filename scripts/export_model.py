#!/usr/bin/env python3
"""Exports a PyTorch model to TorchScript, which the model workers load, and checks and times the file.

The exported model must give what the original gives, on random pictures and at a second batch size too, so
that a batch size that tracing baked in is noticed; else no file is written. Prints the largest difference,
the file's size and SHA-256, the speed of both, and the entry to add to models.yaml.
"""

import argparse
import collections.abc
import copy
import dataclasses
import hashlib
import importlib
import inspect
import json
import os
import pathlib
import re
import statistics
import sys
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

try:
    import torch
except ImportError as missing:
    print(f"export_model.py needs PyTorch: {missing}", file=sys.stderr)
    sys.exit(2)

EXAMPLES = """examples:
  # network.py in this folder has make(), which returns the torch.nn.Module
  export_model.py --load network:make --weights weights.pt --input 1x3x640x640 --out detector.torchscript.pt

  # a class with arguments, in half precision, on the GPU
  export_model.py --load my.package:Network --args '{"classes": 80}' --weights weights.safetensors \\
      --input 8x3x512x512 --out segmenter.torchscript.pt --dtype float16 --device cuda --channels-last

  # the result is a dict: export what it has under "logits"
  export_model.py --load network:make --input 1x3x512x512 --output logits --out segmenter.torchscript.pt

exit status: 0 exported, 1 the exported model differs from the original, 2 wrong use
"""

Key = Union[int, str]
DTYPES = {"float32": torch.float32, "float16": torch.float16}
TOLERANCES = {"float32": 1e-3, "float16": 5e-2}  # float16 keeps 11 bits, and a deep network loses some


class WrongUse(Exception):
    """What was asked for cannot be done: exit status 2."""


class Mismatch(Exception):
    """The exported model does not do what the original does: exit status 1."""


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    script: bool = False  # torch.jit.script in place of torch.jit.trace
    dtype: str = "float32"
    device: str = "cpu"
    channels_last: bool = False
    output: Optional[str] = None  # which element of a tuple, list or dict; the first tensor when None
    tolerance: Optional[float] = None  # TOLERANCES[dtype] when None
    runs: int = 20  # timed runs of each


@dataclasses.dataclass(frozen=True)
class Difference:
    absolute: float  # the largest |exported - original|
    relative: float  # the same, of max(1, the largest |value| of its channel): what the tolerance limits


@dataclasses.dataclass(frozen=True)
class Exported:
    path: pathlib.Path
    sha256: str
    size_bytes: int
    dtype: str
    output_shape: Tuple[int, ...]
    differences: Dict[int, Difference]  # by batch size
    original_ms: float  # a batch
    exported_ms: float
    baked_devices: List[str]  # devices on which the file makes tensors wherever it is loaded


@dataclasses.dataclass(frozen=True)
class ManifestEntry:
    """What models.yaml says of a model beyond what its export tells."""
    id: str
    analyzer: str
    adapter: str
    width: int
    height: int
    mean: Sequence[float]
    std: Sequence[float]
    labels: Union[str, Sequence[str]]  # a file of one name a line, relative to the manifest, or the names
    thresholds: Optional[Dict[str, float]] = None


def summary(problem: Exception) -> str:
    """The kind of `problem` and the last line of what it says, where TorchScript puts the cause."""
    return f"{type(problem).__name__}: {str(problem).strip().split(chr(10))[-1]}"


def import_callable(spec: str) -> Callable[..., Any]:
    """The callable that 'package.module:name' names; modules of the current folder come first."""
    module_name, colon, name = spec.partition(":")
    if not (module_name and colon and name):
        raise WrongUse(f"--load wants package.module:callable, not {spec!r}")
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as problem:  # the module's own code runs
        raise WrongUse(f"cannot load {spec}: {summary(problem)}") from problem
    if not callable(found):
        raise WrongUse(f"{spec} is of type {type(found).__name__} and cannot be called")
    return found


def build_module(spec: str, arguments: Optional[str]) -> torch.nn.Module:
    """Calls what `spec` names with `arguments`, a JSON list (by position) or object (by name)."""
    try:
        parsed = json.loads(arguments) if arguments else []
    except ValueError as problem:
        raise WrongUse(f"--args is not JSON: {problem}") from problem
    if not isinstance(parsed, (list, dict)):
        raise WrongUse(f"--args wants a JSON list or object, not {arguments}")
    make = import_callable(spec)
    try:
        module = make(**parsed) if isinstance(parsed, dict) else make(*parsed)
    except Exception as problem:  # whatever the user's own code raises
        raise WrongUse(f"{spec} fails: {summary(problem)}") from problem
    if not isinstance(module, torch.nn.Module):
        raise WrongUse(f"{spec} gave a {type(module).__name__}, not a torch.nn.Module")
    return module


def read_safetensors(path: pathlib.Path) -> Dict[str, torch.Tensor]:
    try:
        from safetensors.torch import load_file
    except ImportError as missing:
        raise WrongUse(f"{path} needs the package safetensors: {missing}") from missing
    return load_file(str(path))


def read_pickled(path: pathlib.Path) -> Any:
    """What torch.save wrote, without running code out of the file where this PyTorch can avoid that."""
    if "weights_only" not in inspect.signature(torch.load).parameters:
        print(f"note: PyTorch {torch.__version__} cannot read weights only: loading {path} runs whatever "
              "code it holds. Use 1.13 or later for files that you do not trust.", file=sys.stderr)
        return torch.load(path, map_location="cpu")
    return torch.load(path, map_location="cpu", weights_only=True)


def load_weights(module: torch.nn.Module, path: pathlib.Path) -> None:
    if not path.is_file():
        raise WrongUse(f"there is no file {path}")
    try:
        state = read_safetensors(path) if path.suffix == ".safetensors" else read_pickled(path)
    except WrongUse:
        raise
    except Exception as problem:  # a damaged file makes the readers raise many kinds
        raise WrongUse(f"{path} cannot be read as a state dict ({summary(problem)}); it must be what "
                       "torch.save(module.state_dict(), file) or safetensors wrote") from problem
    while isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as problem:
        raise WrongUse(f"the weights in {path} do not fit the module: {problem}") from problem


class Element(torch.nn.Module):
    """A module that gives one element of the tuple, list or dict that another gives."""
    __constants__ = ["key"]

    def __init__(self, module: torch.nn.Module, key: Key) -> None:
        super().__init__()
        self.module = module
        self.key = key

    def forward(self, pictures: torch.Tensor):
        return self.module(pictures)[self.key]


def elements(result: Any) -> Iterator[Tuple[Key, Any]]:
    if isinstance(result, collections.abc.Mapping):
        yield from result.items()
    elif isinstance(result, (tuple, list)):
        yield from enumerate(result)


def named_key(result: Any, name: str) -> Key:
    """The key of the element that the user calls `name`: an index, or a name of a dict or named tuple."""
    fields: Sequence[str] = getattr(result, "_fields", ())
    key: Key = fields.index(name) if name in fields else name
    if not isinstance(result, collections.abc.Mapping) and re.fullmatch(r"\d+", name):
        key = int(name)
    known = [k for k, _ in elements(result)]
    if key not in known:
        raise WrongUse(f"the result of the module has no element {name!r}, only {[*fields] or known}")
    return key


def keys_to_tensor(result: Any, output: Optional[str]) -> Optional[List[Key]]:
    """The keys that lead to the tensor to export: under `output`, or the first; None when there is none."""
    if isinstance(result, torch.Tensor):
        return []
    wanted = None if output is None else named_key(result, output)
    for key, element in elements(result):
        inner = keys_to_tensor(element, None) if wanted is None or key == wanted else None
        if inner is not None:
            return [key, *inner]
    return None


def with_one_output(module: torch.nn.Module, pictures: torch.Tensor,
                    output: Optional[str]) -> torch.nn.Module:
    """`module`, wrapped so that it gives one tensor."""
    try:
        result = module(pictures)
    except Exception as problem:  # whatever the user's own code raises
        raise WrongUse(f"the original fails on {shape_text(pictures.shape)}: {summary(problem)}") from problem
    keys = keys_to_tensor(result, output)
    if keys is None:
        raise WrongUse(f"the module gives a {type(result).__name__} without a tensor to export")
    for key in keys:
        module = Element(module, key)
    return module


def shape_text(shape: Sequence[int]) -> str:
    return "x".join(str(size) for size in shape)


def random_pictures(shape: Sequence[int], device: str) -> List[torch.Tensor]:
    """Two batches, the second larger by two than the first: (N, C, H, W), float32, in [0, 1).

    Soft blobs: white noise is like no picture, and rounding to float16 does more harm there.
    """
    generator = torch.Generator().manual_seed(0)
    channels, height, width = shape[1:]
    coarse = [torch.rand((batch, channels, -(-height // 16), -(-width // 16)), generator=generator)
              for batch in (shape[0], shape[0] + 2)]
    return [torch.nn.functional.interpolate(blobs, (height, width), mode="bilinear",
                                            align_corners=False).to(device) for blobs in coarse]


def reference(module: torch.nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """What the original gives: (N, ...)."""
    batch = pictures.shape[0]
    try:
        result = module(pictures)
    except Exception as problem:  # whatever the user's own code raises
        raise WrongUse(f"the original takes no batch of {batch}: {summary(problem)}") from problem
    if result.dim() == 0 or result.shape[0] != batch:
        raise WrongUse(f"the original gives {shape_text(result.shape)} for a batch of {batch}: "
                       "the batch must come first")
    if not torch.isfinite(result).all():
        raise WrongUse(f"the original gives values that are not finite for a batch of {batch}")
    return result.cpu()


def largest_difference(original: torch.Tensor, exported: torch.Tensor) -> Difference:
    if original.shape != exported.shape:
        raise Mismatch(f"the original gives {shape_text(original.shape)}, "
                       f"the exported model {shape_text(exported.shape)}")
    original = original.double()
    gap = (exported.cpu().double() - original).abs()
    others = [dimension for dimension in range(original.dim()) if dimension != 1]
    scale = original.abs().amax(others, keepdim=True).clamp(min=1)
    return Difference(gap.max().item(), (gap / scale).max().item())


def check(exported: torch.nn.Module, pictures: torch.Tensor, original: torch.Tensor,
          tolerance: float) -> Difference:
    batch = pictures.shape[0]
    try:
        difference = largest_difference(original, exported(pictures))
    except Mismatch as problem:
        raise Mismatch(f"batch of {batch}: {problem}; is a batch size baked in?") from problem
    except RuntimeError as problem:
        raise Mismatch(f"the exported model fails on a batch of {batch}; is a batch size baked in? "
                       f"{summary(problem)}") from problem
    if not difference.relative <= tolerance:  # NaN must fail
        raise Mismatch(f"batch of {batch}: the outputs differ by {difference.relative:.3g} of their "
                       f"channel's range, allowed is {tolerance:g}; the largest difference is "
                       f"{difference.absolute:.3g}")
    return difference


def median_ms(module: torch.nn.Module, pictures: torch.Tensor, runs: int) -> float:
    """Milliseconds a batch, the median of `runs`."""
    on_cuda = pictures.is_cuda
    times = []
    for run in range(-(10 if on_cuda else 3), runs):  # those below zero warm up
        start = time.perf_counter()
        module(pictures)
        if on_cuda:
            torch.cuda.synchronize()
        if run >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def to_torchscript(module: torch.nn.Module, pictures: torch.Tensor, script: bool) -> torch.jit.ScriptModule:
    try:
        if script:
            return torch.jit.script(module)
        return torch.jit.trace(module, pictures, strict=False, check_trace=False)
    except Exception as problem:  # the compiler raises many kinds
        advice = "without --script it would be traced" if script else "--script may do where tracing does not"
        raise WrongUse(f"the module cannot be turned into TorchScript ({advice}): {problem}") from problem


def baked_devices(exported: torch.jit.ScriptModule) -> List[str]:
    graph = str(exported.inlined_graph)
    return sorted(set(re.findall(r'Device = prim::Constant\[value="([^"]+)"\]', graph)))


def sha256_of(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def in_target_form(module: torch.nn.Module, options: ExportOptions) -> torch.nn.Module:
    """A copy of `module` with the dtype and the memory layout of the export."""
    form = torch.channels_last if options.channels_last else torch.preserve_format
    return copy.deepcopy(module).to(dtype=DTYPES[options.dtype], memory_format=form)


def timed_original(module: torch.nn.Module, pictures: torch.Tensor, options: ExportOptions) -> float:
    try:
        return median_ms(module, pictures, options.runs)
    except RuntimeError as problem:
        raise WrongUse(f"PyTorch {torch.__version__} cannot run the module in {options.dtype} on "
                       f"{options.device}: {summary(problem)}") from problem


@torch.no_grad()
def export(module: torch.nn.Module, shape: Sequence[int], out: pathlib.Path,
           options: ExportOptions) -> Exported:
    """Exports `module` for pictures of `shape`, (N, C, H, W), to `out`, written once the check has passed.

    `module` is moved to the device and set to evaluation. Its parameters stay parameters (nothing is
    frozen), so that a loaded model can be moved between devices. The reference is the original in float32,
    whatever the dtype of the export.
    """
    module = module.eval().requires_grad_(False).to(options.device, torch.float32)
    batches = random_pictures(shape, options.device)
    module = with_one_output(module, batches[0], options.output)
    originals = [reference(module, pictures) for pictures in batches]

    module = in_target_form(module, options)
    batches = [pictures.to(DTYPES[options.dtype]) for pictures in batches]
    original_ms = timed_original(module, batches[0], options)
    unchecked = out.with_name(out.name + ".unchecked")
    try:
        to_torchscript(module, batches[0], options.script).save(str(unchecked))
        exported = torch.jit.load(str(unchecked), map_location=options.device)
        tolerance = TOLERANCES[options.dtype] if options.tolerance is None else options.tolerance
        differences = {pictures.shape[0]: check(exported, pictures, original, tolerance)
                       for pictures, original in zip(batches, originals)}
        os.replace(unchecked, out)
    finally:
        unchecked.unlink(missing_ok=True)
    exported_ms = median_ms(exported, batches[0], options.runs)
    return Exported(out, sha256_of(out), out.stat().st_size, options.dtype, tuple(originals[0].shape),
                    differences, original_ms, exported_ms, baked_devices(exported))


def report(exported: Exported) -> str:
    lines = [f"output     {shape_text(exported.output_shape)}"]
    for batch, difference in exported.differences.items():
        lines.append(f"batch {batch:<4} largest difference {difference.absolute:.3g}, "
                     f"{difference.relative:.3g} of its channel's range")
    batch = next(iter(exported.differences))
    lines += [f"original   {exported.original_ms:.2f} ms a batch of {batch}",
              f"exported   {exported.exported_ms:.2f} ms a batch of {batch}",
              f"file       {exported.path}, {exported.size_bytes} bytes",
              f"sha256     {exported.sha256}"]
    if exported.baked_devices:
        devices = ", ".join(exported.baked_devices)
        lines.append(f"warning    makes tensors on {devices} wherever it is loaded: "
                     "keep them in buffers, or make them on the input's device and use --script")
    return "\n".join(lines)


def manifest_text(entry: ManifestEntry, exported: Exported) -> str:
    """The model's entry of the list `models` of a models.yaml in the folder of the exported file."""
    labels = json.dumps(entry.labels if isinstance(entry.labels, str) else list(entry.labels))
    lines = [f"  - id: {json.dumps(entry.id)}",
             f"    analyzer: {entry.analyzer}",
             f"    path: {json.dumps(exported.path.name)}",
             f"    sha256: {json.dumps(exported.sha256)}",
             "    kind: torchscript",
             f"    adapter: {entry.adapter}",
             f"    input: {{width: {entry.width}, height: {entry.height}}}",
             f"    normalisation: {{mean: {list(entry.mean)}, std: {list(entry.std)}}}",
             f"    dtype: {exported.dtype}",
             f"    labels: {labels}"]
    if entry.thresholds:
        lines.append(f"    thresholds: {{{', '.join(f'{k}: {v}' for k, v in entry.thresholds.items())}}}")
    return "\n".join(lines) + "\n"


def likely_entry(exported: Exported, shape: Sequence[int]) -> Optional[ManifestEntry]:
    """The entry as far as the shapes tell; None when no adapter takes such an output."""
    name = exported.path.name.split(".")[0]
    height, width = shape[2:]
    zero_to_one = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    imagenet = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    thresholds = {"score": 0.25, "iou": 0.7}
    output = exported.output_shape
    if len(output) == 3 and output[1] == 4 + 1 + 17 * 3:
        return ManifestEntry(name, "body_pose", "yolov8_pose", width, height, **zero_to_one,
                             labels=["person"], thresholds=thresholds)
    if len(output) == 3 and output[1] > 4:
        return ManifestEntry(name, "object_detection", "yolov8_detect", width, height, **zero_to_one,
                             labels="labels.txt", thresholds=thresholds)
    if len(output) == 4:
        return ManifestEntry(name, "background_segmentation", "segformer", width, height, **imagenet,
                             labels="labels.txt")
    return None


def advice(exported: Exported, shape: Sequence[int]) -> str:
    entry = likely_entry(exported, shape)
    if entry is None:
        shape_of_output = shape_text(exported.output_shape)
        return f"no adapter takes an output of {shape_of_output}: models.yaml cannot name this model"
    return ("\n# Guessed from the shapes; analyzer, adapter, normalisation, labels and thresholds are yours "
            "to check.\nmodels:\n" + manifest_text(entry, exported).rstrip())


def picture_shape(text: str) -> Tuple[int, ...]:
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){3}", text):
        raise argparse.ArgumentTypeError("wants batch x channels x height x width, such as 1x3x640x640, "
                                         f"not {text!r}")
    return tuple(int(size) for size in text.split("x"))


def positive(kind: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"wants a number above zero, not {text}")
        return value
    parse.__name__ = kind.__name__  # argparse names it when the text is no number
    return parse


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--load", required=True, metavar="MODULE:CALLABLE", help="what returns the torch.nn.Module")
    add("--args", metavar="JSON", help="the callable's arguments: a list, or an object for named ones")
    add("--weights", type=pathlib.Path, metavar="FILE", help="a state dict: torch.save's, or .safetensors")
    add("--input", required=True, type=picture_shape, metavar="NxCxHxW", help="such as 1x3x640x640")
    add("--out", required=True, type=pathlib.Path, metavar="FILE", help="such as detector.torchscript.pt")
    add("--output", metavar="NAME/INDEX",
        help="the element of the result to export (default: the first tensor)")
    add("--script", action="store_true", help="compile the source with torch.jit.script instead of tracing")
    add("--dtype", choices=DTYPES, default="float32")
    add("--device", choices=["cpu", "cuda"], default="cpu")
    add("--channels-last", action="store_true",
        help="keep the weights in that layout: faster on tensor cores")
    add("--tolerance", type=positive(float),
        help="how much outputs may differ, as a part of the largest value of their channel or of 1 "
             "(default: 1e-3, for float16 5e-2)")
    add("--runs", type=positive(int), default=20, help="timed runs of each (default: %(default)s)")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise WrongUse(f"PyTorch {torch.__version__} finds no CUDA device")
    if not arguments.out.absolute().parent.is_dir():
        raise WrongUse(f"there is no folder {arguments.out.parent} for {arguments.out.name}")
    module = build_module(arguments.load, arguments.args)
    if arguments.weights:
        load_weights(module, arguments.weights)
    options = ExportOptions(arguments.script, arguments.dtype, arguments.device, arguments.channels_last,
                            arguments.output, arguments.tolerance, arguments.runs)
    exported = export(module, arguments.input, arguments.out, options)
    print(report(exported))
    print(advice(exported, arguments.input))


def main() -> int:
    try:
        run(parse_arguments())
    except (WrongUse, Mismatch) as problem:
        print(f"export_model.py: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, Mismatch) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
