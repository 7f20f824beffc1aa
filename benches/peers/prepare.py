"""Writes a network for the others, in a process of its own: `prepare.py NETWORK FOLDER BATCH…`.

Into the folder go its weights, its input at each batch, and an ONNX file for each batch: with the batch known,
onnxruntime can lay out everything beforehand, as cnncost does.
"""

import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

from files import input_path, onnx_path, weights_path
from networks import Network, fresh, named, random_input


def prepare(network: Network, folder: Path, batches: list[int]) -> None:
    """Writes all files of a network."""
    module = fresh(network)
    state = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
    save_file(state, weights_path(folder))
    for batch in batches:
        images = random_input(network, batch)
        numpy.save(input_path(folder, batch), images.numpy())
        _export(module, images, onnx_path(folder, batch))


def _export(module: nn.Module, images: torch.Tensor, path: Path) -> None:
    torch.onnx.export(module, (images,), path, input_names=["images"], output_names=["output"], verbose=False)


if __name__ == "__main__":
    prepare(named(sys.argv[1]), Path(sys.argv[2]), [int(batch) for batch in sys.argv[3:]])
