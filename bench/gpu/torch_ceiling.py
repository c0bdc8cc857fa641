#!/usr/bin/env python3
"""How many pictures a second PyTorch itself gets through the benchmark's models: the ceiling for the workers.

    bench/gpu/torch_ceiling.py MODELS_DIR [--seconds 10] [--batch 64,16,8] [--half] [--channels-last]

Runs each TorchScript model of MODELS_DIR/models.yaml (make_models.py writes it), and then all in turn, in a
tight loop on batches that lie ready on the device: nothing is decoded or uploaded, the outputs are dropped.
--batch goes by the order of models.yaml. In the mix the models see pictures at the rates at which their
analyzers ask for them: 3 for object_detection, 6 for body_pose, 2 for background_segmentation. Prints one
line of JSON each; the GPU's utilisation is the mean of nvidia-smi's samples, null where there is none.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time
from typing import Any, Deque, Dict, Iterable, List, Optional

try:
    import torch
    import yaml
except ImportError as missing:
    print(f"torch_ceiling.py needs PyTorch and PyYAML: {missing}", file=sys.stderr)
    sys.exit(2)

RATES = {"object_detection": 3, "body_pose": 6, "background_segmentation": 2}  # pictures a second of video
IN_FLIGHT = 3  # batches that the GPU has waiting, so that it never waits for Python


class WrongUse(Exception):
    pass


@dataclasses.dataclass
class Contender:
    id: str
    analyzer: str
    network: torch.jit.ScriptModule
    pictures: torch.Tensor  # (batch, 3, H, W)
    seen: int = 0  # pictures in the present measurement

    @property
    def batch(self) -> int:
        return self.pictures.shape[0]


class UtilisationSampler:
    """Collects what nvidia-smi says of one GPU while the `with` block runs."""

    def __init__(self, device: torch.device) -> None:
        self.samples: List[int] = []
        self.command: Optional[List[str]] = None
        program = shutil.which("nvidia-smi")
        if program and device.type == "cuda":
            uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)  # since PyTorch 2.4
            gpu = f"GPU-{uuid}" if uuid else str(device.index)
            self.command = [program, "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits",
                            "-i", gpu, "-lms", "200"]

    def __enter__(self) -> "UtilisationSampler":
        if self.command:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
            self.thread = threading.Thread(target=self.collect, args=(self.process.stdout,))
            self.thread.start()
        return self

    def collect(self, lines: Iterable[str]) -> None:
        self.samples += [int(line) for line in lines if line.strip().isdigit()]

    def __exit__(self, *_: Any) -> None:
        if self.command:
            self.process.terminate()
            self.process.wait()
            self.thread.join()

    def mean(self) -> Optional[float]:
        return round(statistics.mean(self.samples), 1) if self.samples else None


def read_models(folder: pathlib.Path) -> List[Dict[str, Any]]:
    path = folder / "models.yaml"
    try:
        models = yaml.safe_load(path.read_text())["models"]
    except (OSError, yaml.YAMLError, TypeError, KeyError) as problem:
        raise WrongUse(f"{path} cannot be read: {type(problem).__name__}: {problem}") from problem
    return [model for model in models if model["kind"] == "torchscript" and model["analyzer"] in RATES]


def load(model: Dict[str, Any], batch: int, arguments: argparse.Namespace, device: torch.device) -> Contender:
    network = torch.jit.load(str(arguments.models_dir / model["path"]), map_location=device).eval()
    dtype = torch.float16 if arguments.half else getattr(torch, model["dtype"])
    form = torch.channels_last if arguments.channels_last else torch.contiguous_format
    size = model["input"]
    pictures = torch.rand(batch, 3, size["height"], size["width"], device=device)
    network = network.to(dtype=dtype)
    if arguments.channels_last:  # else as the file has it
        network = network.to(memory_format=form)
    return Contender(model["id"], model["analyzer"], network, pictures.to(dtype, memory_format=form))


def least_served(contenders: List[Contender]) -> Contender:
    """Whose turn it is, if pictures are to go by RATES."""
    return min(contenders, key=lambda contender: contender.seen / RATES[contender.analyzer])


def drive(contenders: List[Contender], seconds: float, device: torch.device) -> float:
    """Runs `contenders` for about `seconds`; returns how long it took until the last batch was done."""
    for contender in contenders:
        contender.seen = 0
    waiting: Deque[torch.cuda.Event] = collections.deque()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        turn = least_served(contenders)
        turn.network(turn.pictures)
        turn.seen += turn.batch
        if device.type == "cuda":
            waiting.append(torch.cuda.Event())
            waiting[-1].record()
            if len(waiting) > IN_FLIGHT:
                waiting.popleft().synchronize()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def warm_up(contenders: List[Contender], device: torch.device) -> None:
    """The first runs optimise the graph and choose the convolutions."""
    for contender in contenders:
        for _ in range(10 if device.type == "cuda" else 3):
            contender.network(contender.pictures)


def measure(name: str, contenders: List[Contender], seconds: float, device: torch.device) -> Dict[str, Any]:
    warm_up(contenders, device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    with UtilisationSampler(device) as utilisation:
        took = drive(contenders, seconds, device)
    pictures = sum(contender.seen for contender in contenders)
    result: Dict[str, Any] = {"model": name, "pictures_per_s": round(pictures / took, 1)}
    if len(contenders) == 1:
        result["batch"] = contenders[0].batch
    else:
        result["batch"] = {contender.id: contender.batch for contender in contenders}
        result["by_model"] = {contender.id: round(contender.seen / took, 1) for contender in contenders}
    on_gpu = device.type == "cuda"
    result.update(dtype=str(contenders[0].pictures.dtype).replace("torch.", ""), seconds=round(took, 2),
                  gpu_utilisation_percent=utilisation.mean(),
                  device=torch.cuda.get_device_name(device) if on_gpu else "cpu", torch=torch.__version__)
    return result


def batch_sizes(text: str) -> List[int]:
    sizes = [int(size) for size in text.split(",")]
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"wants numbers above zero, not {text}")
    return sizes


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models_dir", type=pathlib.Path, metavar="MODELS_DIR")
    parser.add_argument("--seconds", type=float, default=10, help="of each run (default: %(default)s)")
    parser.add_argument("--batch", type=batch_sizes, default=[64, 16, 8],
                        help="by the order of models.yaml (default: 64,16,8)")
    parser.add_argument("--half", action="store_true", help="float16 whatever models.yaml says")
    parser.add_argument("--channels-last", action="store_true", help="weights and pictures in that layout")
    return parser.parse_args()


@torch.no_grad()
def run(arguments: argparse.Namespace) -> None:
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    models = read_models(arguments.models_dir)
    sizes = arguments.batch
    if not models or len(models) > len(sizes):
        raise WrongUse(f"--batch names {len(sizes)} sizes for {len(models)} models of known analyzers")
    contenders = [load(model, size, arguments, device) for model, size in zip(models, sizes)]
    for contender in contenders:
        print(json.dumps(measure(contender.id, [contender], arguments.seconds, device)), flush=True)
    if len(contenders) > 1:
        print(json.dumps(measure("mix", contenders, arguments.seconds, device)), flush=True)


def main() -> int:
    try:
        run(parse_arguments())
    except WrongUse as problem:
        print(f"torch_ceiling.py: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
