#!/usr/bin/env python3
"""Writes classifiers.tsv: what torchvision's classifiers count, which tests/published.rs compares the bundled ones with.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch torchvision
    venv/bin/python tests/reference/classifiers.py

The networks run on tensors without numbers (the meta device); hooks see the output of each module.
"""

import pathlib

import torch
import torchvision
from torch import nn

# Each at 224, or at its own size where it takes only that, and where it has another, at that too.
RESOLUTIONS = {
    "inception_v3": [299],
    "efficientnet_b1": [224, 240],
    "efficientnet_b2": [224, 260],
    "efficientnet_b3": [224, 300],
    "efficientnet_b4": [224, 380],
    "efficientnet_b5": [224, 456],
    "efficientnet_b6": [224, 528],
    "efficientnet_b7": [224, 600],
    "efficientnet_v2_s": [224, 384],
    "efficientnet_v2_m": [224, 480],
    "efficientnet_v2_l": [224, 480],
}
# Of these the bundled variant without auxiliary heads is compared, under its own name.
WITHOUT_AUX = {"googlenet": "googlenet_bn", "inception_v3": "inception_v3"}
# What is made of attention is not bundled.
ATTENTION = ("vit_", "swin_", "maxvit")


def build(name):
    settings = {"aux_logits": False, "init_weights": False} if name in WITHOUT_AUX else {}
    return torchvision.models.get_model(name, weights=None, **settings).to("meta").eval()


def macs(network, resolution):
    """MACs of convolutions and of linear layers."""
    counts = {nn.Conv2d: 0, nn.Linear: 0}

    def hook(module, _inputs, output):
        # Of a convolution's weight, and of a linear layer's, every number is used once at each position.
        per_position = output.shape[1] if isinstance(module, nn.Conv2d) else output.shape[-1]
        counts[type(module)] += module.weight.numel() * (output.numel() // per_position)

    for module in network.modules():
        if type(module) in counts:
            module.register_forward_hook(hook)
    with torch.no_grad():
        network(torch.empty(1, 3, resolution, resolution, device="meta"))
    return counts.values()


def rows():
    yield "network", "resolution", "params", "buffers", "convolution", "linear"
    for name in torchvision.models.list_models(torchvision.models):
        if name.startswith(ATTENTION):
            continue
        network = build(name)
        params = sum(tensor.numel() for tensor in network.parameters())
        # How many batches were seen is a counter, not a buffer that inference reads.
        named = network.named_buffers()
        buffers = sum(tensor.numel() for key, tensor in named if not key.endswith("num_batches_tracked"))
        for resolution in RESOLUTIONS.get(name, [224]):
            bundled = WITHOUT_AUX.get(name, name)
            yield bundled, resolution, params, buffers, *macs(build(name), resolution)


if __name__ == "__main__":
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows())
    (pathlib.Path(__file__).parent / "classifiers.tsv").write_text(text)
