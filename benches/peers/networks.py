"""The networks that are timed: what cnncost calls them, and the same in PyTorch.

The weights are random, and all of them matter: what PyTorch starts as zeros or ones is disturbed, and the statistics of
batch normalization are those of a random input, so that activations keep their size up to the output. Otherwise the
output of several networks would be the last bias and nothing else, and comparing outputs would say nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

# Networks are only evaluated here, in every process that reads this file.
torch.set_grad_enabled(False)

SEED = 0


@dataclass(frozen=True)
class Network:
    """A network: cnncost's name, a title, the shape of one input and who makes it in PyTorch."""

    name: str
    title: str
    shape: tuple[int, ...]
    make: Callable[[], nn.Module]


def _of_torchvision(builder: str, **options) -> Callable[[], nn.Module]:
    return lambda: getattr(torchvision.models, builder)(weights=None, **options)


def _direct() -> nn.Module:
    return nn.Sequential(nn.Conv2d(192, 32, 5, padding=2))


def _bottleneck() -> nn.Module:
    return nn.Sequential(nn.Conv2d(192, 16, 1), nn.Conv2d(16, 32, 5, padding=2))


_IMAGE = (3, 224, 224)
_googlenet = _of_torchvision("googlenet", aux_logits=False, transform_input=False, init_weights=True)

NETWORKS = [
    Network("bottleneck@direct", "5×5 convolution, direct", (192, 28, 28), _direct),
    Network("bottleneck@bottleneck", "5×5 convolution behind a 1×1", (192, 28, 28), _bottleneck),
    Network("googlenet_bn", "GoogLeNet", _IMAGE, _googlenet),
    Network("resnet18", "ResNet-18", _IMAGE, _of_torchvision("resnet18")),
    Network("resnet50", "ResNet-50", _IMAGE, _of_torchvision("resnet50")),
    Network("vgg16", "VGG-16", _IMAGE, _of_torchvision("vgg16")),
    Network("densenet121", "DenseNet-121", _IMAGE, _of_torchvision("densenet121")),
    Network("mobilenet_v2", "MobileNetV2", _IMAGE, _of_torchvision("mobilenet_v2")),
    Network("efficientnet_b0", "EfficientNet-B0", _IMAGE, _of_torchvision("efficientnet_b0")),
    Network("shufflenet_v2_x1_0", "ShuffleNetV2 ×1.0", _IMAGE, _of_torchvision("shufflenet_v2_x1_0")),
    Network("mobilenet_v3_large", "MobileNetV3 large", _IMAGE, _of_torchvision("mobilenet_v3_large")),
    Network("resnext50_32x4d", "ResNeXt-50 32×4d", _IMAGE, _of_torchvision("resnext50_32x4d")),
    Network("convnext_tiny", "ConvNeXt-T", _IMAGE, _of_torchvision("convnext_tiny")),
    Network("vit_b_16", "ViT-B/16", _IMAGE, _of_torchvision("vit_b_16")),
]


def named(name: str) -> Network:
    """The network that cnncost calls so."""
    return next(network for network in NETWORKS if network.name == name)


def fresh(network: Network) -> nn.Module:
    """The network as it is evaluated, with random weights, the same in every process."""
    # Sums are in the same order then, and threads do not wait for each other on a busy machine.
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    module = network.make().eval()
    for parameter in module.parameters():
        if parameter.min() == parameter.max():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    _observe(module, random_input(network, 2))
    return module


def random_input(network: Network, batch: int) -> torch.Tensor:
    """Normal deviates, the same in every process."""
    generator = torch.Generator().manual_seed(SEED + batch)
    return torch.randn(batch, *network.shape, generator=generator)


def _observe(module: nn.Module, images: torch.Tensor) -> None:
    """Lets every batch normalization have the statistics of what reaches it."""
    normalizations = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    momenta = [part.momentum for part in normalizations]
    for part in normalizations:
        part.train()
        part.momentum = None
    if normalizations:
        module(images)
    for part, momentum in zip(normalizations, momenta, strict=True):
        part.eval()
        part.momentum = momentum
