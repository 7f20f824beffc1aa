#!/usr/bin/env python3
"""Writes networks.tsv: PyTorch's outputs of whole networks, which tests/networks.rs compares the bundled ones with.

How to run it, and what the columns are, stands in README.md.
"""

import operator
import pathlib
import sys

import timm
import torch
import torchvision
from filled import SHOWN, fill, image, show
from timm.layers.grn import GlobalResponseNorm
from timm.layers.mixed_conv2d import MixedConv2d
from timm.models import pvt_v2
from timm.models.byobnet import RepVggBlock
from torch import nn
from torchvision.models.convnext import CNBlock
from torchvision.models.regnet import ResBottleneckBlock
from torchvision.models.swin_transformer import ShiftedWindowAttention

import papers
import written

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))
import make as lecture  # noqa: E402


class Learned(nn.Identity):
    """Stands where a network uses parameters of its own."""

    def __init__(self, tensors):
        super().__init__()
        self.tensors = tensors


# Which tensors a module has, in the order in which they are filled.
TENSORS = {
    nn.Conv1d: ["weight", "bias"],
    nn.Conv2d: ["weight", "bias"],
    nn.Conv3d: ["weight", "bias"],
    nn.ConvTranspose2d: ["weight", "bias"],
    nn.Linear: ["weight", "bias"],
    nn.LayerNorm: ["weight", "bias"],
    nn.BatchNorm2d: ["weight", "bias", "running_mean", "running_var"],
    nn.BatchNorm3d: ["weight", "bias", "running_mean", "running_var"],
    nn.LSTM: [
        f"{kind}_{of}_l0{way}" for way in ("", "_reverse") for kind in ("weight", "bias") for of in ("ih", "hh")
    ],
    nn.MultiheadAttention: ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"],
    ShiftedWindowAttention: [
        "qkv.weight",
        "qkv.bias",
        "relative_position_bias_table",
        "proj.weight",
        "proj.bias",
    ],
    CNBlock: ["layer_scale"],
    GlobalResponseNorm: ["weight", "bias"],
    papers.Subsample: ["weight", "bias"],
    papers.TableConv: ["weight", "bias"],
    papers.Rbf: ["centers"],
}


def tensors(network, shapes):
    """The tensors of a network in the order in which it uses them first, each with its name."""
    found, seen = [], set()

    def hook(module, _inputs, _output):
        if module in seen:
            return
        seen.add(module)
        if hasattr(module, "tensors"):
            found.extend(module.tensors().items())
            return
        for name in next(names for kind, names in TENSORS.items() if isinstance(module, kind)):
            tensor = operator.attrgetter(name)(module)
            # What is used twice is filled once.
            if tensor is not None and all(tensor is not other for _, other in found):
                found.append((name.rpartition(".")[2], tensor))

    def is_whole(module):
        return hasattr(module, "tensors") or isinstance(module, tuple(TENSORS))

    inside = {part for module in network.modules() for part in getattr(module, "parts", [])}
    hooks = [
        module.register_forward_hook(hook)
        for module in network.modules()
        if is_whole(module) and module not in inside
    ]
    with torch.no_grad():
        network(*(torch.zeros(1, *shape, dtype=torch.float64) for shape in shapes))
    for handle in hooks:
        handle.remove()
    return found


def body_first(self, x):
    """A description has the shortcut's projection behind the body; torchvision's RegNet runs it first."""
    body = self.f(x)
    return self.activation(body + (x if self.proj is None else self.proj(x)))


ResBottleneckBlock.forward = body_first


def largest_first(self, x):
    """A description has the branches as the paper draws them: 3×3, 1×1, identity."""
    sum_ = self.conv_kxk(x) + self.conv_1x1(x)
    return self.act(sum_ if self.identity is None else sum_ + self.identity(x))


RepVggBlock.forward = largest_first


def joined(modules, name):
    """A tensor that holds those of the modules one behind another, and what fills it fills them."""
    tensors = [getattr(module, name).detach().double() for module in modules]
    whole = torch.cat(tensors)
    for module, part in zip(modules, whole.split([len(tensor) for tensor in tensors])):
        setattr(module, name, nn.Parameter(part))
    return whole


def timms(name, **settings):
    """timm's network, with one tensor where a description has one for several of timm's modules."""
    network = timm.create_model(name, **settings)
    for module in network.modules():
        if isinstance(module, pvt_v2.Attention):
            # What is looked for, and what is found, as nn.MultiheadAttention has them.
            projections = [module.q, module.kv]
            tensors = {f"in_proj_{kind}": joined(projections, kind) for kind in ("weight", "bias")}
            tensors |= {kind: joined([module.proj], kind) for kind in ("weight", "bias")}
            module.parts = [*projections, module.proj]
        elif isinstance(module, MixedConv2d) and all(conv.groups == 1 for conv in module.values()):
            # Kernels of one size: the groups of a convolution.
            tensors = {"weight": joined(module.values(), "weight")}
            module.parts = list(module.values())
        else:
            continue
        module.tensors = lambda tensors=tensors: tensors
    return network


def torchvisions(name, **settings):
    return torchvision.models.get_model(name, weights=None, **settings)


class DeepLabV3(nn.Module):
    """torchvision's, without the auxiliary head."""

    def __init__(self):
        super().__init__()
        settings = {"weights": None, "weights_backbone": None}
        self.network = torchvision.models.segmentation.deeplabv3_resnet50(**settings)

    def forward(self, x):
        return self.network(x)["out"]


class RetinaNet(nn.Module):
    """torchvision's, from an image of the right size to what its head says of every anchor."""

    def __init__(self):
        super().__init__()
        settings = {"weights": None, "weights_backbone": None}
        network = torchvision.models.detection.retinanet_resnet50_fpn(**settings)
        self.backbone, self.head = network.backbone, network.head

    def forward(self, x):
        stages, pyramid = self.backbone.body(x), self.backbone.fpn
        # A description goes top down before it smooths any level, and so is the order in which the modules are used first.
        for block, stage in reversed(list(zip(pyramid.inner_blocks, stages.values()))):
            lateral = block(stage)
        for block in pyramid.layer_blocks:
            block(lateral)
        levels = [self.head([level]) for level in pyramid(stages).values()]
        said = [torch.cat([level["cls_logits"], level["bbox_regression"]], 2) for level in levels]
        return torch.cat(said, 1)


class WithHeads(nn.Module):
    """torchvision's network with the auxiliary heads of training, and nothing else of it."""

    def __init__(self, name, heads):
        super().__init__()
        self.network, self.heads = torchvisions(name, init_weights=False), heads

    def forward(self, x):
        self.network.training = True
        outputs = self.network(x)
        self.network.training = False
        return {ours: getattr(outputs, theirs) for ours, theirs in self.heads.items()}


def bottleneck():
    return nn.Sequential(nn.Conv2d(192, 16, 1), nn.Conv2d(16, 32, 5, padding=2))


def vit_b_32(size):
    network = torchvisions("vit_b_32", image_size=size)
    encoder = network.encoder
    # Behind the patches come the token and the positions, which have no batch dimension here.
    encoder.dropout = Learned(lambda: {"token": network.class_token[0], "positions": encoder.pos_embedding[0]})
    return network


NO_HEADS = {"aux_logits": False, "init_weights": False}
GOOGLENETS_HEADS = {"aux1": "aux_logits1", "aux2": "aux_logits2", "output": "logits"}
INCEPTIONS_HEAD = {"aux": "aux_logits", "output": "logits"}
IDENTITY_MAPPINGS = "identity constant exclusive_gate shortcut_gate conv dropout pre_activation"


def one(name, shape, gain, build, scale=1):
    return name, shape, scale, gain, build


def rgb(name, size, gain, build=None, scale=1):
    return one(name, (3, size, size), gain, build or (lambda: torchvisions(name)), scale)


# Each network with the shape of its input, a gain, and what builds it. The gain lets the input through to the outputs, without
# drowning in biases or growing beyond all bounds. The scale of the input makes a difference where there is local response norm.
NETWORKS = [
    one("lenet_mnist", (1, 28, 28), 3, lecture.LenetLike),
    one("direct", (192, 7, 7), 3, lambda: nn.Conv2d(192, 32, 5, padding=2)),
    one("bottleneck", (192, 7, 7), 3, bottleneck),
    one("inception", (192, 7, 7), 3, lambda: lecture.InceptionA(192)),
    one("inception_mnist", (1, 28, 28), 3, lecture.InceptionANet),
    one("residual_mnist", (1, 28, 28), 3, lecture.ResidualNet),
    *[
        one(kind, (1, 28, 28), 3, lambda kind=kind: papers.identity_mapping(kind))
        for kind in IDENTITY_MAPPINGS.split()
    ],
    one("lenet5_1998", (1, 32, 32), 3, papers.lenet5_1998),
    one("lenet5", (1, 32, 32), 3, papers.lenet5),
    rgb("alexnet", 64, 5),
    rgb("alexnet_2012", 67, 5, lambda: papers.alexnet_2012(256), scale=10),
    rgb("nin", 67, 6, papers.nin),
    rgb("nin_cifar10", 32, 6, papers.nin_cifar10),
    rgb("vgg11", 32, 5),
    rgb("googlenet_aux", 96, 3.5, lambda: papers.GoogLeNet(1), scale=10),
    one("unet", (1, 188, 188), 5, lambda: papers.UNet(1, [64, 128, 256, 512, 1024], False)),
    rgb("unet_same", 64, 5, lambda: papers.UNet(3, [64, 128, 256], True)),
    rgb("resnet18", 64, 3),
    rgb("resnet50", 64, 3),
    rgb("resnet50_v1", 64, 3, lambda: papers.resnet50(False)),
    rgb("resnet20", 32, 3, lambda: papers.resnet_cifar(20)),
    rgb("googlenet_bn_aux", 64, 5, lambda: WithHeads("googlenet", GOOGLENETS_HEADS)),
    rgb("inception_v3", 96, 5, lambda: torchvisions("inception_v3", **NO_HEADS)),
    # The head needs 17×17 pixels.
    rgb("inception_v3_aux", 299, 5, lambda: WithHeads("inception_v3", INCEPTIONS_HEAD)),
    rgb("squeezenet1_0", 64, 5),
    rgb("squeezenet1_1", 64, 5),
    one("wavenet", (256, 1100), 3, papers.WaveNet),
    rgb("densenet121", 64, 5),
    rgb("densenet_40_12", 32, 5, lambda: papers.densenet_cifar(40, 12, False)),
    rgb("densenet_bc_100_12", 32, 5, lambda: papers.densenet_cifar(100, 12, True)),
    rgb("resnext50_32x4d", 64, 3),
    rgb("wide_resnet50_2", 64, 3),
    rgb("mobilenet_v1_0_25", 64, 5, lambda: papers.mobilenet_v1(0.25)),
    rgb("mobilenet_v1_shallow", 64, 5, lambda: papers.mobilenet_v1(shallow=True)),
    rgb("mobilenet_v1_full", 64, 5, lambda: papers.mobilenet_v1(full=True)),
    rgb("retinanet", 64, 3, RetinaNet),
    rgb("deeplabv3", 64, 3, DeepLabV3),
    rgb("deeplabv3_plus", 64, 3, papers.DeepLabV3Plus),
    rgb("se_resnet50", 64, 3, lambda: papers.resnet50(True)),
    rgb("mobilenet_v2", 64, 4),
    rgb("shufflenet_v2_x0_5", 64, 4),
    rgb("unetpp", 32, 5, lambda: papers.UNetPlusPlus(False)),
    rgb("unetpp_2018", 32, 5, lambda: papers.UNetPlusPlus(True)),
    rgb("mnasnet0_5", 64, 4),
    rgb("mobilenet_v3_small", 64, 5),
    rgb("mobilenet_v3_large", 64, 5),
    rgb("efficientnet_b0", 64, 6),
    rgb("mixnet_s", 64, 5, lambda: timms("mixnet_s")),
    rgb("hrnet_w18", 64, 3, lambda: timms("hrnet_w18")),
    rgb("regnet_x_400mf", 64, 3),
    rgb("regnet_y_400mf", 64, 3),
    rgb("resnest14d", 64, 4, lambda: timms("resnest14d")),
    rgb("vit_b_32", 64, 3, lambda: vit_b_32(64)),
    rgb("swin_t", 64, 3),
    rgb("efficientnet_v2_s", 64, 3.5),
    rgb("convnext_tiny", 64, 3),
    one("cbam", (3, 64, 64), 3, written.cbam),
    rgb("convnextv2_atto", 64, 3, lambda: timms("convnextv2_atto", conv_mlp=True)),
    one("crnn", (1, 32, 100), 5, written.Crnn),
    rgb("cspdarknet53", 64, 4, lambda: timms("cspdarknet53")),
    rgb("ghostnet_050", 64, 3, lambda: timms("ghostnet_050")),
    rgb("mobilenetv4_conv_small", 64, 5, lambda: timms("mobilenetv4_conv_small")),
    rgb("mobilenetv4_conv_medium", 64, 3, lambda: timms("mobilenetv4_conv_medium")),
    one("r2plus1d_18", (3, 8, 32, 32), 4, lambda: torchvisions("r2plus1d_18")),
    one("r2plus1d_18_paper", (3, 8, 32, 32), 4, written.r2plus1d_18_paper),
    one("r3d_18", (3, 8, 32, 32), 4, lambda: torchvisions("r3d_18")),
    rgb("repvgg_a0", 64, 1.5, lambda: timms("repvgg_a0")),
    rgb("repvgg_a0_deploy", 64, 5, written.repvgg_a0_deploy),
    one("vae", [(3, 64, 64), (128,)], 3, written.Vae),
    rgb("xception", 96, 4, lambda: timms("legacy_xception")),
    rgb("yolov8n", 64, 8, lambda: written.Yolov8(0.33, 0.25, 1024)),
    rgb("mobilevit_xxs", 64, 5, lambda: timms("mobilevit_xxs")),
    # The last transformer gets 3×3 pixels, and stretches them.
    rgb("mobilevit_xs", 96, 5, lambda: timms("mobilevit_xs")),
    rgb("pvt_v2_b0", 64, 3, lambda: timms("pvt_v2_b0")),
    rgb("pvt_v2_b2_li", 64, 3, lambda: timms("pvt_v2_b2_li")),
]


def rows(name, shape, scale, gain, build):
    network = build().eval().double()
    shapes = shape if isinstance(shape, list) else [shape]
    used = tensors(network, shapes)
    for seed, (kind, tensor) in enumerate(used, start=1):
        fill(kind, seed, gain, tensor)
    with torch.no_grad():
        outputs = network(*(image(shape, scale) for shape in shapes))
    outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
    sizes = " ".join(",".join(map(str, shape)) for shape in shapes)
    for output, values in outputs.items():
        yield f"{name}\t{sizes}\t{scale}\t{gain}\t{len(used)}\t{output}\t{show(values)}\n"


def table(networks):
    titles = ["network", "input", "scale", "gain", "tensors", "output", "largest"]
    titles += [f"number {i}" for i in range(SHOWN)]
    return "\t".join(titles) + "\n" + "".join(line for network in networks for line in rows(*network))


if __name__ == "__main__":
    if chosen := sys.argv[1:]:
        print(table(network for network in NETWORKS if network[0] in chosen), end="")
    else:
        (HERE / "networks.tsv").write_text(table(NETWORKS))
