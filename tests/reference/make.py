#!/usr/bin/env python3
"""Writes PyTorch's answers, which the tests compare this program's operators with.

To run it, in a virtual environment of its own (the tests themselves need no Python):

    python3 -m venv venv
    venv/bin/pip install torch torchvision numpy safetensors onnx
    venv/bin/python tests/reference/make.py [--lecture FOLDER]

Without --lecture it rewrites operators.json and operators/*.safetensors. With it, FOLDER holds the lecture's networks as NAME.onnx,
NAME_input.npy and NAME_output.npy: the script then also checks that its PyTorch
modules below, given those weights, repeat those outputs, and rewrites the files of
lecture/: the lecture's three networks. (Its pair of convolutions has an input of 600 KB.)

Everything is seeded by its own name, so a new case changes no other case's numbers.
The results are computed in float64 and rounded once, so they hold no error of an f32 kernel.
"""

import argparse
import functools
import json
import pathlib
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
import torchvision
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
# The whole folder stays small: it is checked out by everyone who builds the crate.
MOST_NUMBERS_A_CASE = 2_000
MOST_BYTES = 1_500_000

CASES = []


def numbers(name):
    # RandomState's streams are frozen by numpy's policy; Generator's and torch's may change.
    return np.random.RandomState(zlib.crc32(name.encode()))


def case(op, title, inputs, weights=(), **settings):
    """One case. `inputs`: shapes (filled with normal numbers) or arrays; `weights`: (name, array)."""
    rng = numbers(f"{op}/{title}")
    xs = [np.asarray(rng.randn(*x) if isinstance(x, tuple) else x, np.float32) for x in inputs]
    ws = [(name, np.asarray(make(rng), np.float32)) for name, make in weights]
    CASES.append((op, title, settings, xs, ws))


# --- weights -----------------------------------------------------------------------------------


def normal(*shape, fan_in=1):
    return lambda rng: rng.randn(*shape) / np.sqrt(fan_in)


def positive(*shape, low=0.3, high=2.0):
    return lambda rng: rng.uniform(low, high, shape)


def per_axis(value, axes):
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes


def conv(title, shape, out_channels, kernel_size, **settings):
    """conv1d, conv2d or conv3d, as many axes as `shape` has."""
    axes = len(shape) - 2
    kernel = per_axis(kernel_size, axes)
    group = shape[1] // settings.get("groups", 1)
    channels = (out_channels, group)
    if "connections" in settings:
        channels = (sum(len(inputs) for inputs in settings["connections"]),)
    weights = [("weight", normal(*channels, *kernel, fan_in=group * np.prod(kernel)))]
    if settings.get("bias", True):
        weights.append(("bias", normal(out_channels)))
    case(f"conv{axes}d", title, [shape], weights, out_channels=out_channels, kernel_size=kernel_size, **settings)


def conv_transpose(title, shape, out_channels, kernel_size, **settings):
    axes = len(shape) - 2
    kernel = per_axis(kernel_size, axes)
    group = out_channels // settings.get("groups", 1)
    weights = [("weight", normal(shape[1], group, *kernel, fan_in=shape[1] * np.prod(kernel)))]
    if settings.get("bias", True):
        weights.append(("bias", normal(out_channels)))
    case(f"conv_transpose{axes}d", title, [shape], weights, out_channels=out_channels, kernel_size=kernel_size, **settings)


def deform(title, shape, out_channels, kernel_size, offset_groups=1, mask=False, reach=1.5, **settings):
    """Offsets of up to some times `reach`, so that some point outside and none between the same two places."""
    height, width = per_axis(kernel_size, 2)
    taps, group = height * width, shape[1] // settings.get("groups", 1)
    if settings.get("padding") == "half":
        pads = [r // 2 for r in reaches({"kernel_size": kernel_size, **settings}, 2)]
    else:
        pads = per_axis(settings.get("padding", 0), 2)
    sizes = [
        (n + 2 * p - r) // t + 1
        for n, p, r, t in zip(shape[2:], pads, reaches({"kernel_size": kernel_size, **settings}, 2),
                              per_axis(settings.get("stride", 1), 2))
    ]  # fmt: skip
    rng = numbers(f"offsets of {title}")
    inputs = [shape, reach * rng.randn(shape[0], 2 * offset_groups * taps, *sizes)]
    if mask:
        inputs.append(rng.uniform(0, 1, (shape[0], offset_groups * taps, *sizes)))
    weights = [("weight", normal(out_channels, group, height, width, fan_in=group * taps))]
    if settings.get("bias", True):
        weights.append(("bias", normal(out_channels)))
    case("deform_conv2d", title, inputs, weights, out_channels=out_channels, kernel_size=kernel_size, **settings)


def linear(title, shape, out_features, **settings):
    weights = [("weight", normal(out_features, shape[-1], fan_in=shape[-1]))]
    if settings.get("bias", True):
        weights.append(("bias", normal(out_features)))
    case("linear", title, [shape], weights, out_features=out_features, **settings)


def batch_norm(axes, title, shape, var=(0.3, 2.0), **settings):
    c = shape[1]
    weights = [("weight", positive(c)), ("bias", normal(c))] if settings.get("affine", True) else []
    weights += [("running_mean", normal(c)), ("running_var", positive(c, low=var[0], high=var[1]))]
    case(f"batch_norm{axes}d", title, [shape], weights, **settings)


def normalization(op, title, x, sizes, **settings):
    """`sizes`: those of the learned factor and bias, `None` without them."""
    weights = [("weight", positive(*sizes))] if sizes else []
    if sizes and settings.get("bias", op != "rms_norm"):
        weights.append(("bias", normal(*sizes)))
    case(op, title, [x], weights, **settings)


def recurrent(op, title, shape, **settings):
    module = getattr(nn, op.upper())(shape[2], **settings)
    case(op, title, [shape], [(n, normal(*w.shape)) for n, w in module.named_parameters()], **settings)


def attention(title, *shapes, **settings):
    c = shapes[0][-1]
    module = nn.MultiheadAttention(c, **settings)
    case("multi_head_attention", title, list(shapes), [(n, normal(*w.shape, fan_in=w.shape[-1] if w.dim() > 1 else 1))
         for n, w in module.named_parameters()], **settings)  # fmt: skip


# --- what PyTorch computes: the settings written into the index are the very ones used here -------


def reaches(s, axes):
    kernels, dilations = per_axis(s["kernel_size"], axes), per_axis(s.get("dilation", 1), axes)
    return [(k - 1) * d + 1 for k, d in zip(kernels, dilations)]


def sides(op, s, x):
    """Before and after of each axis, where the padding is none of PyTorch's own; otherwise None."""
    axes, padding = x.dim() - 2, s.get("padding", 0)
    reach = reaches(s, axes)
    stride = per_axis(s.get("stride", s["kernel_size"] if "pool" in op else 1), axes)
    if padding == "half":
        return [(r // 2, r // 2) for r in reach]
    if padding == "same_upper" and "transpose" in op:
        totals = [max(r - t, 0) for r, t in zip(reach, stride)]
    elif padding == "same_upper" or (padding == "same" and "pool" in op):
        # https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
        totals = [max((-(-n // t) - 1) * t + r - n, 0) for n, t, r in zip(x.shape[2:], stride, reach)]
    elif isinstance(padding, list) and any(isinstance(axis, list) for axis in padding):
        return [tuple(axis) if isinstance(axis, list) else (axis, axis) for axis in padding]
    else:
        return None
    return [(t // 2, t - t // 2) for t in totals]


def padded(x, pairs, mode="constant", value=None):
    return F.pad(x, [side for pair in reversed(pairs) for side in pair], mode, value)


def compute(op, s, xs, w):
    def each(name, default):
        return per_axis(s.get(name, default), xs[0].dim() - 2)

    if op.startswith(("conv", "max_pool", "avg_pool", "lp_pool")) and (pairs := sides(op, s, xs[0])):
        # PyTorch pads beforehand, or cuts off afterwards, what it has no setting for.
        rest = {name: value for name, value in s.items() if name not in ("padding", "padding_mode", "count_include_pad")}
        if "transpose" in op:
            # What the kernels leave of the input's size times the stride.
            gaps = [max(t - r, 0) for t, r in zip(each("stride", 1), reaches(s, len(pairs)))]
            more = gaps if s["padding"] == "same_upper" else each("output_padding", 0)
            full = compute(op, {**rest, "output_padding": list(more)}, xs, w)
            for axis, (before, after) in enumerate(pairs):
                full = full.narrow(axis + 2, before, full.shape[axis + 2] - before - after)
            return full
        mode = {"zeros": "constant"}.get(*[s.get("padding_mode", "zeros")] * 2)
        outside = -torch.inf if op.startswith("max") else 0.0
        y = compute(op, rest, [padded(xs[0], pairs, mode, outside if mode == "constant" else None)], w)
        if not s.get("count_include_pad", True):
            y = y / compute(op, rest, [padded(torch.ones_like(xs[0]), pairs)], w)
        return y
    if "padding_mode" in s and "conv" in op:
        settings = {name: value for name, value in s.items() if name not in ("out_channels", "bias")}
        module = getattr(nn, op.replace("conv", "Conv"))(xs[0].shape[1], s["out_channels"], bias="bias" in w, **settings)
        module.to(xs[0]).load_state_dict(w)
        return module(xs[0])
    if op == "deform_conv2d":
        pads = [before for before, _ in sides(op, s, xs[0])] if isinstance(s.get("padding"), str) else each("padding", 0)
        return torchvision.ops.deform_conv2d(
            xs[0], xs[1], w["weight"], w.get("bias"), each("stride", 1), pads, each("dilation", 1),
            xs[2] if len(xs) > 2 else None,
        )  # fmt: skip
    if op in ("conv1d", "conv2d", "conv3d"):
        padding, kernel = s.get("padding", 0), w["weight"]
        if "connections" in s:
            # PyTorch has no such table: the kernels of its pairs, in their order, between zeros.
            pairs = [(o, i) for o, inputs in enumerate(s["connections"]) for i in inputs]
            kernel = torch.zeros(s["out_channels"], xs[0].shape[1], *kernel.shape[1:], dtype=kernel.dtype)
            for pair_kernel, (o, i) in zip(w["weight"], pairs, strict=True):
                kernel[o, i] = pair_kernel
        return getattr(F, op)(
            xs[0], kernel, w.get("bias"), each("stride", 1),
            padding if isinstance(padding, str) else each("padding", 0), each("dilation", 1), s.get("groups", 1),
        )  # fmt: skip
    if op in ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"):
        return getattr(F, op)(
            xs[0], w["weight"], w.get("bias"), each("stride", 1), each("padding", 0), each("output_padding", 0),
            s.get("groups", 1), each("dilation", 1),
        )  # fmt: skip
    if op == "linear":
        return F.linear(xs[0], w["weight"], w.get("bias"))
    if op in ("batch_norm1d", "batch_norm2d", "batch_norm3d"):
        return F.batch_norm(
            xs[0], w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"),
            training=False, eps=s.get("eps", 1e-5),
        )  # fmt: skip
    if op == "layer_norm":
        return F.layer_norm(xs[0], xs[0].shape[-s.get("dims", 1) :], w.get("weight"), w.get("bias"), s.get("eps", 1e-5))
    if op == "group_norm":
        return F.group_norm(xs[0], s["num_groups"], w.get("weight"), w.get("bias"), s.get("eps", 1e-5))
    if op == "rms_norm":
        # PyTorch's own default of `eps` is that of the type, which is 64 bits here.
        eps = s.get("eps", torch.finfo(torch.float32).eps)
        return F.rms_norm(xs[0], xs[0].shape[-s.get("dims", 1) :], w.get("weight"), eps)
    if op in ("instance_norm1d", "instance_norm2d", "instance_norm3d"):
        module = getattr(nn, f"InstanceNorm{op[-2:]}")(xs[0].shape[1], **s).to(xs[0]).eval()
        module.load_state_dict(w)
        return module(xs[0])
    if op == "local_response_norm":
        return nn.LocalResponseNorm(**s)(xs[0])
    if op.startswith(("max_pool", "avg_pool", "lp_pool")):
        return getattr(F, op)(xs[0], **{k: tuple(v) if isinstance(v, list) else v for k, v in s.items()})
    if op.startswith("adaptive_"):
        return getattr(F, op)(xs[0], each("output_size", None))
    if op == "global_avg_pool":
        return xs[0].mean(dim=tuple(range(2, xs[0].dim())), keepdim=True)
    if op == "rbf":
        return (xs[0].unsqueeze(-2) - w["centers"]).square().sum(dim=-1)
    modules = {
        "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "silu": nn.SiLU, "gelu": nn.GELU,
        "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "hard_sigmoid": nn.Hardsigmoid, "hard_swish": nn.Hardswish,
        "elu": nn.ELU, "mish": nn.Mish, "hard_tanh": nn.Hardtanh,
        "softplus": nn.Softplus, "selu": nn.SELU, "celu": nn.CELU, "glu": nn.GLU,
        "dropout": nn.Dropout, "identity": nn.Identity, "flatten": nn.Flatten,
    }  # fmt: skip
    if op in modules:
        return modules[op](**s).eval()(xs[0])
    if op == "prelu":
        assert len(w["weight"]) == s.get("num_parameters", 1)
        return F.prelu(xs[0], w["weight"])
    if op == "softmax":
        return F.softmax(xs[0], dim=s.get("dim", 1))
    if op == "log_softmax":
        return F.log_softmax(xs[0], dim=s.get("dim", 1))
    if op == "affine":
        return xs[0] * s["mul"] + s["add"]
    if op == "scale":
        shape = [1, -1] + [1] * (xs[0].dim() - 2)
        y = xs[0] * w["weight"].reshape(shape)
        return y + w["bias"].reshape(shape) if s["bias"] else y
    if op == "layer_scale":
        return w["layer_scale"] * xs[0]
    if op == "concat":
        return torch.cat(xs, dim=s.get("dim", 1))
    if s.get("broadcast"):
        # The batch stays: shapes are aligned behind it.
        most = max(x.dim() for x in xs)
        xs = [x.reshape(len(x), *[1] * (most - x.dim()), *x.shape[1:]) for x in xs]
    if op == "add":
        return sum(xs[1:], start=xs[0])
    if op == "sub":
        return torch.sub(*xs)
    if op == "div":
        return torch.div(*xs)
    if op == "mul":
        return torch.mul(*xs)
    if op == "matmul":
        return torch.matmul(*xs)
    if op == "multi_head_attention":
        module = nn.MultiheadAttention(xs[0].shape[-1], **s, batch_first=True).to(xs[0]).eval()
        module.load_state_dict(w)
        mask = xs[-1] if len(xs) in (2, 4) else None
        query, key, value = xs[:3] if len(xs) > 2 else xs[:1] * 3
        if mask is not None:
            # A mask of its own for every sequence and head; ours stretches over the sequences, the batch in front.
            scores = [*query.shape[:-2], s["num_heads"], query.shape[-2], key.shape[-2]]
            mask = mask.reshape(len(mask), *[1] * (len(scores) - mask.dim()), *mask.shape[1:])
            mask = mask.expand(scores).flatten(0, -3)
        # What is before the tokens is the batch of a module that knows of no more.
        stacked = [x.flatten(0, -3) for x in (query, key, value)]
        return module(*stacked, need_weights=False, attn_mask=mask)[0].reshape(query.shape)
    if op == "scaled_dot_product_attention":
        query, key, value = xs[:3]
        mask = None
        if len(xs) > 3:
            # The batch in front, then as PyTorch stretches it.
            mask = xs[3].reshape(len(xs[3]), *[1] * (query.dim() - xs[3].dim()), *xs[3].shape[1:])
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, **s)
    if op == "parameter":
        return w["weight"].unsqueeze(0)
    if op == "slice":
        # torch has no tensor method for a step; indexing is what networks write.
        where = [slice(None)] * xs[0].dim()
        where[s.get("dim", 1)] = slice(s.get("start", 0), s.get("end"), s.get("step", 1))
        return xs[0][tuple(where)]
    if op == "select":
        return torch.select(xs[0], **s)
    if op in ("lstm", "gru", "rnn"):
        module = getattr(nn, op.upper())(xs[0].shape[2], **s, batch_first=True).to(xs[0]).eval()
        module.load_state_dict(w)
        return module(xs[0])[0]
    if op == "embedding":
        assert w["weight"].shape == (s["num_embeddings"], s["embedding_dim"])
        return F.embedding(xs[0].long(), w["weight"])
    if op == "index_select":
        return torch.index_select(xs[0], s["dim"], torch.tensor(s["index"]))
    if op == "roll":
        return torch.roll(xs[0], s["shifts"], s["dims"])
    if op == "expand":
        return xs[0].expand(len(xs[0]), *s["shape"])
    if op == "constant":
        return torch.tensor(s["values"]).reshape(1, *s["shape"])
    if op in ("exp", "log", "sqrt", "rsqrt", "abs", "pow", "clamp", "sin", "cos"):
        return getattr(torch, op)(xs[0], **s)
    if op in ("mean", "sum"):
        return getattr(torch, op)(xs[0], **s)
    if op == "max":
        return torch.amax(xs[0], **s)
    if op == "norm":
        return torch.linalg.vector_norm(xs[0], s.get("p", 2), s["dim"], s.get("keepdim", False))
    if op == "permute":
        return torch.permute(xs[0], **s)
    if op == "reshape":
        return torch.reshape(xs[0], [len(xs[0]), *s["shape"]])
    if op == "channel_shuffle":
        return F.channel_shuffle(xs[0], s["groups"])
    if op in ("pixel_shuffle", "pixel_unshuffle"):
        return getattr(F, op)(xs[0], **s)
    if op == "pad":
        return F.pad(xs[0], s["padding"], s.get("mode", "constant"), s.get("value"))
    if op == "upsample":
        return nn.Upsample(**{k: tuple(v) if isinstance(v, list) else v for k, v in s.items()})(xs[0])
    if op == "buffer":
        return w["weight"].unsqueeze(0)
    return MORE[op](*xs, **{k: v for k, v in s.items() if k != "broadcast"})


def truths(function):
    """Numbers 0 and 1 for truths."""
    return lambda *xs: function(*xs).to(xs[0].dtype)


def topk(x, k, dim=-1, largest=True, indices=False):
    found = torch.topk(x, k, dim, largest)
    return found.indices.to(x) if indices else found.values


def cumsum(x, dim, exclusive=False, reverse=False):
    x = x.flip(dim) if reverse else x
    y = torch.cumsum(x, dim) - (x if exclusive else 0)
    return y.flip(dim) if reverse else y


def take(x, index, dim=1):
    dim %= x.dim()
    return torch.stack([torch.from_numpy(np.take(a.numpy(), i.numpy().astype(int), dim - 1)) for a, i in zip(x, index)])


def gather_nd(x, index, batch_dims=0):
    # By its definition, row after row.
    index, shared = index.long(), batch_dims + 1
    places = index.shape[:-1]
    parts = [x[(*where[:shared], *index[where])] for where in np.ndindex(*places)]
    return torch.stack(parts).reshape(*places, *parts[0].shape)


def scatter_nd(x, index, source, reduce="none"):
    y, index = x.clone(), index.long()
    for where in np.ndindex(*index.shape[:-1]):
        at = (where[0], *index[where])
        y[at] = y[at] + source[where] if reduce == "add" else source[where]
    return y


def scatter(x, index, source, dim, reduce="none"):
    index = torch.where(index < 0, index + x.shape[dim], index).long()
    return x.scatter_add(dim, index, source) if reduce == "add" else x.scatter(dim, index, source)


def einsum(*xs, equation):
    # The batch has no letter of its own.
    inputs, output = equation.replace(" ", "").split("->")
    return torch.einsum(",".join("Z" + term for term in inputs.split(",")) + "->Z" + output, *xs)


def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    return F.grid_sample(x, grid, mode, padding_mode, align_corners)


def roi_align(x, boxes, **settings):
    # A list has the boxes of each sample.
    y = torchvision.ops.roi_align(x, list(boxes), **settings)
    return y.reshape(len(x), boxes.shape[1], *y.shape[1:])


def depth_to_space(x, block_size):
    # By TensorFlow's documentation of data_format NCHW.
    b, (n, c, h, w) = block_size, x.shape
    return x.reshape(n, b, b, c // b**2, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // b**2, h * b, w * b)


def space_to_depth(x, block_size):
    b, (n, c, h, w) = block_size, x.shape
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b**2, h // b, w // b)


def rotary_embedding(x, cos, sin, dims=None, interleaved=False):
    # The formula of Su et al. 2021, pair by pair.
    dims = dims or x.shape[-1]
    pairs = [(2 * i, 2 * i + 1) if interleaved else (i, i + dims // 2) for i in range(dims // 2)]
    y = x.clone()
    for i, (a, b) in enumerate(pairs):
        c, s = (t[..., i].reshape(len(t), *[1] * (x.dim() - t.dim()), *t.shape[1:-1]) for t in (cos, sin))
        y[..., a], y[..., b] = x[..., a] * c - x[..., b] * s, x[..., a] * s + x[..., b] * c
    return y


# What PyTorch has under the same name, or, of what is ours, what it is in its terms.
MORE = {
    **{op: getattr(torch, op) for op in (
        "erf", "neg", "reciprocal", "floor", "ceil", "round", "sign", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh",
        "acosh", "atanh", "remainder", "fmod", "logsumexp",
    )},  # fmt: skip
    **{op: truths(getattr(torch, op)) for op in (
        "logical_not", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor",
    )},  # fmt: skip
    "softsign": F.softsign,
    "threshold": lambda x, threshold, value: F.threshold(x, threshold, value),
    "maximum": lambda *xs: functools.reduce(torch.maximum, xs),
    "minimum": lambda *xs: functools.reduce(torch.minimum, xs),
    "pow_tensor": torch.pow,
    "where": lambda condition, a, b: torch.where(condition != 0, a, b),
    "min": torch.amin,
    "prod": lambda x, dim, keepdim=False: functools.reduce(
        lambda y, d: torch.prod(y, d, keepdim), sorted((d % x.dim() for d in dim), reverse=True), x),
    "argmax": lambda x, dim, keepdim=False: torch.argmax(x, dim, keepdim).to(x),
    "argmin": lambda x, dim, keepdim=False: torch.argmin(x, dim, keepdim).to(x),
    "topk": topk,
    "cumsum": cumsum,
    "gather": lambda x, index, dim: torch.gather(x, dim, torch.where(index < 0, index + x.shape[dim], index).long()),
    "take": take,
    "gather_nd": gather_nd,
    "scatter": scatter,
    "scatter_nd": scatter_nd,
    "one_hot": lambda index, num_classes: F.one_hot(index.long(), num_classes).to(index),
    "flip": torch.flip,
    "tile": lambda x, repeats: x.repeat(1, *repeats),
    "tril": torch.tril,
    "triu": torch.triu,
    "einsum": einsum,
    "grid_sample": grid_sample,
    "roi_align": roi_align,
    "unfold": F.unfold,
    "fold": F.fold,
    "depth_to_space": depth_to_space,
    "space_to_depth": space_to_depth,
    "rotary_embedding": rotary_embedding,
}


# --- the cases -----------------------------------------------------------------------------------


def list_cases():
    conv("3x3, padding 1", (2, 3, 5, 6), 4, 3, padding=1)
    conv("asymmetric kernel, stride, padding and dilation, 2 groups", (1, 4, 9, 8), 6, [3, 2],
         stride=[2, 1], padding=[1, 2], dilation=[2, 3], groups=2)  # fmt: skip
    conv("asymmetric the other way round: wide kernel", (2, 2, 5, 9), 3, [1, 5], stride=[1, 2], padding=[0, 2])
    conv("depthwise", (2, 5, 6, 5), 5, 3, padding=1, groups=5)
    conv("depthwise with multiplier 2, stride 2, no bias", (1, 3, 7, 7), 6, 3, stride=2, padding=1, groups=3, bias=False)
    conv("dilation 2", (1, 2, 7, 8), 3, 3, padding=2, dilation=2)
    conv("padding same, even kernel: the extra goes to the end", (1, 2, 5, 6), 3, [2, 4], padding="same")
    conv("padding same, even kernel with dilation 3", (1, 2, 7, 7), 2, 2, padding="same", dilation=3)
    conv("padding same, asymmetric dilation, 2 groups, batch 2", (2, 4, 6, 7), 4, [3, 4], padding="same",
         dilation=[2, 1], groups=2)  # fmt: skip
    conv("padding valid, no bias", (2, 3, 5, 5), 2, 3, padding="valid", bias=False)
    conv("stride larger than the kernel, rest left over", (1, 2, 9, 8), 3, 2, stride=3)
    conv("1x1, stride 2", (2, 4, 5, 6), 3, 1, stride=2)
    conv("padding larger than the kernel: a rim of bias alone", (1, 2, 3, 3), 2, 2, padding=3)

    conv("connections of unequal number and order, batch 2", (2, 3, 5, 4), 3, [3, 2], padding=[1, 0],
         connections=[[0, 2], [1], [2, 1, 0]])  # fmt: skip
    conv("connections that leave a channel out, other strides, no bias", (1, 4, 6, 5), 2, 3, stride=[2, 1], bias=False,
         connections=[[3, 0], [0, 1]])  # fmt: skip
    conv("connections of a sequence", (1, 3, 6), 2, 2, connections=[[2], [0, 1]])

    conv("sides that differ, stride 2", (1, 2, 5, 6), 3, 3, stride=2, padding=[[0, 1], [2, 1]])
    conv("one axis alike, the other not, 2 groups", (1, 4, 4, 5), 2, [2, 3], padding=[1, [0, 2]], groups=2)
    conv("half of an even and a dilated window, stride 2, batch 2", (2, 2, 6, 7), 3, [4, 3], stride=2, dilation=[1, 2],
         padding="half")  # fmt: skip
    conv("same upper: rest in height, none in width", (1, 2, 7, 8), 3, [3, 2], stride=[2, 4], padding="same_upper")
    conv("same upper: odd one at the end, dilation, batch 2", (2, 2, 8, 8), 2, [3, 4], stride=[2, 3], dilation=[2, 1],
         padding="same_upper", bias=False)  # fmt: skip
    conv("reflected as far as it goes", (1, 2, 4, 5), 3, 3, padding=[3, 1], padding_mode="reflect")
    conv("replicated farther than the image, stride 2", (1, 2, 2, 3), 3, 3, stride=2, padding=[4, 1], padding_mode="replicate")
    conv("round once, 2 groups, batch 2", (2, 4, 3, 4), 2, 3, padding=[3, 2], padding_mode="circular", groups=2)
    conv("padding same of an even kernel, reflected", (1, 2, 5, 6), 3, [2, 4], padding="same", padding_mode="reflect")
    conv("sides that differ, replicated", (1, 2, 3, 4), 2, 2, padding=[[0, 2], [1, 0]], padding_mode="replicate")

    conv("kernel 3, padding 1, batch 2", (2, 3, 7), 4, 3, padding=1)
    conv("only before, as a causal one, dilation 2", (1, 2, 7), 3, 3, padding=[[4, 0]], dilation=2)
    conv("same upper, stride 3, batch 2", (2, 2, 8), 3, 4, stride=3, padding="same_upper")
    conv("round once", (1, 2, 5), 2, 3, padding=2, padding_mode="circular")
    conv("stride above the kernel, rest left over, no bias", (1, 2, 12), 3, [2], stride=[5], bias=False)
    conv("dilation 3, 2 groups", (1, 4, 11), 6, 3, padding=2, dilation=3, groups=2)
    conv("depthwise, padding same, even kernel", (2, 3, 6), 3, 4, padding="same", groups=3)
    conv("of one element: padding and bias", (2, 2, 1), 3, 2, padding=1)

    conv("kernel 3, padding 1, batch 2", (2, 2, 3, 4, 3), 3, 3, padding=1)
    conv("asymmetric everything, 2 groups", (1, 4, 4, 6, 5), 2, [2, 3, 1], stride=[1, 2, 3], padding=[1, 0, 2],
         dilation=[2, 1, 1], groups=2)  # fmt: skip
    conv("one stride in space, another in time, batch 2", (2, 2, 5, 5, 4), 2, [3, 2, 2], stride=[2, 1, 1], bias=False)
    conv("depthwise, padding same, even kernel", (1, 3, 3, 2, 4), 3, [2, 1, 4], padding="same", groups=3)
    conv("axes of one element", (1, 2, 1, 1, 5), 3, [1, 1, 3])
    conv("same upper, another stride on each axis", (1, 2, 4, 3, 5), 2, [2, 3, 4], stride=[1, 2, 3], padding="same_upper")
    conv("sides that differ, reflected", (1, 2, 3, 4, 3), 2, 2, padding=[[1, 0], [0, 2], 1], padding_mode="reflect")

    conv_transpose("2x2, stride 2: no overlap, batch 2", (2, 4, 2, 3), 3, 2, stride=2)
    conv_transpose("kernel 3, stride 2, padding and output padding 1", (1, 3, 3, 4), 2, 3, stride=2, padding=1, output_padding=1)
    conv_transpose("asymmetric everything, 2 groups, batch 2", (2, 4, 4, 3), 6, [3, 2], stride=[2, 3], padding=[1, 2],
                   output_padding=[1, 2], groups=2, dilation=[2, 1])  # fmt: skip
    conv_transpose("depthwise, no bias", (1, 3, 3, 3), 3, 3, stride=2, padding=1, groups=3, bias=False)
    conv_transpose("stride larger than the kernel: gaps of bias alone", (1, 2, 3, 2), 2, [2, 1], stride=3, output_padding=[2, 0])
    conv_transpose("stride 1, padding cuts whole products off", (1, 2, 3, 5), 2, [2, 3], padding=[1, 3])
    conv_transpose("output padding that only the dilation allows", (1, 2, 2, 3), 3, 2, dilation=[3, 2], output_padding=[2, 1])
    conv_transpose("one position", (2, 5, 1, 1), 2, 4)

    conv_transpose("sides that differ, output padding", (1, 3, 3, 4), 2, 4, stride=2, padding=[[0, 1], [2, 0]], output_padding=[1, 0])
    conv_transpose("same upper: odd one at the end, batch 2", (2, 3, 3, 4), 2, [5, 3], stride=2, padding="same_upper")
    conv_transpose("same upper: gaps of bias alone in width, 2 groups", (1, 4, 2, 3), 2, [3, 2], stride=[2, 4], padding="same_upper",
                   groups=2)  # fmt: skip
    conv_transpose("half of a dilated kernel", (1, 2, 4, 5), 2, 3, dilation=[1, 2], padding="half")

    conv_transpose("kernel 4, stride 2, padding 1, batch 2", (2, 3, 5), 2, 4, stride=2, padding=1)
    conv_transpose("same upper, dilation", (1, 2, 4), 3, 3, stride=2, dilation=3, padding="same_upper")
    conv_transpose("2 groups, dilation, output padding", (1, 4, 4), 2, 3, stride=3, padding=2, output_padding=1, groups=2, dilation=2)
    conv_transpose("of one element, cut to one", (1, 2, 1), 3, [3], padding=1, bias=False)

    conv_transpose("2x2x2, stride 2", (1, 3, 2, 1, 3), 2, 2, stride=2)
    conv_transpose("asymmetric everything, 2 groups, batch 2", (2, 4, 2, 3, 1), 2, [1, 2, 3], stride=[3, 2, 1],
                   padding=[0, 1, 0], output_padding=[2, 1, 1], groups=2, dilation=[1, 1, 2])  # fmt: skip

    conv_transpose("sides that differ on one axis", (1, 2, 2, 2, 3), 2, 2, stride=[2, 1, 1], padding=[[1, 0], 0, 1])

    deform("3x3, padding 1, batch 2", (2, 3, 5, 6), 4, 3, padding=1)
    deform("with a mask, stride 2", (1, 2, 7, 6), 3, 3, mask=True, stride=2, padding=1)
    deform("asymmetric everything, 2 groups, no bias", (1, 4, 7, 8), 2, [3, 2], stride=[1, 2], padding=[0, 2], dilation=[2, 1],
           groups=2, bias=False)  # fmt: skip
    deform("2 groups of offsets and 3 of channels, mask, batch 2", (2, 6, 4, 5), 3, 2, offset_groups=2, mask=True, groups=3)
    deform("offsets that point far outside", (1, 2, 4, 3), 2, 3, reach=6.0, padding="half")
    deform("offsets of 0 and whole numbers", (1, 2, 4, 4), 2, 3, reach=0.0, padding=1)
    deform("one position, a kernel of 1", (1, 3, 1, 1), 2, 1, mask=True)

    linear("flat", (1, 7), 4)
    linear("flat, batch 2", (2, 6), 5)
    linear("flat, no bias, batch 2", (2, 6), 5, bias=False)
    linear("sequence: over the last dimension", (1, 4, 6), 5)
    linear("sequence, no bias, batch 2", (2, 3, 5), 4, bias=False)

    case("rbf", "flat, batch 2", [(2, 6)], [("centers", normal(4, 6))], out_features=4)
    case("rbf", "a sequence: over the last dimension", [(2, 3, 5)], [("centers", normal(2, 5))], out_features=2)
    case("rbf", "one unit and one feature", [(1, 1)], [("centers", normal(1, 1))], out_features=1)

    batch_norm(2, "default eps, batch 2", (2, 4, 3, 2))
    batch_norm(2, "eps 1e-3", (1, 3, 4, 4), eps=1e-3)
    batch_norm(2, "eps 1e-3 where it weighs: tiny variances", (1, 3, 3, 3), var=(1e-4, 1e-3), eps=1e-3)
    batch_norm(2, "without affine", (2, 3, 3, 3), affine=False)
    batch_norm(2, "without affine, eps 0.1", (1, 2, 3, 4), affine=False, eps=0.1)

    batch_norm(1, "features, batch 2", (2, 5))
    batch_norm(1, "a sequence, without affine, eps 0.1", (2, 3, 4), affine=False, eps=0.1)
    batch_norm(1, "a sequence of one", (1, 4, 1))
    batch_norm(3, "eps 1e-3, batch 2", (2, 3, 2, 3, 2), eps=1e-3)

    def off_zero(name, *shape):
        return 50 + numbers(name).randn(*shape)

    normalization("layer_norm", "tokens, batch 2", (2, 3, 8), (8,))
    normalization("layer_norm", "without bias", (1, 4, 5), (5,), bias=False)
    normalization("layer_norm", "without affine, flat, eps 0.1", (2, 6), None, affine=False, eps=0.1)
    normalization("layer_norm", "two dimensions of three, batch 2", (2, 3, 2, 4), (2, 4), dims=2)
    normalization("layer_norm", "all of an image", (2, 3, 2, 4), (3, 2, 4), dims=3)
    normalization("layer_norm", "far from zero", off_zero("ln", 2, 3, 7), (7,))
    normalization("layer_norm", "one value a group", (2, 3, 1), (1,))

    normalization("group_norm", "2 groups of 3 channels, batch 2", (2, 6, 3, 2), (6,), num_groups=2)
    normalization("group_norm", "one group", (2, 4, 2, 3), (4,), num_groups=1)
    normalization("group_norm", "a group for each channel, eps 0.1", (1, 3, 2, 3), (3,), num_groups=3, eps=0.1)
    normalization("group_norm", "without affine, far from zero", off_zero("gn", 2, 4, 3, 3), None, num_groups=2, affine=False)
    normalization("group_norm", "flat", (2, 6), (6,), num_groups=2)
    normalization("group_norm", "sequence", (1, 4, 5), (4,), num_groups=2)

    normalization("instance_norm2d", "default, batch 2", (2, 3, 4, 2), None)
    normalization("instance_norm2d", "with affine, eps 1e-3, batch 2", (2, 4, 3, 2), (4,), affine=True, eps=1e-3)
    normalization("instance_norm2d", "tiny variances, where eps weighs", 1e-2 * numbers("in").randn(1, 2, 3, 3), None)
    normalization("instance_norm2d", "far from zero, two positions", off_zero("in2", 1, 3, 1, 2), (3,), affine=True)

    normalization("instance_norm1d", "default, batch 2", (2, 3, 5), None)
    normalization("instance_norm1d", "with affine, far from zero, two positions", off_zero("in3", 1, 3, 2), (3,), affine=True)
    normalization("instance_norm3d", "with affine, eps 1e-3, batch 2", (2, 2, 2, 1, 3), (2,), affine=True, eps=1e-3)

    normalization("rms_norm", "tokens, batch 2", (2, 3, 5), (5,))
    normalization("rms_norm", "two dimensions of three, eps 0.1", (1, 2, 2, 3), (2, 3), dims=2, eps=0.1)
    normalization("rms_norm", "without affine, all of a sequence, tiny numbers, where eps weighs",
                  1e-4 * numbers("rms").randn(2, 2, 3), None, dims=2, affine=False)  # fmt: skip

    # PyTorch averages over the window (alpha / size), and an even window reaches further to lower channels.
    lrn = "local_response_norm"
    case(lrn, "size 5, AlexNet's settings on large numbers", [40 * numbers("lrn").randn(1, 8, 2, 3)],
         size=5, alpha=1e-4, beta=0.75, k=2.0)  # fmt: skip
    case(lrn, "size 3, batch 2", [(2, 6, 3, 2)], size=3, alpha=0.9, beta=0.5, k=1.0)
    case(lrn, "even size 4", [(1, 7, 2, 3)], size=4, alpha=1.5, beta=0.75, k=1.0)
    case(lrn, "even size 2", [(2, 4, 2, 2)], size=2, alpha=2.0, beta=1.0, k=0.5)
    case(lrn, "size above the number of channels", [(1, 3, 2, 2)], size=9, alpha=3.0, beta=0.75, k=1.0)
    case(lrn, "default alpha, beta and k on large numbers", [90 * numbers("lrn2").randn(1, 5, 2, 2)], size=5)

    # Each case has one order of magnitude: the tolerance is a share of the case's largest number.
    kinks = np.array([-6.001, -6, -5.999, -3.001, -3, -2.999, -1, -0.5, -0.001, 0, 0.001, 0.5, 1, 2.999, 3, 3.001,
                      5.999, 6, 6.001, 7])  # fmt: skip
    large = np.array([[-1e4, -500.0, -90.0, -20.0, -9.0, 9.0, 20.0, 90.0, 500.0, 1e4]])
    near_zero = np.linspace(-0.01, 0.01, 12).reshape(1, 3, 2, 2)
    for op, more in [
        ("relu", [{}]), ("relu6", [{}]), ("leaky_relu", [{}, {"negative_slope": 0.2}, {"negative_slope": 1.5}]),
        ("silu", [{}]), ("gelu", [{}, {"approximate": "none"}, {"approximate": "tanh"}]), ("sigmoid", [{}]),
        ("tanh", [{}]), ("hard_sigmoid", [{}]), ("hard_swish", [{}]), ("elu", [{}, {"alpha": -2.5}]), ("mish", [{}]),
        ("hard_tanh", [{}, {"min_val": 0.5, "max_val": 3.0}]),
    ]:  # fmt: skip
        for settings in more:
            end = "".join(f", {k} {v}" for k, v in settings.items())
            case(op, "around the kinks, channels and batch 2" + end, [kinks.reshape(2, 5, 2, 1)], **settings)
            case(op, "large numbers, flat" + end, [large], **settings)
            case(op, "near zero" + end, [near_zero], **settings)
            case(op, "normal numbers, flat, batch 2" + end, [(2, 9)], **settings)

    # Few numbers each: the kinks, both ends, and what is tiny alone.
    ends = np.array([[-90.0, -1.5, -0.25, 0.0, 0.001, 0.75, 2.0, 30.0]])
    for op, more in [
        ("abs", [{}]), ("clamp", [{"min": -0.5}, {"max": 0.5}, {"min": -1, "max": 1.5}, {"min": 1, "max": -1}]),
        ("softplus", [{}, {"beta": 2.5, "threshold": 1.0}, {"beta": -0.5}]), ("selu", [{}]),
        ("celu", [{}, {"alpha": 0.3}, {"alpha": -2.5}]),
        ("pow", [{"exponent": e} for e in (2, 3, 1, 0)]), ("sin", [{}]), ("cos", [{}]),
    ]:  # fmt: skip
        for settings in more:
            end = "".join(f", {k} {v}" for k, v in settings.items())
            # The negative alpha and beta grow without end, and nothing else is to be seen beside.
            x = ends[:, 1:] if min([0, *settings.values()]) < -0.5 or settings.get("beta", 1) < 0 else ends
            case(op, "around zero and far off" + end, [x], **settings)
    for op in ("exp", "selu", "celu", "softplus"):
        case(op, "channels, batch 2", [(2, 2, 3)])
    case("softplus", "far below zero alone", [np.linspace(-25, -15, 6).reshape(1, 6)])
    above = np.array([[1e-6, 0.25, 1.0, 2.0], [3.5, 40.0, 0.01, 7.0]])
    for op in ("log", "sqrt"):
        case(op, "above zero, batch 2", [above])
    case("rsqrt", "above zero, batch 2", [above + 0.01])
    for exponent in (0.5, -0.5, -1, -2, 2.5, -0.7):
        case("pow", f"above zero, exponent {exponent}", [above + 0.5], exponent=exponent)
    case("sin", "channels, batch 2", [(2, 2, 3)])
    case("cos", "channels, batch 2", [(2, 2, 3)])

    case("glu", "the last dimension by default, batch 2", [(2, 3, 4)])
    case("glu", "channels", [(1, 4, 2, 3)], dim=1)
    case("glu", "flat, batch 2", [(2, 6)], dim=-1)

    case("mish", "far below zero alone", [np.linspace(-25, -15, 6).reshape(1, 6)])

    case("prelu", "one factor, default, around the kink, batch 2", [kinks.reshape(2, 5, 2, 1)], [("weight", normal(1))])
    case("prelu", "a factor for each channel, some negative, batch 2", [(2, 4, 3, 2)],
         [("weight", normal(4))], num_parameters=4)  # fmt: skip
    case("prelu", "factors above 1, sequence", [(2, 3, 4)], [("weight", positive(3, low=1.5, high=4))], num_parameters=3)
    case("prelu", "flat, one for each feature", [(2, 5)], [("weight", normal(5))], num_parameters=5)
    case("prelu", "single numbers", [(6,)], [("weight", normal(1))], num_parameters=1)

    for op in ("softmax", "log_softmax"):
        case(op, "flat, default dim", [(2, 6)])
        case(op, "channels, dim 1", [(2, 3, 2, 4)], dim=1)
        case(op, "channels, dim 2", [(2, 3, 4, 2)], dim=2)
        case(op, "channels, dim -1", [(1, 2, 3, 5)], dim=-1)
        case(op, "sequence, dim -1", [(2, 3, 4)], dim=-1)
        case(op, "numbers that overflow exp", [np.array([[1000.0, 1001, 998, -1000], [-5000, -5001, -5002, -5000]])], dim=1)
        case(op, "one class", [(2, 1)], dim=1)

    pool = "max_pool2d"
    # Below zero throughout: padding with zeros instead of minus infinity would win every window it touches.
    def negative(name, *shape):
        return -0.5 - np.abs(numbers(name).randn(*shape))

    case(pool, "kernel 2, default stride, rest left over", [(2, 3, 5, 7)], kernel_size=2)
    case(pool, "kernel 3, stride 2, padding 1, all negative", [negative("p1", 2, 2, 6, 7)], kernel_size=3, stride=2, padding=1)
    case(pool, "asymmetric kernel, default stride", [(1, 2, 7, 6)], kernel_size=[3, 2])
    case(pool, "asymmetric kernel, stride and padding, all negative", [negative("p2", 1, 2, 7, 6)],
         kernel_size=[3, 4], stride=[2, 3], padding=[1, 2])  # fmt: skip
    case(pool, "ceil mode, no padding", [(1, 2, 6, 7)], kernel_size=3, stride=2, ceil_mode=True)
    case(pool, "ceil mode, last window would start in the right padding and is dropped",
         [negative("p3", 1, 2, 5, 5)], kernel_size=2, stride=3, padding=1, ceil_mode=True)  # fmt: skip
    case(pool, "ceil mode, no padding, last window would start past the end and is dropped",
         [(1, 2, 7, 4)], kernel_size=1, stride=[4, 2], ceil_mode=True)  # fmt: skip
    case(pool, "ceil mode, dropped in height, kept in width", [negative("p4", 2, 1, 5, 6)],
         kernel_size=2, stride=3, padding=1, ceil_mode=True)  # fmt: skip
    case(pool, "dilation 2, padding 1, all negative", [negative("p5", 1, 2, 7, 8)],
         kernel_size=3, stride=1, padding=1, dilation=2)  # fmt: skip
    case(pool, "asymmetric everything, dilation, ceil mode, all negative, batch 2", [negative("p6", 2, 2, 8, 7)],
         kernel_size=[2, 3], stride=[3, 2], padding=[1, 0], dilation=[3, 2], ceil_mode=True)  # fmt: skip
    case(pool, "stride larger than the kernel", [(1, 2, 8, 8)], kernel_size=2, stride=3)

    case(pool, "sides that differ, all negative, batch 2", [negative("p9", 2, 2, 5, 6)], kernel_size=[3, 4], stride=2,
         padding=[[0, 1], [2, 1]])  # fmt: skip
    case(pool, "same upper, default stride, rest, all negative", [negative("p10", 1, 2, 7, 8)], kernel_size=[3, 2], padding="same_upper")
    case(pool, "same upper with dilation, all negative", [negative("p11", 1, 2, 7, 8)], kernel_size=3, stride=[2, 3], dilation=2,
         padding="same_upper")  # fmt: skip
    case(pool, "padding same, even kernel, all negative", [negative("p12", 1, 2, 4, 5)], kernel_size=[2, 4], stride=1, padding="same")
    case(pool, "half of a dilated window, all negative", [negative("p13", 1, 2, 7, 8)], kernel_size=3, stride=2, dilation=[1, 2],
         padding="half")  # fmt: skip

    case("max_pool1d", "kernel 2, default stride, rest left over, batch 2", [(2, 3, 7)], kernel_size=2)
    case("max_pool1d", "only before, all negative", [negative("p14", 1, 2, 6)], kernel_size=4, stride=2, padding=[[2, 0]])
    case("max_pool3d", "same upper, all negative", [negative("p15", 1, 2, 3, 4, 5)], kernel_size=[2, 3, 1], stride=2, padding="same_upper")
    case("max_pool1d", "padding, dilation, ceil mode, all negative", [negative("p7", 1, 2, 9)],
         kernel_size=[3], stride=2, padding=[1], dilation=2, ceil_mode=True)  # fmt: skip
    case("max_pool3d", "kernel 2, default stride, rest left over, batch 2", [(2, 2, 3, 4, 5)], kernel_size=2)
    case("max_pool3d", "asymmetric everything, dilation, ceil mode, all negative", [negative("p8", 1, 2, 5, 6, 7)],
         kernel_size=[1, 3, 2], stride=[2, 2, 3], padding=[0, 1, 1], dilation=[1, 1, 2], ceil_mode=True)  # fmt: skip

    pool = "avg_pool2d"
    case(pool, "kernel 2, default stride, rest left over", [(2, 3, 5, 7)], kernel_size=2)
    case(pool, "kernel 3, stride 1, padding 1, padding counts by default", [(1, 2, 4, 5)], kernel_size=3, stride=1, padding=1)
    case(pool, "kernel 3, stride 1, padding 1, padding does not count", [(1, 2, 4, 5)], kernel_size=3, stride=1, padding=1,
         count_include_pad=False)  # fmt: skip
    case(pool, "asymmetric everything, padding does not count, batch 2", [(2, 2, 7, 6)], kernel_size=[3, 4],
         stride=[2, 3], padding=[1, 2], count_include_pad=False)  # fmt: skip
    case(pool, "asymmetric everything, padding counts", [(1, 2, 7, 6)], kernel_size=[3, 4], stride=[2, 3],
         padding=[1, 2], count_include_pad=True)  # fmt: skip
    case(pool, "ceil mode, no padding: what lies past the end does not count", [(1, 2, 6, 7)], kernel_size=[3, 2],
         stride=2, ceil_mode=True)  # fmt: skip
    # With ceil mode the window is cut at the end of the padding before its numbers are counted.
    for include in (True, False):
        counts = "counts" if include else "does not count"
        case(pool, f"ceil mode and padding, padding {counts}", [(1, 2, 6, 7)], kernel_size=3, stride=[2, 3], padding=1,
             ceil_mode=True, count_include_pad=include)  # fmt: skip
        case(pool, f"ceil mode, last window dropped, padding {counts}", [(1, 2, 5, 6)], kernel_size=2, stride=3,
             padding=1, ceil_mode=True, count_include_pad=include)  # fmt: skip
    case(pool, "ceil mode, window reaches past the padding's end: 4 of 5 columns and 3 of 5 rows count", [(2, 1, 6, 6)],
         kernel_size=5, stride=3, padding=[0, 2], ceil_mode=True)  # fmt: skip
    case(pool, "divisor override", [(1, 2, 4, 5)], kernel_size=2, divisor_override=3)
    case(pool, "divisor override with ceil mode and padding", [(1, 2, 6, 7)], kernel_size=3, stride=2, padding=1,
         ceil_mode=True, count_include_pad=False, divisor_override=5)  # fmt: skip

    for include in (True, False):
        counts = "counts" if include else "does not count"
        case(pool, f"sides that differ, padding {counts}, batch 2", [(2, 2, 5, 6)], kernel_size=[3, 4], stride=2,
             padding=[[0, 1], [2, 1]], count_include_pad=include)  # fmt: skip
        case(pool, f"same upper, padding {counts}", [(1, 2, 7, 8)], kernel_size=3, stride=2, padding="same_upper",
             count_include_pad=include)  # fmt: skip
    case(pool, "same upper, a divisor of its own", [(1, 2, 5, 4)], kernel_size=2, padding="same_upper", divisor_override=3)

    case("avg_pool1d", "kernel 2, default stride, rest left over, batch 2", [(2, 3, 7)], kernel_size=[2])
    case("avg_pool1d", "half of an even window, padding does not count", [(1, 2, 7)], kernel_size=4, stride=3, padding="half",
         count_include_pad=False)  # fmt: skip
    case("avg_pool3d", "same upper, padding does not count", [(1, 2, 3, 4, 5)], kernel_size=[2, 3, 1], stride=2, padding="same_upper",
         count_include_pad=False)  # fmt: skip
    case("avg_pool1d", "padding that does not count, ceil mode", [(1, 2, 9)], kernel_size=4, stride=3, padding=2,
         ceil_mode=True, count_include_pad=False)  # fmt: skip
    case("avg_pool3d", "asymmetric everything, padding counts, ceil mode, batch 2", [(2, 1, 4, 5, 6)],
         kernel_size=[1, 3, 2], stride=[2, 2, 3], padding=[0, 1, 1], ceil_mode=True)  # fmt: skip
    case("avg_pool3d", "stride above the kernel, padding does not count, divisor", [(1, 2, 5, 4, 3)],
         kernel_size=2, stride=3, padding=1, count_include_pad=False, divisor_override=3)  # fmt: skip

    # Where PyTorch takes roots of sums of powers that are not even, all is above zero: its own answer is no number there.
    def positives(name, *shape):
        return numbers(name).uniform(0.1, 3, shape)

    case("lp_pool2d", "norm 2, default stride, rest left over, batch 2", [(2, 3, 5, 7)], norm_type=2, kernel_size=2)
    case("lp_pool2d", "norm 1 sums, asymmetric kernel and stride", [(1, 2, 7, 6)], norm_type=1, kernel_size=[3, 2], stride=[2, 1])
    case("lp_pool2d", "norm 3, stride above the kernel", [positives("lp1", 1, 2, 8, 7)], norm_type=3, kernel_size=2, stride=3)
    case("lp_pool2d", "norm 4 of what is below zero too", [(1, 2, 4, 5)], norm_type=4, kernel_size=2, stride=1)
    case("lp_pool2d", "norm 1.5, ceil mode: what sticks out counts as the mean", [positives("lp2", 2, 2, 5, 6)],
         norm_type=1.5, kernel_size=[3, 4], stride=[2, 3], ceil_mode=True)  # fmt: skip
    case("lp_pool2d", "norm 2, sides that differ, batch 2", [(2, 2, 5, 6)], norm_type=2, kernel_size=[3, 4], stride=2,
         padding=[[0, 1], [2, 1]])  # fmt: skip
    case("lp_pool2d", "the sum, same upper", [(1, 2, 7, 8)], norm_type=1, kernel_size=3, stride=2, padding="same_upper")
    case("lp_pool1d", "norm 2, ceil mode, batch 2", [(2, 3, 8)], norm_type=2, kernel_size=3, ceil_mode=True)
    case("lp_pool3d", "norm 2, half", [positives("lp4", 1, 1, 3, 4, 5)], norm_type=2, kernel_size=[1, 2, 3], stride=2, padding="half")
    case("lp_pool3d", "norm 2.5, asymmetric", [positives("lp3", 1, 2, 3, 4, 5)], norm_type=2.5, kernel_size=[1, 2, 3], stride=[2, 1, 1])

    case("adaptive_avg_pool1d", "7 to 3: bins overlap, batch 2", [(2, 3, 7)], output_size=3)
    case("adaptive_avg_pool1d", "to 1", [(1, 3, 5)], output_size=[1])
    case("adaptive_avg_pool3d", "3x7x4 to 2x3x6, batch 2", [(2, 2, 3, 7, 4)], output_size=[2, 3, 6])
    case("adaptive_avg_pool3d", "to 1", [(1, 3, 2, 3, 4)], output_size=1)
    case("adaptive_max_pool1d", "7 to 3: bins overlap, all negative, batch 2", [negative("a1", 2, 3, 7)], output_size=3)
    case("adaptive_max_pool2d", "to 1, all negative, batch 2", [negative("a2", 2, 3, 4, 5)], output_size=1)
    case("adaptive_max_pool2d", "7x5 to 3x2: bins overlap", [(1, 2, 7, 5)], output_size=[3, 2])
    case("adaptive_max_pool2d", "larger in height, one column", [(1, 2, 2, 1)], output_size=[7, 1])
    case("adaptive_max_pool3d", "3x7x4 to 2x3x6", [(1, 2, 3, 7, 4)], output_size=[2, 3, 6])

    case("global_avg_pool", "image, batch 2", [(2, 3, 4, 5)])
    case("global_avg_pool", "sequence", [(1, 4, 7)])
    case("global_avg_pool", "volume, batch 2", [(2, 3, 2, 3, 4)])
    case("global_avg_pool", "one position", [(1, 3, 1, 1)])

    pool = "adaptive_avg_pool2d"
    case(pool, "to 1, batch 2", [(2, 3, 4, 5)], output_size=1)
    case(pool, "7x5 to 3x2: windows overlap", [(1, 2, 7, 5)], output_size=[3, 2])
    case(pool, "7x5 to 4x4", [(2, 2, 7, 5)], output_size=4)
    case(pool, "divisible: 6x8 to 3x2", [(1, 2, 6, 8)], output_size=[3, 2])
    case(pool, "output larger than the input: 3x4 to 5x6", [(1, 2, 3, 4)], output_size=[5, 6])
    case(pool, "larger in height, smaller in width: 2x7 to 7x3", [(1, 2, 2, 7)], output_size=[7, 3])

    case("dropout", "does nothing at inference", [(2, 2, 3, 3)], p=0.5)
    case("dropout", "flat, p 1", [(2, 5)], p=1.0)
    case("identity", "channels", [(2, 2, 3, 3)])
    case("identity", "flat", [(1, 5)])

    case("flatten", "default", [(2, 3, 2, 4)])
    case("flatten", "from dim 2", [(2, 3, 2, 4)], start_dim=2)
    case("flatten", "dim 1 to 2", [(2, 3, 2, 4)], start_dim=1, end_dim=2)
    case("flatten", "from dim -2 to -1", [(1, 3, 2, 4)], start_dim=-2, end_dim=-1)
    case("flatten", "already flat", [(2, 5)])

    case("affine", "mul and add, batch 2", [(2, 3, 2, 2)], mul=0.458, add=-0.03)
    case("affine", "add only", [(1, 6)], mul=1.0, add=2.5)
    case("affine", "negative mul only", [(1, 2, 3, 3)], mul=-3.0, add=0.0)

    case("scale", "with bias, batch 2", [(2, 4, 3, 2)], [("weight", normal(4)), ("bias", normal(4))], bias=True)
    case("scale", "without bias", [(1, 3, 2, 4)], [("weight", normal(3))], bias=False)
    case("scale", "flat, with bias, batch 2", [(2, 5)], [("weight", normal(5)), ("bias", normal(5))], bias=True)

    case("layer_scale", "image, batch 2", [(2, 4, 3, 2)], [("layer_scale", normal(4, 1, 1))])
    case("layer_scale", "as many positions as channels", [(1, 3, 3, 3)], [("layer_scale", normal(3, 1, 1))], init_value=0.1)
    case("layer_scale", "sequence: the first dimension", [(2, 3, 4)], [("layer_scale", normal(3, 1))])
    case("layer_scale", "flat", [(2, 5)], [("layer_scale", normal(5))])

    case("concat", "dim 1, unequal, batch 2", [(2, 2, 3, 2), (2, 3, 3, 2)], dim=1)
    case("concat", "dim 2", [(1, 2, 1, 3), (1, 2, 4, 3)], dim=2)
    case("concat", "three inputs, dim 1", [(1, 1, 2, 3), (1, 3, 2, 3), (1, 2, 2, 3)], dim=1)
    case("concat", "three inputs, dim 2, batch 2", [(2, 2, 1, 2), (2, 2, 2, 2), (2, 2, 3, 2)], dim=2)
    case("concat", "flat, dim 1", [(2, 3), (2, 4)], dim=1)

    case("add", "two inputs, batch 2", [(2, 3, 2, 2)] * 2)
    case("add", "three inputs", [(1, 2, 3, 2)] * 3)
    case("add", "flat", [(1, 6)] * 2)

    case("add", "broadcast: a bias of channels and one of columns, batch 2", [(2, 3, 2, 4), (2, 3, 1, 1), (2, 4)], broadcast=True)
    case("add", "broadcast: both grow, the smaller rank first", [(1, 2, 1), (1, 3, 1, 4)], broadcast=True)
    for op in ("sub", "div", "mul"):
        rng = numbers(f"{op}, broadcast")
        case(op, "broadcast: each by the mean of its channels, batch 2", [(2, 3, 4, 2), positive(2, 1, 4, 2)(rng)], broadcast=True)
        case(op, "broadcast: of fewer dimensions, the smaller first", [(2, 4), positive(2, 3, 2, 4)(rng)], broadcast=True)
        case(op, "broadcast: equal shapes", [(1, 3, 2), positive(1, 3, 2)(rng)], broadcast=True)
    for op, second in [("sub", normal), ("div", positive)]:
        for title, shape in [("batch 2", (2, 3, 2, 2)), ("flat", (1, 6)), ("one channel and batch", (1, 1, 3, 2))]:
            rng = numbers(f"{op} by {title}")
            case(op, title, [shape, second(*shape)(rng)])

    case("mul", "equal sizes, batch 2", [(2, 3, 2, 2)] * 2)
    case("mul", "CxHxW times Cx1x1, batch 2", [(2, 3, 4, 2), (2, 3, 1, 1)])
    case("mul", "the smaller one first", [(1, 3, 1, 1), (1, 3, 4, 2)])
    case("mul", "times 1xHxW", [(2, 3, 4, 2), (2, 1, 4, 2)])
    case("mul", "both grow: Cx1x1 times 1xHxW", [(1, 3, 1, 1), (1, 1, 2, 4)])
    case("mul", "width of 1 alone", [(1, 2, 3, 4), (1, 2, 3, 1)])

    case("matmul", "rows and columns, batch 2", [(2, 3, 4), (2, 4, 5)])
    case("matmul", "heads, batch 2", [(2, 3, 4, 5), (2, 3, 5, 4)])
    case("matmul", "heads of windows, batch 2", [(2, 2, 3, 4, 2), (2, 2, 3, 2, 5)])
    case("matmul", "a row by a column", [(1, 2, 1, 6), (1, 2, 6, 1)])
    case("matmul", "an inner size of 1", [(2, 3, 1), (2, 1, 4)])

    attention("2 heads, batch 2", (2, 5, 6), num_heads=2)
    attention("as many heads as channels, no bias, batch 2", (2, 4, 3), num_heads=3, bias=False)
    attention("one head, one token", (1, 1, 4), num_heads=1)
    attention("another sequence for key and value, batch 2", (2, 3, 4), (2, 5, 4), (2, 5, 4), num_heads=2)

    attention("windows of tokens, batch 2", (2, 3, 4, 6), num_heads=2)
    attention("windows in rows and columns, of other tokens, no bias", (1, 2, 2, 3, 4), (1, 2, 2, 5, 4), (1, 2, 2, 5, 4), num_heads=1,
              bias=False)  # fmt: skip
    attention("key and value of other channels, batch 2", (2, 3, 6), (2, 4, 5), (2, 4, 3), num_heads=2, kdim=5, vdim=3)
    attention("a value of other channels, no bias", (1, 3, 4), (1, 2, 4), (1, 2, 6), num_heads=4, vdim=6, bias=False)
    attention("a bias on every score, batch 2", (2, 4, 6), (2, 3, 4, 4), num_heads=3)
    attention("windows with a mask each, which all heads share, batch 2", (2, 3, 4, 4), (2, 3, 1, 4, 4), num_heads=2)
    attention("a row that is a mask for every token", (2, 3, 4), (2, 5, 4), (2, 5, 4), (2, 1, 5), num_heads=2)

    sdpa = "scaled_dot_product_attention"
    case(sdpa, "heads, batch 2", [(2, 3, 4, 5)] * 3)
    case(sdpa, "no heads, other tokens, a value of other channels, batch 2", [(2, 3, 4), (2, 5, 4), (2, 5, 2)])
    case(sdpa, "heads of windows, a bias for each head", [(2, 2, 3, 4, 2)] * 3 + [(2, 3, 4, 4)])
    case(sdpa, "a mask for each window, which all heads share", [(1, 2, 3, 4, 2)] * 3 + [(1, 2, 1, 4, 4)])
    case(sdpa, "a column and a row of masks, batch 2", [(2, 3, 4), (2, 5, 4), (2, 5, 4), (2, 3, 1)])
    case(sdpa, "causal, batch 2", [(2, 2, 5, 3)] * 3, is_causal=True)
    case(sdpa, "causal, fewer tokens of the query, a scale", [(1, 2, 3, 4), (1, 2, 6, 4), (1, 2, 6, 4)], is_causal=True, scale=1.5)
    case(sdpa, "causal, fewer tokens of the key, no scaling", [(1, 6, 4), (1, 3, 4), (1, 3, 4)], is_causal=True, scale=1.0)
    case(sdpa, "heads share a key, with a bias, batch 2", [(2, 6, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3), (2, 6, 3, 5)], enable_gqa=True)
    case(sdpa, "all heads share a key, causal", [(2, 4, 3, 2), (2, 1, 3, 2), (2, 1, 3, 2)], enable_gqa=True, is_causal=True)
    case(sdpa, "one token", [(2, 1, 3)] * 3)

    for op in ("lstm", "gru", "rnn"):
        recurrent(op, "one layer, batch 2", (2, 4, 3), hidden_size=2)
        recurrent(op, "both directions, no bias, batch 2", (2, 3, 2), hidden_size=3, bias=False, bidirectional=True)
        recurrent(op, "three layers in both directions", (1, 3, 2), hidden_size=2, num_layers=3, bidirectional=True)
        recurrent(op, "one step", (2, 1, 2), hidden_size=3, num_layers=2)
    recurrent("rnn", "relu, two layers, no bias, batch 2", (2, 4, 3), hidden_size=3, num_layers=2, nonlinearity="relu", bias=False)
    recurrent("rnn", "relu, both directions", (1, 3, 2), hidden_size=2, nonlinearity="relu", bidirectional=True)
    recurrent("lstm", "projected, batch 2", (2, 4, 3), hidden_size=4, proj_size=2)
    recurrent("lstm", "projected, no bias, both directions", (1, 3, 2), hidden_size=3, proj_size=1, bias=False, bidirectional=True)
    recurrent("lstm", "projected, two layers in both directions", (2, 3, 2), hidden_size=3, num_layers=2, proj_size=2, bidirectional=True)

    case("embedding", "a sequence, batch 2", [np.array([[0, 4, 4], [2, 1, 0]])], [("weight", normal(5, 3))],
         num_embeddings=5, embedding_dim=3)  # fmt: skip
    case("embedding", "one index", [np.array([1, 0, 1])], [("weight", normal(2, 1))], num_embeddings=2, embedding_dim=1)

    case("constant", "2x2", [], shape=[2, 2], values=[0, -100, -100, 0.5])
    case("constant", "one number", [], shape=[1, 1, 1], values=[-2.5])

    case("parameter", "1x5", [], [("weight", normal(1, 5))], shape=[1, 5])
    case("parameter", "2x3x2", [], [("weight", normal(2, 3, 2))], shape=[2, 3, 2])

    case("slice", "first half of the channels, batch 2", [(2, 6, 2, 3)], end=3)
    case("slice", "second half of the channels, batch 2", [(2, 6, 2, 3)], start=3, end=6)
    case("slice", "negative bounds and dimension", [(2, 3, 2, 7)], dim=-1, start=-5, end=-1)
    case("slice", "bounds beyond both ends", [(1, 4, 3)], dim=2, start=-9, end=9)
    case("slice", "step 3, rest left over", [(2, 8, 2)], start=1, step=3)
    case("slice", "every other row, then none: step beyond the end", [(1, 2, 5, 3)], dim=2, start=2, step=7)

    case("select", "class token, batch 2", [(2, 5, 4)], dim=1, index=0)
    case("select", "last column by negative index and dimension", [(2, 3, 2, 4)], dim=-1, index=-1)
    case("select", "a row in the middle", [(1, 3, 4, 2)], dim=2, index=-3)
    case("select", "of a flat tensor", [(3, 5)], dim=1, index=4)

    case("index_select", "channels turned around, batch 2", [(2, 3, 2, 4)], dim=1, index=[2, 1, 0])
    case("index_select", "some several times, last dimension", [(2, 3, 5)], dim=-1, index=[4, 0, 0, 2, 4, 4, 1])
    case("index_select", "one of a flat tensor", [(3, 5)], dim=1, index=[3])

    case("roll", "towards the start, two dimensions, batch 2", [(2, 5, 4, 3)], shifts=[-3, -1], dims=[1, 2])
    case("roll", "farther than the size, negative dimension", [(2, 3, 5)], shifts=[12], dims=[-1])
    case("roll", "one dimension twice", [(1, 7, 2)], shifts=[2, -5], dims=[1, 1])

    case("expand", "a bias for every window, batch 2", [(2, 1, 3, 4)], shape=[5, -1, 4])
    case("expand", "in front and behind", [(1, 1, 3, 1)], shape=[2, 3, 4])
    case("expand", "nothing", [(2, 3)], shape=[-1])

    case("mean", "height and width, batch 2", [(2, 3, 4, 5)], dim=[2, 3])
    case("mean", "height and width stay, from the end, unordered", [(2, 3, 4, 5)], dim=[-1, 2], keepdim=True)
    case("mean", "channels and width", [(2, 3, 4, 5)], dim=[3, 1])
    case("mean", "over a sequence", [(2, 7, 3)], dim=[1])
    case("mean", "of everything", [(2, 3, 2, 4)], dim=[1, 2, 3])

    case("sum", "height and width, batch 2", [(2, 2, 3, 2)], dim=[2, 3])
    case("sum", "channels stay", [(1, 3, 4)], dim=[1], keepdim=True)
    case("sum", "of everything, unordered", [(2, 2, 3)], dim=[-1, 1])
    case("max", "height and width, all negative, batch 2", [-1 - numbers("max").rand(2, 2, 3, 2)], dim=[2, 3])
    case("max", "channels and width stay, unordered", [(1, 3, 2, 4)], dim=[3, 1], keepdim=True)
    case("max", "of a flat tensor, batch 2", [(2, 5)], dim=[-1])
    case("norm", "channels stay, default p, batch 2", [(2, 3, 4)], dim=[1], keepdim=True)
    case("norm", "p 1 of everything", [(2, 2, 3)], dim=[1, 2], p=1)
    case("norm", "p 3 of what is below zero too", [(1, 3, 2, 2)], dim=[-1, 1], p=3)
    case("norm", "p 0.5", [(2, 4)], dim=[1], p=0.5)

    case("permute", "a sequence, batch 2", [(2, 3, 5)], dims=[0, 2, 1])
    case("permute", "channels last", [(2, 3, 4, 5)], dims=[0, 2, 3, 1])
    case("permute", "negative dimensions", [(1, 3, 4, 2)], dims=[0, -1, 1, -2])

    case("reshape", "flat to image, batch 2", [(2, 12)], shape=[3, 2, 2])
    case("reshape", "inferred in the middle, batch 2", [(2, 4, 3, 2)], shape=[2, -1, 3])
    case("reshape", "inferred size of 1", [(1, 6)], shape=[6, -1])

    case("channel_shuffle", "2 groups, batch 2", [(2, 6, 2, 3)], groups=2)
    case("channel_shuffle", "3 groups of 2", [(1, 6, 3, 2)], groups=3)
    case("channel_shuffle", "a sequence, as many groups as channels", [(2, 4, 3)], groups=4)

    case("pixel_shuffle", "factor 2, batch 2", [(2, 8, 2, 3)], upscale_factor=2)
    case("pixel_shuffle", "factor 3 to one channel", [(1, 9, 3, 2)], upscale_factor=3)
    case("pixel_unshuffle", "factor 2, batch 2", [(2, 2, 4, 6)], downscale_factor=2)
    case("pixel_unshuffle", "factor 3 of one channel", [(1, 1, 6, 3)], downscale_factor=3)

    case("upsample", "nearest, factor 2, batch 2", [(2, 3, 2, 3)], scale_factor=2)
    case("upsample", "nearest, fractions: the factor counts, not the sizes", [(1, 2, 5, 7)], scale_factor=[1.5, 1.3])
    case("upsample", "nearest, to a size, smaller in height", [(1, 2, 7, 4)], size=[3, 9])
    case("upsample", "bilinear, factor 2, batch 2", [(2, 2, 3, 4)], scale_factor=2, mode="bilinear")
    case("upsample", "bilinear, factors 3 and 2, corners aligned", [(1, 2, 3, 4)], scale_factor=[3, 2], mode="bilinear",
         align_corners=True)  # fmt: skip
    case("upsample", "bilinear, fractions: the factor counts, not the sizes", [(1, 2, 5, 7)], scale_factor=[1.5, 0.7],
         mode="bilinear")  # fmt: skip
    case("upsample", "bilinear, to a size, smaller in height", [(1, 2, 7, 4)], size=[3, 9], mode="bilinear")
    case("upsample", "bilinear, to one row, corners aligned", [(1, 2, 4, 3)], size=[1, 5], mode="bilinear", align_corners=True)
    case("upsample", "bilinear, of one pixel", [(2, 2, 1, 1)], size=3, mode="bilinear")

    case("upsample", "nearest, a sequence, factor 2, batch 2", [(2, 3, 5)], scale_factor=2)
    case("upsample", "nearest, a sequence, a fraction", [(1, 2, 7)], scale_factor=[1.7])
    case("upsample", "nearest, a sequence of one, to a size", [(1, 2, 1)], size=4)
    case("upsample", "nearest, a volume, factor 2", [(1, 2, 2, 3, 2)], scale_factor=2)
    case("upsample", "nearest, a volume, to a size, smaller in depth, batch 2", [(2, 2, 5, 2, 3)], size=[2, 3, 7])
    case("upsample", "linear, factor 3, batch 2", [(2, 3, 5)], scale_factor=3, mode="linear")
    case("upsample", "linear, a fraction: the factor counts, not the sizes", [(1, 2, 7)], scale_factor=[1.3], mode="linear")
    case("upsample", "linear, to a smaller size, corners aligned", [(1, 2, 9)], size=[4], mode="linear", align_corners=True)
    case("upsample", "trilinear, factor 2, batch 2", [(2, 2, 2, 3, 2)], scale_factor=2, mode="trilinear")
    case("upsample", "trilinear, fractions: the factors count, not the sizes", [(1, 2, 3, 4, 5)], scale_factor=[1.5, 0.8, 1.3],
         mode="trilinear")  # fmt: skip
    case("upsample", "trilinear, to a size, one in depth, corners aligned", [(1, 2, 3, 2, 4)], size=[1, 5, 3], mode="trilinear",
         align_corners=True)  # fmt: skip
    case("upsample", "bicubic, factor 2, batch 2", [(2, 2, 4, 5)], scale_factor=2, mode="bicubic")
    case("upsample", "bicubic, factors 3 and 1, corners aligned", [(1, 2, 4, 3)], scale_factor=[3, 1], mode="bicubic", align_corners=True)
    case("upsample", "bicubic, fractions: the factor counts, not the sizes", [(1, 2, 5, 7)], scale_factor=[1.5, 0.7], mode="bicubic")
    case("upsample", "bicubic, to a size, much smaller in height", [(1, 2, 13, 4)], size=[2, 9], mode="bicubic")
    case("upsample", "bicubic, of one pixel and of two", [(2, 2, 1, 2)], size=3, mode="bicubic")

    case("pad", "uneven on all sides, batch 2", [(2, 2, 3, 4)], padding=[1, 2, 0, 3])
    case("pad", "channels too, with a value", [(1, 2, 3, 2)], padding=[0, 1, 0, 0, 2, 1], value=-1.5)
    case("pad", "negative cuts off, all of it on one side", [(2, 3, 4, 3)], padding=[-1, 2, 3, -4], value=0.5)
    case("pad", "reflect, as far as it goes, batch 2", [(2, 2, 3, 4)], padding=[3, 1, 0, 2], mode="reflect")
    case("pad", "reflect, a sequence, cut in front", [(2, 3, 5)], padding=[-2, 3], mode="reflect")
    case("pad", "replicate, farther than the image, batch 2", [(2, 2, 2, 3)], padding=[4, 1, 0, 3], mode="replicate")


    list_more()


def list_more():
    """What networks from other tools were found to need."""
    ends = np.array([[-90.0, -1.5, -0.25, 0.0, 0.001, 0.75, 2.0, 30.0]])
    halves = np.array([[-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.4, -3.6]])
    for op in ("erf", "neg", "sign", "softsign", "atan", "asinh", "logical_not"):
        case(op, "around zero and far off", [ends])
    for op in ("floor", "ceil", "round"):
        case(op, "halves and others", [halves])
    case("threshold", "above, at and below", [halves], threshold=0.5, value=-7.0)
    case("threshold", "channels, batch 2", [(2, 2, 3)], threshold=-0.1, value=0)
    case("tan", "channels, batch 2", [(2, 2, 3)])
    for op in ("sinh", "cosh"):
        case(op, "channels, batch 2", [(2, 2, 3)])
    case("sinh", "near zero", [np.linspace(-0.01, 0.01, 12).reshape(1, 3, 4)])
    for op in ("asin", "acos", "atanh"):
        case(op, "between minus one and one, batch 2", [np.linspace(-0.99, 0.99, 12).reshape(2, 6)])
    case("acosh", "from one on", [np.array([[1, 1.001, 1.5, 4, 90.0]])])
    case("reciprocal", "both signs, batch 2", [np.array([[-4.0, -0.5, 0.25], [1.0, 3.0, -8.0]])])
    case("erf", "channels, batch 2", [(2, 2, 3)])

    whole = lambda name, *shape: numbers(name).randint(-3, 4, shape)
    for op in ("maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"):
        case(op, "whole numbers, batch 2", [whole(op + "1", 2, 3, 4), whole(op + "2", 2, 3, 4)])
        case(op, "stretched, another number of dimensions", [whole(op + "3", 2, 3, 1), whole(op + "4", 2, 2, 1, 4)], broadcast=True)
    case("maximum", "of three, stretched", [(1, 3), (1, 2, 1), (1, 4, 1, 1)], broadcast=True)
    case("minimum", "of four", [(2, 5)] * 4)
    case("where", "one shape, batch 2", [whole("where", 2, 3, 4), (2, 3, 4), (2, 3, 4)])
    case("where", "all three stretched", [whole("where2", 2, 3, 1), (2, 4), (2, 2, 1, 1)], broadcast=True)
    case("pow_tensor", "above zero, batch 2", [0.1 + np.abs(numbers("pow1").randn(2, 3, 4)), (2, 3, 4)])
    case("pow_tensor", "whole powers of what is below zero too, stretched", [(1, 3, 4), np.array([[[0.0], [2], [3]]])], broadcast=True)
    for op in ("remainder", "fmod"):
        case(op, "both signs, batch 2", [4 * numbers(op).randn(2, 3, 4), 0.5 + np.abs(numbers(op + "2").randn(2, 3, 4))])
        case(op, "below zero, stretched", [5 * numbers(op + "3").randn(1, 3, 4), np.array([[[-1.5], [2.25], [-0.75]]])], broadcast=True)

    case("min", "height and width, all positive, batch 2", [1 + numbers("min").rand(2, 2, 3, 2)], dim=[2, 3])
    case("min", "channels and width stay, unordered", [(1, 3, 2, 4)], dim=[3, 1], keepdim=True)
    case("prod", "of five, batch 2", [(2, 3, 5)], dim=[2])
    case("prod", "of seven and of two, which stay, unordered", [(1, 7, 3, 2)], dim=[3, 1], keepdim=True)
    case("logsumexp", "height and width, batch 2", [(2, 2, 3, 2)], dim=[2, 3])
    case("logsumexp", "numbers that overflow exp, channels stay", [np.array([[1000.0, 1001, 998, -1000]])], dim=[1], keepdim=True)
    for op in ("argmax", "argmin"):
        case(op, "channels, batch 2", [(2, 5, 3, 2)], dim=1)
        case(op, "the last, which stays", [(1, 3, 7)], dim=-1, keepdim=True)
        case(op, "of a flat tensor, batch 2", [(2, 5)], dim=1)
    case("topk", "the last dimension by default, batch 2", [(2, 3, 7)], k=3)
    case("topk", "channels", [(2, 6, 2, 3)], k=2, dim=1)
    case("topk", "where, of a flat tensor", [(2, 9)], k=4, indices=True)
    case("topk", "the smallest, all of them", [(1, 5, 2)], k=5, dim=1, largest=False)
    case("topk", "where the smallest are", [(1, 3, 8)], k=2, largest=False, indices=True)
    case("cumsum", "channels, batch 2", [(2, 5, 3)], dim=1)
    case("cumsum", "the last, without each itself", [(1, 2, 8)], dim=-1, exclusive=True)
    case("cumsum", "from the end", [(2, 7)], dim=1, reverse=True)
    case("cumsum", "from the end, without each itself, height", [(1, 2, 3, 2)], dim=2, exclusive=True, reverse=True)
    case("cumsum", "of one, without itself", [(2, 1)], dim=1, exclusive=True)

    case("matmul", "stretched: one matrix for all heads, batch 2", [(2, 3, 2, 4), (2, 4, 5)], broadcast=True)
    case("matmul", "stretched on both sides", [(1, 3, 1, 2, 4), (1, 2, 4, 3)], broadcast=True)
    case("buffer", "a table", [], [("weight", normal(3, 4))], shape=[3, 4])
    case("buffer", "one number", [], [("weight", normal())], shape=[])


    def below(name, size, *shape, start=0):
        return numbers(name).randint(start, size, shape)

    case("gather", "channels, batch 2", [(2, 5, 3), below("g1", 5, 2, 7, 3)], dim=1)
    case("gather", "fewer of another dimension, from the end", [(1, 4, 6), below("g2", 6, 1, 2, 5, start=-6)], dim=-1)
    case("take", "tokens, batch 2", [(2, 5, 3), below("t1", 5, 2, 4)])
    case("take", "two dimensions of indices in the middle, from the end", [(2, 2, 5, 3), below("t2", 5, 2, 2, 3, start=-5)], dim=2)
    case("take", "one index takes the last dimension away", [(2, 3, 4), below("t3", 4, 2)], dim=-1)
    case("gather_nd", "pixels, batch 2", [(2, 4, 4, 3), below("n1", 4, 2, 5, 2, start=-4)])
    case("gather_nd", "numbers, two dimensions of rows", [(1, 3, 3), below("n2", 3, 1, 2, 4, 2)])
    case("gather_nd", "a dimension that both share", [(2, 3, 4, 2), below("n3", 4, 2, 3, 5, 1)], batch_dims=1)
    permutation = np.stack([numbers(f"s{i}").permutation(6)[:4] for i in range(2)])
    case("scatter", "channels replaced, batch 2", [(2, 6), permutation, (2, 4)], dim=1)
    case("scatter", "added, some twice, from the end", [(1, 3, 5), below("s2", 5, 1, 2, 7, start=-5), (1, 2, 7)], dim=2, reduce="add")
    case("scatter_nd", "rows replaced, batch 2", [(2, 6, 3), permutation[..., None], (2, 4, 3)])
    case("scatter_nd", "numbers added, some twice", [(1, 3, 3), below("s3", 3, 1, 8, 2), (1, 8)], reduce="add")
    case("scatter_nd", "rows added, some twice, batch 2", [(2, 3, 2), below("s4", 3, 2, 5, 1), (2, 5, 2)], reduce="add")
    case("one_hot", "batch 2", [below("o1", 4, 2, 3)], num_classes=4)
    case("one_hot", "one index", [below("o2", 3, 2)], num_classes=3)
    case("flip", "width, batch 2", [(2, 2, 3, 4)], dims=[3])
    case("flip", "channels and the last, unordered", [(1, 3, 2, 5)], dims=[-1, 1])
    case("tile", "height and width, batch 2", [(2, 2, 3, 2)], repeats=[1, 2, 3])
    case("tile", "once", [(2, 3)], repeats=[1])
    case("tril", "batch 2", [(2, 3, 4)])
    case("tril", "above the main diagonal, heads", [(1, 2, 4, 3)], diagonal=1)
    case("triu", "batch 2", [(2, 4, 3)])
    case("triu", "below the main diagonal", [(1, 4, 4)], diagonal=-2)


    case("einsum", "scores of heads, batch 2", [(2, 3, 4, 5), (2, 3, 6, 5)], equation="hid,hjd->hij")
    case("einsum", "an outer product", [(2, 3), (2, 4, 2)], equation="c,hw->hcw")
    case("einsum", "element by element, turned around", [(1, 3, 4), (1, 4, 3)], equation="ij,ji->ji")
    case("einsum", "sums on both sides before a product, batch 2", [(2, 3, 4, 2), (2, 5, 4, 3)], equation="iax, bac -> c i")
    case("einsum", "three tensors", [(2, 3, 4), (2, 4, 5), (2, 5, 2)], equation="ij,jk,kl->li")
    case("einsum", "of one: two dimensions summed, two turned around", [(2, 3, 2, 4, 2)], equation="abcd->ca")
    case("einsum", "to one number", [(2, 3, 4), (2, 4, 3)], equation="ij,ji->")
    def grid(name, *shape, reach=1.3):
        return reach * numbers(name).uniform(-1, 1, shape)

    for mode in ("bilinear", "nearest"):
        for padding_mode in ("zeros", "border", "reflection"):
            for align in (False, True):
                title = f"{mode}, {padding_mode}" + (", corners aligned" if align else "")
                case("grid_sample", title, [(1, 2, 4, 5), grid(title, 1, 3, 3, 2)], mode=mode, padding_mode=padding_mode, align_corners=align)
    case("grid_sample", "batch 2, far outside, reflected", [(2, 3, 4, 3), grid("far", 2, 2, 3, 2, reach=6)], padding_mode="reflection")
    case("grid_sample", "a volume, batch 2", [(2, 2, 3, 4, 2), grid("volume", 2, 2, 2, 3, 3)])
    case("grid_sample", "of one pixel", [(1, 2, 1, 1), grid("one", 1, 2, 2, 2)], padding_mode="border")
    boxes = np.array([[[1.0, 1.5, 9.0, 7.0], [-3, -2, 4, 5], [6, 5, 30, 22]], [[0, 0, 4, 4], [5, 3, 5.2, 3.1], [2, 1, 13, 9]]])
    case("roi_align", "2x3, batch 2", [(2, 2, 5, 6), boxes], output_size=[2, 3], spatial_scale=0.5, sampling_ratio=2)
    case("roi_align", "aligned", [(2, 2, 5, 6), boxes], output_size=[2, 2], spatial_scale=0.5, sampling_ratio=2, aligned=True)
    case("roi_align", "one place each, another scale", [(1, 3, 6, 6), boxes[:1]], output_size=[3, 3], sampling_ratio=1)


    case("unfold", "3x3, padding 1, batch 2", [(2, 2, 4, 5)], kernel_size=3, padding=1)
    case("unfold", "asymmetric everything", [(1, 2, 7, 8)], kernel_size=[2, 3], stride=[2, 1], padding=[1, 0], dilation=[2, 1])
    case("fold", "no overlap, batch 2", [(2, 8, 6)], output_size=[4, 6], kernel_size=2, stride=2)
    case("fold", "asymmetric everything, what lands on padding left out", [(1, 12, 24)], output_size=[7, 8], kernel_size=[2, 3],
         stride=[2, 1], padding=[1, 0], dilation=[2, 1])  # fmt: skip
    case("fold", "rows and columns that no window reaches", [(1, 4, 4)], output_size=[6, 6], kernel_size=2, stride=3)
    case("depth_to_space", "block 2, batch 2", [(2, 8, 2, 3)], block_size=2)
    case("depth_to_space", "block 3 to one channel", [(1, 9, 3, 2)], block_size=3)
    case("space_to_depth", "block 2, batch 2", [(2, 2, 4, 6)], block_size=2)
    case("space_to_depth", "block 3 of one channel", [(1, 1, 6, 3)], block_size=3)
    case("rotary_embedding", "heads, batch 2", [(2, 3, 5, 6), (2, 5, 3), (2, 5, 3)])
    case("rotary_embedding", "neighbors, four of six", [(1, 3, 5, 6), (1, 5, 2), (1, 5, 2)], dims=4, interleaved=True)
    case("rotary_embedding", "halves of four of seven", [(2, 4, 7), (2, 4, 2), (2, 4, 2)], dims=4)


def write_operators():
    folder = HERE / "operators"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    files, index = {}, []
    for op, title, settings, xs, ws in CASES:
        tensors = files.setdefault(op, {})
        start = f"{sum(c['op'] == op for c in index):02}"
        wide = torch.float64
        y = compute(op, settings, [torch.tensor(x, dtype=wide) for x in xs], {n: torch.tensor(w, dtype=wide) for n, w in ws})
        y = np.ascontiguousarray(y.numpy().astype(np.float32))
        assert np.isfinite(y).all(), (op, title)
        entry = {
            "op": op, "case": title, "settings": settings,
            "inputs": [f"{start}.input{i}" for i in range(len(xs))],
            "weights": [f"{start}.{n}" for n, _ in ws], "output": f"{start}.output", "file": f"{op}.safetensors",
        }  # fmt: skip
        arrays = [*xs, *(w for _, w in ws), y]
        assert sum(a.size for a in arrays) <= MOST_NUMBERS_A_CASE, (op, title)
        tensors.update(zip([*entry["inputs"], *entry["weights"], entry["output"]], arrays, strict=True))
        index.append(entry)
    assert len({(c["op"], c["case"]) for c in index}) == len(index), "two cases of one name share their numbers"
    for op, tensors in files.items():
        save_file(tensors, folder / f"{op}.safetensors")
    # One case a line, so that a change to one shows as one line.
    lines = ",\n".join(json.dumps(c) for c in index)
    (HERE / "operators.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(files)} operators, {len(index)} cases")


# --- the lecture's networks ----------------------------------------------------------------------


class LenetLike(nn.Module):
    def __init__(self, a=10, b=20):
        super().__init__()
        self.conv1 = nn.Conv2d(1, a, 5)
        self.conv2 = nn.Conv2d(a, b, 5)
        self.fc = nn.Linear(16 * b, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return self.fc(x.flatten(1))


class InceptionA(nn.Module):
    def __init__(self, c, n=16, m=24):
        super().__init__()
        self.branch1x1 = nn.Conv2d(c, n, 1)
        self.branch5x5_1 = nn.Conv2d(c, n, 1)
        self.branch5x5_2 = nn.Conv2d(n, m, 5, padding=2)
        self.branch3x3_1 = nn.Conv2d(c, n, 1)
        self.branch3x3_2 = nn.Conv2d(n, m, 3, padding=1)
        self.branch3x3_3 = nn.Conv2d(m, m, 3, padding=1)
        self.branch_pool = nn.Conv2d(c, m, 1)

    def forward(self, x):
        # No activation inside a block or after it: that is how the lecture's net is.
        return torch.cat(
            [
                self.branch1x1(x),
                self.branch5x5_2(self.branch5x5_1(x)),
                self.branch3x3_3(self.branch3x3_2(self.branch3x3_1(x))),
                self.branch_pool(F.avg_pool2d(x, 3, stride=1, padding=1)),
            ],
            dim=1,
        )


class InceptionANet(nn.Module):
    def __init__(self, a=10, b=20, n=16, m=24):
        super().__init__()
        self.conv1 = nn.Conv2d(1, a, 5)
        self.incep1 = InceptionA(a, n, m)
        self.conv2 = nn.Conv2d(n + 3 * m, b, 5)
        self.incep2 = InceptionA(b, n, m)
        self.fc = nn.Linear(16 * (n + 3 * m), 10)

    def forward(self, x):
        x = self.incep1(F.relu(F.max_pool2d(self.conv1(x), 2)))
        x = self.incep2(F.relu(F.max_pool2d(self.conv2(x), 2)))
        return self.fc(x.flatten(1))


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


class ResidualNet(nn.Module):
    def __init__(self, a=16, b=32):
        super().__init__()
        self.conv1 = nn.Conv2d(1, a, 5)
        self.res1 = Residual(a)
        self.conv2 = nn.Conv2d(a, b, 5)
        self.res2 = Residual(b)
        self.fc = nn.Linear(16 * b, 10)

    def forward(self, x):
        # Activation before pooling here, after it in the other two.
        x = self.res1(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = self.res2(F.max_pool2d(F.relu(self.conv2(x)), 2))
        return self.fc(x.flatten(1))


def check_full(name, net, folder):
    """The module above is the lecture's net if it repeats its output with its weights."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(folder / f"{name}.onnx").graph
    state = {t.name: numpy_helper.to_array(t).copy() for t in graph.initializer}
    net.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()}, strict=True)
    x, y = (np.load(folder / f"{name}_{which}.npy") for which in ("input", "output"))
    ours = net.double().eval()(torch.from_numpy(x).double()).numpy()
    off = np.abs(ours - y).max() / np.abs(y).max()
    assert ours.shape == y.shape and off < 1e-5, (name, off)
    print(f"{name}: repeats the stored output, {off:.1e} off at most")
    return {**state, "input": x, "output": y}


def main():
    about = argparse.ArgumentParser(description="Writes PyTorch's answers for the tests.")
    about.add_argument("--lecture", type=pathlib.Path, help="folder with the lecture's networks as .onnx and .npy")
    folder = about.parse_args().lecture
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    # One thread sums in one order, whatever the machine.
    torch.set_num_threads(1)

    list_cases()
    write_operators()
    (HERE / "lecture").mkdir(exist_ok=True)
    if folder:
        for name, net in [
            ("lenet_like", LenetLike()), ("inception_a_net", InceptionANet()), ("residual_net", ResidualNet()),
            ("pair_direct_5x5", nn.Sequential(nn.Conv2d(192, 32, 5, padding=2))),
            ("pair_1x1_then_5x5", nn.Sequential(nn.Conv2d(192, 16, 1), nn.Conv2d(16, 32, 5, padding=2))),
        ]:  # fmt: skip
            tensors = check_full(name, net, folder)
            if not name.startswith("pair"):
                save_file(tensors, HERE / "lecture" / f"{name}.safetensors")
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    assert size <= MOST_BYTES, size
    print(f"{size} bytes in all; torch {torch.__version__}, numpy {np.__version__}")


if __name__ == "__main__":
    main()
