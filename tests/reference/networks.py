#!/usr/bin/env python3
"""Writes networks.tsv: PyTorch's outputs of whole networks, which tests/conformance.rs compares the bundled ones with.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch torchvision
    venv/bin/python tests/reference/networks.py

No weights are stored: `numbers` makes them, as the test does, from the place of a tensor in the network. A row is a network,
the size of its input, a gain, the number of its tensors, the largest output, and eight outputs. They are computed in float64.
"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.convnext import CNBlock
from torchvision.models.regnet import ResBottleneckBlock

SHOWN = 8


def numbers(seed, shape):
    """Numbers from 0 up to 1 that look random: a hash of the seed and the place."""
    place = np.arange(np.prod(shape), dtype=np.uint64)
    hashed = (place * 0x9E3779B1 + seed * 0x85EBCA77) % 2**32
    for _ in range(2):
        hashed = (hashed ^ (hashed >> 15)) * 0x2C1B3C6D % 2**32
    return ((hashed >> 8) / 2**24).reshape(shape)


def fill(name, seed, gain, tensor):
    """Fills a tensor with what suits its name, rounded to f32 as the test has it."""
    values = numbers(seed, tuple(tensor.shape))
    if tensor.dim() > 1 and name == "weight":
        values = (2 * values - 1) * np.sqrt(gain / (tensor.numel() // len(tensor)))
    elif name in ("weight", "running_var", "layer_scale"):
        values = values + 0.5
    else:
        values = 0.2 * values - 0.1
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values.astype(np.float32)))


# Which tensors a module has, in the order in which they are filled.
TENSORS = {
    nn.Conv2d: ["weight", "bias"],
    nn.ConvTranspose2d: ["weight", "bias"],
    nn.Linear: ["weight", "bias"],
    nn.LayerNorm: ["weight", "bias"],
    nn.BatchNorm2d: ["weight", "bias", "running_mean", "running_var"],
    CNBlock: ["layer_scale"],
}


def tensors(network, size):
    """The tensors of a network in the order in which it uses them, each with its name."""
    found = []

    def hook(module, _inputs, _output):
        for name in next(names for kind, names in TENSORS.items() if isinstance(module, kind)):
            if getattr(module, name) is not None:
                found.append((name, getattr(module, name)))

    hooks = [
        module.register_forward_hook(hook)
        for module in network.modules()
        if isinstance(module, tuple(TENSORS))
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, size, size, dtype=torch.float64))
    for handle in hooks:
        handle.remove()
    return found


# --- the papers' networks for CIFAR -------------------------------------------------------------


class Residual(nn.Module):
    """Two 3×3 convolutions, and a shortcut without parameters (He et al. 2016, option A)."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(),
            nn.Conv2d(out, out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        self.stride, self.zeros = stride, out - channels

    def forward(self, x):
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.zeros))
        return F.relu(self.body(x) + shortcut)


def resnet(depth):
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for out in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            layers.append(Residual(channels, out, out // channels))
            channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Dense(nn.Sequential):
    def forward(self, x):
        return torch.cat([x, super().forward(x)], 1)


def norm_conv(channels, out, kernel):
    conv = nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv)


def densenet(depth, growth, bc):
    channels = 2 * growth if bc else 16
    layers = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
    for block in range(3):
        for _ in range((depth - 4) // (6 if bc else 3)):
            if bc:
                parts = norm_conv(channels, 4 * growth, 1), norm_conv(4 * growth, growth, 3)
            else:
                parts = (norm_conv(channels, growth, 3),)
            layers.append(Dense(*parts))
            channels += growth
        if block < 2:
            out = channels // 2 if bc else channels
            layers += [norm_conv(channels, out, 1), nn.AvgPool2d(2)]
            channels = out
    layers += [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels, 10))


# --- U-Net --------------------------------------------------------------------------------------


class UNet(nn.Module):
    """With valid convolutions and transposed ones (Ronneberger et al. 2015), or padded ones and repeated pixels."""

    def __init__(self, widths, same):
        super().__init__()

        def double(channels, out):
            first = nn.Conv2d(channels, out, 3, padding=int(same))
            return nn.Sequential(first, nn.ReLU(), nn.Conv2d(out, out, 3, padding=int(same)), nn.ReLU())

        def grow(channels):
            return nn.Upsample(scale_factor=2) if same else nn.ConvTranspose2d(channels, channels // 2, 2, 2)

        self.down = nn.ModuleList(map(double, [3, *widths], widths))
        self.grow = nn.ModuleList(map(grow, widths[:0:-1]))
        wide = [wide + narrow if same else wide for narrow, wide in zip(widths, widths[1:])]
        self.up = nn.ModuleList(map(double, wide[::-1], widths[-2::-1]))
        self.classes = nn.Conv2d(widths[0], 2, 1)

    def forward(self, x):
        kept = []
        for i, double in enumerate(self.down):
            x = double(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for grow, double, old in zip(self.grow, self.up, kept[-2::-1]):
            x = grow(x)
            margin = (old.shape[-1] - x.shape[-1]) // 2
            x = double(torch.cat([F.pad(old, [-margin] * 4), x], 1))
        return self.classes(x)


# --- torchvision's ------------------------------------------------------------------------------


def body_first(self, x):
    """A description has the shortcut's projection behind the body; torchvision's RegNet runs it first."""
    body = self.f(x)
    return self.activation(body + (x if self.proj is None else self.proj(x)))


ResBottleneckBlock.forward = body_first


def torchvisions(name, **settings):
    return torchvision.models.get_model(name, weights=None, **settings)


NO_HEADS = {"aux_logits": False, "init_weights": False}
# The size of the input, a gain, and the network. The gain lets the input through to the outputs, without drowning in biases
# or growing beyond all bounds.
NETWORKS = {
    "resnet20": (32, 3, lambda: resnet(20)),
    "densenet_40_12": (32, 5, lambda: densenet(40, 12, False)),
    "densenet_bc_100_12": (32, 5, lambda: densenet(100, 12, True)),
    "unet": (188, 5, lambda: UNet([64, 128, 256, 512, 1024], False)),
    "unet_same": (64, 5, lambda: UNet([64, 128, 256], True)),
    "googlenet_bn": (64, 5, lambda: torchvisions("googlenet", **NO_HEADS)),
    "inception_v3": (96, 5, lambda: torchvisions("inception_v3", **NO_HEADS)),
} | {
    name: (64, gain, lambda name=name: torchvisions(name))
    for name, gain in {
        "resnet18": 3,
        "resnet50": 3,
        "resnext50_32x4d": 3,
        "squeezenet1_1": 5,
        "densenet121": 5,
        "mobilenet_v2": 4,
        "mobilenet_v3_small": 5,
        "shufflenet_v2_x0_5": 4,
        "mnasnet0_5": 4,
        "efficientnet_b0": 6,
        "efficientnet_v2_s": 3.5,
        "regnet_x_400mf": 3,
        "regnet_y_400mf": 3,
        "convnext_tiny": 3,
    }.items()
}


def row(name):
    size, gain, build = NETWORKS[name]
    network = build().eval().double()
    used = tensors(network, size)
    for seed, (kind, tensor) in enumerate(used, start=1):
        fill(kind, seed, gain, tensor)
    inputs = torch.from_numpy((2 * numbers(0, (1, 3, size, size)) - 1).astype(np.float32))
    with torch.no_grad():
        outputs = network(inputs.double()).flatten().numpy()
    shown = outputs[np.arange(SHOWN) * len(outputs) // SHOWN]
    values = "\t".join(f"{value:.9e}" for value in [np.abs(outputs).max(), *shown])
    return f"{name}\t{size}\t{gain}\t{len(used)}\t{values}\n"


if __name__ == "__main__":
    heading = "network\tsize\tgain\ttensors\tlargest" + "".join(f"\toutput {i}" for i in range(SHOWN)) + "\n"
    text = heading + "".join(map(row, NETWORKS))
    (pathlib.Path(__file__).parent / "networks.tsv").write_text(text)
