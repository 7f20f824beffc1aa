"""Tensors of numbers that look random, the same here and in ../common/filled.rs."""

import functools

import numpy as np
import torch

PERIOD = 999_983
SHOWN = 8


@functools.cache
def cycle():
    """Numbers from 0 up to 1: a hash of the place."""
    hashed = np.arange(PERIOD, dtype=np.uint64) * 0x9E3779B1 % 2**32
    for _ in range(2):
        hashed = (hashed ^ (hashed >> 15)) * 0x2C1B3C6D % 2**32
    return (hashed >> 8) / 2**24


def numbers(seed, shape):
    """The cycle from a place on that the seed gives, again and again. The period is prime, so that rows differ."""
    return np.resize(np.roll(cycle(), -(seed * 10_007 % PERIOD)), shape)


def image(shape, scale=1):
    """An input between ∓ scale, of a batch of one."""
    return torch.from_numpy((scale * (2 * numbers(0, (1, *shape)) - 1)).astype(np.float32)).double()


def fill(name, seed, gain, tensor):
    """Fills a tensor with what suits its name, rounded to f32 as the tests have it."""
    values = numbers(seed, tuple(tensor.shape))
    if name in ("layer_scale", "running_var") or (name == "weight" and tensor.dim() == 1):
        values = values + 0.5
    elif tensor.dim() > 1:
        values = (2 * values - 1) * np.sqrt(gain / (tensor.numel() // len(tensor)))
    else:
        values = 0.2 * values - 0.1
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values.astype(np.float32)))


def show(outputs):
    """The largest number, and some."""
    outputs = outputs.flatten().numpy()
    shown = outputs[np.arange(SHOWN) * len(outputs) // SHOWN]
    return "\t".join(f"{value:.9e}" for value in [np.abs(outputs).max(), *shown])
