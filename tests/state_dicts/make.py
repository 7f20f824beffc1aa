#!/usr/bin/env python3
"""Writes NAME.tsv for a network of each of torchvision's families: what its state_dict lists, and what it computes.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch torchvision
    venv/bin/python tests/state_dicts/make.py

The first line has our name, the size of the input, a gain, the largest output and eight outputs, in float64. Then there is a
line for each module in the alphabet's order, in which safetensors keeps them: its name, and its tensors with their sizes;
`bn=64` is a batch norm's five. The numbers in them are made from their place in that order, as ../reference/networks.py makes
them. Of the largest networks there are only the names, in the order of use.
"""

import pathlib
import sys

import numpy as np
import torch
import torchvision

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "reference"))
from networks import SHOWN, numbers  # noqa: E402

# Our name, the size of the input, and a gain that lets the input through to the outputs.
NETWORKS = {
    "resnet50": ("resnet50", 64, 3),
    "googlenet": ("googlenet_bn_aux", 64, 5),
    "inception_v3": ("inception_v3", 96, 5),
    "squeezenet1_1": ("squeezenet1_1", 64, 5),
    "densenet121": ("densenet121", 64, 5),
    "mobilenet_v2": ("mobilenet_v2", 64, 4),
    "mobilenet_v3_small": ("mobilenet_v3_small", 64, 5),
    "mnasnet0_5": ("mnasnet0_5", 64, 4),
    "shufflenet_v2_x0_5": ("shufflenet_v2_x0_5", 64, 4),
    "efficientnet_b0": ("efficientnet_b0", 64, 6),
    "efficientnet_v2_s": ("efficientnet_v2_s", 64, 3.5),
    "regnet_y_400mf": ("regnet_y_400mf", 64, 3),
    "convnext_tiny": ("convnext_tiny", 64, 3),
    "swin_t": ("swin_t", 224, 3),
}
NAMES_ONLY = ["alexnet", "vgg11_bn", "vit_b_32"]
SETTINGS = {
    "googlenet": {"init_weights": False},
    "inception_v3": {"init_weights": False, "aux_logits": False},
}


def fill(name, seed, gain, tensor):
    values = numbers(seed, tuple(tensor.shape))
    if name in ("layer_scale", "running_var") or (name == "weight" and tensor.dim() == 1):
        values = values + 0.5
    elif tensor.dim() > 1:
        values = (2 * values - 1) * np.sqrt(gain / (tensor.numel() // len(tensor)))
    else:
        values = 0.2 * values - 0.1
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values.astype(np.float32)))


def lines(names, state):
    """A line for each module."""
    modules = {}
    for name in names:
        module, _, tensor = name.rpartition(".")
        modules.setdefault(module, {})[tensor] = ",".join(map(str, state[name].shape))
    for module, tensors in modules.items():
        if "running_mean" in tensors:
            yield f"{module}\tbn={tensors['weight']}\n"
        else:
            yield module + "".join(f"\t{name}={sizes}" for name, sizes in tensors.items()) + "\n"


def write(name, ours, size, gain):
    network = torchvision.models.get_model(name, weights=None, **SETTINGS.get(name, {})).eval().double()
    state = network.state_dict()
    names = sorted(key for key, tensor in state.items() if tensor.is_floating_point())
    for seed, key in enumerate(names, start=1):
        fill(key.rpartition(".")[2], seed, gain, state[key])
    inputs = torch.from_numpy((2 * numbers(0, (1, 3, size, size)) - 1).astype(np.float32))
    with torch.no_grad():
        outputs = network(inputs.double()).flatten().numpy()
    shown = outputs[np.arange(SHOWN) * len(outputs) // SHOWN]
    values = "\t".join(f"{value:.9e}" for value in [np.abs(outputs).max(), *shown])
    text = f"{ours}\t{size}\t{gain}\t{values}\n" + "".join(lines(names, state))
    (HERE / f"{name}.tsv").write_text(text)


def write_names(name):
    with torch.device("meta"):
        state = torchvision.models.get_model(name, weights=None).state_dict()
    names = [key for key, tensor in state.items() if tensor.is_floating_point()]
    if name.startswith("vit"):
        # The token and the embedding are used behind the patches.
        first = ["conv_proj.weight", "conv_proj.bias", "class_token", "encoder.pos_embedding"]
        names = first + [key for key in names if key not in first]
    (HERE / f"{name}.names.tsv").write_text(name + "\n" + "".join(lines(names, state)))


if __name__ == "__main__":
    for name, (ours, size, gain) in NETWORKS.items():
        write(name, ours, size, gain)
    for name in NAMES_ONLY:
        write_names(name)
