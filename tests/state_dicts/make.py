#!/usr/bin/env python3
"""Writes NAME.tsv for a network of each of torchvision's families, and for some of timm's: what its state_dict lists, and what
it computes. Names of ours behind the program choose networks.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch torchvision timm
    venv/bin/python tests/state_dicts/make.py

The first line has our name, the size of the input, a gain, the largest output and eight outputs, in float64. Then there is a
line for each module in the alphabet's order, in which safetensors keeps them: its name, and its tensors with their sizes;
`bn=64` is a batch norm's five. The numbers in them are made from their place in that order, as ../networks/filled.py makes
them.
"""

import pathlib
import sys

import timm
import torch
import torchvision

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "networks"))
from filled import fill, image, show  # noqa: E402

# Our name, the size of the input, and a gain that lets the input through to the outputs.
NETWORKS = {
    "alexnet": ("alexnet", 64, 5),
    "vgg11": ("vgg11", 32, 5),
    "vgg11_bn": ("vgg11_bn", 32, 4),
    "resnet18": ("resnet18", 64, 3),
    "resnet50": ("resnet50", 64, 3),
    "resnext50_32x4d": ("resnext50_32x4d", 64, 3),
    "wide_resnet50_2": ("wide_resnet50_2", 64, 3),
    "googlenet": ("googlenet_bn_aux", 64, 5),
    "inception_v3": ("inception_v3", 96, 5),
    "squeezenet1_0": ("squeezenet1_0", 64, 5),
    "squeezenet1_1": ("squeezenet1_1", 64, 5),
    "densenet121": ("densenet121", 64, 5),
    "mobilenet_v2": ("mobilenet_v2", 64, 4),
    "mobilenet_v3_large": ("mobilenet_v3_large", 64, 5),
    "mobilenet_v3_small": ("mobilenet_v3_small", 64, 5),
    "mnasnet0_5": ("mnasnet0_5", 64, 4),
    "shufflenet_v2_x0_5": ("shufflenet_v2_x0_5", 64, 4),
    "efficientnet_b0": ("efficientnet_b0", 64, 6),
    "efficientnet_v2_s": ("efficientnet_v2_s", 64, 3.5),
    "regnet_x_400mf": ("regnet_x_400mf", 64, 3),
    "regnet_y_400mf": ("regnet_y_400mf", 64, 3),
    "convnext_tiny": ("convnext_tiny", 64, 3),
    "vit_b_32": ("vit_b_32", 64, 3),
    "swin_t": ("swin_t", 224, 3),
}
# The same of timm's.
TIMMS = {
    "convnextv2_atto": ("convnextv2_atto", 64, 3),
    "cspdarknet53": ("cspdarknet53", 64, 4),
    "ghostnet_050": ("ghostnet_050", 64, 3),
    "legacy_xception": ("xception", 96, 4),
    "mobilenetv4_conv_small": ("mobilenetv4_conv_small", 64, 5),
    "repvgg_a0": ("repvgg_a0", 64, 1.5),
    "resnest14d": ("resnest14d", 64, 4),
    "mobilevit_xxs": ("mobilevit_xxs", 64, 5),
}
SETTINGS = {
    "convnextv2_atto": {"conv_mlp": True},
    "googlenet": {"init_weights": False},
    "inception_v3": {"init_weights": False, "aux_logits": False},
    "vit_b_32": {"image_size": 64},
}


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


def write(name, ours, size, gain, network):
    network = network.eval().double()
    state = network.state_dict()
    names = sorted(key for key, tensor in state.items() if tensor.is_floating_point())
    for seed, key in enumerate(names, start=1):
        fill(key.rpartition(".")[2], seed, gain, state[key])
    with torch.no_grad():
        outputs = network(image((3, size, size)))
    text = f"{ours}\t{size}\t{gain}\t{show(outputs)}\n" + "".join(lines(names, state))
    (HERE / f"{name}.tsv").write_text(text)


if __name__ == "__main__":
    chosen = set(sys.argv[1:])
    for name, (ours, size, gain) in (NETWORKS | TIMMS).items():
        if chosen and ours not in chosen:
            continue
        build = timm.create_model if name in TIMMS else torchvision.models.get_model
        write(name, ours, size, gain, build(name, **SETTINGS.get(name, {})))
