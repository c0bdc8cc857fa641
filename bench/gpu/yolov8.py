"""The YOLOv8 networks, written from the published layout, for measuring speed: no trained weights here.

Layout (Ultralytics YOLOv8, 2023; its parts: CSPNet, arXiv:1911.11929; path aggregation, arXiv:1803.01534;
distribution focal loss, arXiv:2006.04388): a backbone of five stages that halve the picture, a neck that
goes down to stride 8 and up again to 32, and a head without anchor boxes that looks at the strides 8, 16 and
32 with separate branches for boxes, classes and key points. Tensors are (N, C, H, W); the input is RGB in
[0, 1].
"""
import dataclasses
from typing import List, Tuple

import torch
from torch import nn

STRIDES = (8, 16, 32)
BINS = 16  # the distance to each side of a box is a distribution over 0..15 cells


@dataclasses.dataclass(frozen=True)
class Scale:
    depth: float
    width: float
    most_channels: int  # before the width is applied

    def channels(self, full: int) -> int:
        """What `full` channels come to: a multiple of eight."""
        return -(-int(min(full, self.most_channels) * self.width) // 8) * 8

    def blocks(self, full: int) -> int:
        return max(1, round(full * self.depth))


TINY = Scale(0.33, 0.125, 1024)
M = Scale(0.67, 0.75, 768)
X = Scale(1.0, 1.25, 512)


def convolution(inputs: int, outputs: int, size: int = 1, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
                         nn.BatchNorm2d(outputs, eps=1e-3), nn.SiLU(inplace=True))


class Bottleneck(nn.Module):
    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(convolution(channels, channels, 3), convolution(channels, channels, 3))
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.shortcut else self.body(x)


class CrossStage(nn.Module):
    """C2f: one half goes through bottlenecks, and the results of all of them are joined."""

    def __init__(self, inputs: int, outputs: int, blocks: int, shortcut: bool) -> None:
        super().__init__()
        half = outputs // 2
        self.enter = convolution(inputs, 2 * half)
        self.blocks = nn.ModuleList(Bottleneck(half, shortcut) for _ in range(blocks))
        self.leave = convolution((2 + blocks) * half, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = list(self.enter(x).chunk(2, 1))
        for block in self.blocks:
            parts.append(block(parts[-1]))
        return self.leave(torch.cat(parts, 1))


class PyramidPooling(nn.Module):
    """SPPF: three 5 x 5 poolings in a row see 5, 9 and 13 cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = convolution(channels, channels // 2)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.leave = convolution(channels // 2 * 4, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.enter(x)
        second = self.pool(first)
        third = self.pool(second)
        return self.leave(torch.cat([first, second, third, self.pool(third)], 1))


class Backbone(nn.Module):
    def __init__(self, scale: Scale) -> None:
        super().__init__()
        c1, c2, c3, c4, c5 = (scale.channels(full) for full in (64, 128, 256, 512, 1024))
        few, many = scale.blocks(3), scale.blocks(6)
        self.to_8 = nn.Sequential(convolution(3, c1, 3, 2),
                                  convolution(c1, c2, 3, 2), CrossStage(c2, c2, few, True),
                                  convolution(c2, c3, 3, 2), CrossStage(c3, c3, many, True))
        self.to_16 = nn.Sequential(convolution(c3, c4, 3, 2), CrossStage(c4, c4, many, True))
        self.to_32 = nn.Sequential(convolution(c4, c5, 3, 2), CrossStage(c5, c5, few, True),
                                   PyramidPooling(c5))

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        at_8 = self.to_8(x)
        at_16 = self.to_16(at_8)
        return at_8, at_16, self.to_32(at_16)


class Neck(nn.Module):
    def __init__(self, scale: Scale) -> None:
        super().__init__()
        c3, c4, c5 = (scale.channels(full) for full in (256, 512, 1024))
        few = scale.blocks(3)
        self.enlarge = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.down_16 = CrossStage(c5 + c4, c4, few, False)
        self.down_8 = CrossStage(c4 + c3, c3, few, False)
        self.halve_8 = convolution(c3, c3, 3, 2)
        self.up_16 = CrossStage(c3 + c4, c4, few, False)
        self.halve_16 = convolution(c4, c4, 3, 2)
        self.up_32 = CrossStage(c4 + c5, c5, few, False)

    def forward(self, at_8: torch.Tensor, at_16: torch.Tensor, at_32: torch.Tensor) -> List[torch.Tensor]:
        middle = self.down_16(torch.cat([self.enlarge(at_32), at_16], 1))
        fine = self.down_8(torch.cat([self.enlarge(middle), at_8], 1))
        middle = self.up_16(torch.cat([self.halve_8(fine), middle], 1))
        return [fine, middle, self.up_32(torch.cat([self.halve_16(middle), at_32], 1))]


class Branch(nn.Module):
    """One quantity of the head at all three strides: (N, outputs, cells), the cells of stride 8 first."""

    def __init__(self, inputs: List[int], inner: int, outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(convolution(count, inner, 3), convolution(inner, inner, 3),
                          nn.Conv2d(inner, outputs, 1))
            for count in inputs)

    def forward(self, features: List[torch.Tensor]) -> torch.Tensor:
        maps = [level(feature) for level, feature in zip(self.levels, features)]
        return torch.cat([each.flatten(2) for each in maps], 2)


def cells(width: int, height: int) -> Tuple[torch.Tensor, torch.Tensor]:
    """The middles of the cells, x and y in cells (1, 2, cells), and their strides in pixels (1, 1, cells)."""
    middles, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        middles.append(torch.stack([x.flatten(), y.flatten()]) + 0.5)
        strides.append(torch.full((1, x.numel()), float(stride)))
    return torch.cat(middles, 1)[None], torch.cat(strides, 1)[None]


class Yolov8(nn.Module):
    """(N, 3, height, width) -> (N, 4 + classes + 3 * key points, cells).

    Rows: cx, cy, w, h in pixels of the input; the score of each class in [0, 1]; then x, y in pixels and
    visibility in [0, 1] of each key point. There are height * width * (1/64 + 1/256 + 1/1024) cells. Width
    and height are multiples of 32 and belong to the network; the batch may have any size.
    """

    def __init__(self, scale: Scale, width: int, height: int, classes: int, key_points: int = 0) -> None:
        super().__init__()
        self.classes = classes
        self.key_points = key_points
        self.backbone = Backbone(scale)
        self.neck = Neck(scale)
        inputs = [scale.channels(full) for full in (256, 512, 1024)]
        self.box_branch = Branch(inputs, max(16, inputs[0] // 4, 4 * BINS), 4 * BINS)
        self.class_branch = Branch(inputs, max(inputs[0], min(classes, 100)), classes)
        if key_points:
            self.point_branch = Branch(inputs, max(inputs[0] // 4, 3 * key_points), 3 * key_points)
        middles, strides = cells(width, height)
        self.register_buffer("middles", middles)
        self.register_buffer("strides", strides)
        self.register_buffer("bins", torch.arange(float(BINS)).view(1, 1, BINS, 1))

    def features(self, pictures: torch.Tensor) -> List[torch.Tensor]:
        at_8, at_16, at_32 = self.backbone(pictures)
        return self.neck(at_8, at_16, at_32)

    def boxes(self, bins: torch.Tensor) -> torch.Tensor:
        """(N, 4 * BINS, cells) -> (N, 4, cells), from the expected distances to left, top, right, bottom."""
        distances = (bins.unflatten(1, (4, BINS)).softmax(2) * self.bins).sum(2)
        before, after = distances.chunk(2, 1)
        return torch.cat([self.middles + (after - before) / 2, before + after], 1) * self.strides

    def points(self, raw: torch.Tensor) -> torch.Tensor:
        """(N, 3 * key points, cells) -> the same shape."""
        raw = raw.unflatten(1, (self.key_points, 3))
        places = (raw[:, :, :2] * 2 + (self.middles - 0.5).unsqueeze(1)) * self.strides.unsqueeze(1)
        return torch.cat([places, raw[:, :, 2:].sigmoid()], 2).flatten(1, 2)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        features = self.features(pictures)
        rows = [self.boxes(self.box_branch(features)), self.class_branch(features).sigmoid()]
        if self.key_points:
            rows.append(self.points(self.point_branch(features)))
        return torch.cat(rows, 1)
