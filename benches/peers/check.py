"""Whether all engines compute the same: their outputs beside PyTorch's, from the same weights and the same input."""

import subprocess
from pathlib import Path

import numpy
import onnxruntime
import torch
from safetensors.torch import load_file

from engines import Cnncost, Failed
from files import input_path, onnx_path, weights_path
from networks import Network

# Of the largest output; float32 in another order of summation stays far below.
TOLERANCE = 1e-3


def differences(network: Network, folder: Path, batch: int, programs: list[Cnncost]) -> dict[str, float]:
    """The largest difference from PyTorch's output, as a part of the largest output, by the engine's title."""
    images = numpy.load(input_path(folder, batch))
    reference = _torch_output(network, folder, images, torch.contiguous_format)
    if not reference.any() or not numpy.isfinite(reference).all():
        raise Failed(f"{network.name}: an output of zeros or without bounds tells nothing")
    outputs = {
        "PyTorch, channels last": _torch_output(network, folder, images, torch.channels_last),
        "onnxruntime": _onnxruntime_output(folder, batch, images),
    }
    outputs |= {program.title: _cnncost_output(program, network, folder, batch) for program in programs}
    return {title: _difference(output, reference) for title, output in outputs.items()}


def _difference(output: numpy.ndarray, reference: numpy.ndarray) -> float:
    if output.shape != reference.shape:
        raise Failed(f"an output is {output.shape} and not {reference.shape}")
    return float(numpy.abs(output - reference).max() / numpy.abs(reference).max())


def _torch_output(network: Network, folder: Path, images: numpy.ndarray, layout: torch.memory_format) -> numpy.ndarray:
    torch.set_num_threads(1)
    module = network.make().eval()
    module.load_state_dict(load_file(weights_path(folder)))
    module = module.to(memory_format=layout)
    return module(torch.from_numpy(images).to(memory_format=layout)).contiguous().numpy()


def _onnxruntime_output(folder: Path, batch: int, images: numpy.ndarray) -> numpy.ndarray:
    session = onnxruntime.InferenceSession(onnx_path(folder, batch), providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images})[0]


def _cnncost_output(program: Cnncost, network: Network, folder: Path, batch: int) -> numpy.ndarray:
    output = folder / "output.npy"
    command = [str(program.program), "run", network.name, "--batch", str(batch), *program.choice()]
    command += ["--weights", str(weights_path(folder)), "--input", str(input_path(folder, batch))]
    try:
        done = subprocess.run([*command, "--output", str(output)], capture_output=True, text=True)
    except OSError as error:
        raise Failed(f"{program.program} cannot be started: {error}") from error
    if done.returncode:
        raise Failed(f"{network.name}: {done.stderr.strip()}")
    return numpy.load(output)
