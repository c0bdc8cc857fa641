#!/usr/bin/env python3
"""Makes the networks of the GPU benchmark: the real layouts with RANDOM weights, so their finds mean nothing.

    bench/gpu/make_models.py OUTDIR [--device cuda|cpu] [--small] [--times-width N]

Writes TorchScript files, their labels and models.yaml to OUTDIR; the seed is fixed. float16 on cuda, float32
on cpu. The detectors are adjusted on made-up pictures so that a handful of cells score above 0.25, as in
trained ones: the work after the network is then of the usual size. How many do in a new picture is printed.

    yolov8x_random       object_detection         640 x 640  68.2 M parameters
    yolov8m_pose_random  body_pose                640 x 640  26.5 M parameters
    segformer_b2_random  background_segmentation  512 x 512  27.5 M parameters (needs transformers)

--small makes tiny networks of the same layouts, called *_tiny_random, for a CPU. --times-width makes the detectors
wider, and so larger by about N * N: for memory that holds only one of them.
"""
import argparse
import dataclasses
import importlib.util
import math
import pathlib
import sys
from typing import Any, Callable, List, Sequence, Tuple

try:
    import torch
    from torch import nn
except ImportError as missing:
    print(f"make_models.py needs PyTorch: {missing}", file=sys.stderr)
    sys.exit(2)

import yolov8

SCORE = 0.25
CELLS_ABOVE = 10  # of a picture, on average
KEY_POINTS = 17
HEADER = """# Random weights: these networks measure speed, and what they find means nothing.
# `normalisation` is for pictures in [0, 1]; paths are relative to this file.
models:
"""


def load_exporter() -> Any:
    path = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "export_model.py"
    spec = importlib.util.spec_from_file_location("export_model", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


exporter = load_exporter()


@dataclasses.dataclass(frozen=True)
class Recipe:
    id: str
    analyzer: str
    adapter: str
    side: int  # of the square input, in pixels
    labels: int
    make: Callable[["Recipe"], nn.Module]
    size: Any  # what `make` needs to know of the network's size
    mean: Tuple[float, ...] = (0.0, 0.0, 0.0)
    std: Tuple[float, ...] = (1.0, 1.0, 1.0)
    detects: bool = True


def made_up_picture(side: int) -> torch.Tensor:
    """Blobs of many sizes under a few plain rectangles, in [0, 1]: (1, 3, side, side)."""
    picture = torch.full((1, 3, side, side), 0.5)
    contrast = 0.1 + torch.rand(1) * 0.3
    for cell in (4, 16, 64, side):
        noise = torch.randn(1, 3, -(-side // cell), -(-side // cell)) * contrast
        picture += nn.functional.interpolate(noise, (side, side), mode="bilinear", align_corners=False)
    for _ in range(int(torch.randint(0, 6, (1,)))):
        left, top, width, height = torch.randint(side // 16, side // 2, (4,)).tolist()
        picture[:, :, top:top + height, left:left + width] = torch.rand(1, 3, 1, 1)
    return picture.clamp(0, 1)


def made_up_pictures(count: int, side: int) -> torch.Tensor:
    """The last quarter is plain, letterboxed or noise, in turn: (count, 3, side, side)."""
    pictures = torch.cat([made_up_picture(side) for _ in range(count)])
    for index in range(count - count // 4, count):
        if index % 3 == 0:
            pictures[index] = torch.rand(3, 1, 1)
        elif index % 3 == 1:
            pictures[index, :, :side // 5] = pictures[index, :, -(side // 5):] = 114 / 255
        else:
            pictures[index] = torch.rand(3, side, side)
    return pictures


@torch.no_grad()
def settle(network: nn.Module, pictures: torch.Tensor) -> None:
    """Measures the batch statistics on `pictures`, so that every layer keeps unit variance."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the statistics of one pass as they are
    network.train()
    network(pictures)
    network.eval()


def class_inputs(network: yolov8.Yolov8, pictures: torch.Tensor) -> List[torch.Tensor]:
    """What the last layer of the class branch sees at each stride: (N, cells, channels) each."""
    collected: List[List[torch.Tensor]] = [[] for _ in yolov8.STRIDES]
    for one in pictures.split(1):
        features = network.features(one)
        for level, (branch, feature) in enumerate(zip(network.class_branch.levels, features)):
            collected[level].append(branch[:-1](feature).flatten(2).transpose(1, 2).cpu())
    return [torch.cat(parts) for parts in collected]


def level_classes(last: nn.Conv2d, seen: torch.Tensor) -> torch.Tensor:
    """Makes the logits of `last` alike in all pictures, and unit normal: returns them, (N, cells, classes).

    Random features differ more between pictures than within one, and one bar for the scores would let whole
    pictures through or none. So the directions in which the means of the pictures differ most are taken out.
    """
    means = seen.mean(1)
    directions = torch.linalg.svd((means - means.mean(0)).T, full_matrices=False)[0]
    directions = directions[:, :len(directions) // 4]  # (channels, at most N), orthonormal
    weight = last.weight.flatten(1).cpu()
    weight = weight - weight @ directions @ directions.T
    logits = seen @ weight.T
    spread = logits.std((0, 1))
    shift = -logits.mean((0, 1)) / spread
    last.weight.copy_((weight / spread[:, None]).view_as(last.weight))
    last.bias.copy_(shift)
    return logits / spread + shift


@torch.no_grad()
def adjust_scores(network: yolov8.Yolov8, pictures: torch.Tensor) -> None:
    """Sets the biases of the class branch so that about CELLS_ABOVE cells a picture score above SCORE.

    A busier picture has larger logits. Lest it have thousands of cells above, only the coarsest stride can
    reach the bar, and each class is rarer than the one before.
    """
    lasts = [branch[-1] for branch in network.class_branch.levels]
    logits = [level_classes(last, seen) for last, seen in zip(lasts, class_inputs(network, pictures))]
    rarity = torch.arange(float(network.classes)).clamp(max=10)
    best = (logits[-1] - rarity).amax(2)  # (N, cells)
    bar = best.topk(CELLS_ABOVE + 1, 1).values[:, -1].median().item()
    for last, lower in zip(lasts, (10, 10, 0)):
        last.bias += (math.log(SCORE / (1 - SCORE)) - bar - lower - rarity).to(last.bias.device)


@torch.no_grad()
def calm_places(network: yolov8.Yolov8) -> None:
    """Makes boxes about four cells wide, so that not all overlap, and places less sensitive to rounding."""
    for branch in network.box_branch.levels:
        branch[-1].bias.copy_(-0.5 * network.bins.flatten().repeat(4))
    places = [network.box_branch] + ([network.point_branch] if network.key_points else [])
    for last in (branch[-1] for place in places for branch in place.levels):
        last.weight *= 0.2


def fold_norms(network: nn.Module) -> None:
    """Puts each batch norm into the convolution before it, as is done with trained models."""
    for module in network.modules():
        if isinstance(module, nn.Sequential) and len(module) == 3 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()


def make_yolov8(recipe: Recipe) -> nn.Module:
    key_points = KEY_POINTS if recipe.adapter == "yolov8_pose" else 0
    network = yolov8.Yolov8(recipe.size, recipe.side, recipe.side, recipe.labels, key_points)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network


def prepare_detector(network: yolov8.Yolov8, side: int, device: str) -> None:
    settle(network, made_up_pictures(12, side).to(device))
    adjust_scores(network, made_up_pictures(32, side).to(device))
    calm_places(network)
    fold_norms(network)


class Logits(nn.Module):
    """A segmentation network of transformers that gives its logits alone: (N, labels, H / 4, W / 4)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.network(pixel_values=pictures).logits


def make_segformer(recipe: Recipe) -> nn.Module:
    try:
        from transformers import SegformerConfig, SegformerForSemanticSegmentation
    except ImportError as missing:
        raise exporter.WrongUse(f"{recipe.id} needs the package transformers ({missing}); "
                                "--only yolov8 leaves it out") from missing
    config = SegformerConfig(num_labels=recipe.labels, **recipe.size)
    return Logits(SegformerForSemanticSegmentation(config))


B2 = {"depths": [3, 4, 6, 3], "hidden_sizes": [64, 128, 320, 512], "decoder_hidden_size": 768}
B_TINY = {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 40, 64], "decoder_hidden_size": 32}
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def recipes(small: bool, times_width: float) -> List[Recipe]:
    def wider(scale: yolov8.Scale) -> yolov8.Scale:
        return dataclasses.replace(scale, width=scale.width * times_width)

    detector, pose, segmenter = (("yolov8_tiny", "yolov8_tiny_pose", "segformer_tiny") if small
                                 else ("yolov8x", "yolov8m_pose", "segformer_b2"))
    side = 320 if small else 640
    return [Recipe(f"{detector}_random", "object_detection", "yolov8_detect", side, 80, make_yolov8,
                   wider(yolov8.TINY if small else yolov8.X)),
            Recipe(f"{pose}_random", "body_pose", "yolov8_pose", side, 1, make_yolov8,
                   wider(yolov8.TINY if small else yolov8.M)),
            Recipe(f"{segmenter}_random", "background_segmentation", "segformer", 128 if small else 512, 150,
                   make_segformer, B_TINY if small else B2, **IMAGENET, detects=False)]


@torch.no_grad()
def cells_above(path: pathlib.Path, recipe: Recipe, dtype: torch.dtype, device: str) -> List[int]:
    """How many cells of each of some new pictures score above SCORE, the fewest first."""
    network = torch.jit.load(str(path), map_location=device)
    pictures = made_up_pictures(16, recipe.side).to(device, dtype)
    return sorted(int((network(one)[:, 4:4 + recipe.labels].amax(1) > SCORE).sum())
                  for one in pictures.split(1))


def write_labels(recipe: Recipe, folder: pathlib.Path) -> str:
    path = folder / f"{recipe.id}.labels.txt"
    path.write_text("".join(f"random class {label}\n" for label in range(recipe.labels)))
    return path.name


def make(recipe: Recipe, folder: pathlib.Path, device: str, channels_last: bool) -> str:
    """Writes one model, says what it is, and returns its entry of models.yaml."""
    torch.manual_seed(0)
    network = recipe.make(recipe).to(device)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(f"{recipe.id}: {parameters} parameters, random", flush=True)
    if recipe.detects:
        prepare_detector(network, recipe.side, device)
    on_cuda = device == "cuda"
    options = exporter.ExportOptions(dtype="float16" if on_cuda else "float32", device=device,
                                     channels_last=channels_last, runs=20 if on_cuda else 3)
    exported = exporter.export(network, (1, 3, recipe.side, recipe.side),
                               folder / f"{recipe.id}.torchscript.pt", options)
    print(exporter.report(exported))
    if recipe.detects:
        above = cells_above(exported.path, recipe, exporter.DTYPES[options.dtype], device)
        print(f"scores     {above[len(above) // 2]} cells of a new picture above {SCORE} (median), "
              f"{above[-1]} at most")
    thresholds = {"score": SCORE, "iou": 0.7} if recipe.detects else None
    labels = ["random body"] if recipe.adapter == "yolov8_pose" else write_labels(recipe, folder)
    entry = exporter.ManifestEntry(recipe.id, recipe.analyzer, recipe.adapter, recipe.side, recipe.side,
                                   recipe.mean, recipe.std, labels, thresholds)
    return exporter.manifest_text(entry, exported)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    found = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("outdir", type=pathlib.Path, metavar="OUTDIR")
    parser.add_argument("--device", choices=["cpu", "cuda"], default=found,
                        help="where they are made and checked (default: %(default)s)")
    parser.add_argument("--small", action="store_true", help="tiny networks of the same layouts")
    parser.add_argument("--times-width", type=float, default=1, metavar="N", help="of the detectors (default: 1)")
    parser.add_argument("--only", default="", metavar="WORD", help="only those with WORD in their id")
    parser.add_argument("--channels-last", action="store_true", help="keep the weights in that layout")
    return parser.parse_args(arguments)


def main() -> int:
    arguments = parse_arguments(sys.argv[1:])
    chosen = [recipe for recipe in recipes(arguments.small, arguments.times_width) if arguments.only in recipe.id]
    try:
        if not chosen:
            raise exporter.WrongUse(f"no model has {arguments.only!r} in its id")
        if arguments.device == "cuda" and not torch.cuda.is_available():
            raise exporter.WrongUse(f"PyTorch {torch.__version__} finds no CUDA device")
        arguments.outdir.mkdir(parents=True, exist_ok=True)
        entries = [make(recipe, arguments.outdir, arguments.device, arguments.channels_last)
                   for recipe in chosen]
        (arguments.outdir / "models.yaml").write_text(HEADER + "\n".join(entries))
    except (exporter.WrongUse, exporter.Mismatch) as problem:
        print(f"make_models.py: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, exporter.Mismatch) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
