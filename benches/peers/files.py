"""Where the files of a network are in its folder."""

from pathlib import Path


def weights_path(folder: Path) -> Path:
    """Where the weights of the network are."""
    return folder / "weights.safetensors"


def input_path(folder: Path, batch: int) -> Path:
    """Where the input at this batch is."""
    return folder / f"input-{batch}.npy"


def onnx_path(folder: Path, batch: int) -> Path:
    """Where the network at this batch is as ONNX."""
    return folder / f"network-{batch}.onnx"
