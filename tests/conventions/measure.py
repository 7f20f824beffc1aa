"""Measures what each tool reports for one operator at a time: operators.tsv.

    pip install torch==2.15.0 torchvision==0.29.2 fvcore==0.1.5.post20221221 thop==0.1.1.post2209072238 ptflops==0.7.5 torchinfo==1.8.0 \
                calflops==0.3.2 onnx-tool==1.0.1 onnx
    python tests/conventions/measure.py > tests/conventions/operators.tsv

Columns with a version in their name are what that tool says with it: thop==0.0.31.post2005241907, torch==2.9.1, and ptflops==0.6.9, which
knows no backends. `measure.py torch` measures one tool, and with `ITEMS="sum max"` before it what these operators have of it.
"""

import contextlib
import copy
import io
import json
import logging
import os
import sys
import tempfile
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.ops import DeformConv2d

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


class Call(nn.Module):
    """A function as a network of its own."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


class Only(nn.Module):
    """A network of one module."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, *inputs):
        output = self.module(*inputs)
        # A recurrent layer gives its last states too.
        return output[0] if isinstance(output, tuple) else output


class Somewhere(Only):
    """The same with a parameter of its own: calflops takes the device from the first."""

    def __init__(self, module):
        super().__init__(module)
        self.anything = nn.Parameter(torch.ones(1))


class Attention(nn.Module):
    """Attention of tokens to themselves, or of three inputs; what is before the tokens is part of the batch."""

    def __init__(self, bias=True, need_weights=False, **settings):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, bias=bias, batch_first=True, **settings)
        self.need_weights = need_weights

    def forward(self, *inputs):
        query, key, value = (x.flatten(0, -3) for x in (inputs if len(inputs) == 3 else inputs * 3))
        return self.attention(query, key, value, need_weights=self.need_weights)[0].reshape(inputs[0].shape)


BATCHES = [1, 3]
MAP = [4, 8, 8]
SEQUENCE = [10, 6]


def recurrent(kind, **settings):
    """An item, its shapes and its module."""
    words = "".join(f", {name} = {json.dumps(value)}" for name, value in settings.items())
    module = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind](6, batch_first=True, **settings)
    return f'op = "{kind}"{words}', [SEQUENCE], module


# An item of a description, the shapes that it takes, and PyTorch's form of it: a module wherever there is one.
CASES = [
    ('op = "conv1d", out_channels = 6, kernel_size = 3, padding = 1', [[4, 8]], nn.Conv1d(4, 6, 3, padding=1)),
    ('op = "conv2d", out_channels = 4, kernel_size = 1', [MAP], nn.Conv2d(4, 4, 1)),
    ('op = "conv2d", out_channels = 4, kernel_size = 1, bias = false', [MAP], nn.Conv2d(4, 4, 1, bias=False)),
    ('op = "conv2d", out_channels = 4, kernel_size = 3, padding = 1, bias = false', [MAP], nn.Conv2d(4, 4, 3, padding=1, bias=False)),
    ('op = "conv2d", out_channels = 4, kernel_size = 3, padding = 1, groups = 4, bias = false', [MAP], nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, stride = 2, groups = 2', [MAP], nn.Conv2d(4, 6, 3, stride=2, groups=2)),
    ('op = "conv3d", out_channels = 2, kernel_size = 3', [[4, 5, 6, 7]], nn.Conv3d(4, 2, 3)),
    ('op = "conv_transpose1d", out_channels = 6, kernel_size = 3, stride = 2', [[4, 8]], nn.ConvTranspose1d(4, 6, 3, stride=2)),
    ('op = "conv_transpose2d", out_channels = 4, kernel_size = 2, stride = 2, bias = false', [MAP], nn.ConvTranspose2d(4, 4, 2, stride=2, bias=False)),
    ('op = "conv_transpose2d", out_channels = 4, kernel_size = 2, stride = 2', [MAP], nn.ConvTranspose2d(4, 4, 2, stride=2)),
    ('op = "conv_transpose2d", out_channels = 6, kernel_size = 3, stride = 2, padding = 1, groups = 2', [MAP], nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2)),
    ('op = "conv1d", out_channels = 6, kernel_size = 4, dilation = 3, padding = "same"', [[4, 8]], nn.Conv1d(4, 6, 4, dilation=3, padding="same")),
    ('op = "conv1d", out_channels = 6, kernel_size = 4, dilation = 2, padding = "same"', [[4, 8]], nn.Conv1d(4, 6, 4, dilation=2, padding="same")),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, padding = "same"', [MAP], nn.Conv2d(4, 6, 3, padding="same")),
    ('op = "conv2d", out_channels = 6, kernel_size = 2, padding = "same"', [MAP], nn.Conv2d(4, 6, 2, padding="same")),
    ('op = "conv2d", out_channels = 6, kernel_size = [2, 3], padding = "same", groups = 2, bias = false', [MAP], nn.Conv2d(4, 6, (2, 3), padding="same", groups=2, bias=False)),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, padding = "valid"', [MAP], nn.Conv2d(4, 6, 3, padding="valid")),
    ('op = "conv3d", out_channels = 2, kernel_size = 2, padding = "same"', [[4, 5, 6, 7]], nn.Conv3d(4, 2, 2, padding="same")),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, padding = 1, padding_mode = "circular"', [MAP], nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular")),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, stride = 2, padding = "same_upper"', [MAP], nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(4, 6, 3, stride=2))),
    ('op = "conv2d", out_channels = 6, kernel_size = 3, padding = [[2, 0], [1, 1]]', [MAP], nn.Sequential(nn.ZeroPad2d((1, 1, 2, 0)), nn.Conv2d(4, 6, 3))),
    ('op = "deform_conv2d", out_channels = 6, kernel_size = 3, padding = 1', [MAP, [18, 8, 8]], DeformConv2d(4, 6, 3, padding=1)),
    ('op = "deform_conv2d", out_channels = 6, kernel_size = 3, padding = 1, groups = 2, bias = false', [MAP, [18, 8, 8], [9, 8, 8]], DeformConv2d(4, 6, 3, padding=1, groups=2, bias=False)),
    ('op = "conv_transpose2d", out_channels = 6, kernel_size = 4', [[4, 1, 1]], nn.ConvTranspose2d(4, 6, 4)),
    ('op = "conv_transpose2d", out_channels = 6, kernel_size = 4', [[4, 1, 9]], nn.ConvTranspose2d(4, 6, 4)),
    ('op = "conv_transpose2d", out_channels = 6, kernel_size = 4, stride = 2', [[4, 2, 2]], nn.ConvTranspose2d(4, 6, 4, 2)),
    ('op = "conv_transpose1d", out_channels = 6, kernel_size = 5, stride = 3', [[4, 2]], nn.ConvTranspose1d(4, 6, 5, 3)),
    ('op = "conv_transpose1d", out_channels = 6, kernel_size = 2, dilation = 90', [[4, 1]], nn.ConvTranspose1d(4, 6, 2, dilation=90)),
    ('op = "conv_transpose3d", out_channels = 2, kernel_size = 4', [[4, 1, 1, 1]], nn.ConvTranspose3d(4, 2, 4)),
    ('op = "linear", out_features = 8', [[4, 8, 8]], nn.Linear(8, 8)),
    ('op = "linear", out_features = 8, bias = false', [[4, 8, 8]], nn.Linear(8, 8, bias=False)),
    ('op = "linear", out_features = 5', [[8]], nn.Linear(8, 5)),
    ('op = "batch_norm1d"', [[4, 8]], nn.BatchNorm1d(4)),
    ('op = "batch_norm2d"', [MAP], nn.BatchNorm2d(4)),
    ('op = "batch_norm2d", affine = false', [MAP], nn.BatchNorm2d(4, affine=False)),
    ('op = "batch_norm3d"', [[4, 5, 6, 7]], nn.BatchNorm3d(4)),
    ('op = "layer_norm"', [MAP], nn.LayerNorm(8)),
    ('op = "layer_norm", affine = false', [MAP], nn.LayerNorm(8, elementwise_affine=False)),
    ('op = "layer_norm", dims = 3', [MAP], nn.LayerNorm([4, 8, 8])),
    ('op = "group_norm", num_groups = 2', [MAP], nn.GroupNorm(2, 4)),
    ('op = "group_norm", num_groups = 2, affine = false', [MAP], nn.GroupNorm(2, 4, affine=False)),
    ('op = "instance_norm2d"', [MAP], nn.InstanceNorm2d(4)),
    ('op = "instance_norm2d", affine = true', [MAP], nn.InstanceNorm2d(4, affine=True)),
    ('op = "instance_norm1d"', [[4, 8]], nn.InstanceNorm1d(4)),
    ('op = "instance_norm1d", affine = true', [[4, 8]], nn.InstanceNorm1d(4, affine=True)),
    ('op = "instance_norm3d"', [[4, 5, 6, 7]], nn.InstanceNorm3d(4)),
    ('op = "instance_norm3d", affine = true', [[4, 5, 6, 7]], nn.InstanceNorm3d(4, affine=True)),
    ('op = "rms_norm"', [MAP], nn.RMSNorm(8)),
    ('op = "rms_norm", affine = false', [MAP], nn.RMSNorm(8, elementwise_affine=False)),
    ('op = "rms_norm", dims = 3', [MAP], nn.RMSNorm([4, 8, 8])),
    ('op = "local_response_norm", size = 5', [MAP], nn.LocalResponseNorm(5)),
    ('op = "relu"', [MAP], nn.ReLU()),
    ('op = "relu6"', [MAP], nn.ReLU6()),
    ('op = "leaky_relu"', [MAP], nn.LeakyReLU()),
    ('op = "elu"', [MAP], nn.ELU()),
    ('op = "prelu"', [MAP], nn.PReLU()),
    ('op = "silu"', [MAP], nn.SiLU()),
    ('op = "gelu"', [MAP], nn.GELU()),
    ('op = "gelu", approximate = "tanh"', [MAP], nn.GELU(approximate="tanh")),
    ('op = "mish"', [MAP], nn.Mish()),
    ('op = "sigmoid"', [MAP], nn.Sigmoid()),
    ('op = "tanh"', [MAP], nn.Tanh()),
    ('op = "hard_tanh"', [MAP], nn.Hardtanh()),
    ('op = "hard_sigmoid"', [MAP], nn.Hardsigmoid()),
    ('op = "hard_swish"', [MAP], nn.Hardswish()),
    ('op = "softplus"', [MAP], nn.Softplus()),
    ('op = "softplus", beta = 2', [MAP], nn.Softplus(beta=2)),
    ('op = "selu"', [MAP], nn.SELU()),
    ('op = "celu"', [MAP], nn.CELU()),
    ('op = "celu", alpha = 2', [MAP], nn.CELU(2)),
    ('op = "glu"', [MAP], nn.GLU()),
    ('op = "glu", dim = 1', [MAP], nn.GLU(1)),
    ('op = "exp"', [MAP], Call(torch.exp)),
    ('op = "log"', [MAP], Call(torch.log)),
    ('op = "sqrt"', [MAP], Call(torch.sqrt)),
    ('op = "rsqrt"', [MAP], Call(torch.rsqrt)),
    ('op = "abs"', [MAP], Call(torch.abs)),
    ('op = "sin"', [MAP], Call(torch.sin)),
    ('op = "cos"', [MAP], Call(torch.cos)),
    ('op = "pow", exponent = 2', [MAP], Call(lambda x: x**2)),
    ('op = "pow", exponent = 3', [MAP], Call(lambda x: x**3)),
    ('op = "pow", exponent = 0.5', [MAP], Call(lambda x: x**0.5)),
    ('op = "pow", exponent = -1', [MAP], Call(lambda x: x**-1)),
    ('op = "pow", exponent = 1.7', [MAP], Call(lambda x: x**1.7)),
    ('op = "clamp", min = 0', [MAP], Call(lambda x: x.clamp(min=0))),
    ('op = "clamp", max = 1', [MAP], Call(lambda x: x.clamp(max=1))),
    ('op = "clamp", min = -1, max = 1', [MAP], Call(lambda x: x.clamp(-1, 1))),
    ('op = "softmax"', [MAP], nn.Softmax(1)),
    ('op = "softmax", dim = -1', [MAP], nn.Softmax(-1)),
    ('op = "log_softmax"', [MAP], nn.LogSoftmax(1)),
    ('op = "max_pool1d", kernel_size = 2', [[4, 8]], nn.MaxPool1d(2)),
    ('op = "max_pool2d", kernel_size = 2', [MAP], nn.MaxPool2d(2)),
    ('op = "max_pool2d", kernel_size = 3, stride = 2, padding = 1', [MAP], nn.MaxPool2d(3, 2, 1)),
    ('op = "max_pool3d", kernel_size = 2', [[4, 6, 6, 6]], nn.MaxPool3d(2)),
    ('op = "avg_pool1d", kernel_size = 2', [[4, 8]], nn.AvgPool1d(2)),
    ('op = "avg_pool2d", kernel_size = 2', [MAP], nn.AvgPool2d(2)),
    ('op = "avg_pool2d", kernel_size = 3, stride = 2, padding = 1', [MAP], nn.AvgPool2d(3, 2, 1)),
    ('op = "avg_pool3d", kernel_size = 2', [[4, 6, 6, 6]], nn.AvgPool3d(2)),
    ('op = "adaptive_avg_pool1d", output_size = 1', [[4, 8]], nn.AdaptiveAvgPool1d(1)),
    ('op = "adaptive_avg_pool2d", output_size = 1', [MAP], nn.AdaptiveAvgPool2d(1)),
    ('op = "adaptive_avg_pool2d", output_size = 4', [MAP], nn.AdaptiveAvgPool2d(4)),
    ('op = "adaptive_avg_pool2d", output_size = 8', [MAP], nn.AdaptiveAvgPool2d(8)),
    ('op = "adaptive_avg_pool3d", output_size = 1', [[4, 6, 6, 6]], nn.AdaptiveAvgPool3d(1)),
    ('op = "adaptive_max_pool1d", output_size = 1', [[4, 8]], nn.AdaptiveMaxPool1d(1)),
    ('op = "adaptive_max_pool2d", output_size = 1', [MAP], nn.AdaptiveMaxPool2d(1)),
    ('op = "adaptive_max_pool2d", output_size = 4', [MAP], nn.AdaptiveMaxPool2d(4)),
    ('op = "adaptive_max_pool3d", output_size = 1', [[4, 6, 6, 6]], nn.AdaptiveMaxPool3d(1)),
    ('op = "lp_pool1d", norm_type = 2, kernel_size = 2', [[4, 8]], nn.LPPool1d(2, 2)),
    ('op = "lp_pool2d", norm_type = 2, kernel_size = 2', [MAP], nn.LPPool2d(2, 2)),
    ('op = "lp_pool3d", norm_type = 2, kernel_size = 2', [[4, 6, 6, 6]], nn.LPPool3d(2, 2)),
    ('op = "global_avg_pool"', [MAP], nn.AdaptiveAvgPool2d(1)),
    ('op = "mean", dim = [2, 3]', [MAP], Call(lambda x: x.mean([2, 3]))),
    ('op = "sum", dim = [2, 3]', [MAP], Call(lambda x: x.sum([2, 3]))),
    ('op = "max", dim = [2, 3]', [MAP], Call(lambda x: x.amax([2, 3]))),
    ('op = "norm", dim = [2, 3]', [MAP], Call(lambda x: x.norm(dim=[2, 3]))),
    ('op = "norm", dim = [2, 3], p = 1', [MAP], Call(lambda x: x.norm(1, [2, 3]))),
    ('op = "norm", dim = [2, 3], p = 3', [MAP], Call(lambda x: x.norm(3, [2, 3]))),
    ('op = "dropout"', [MAP], nn.Dropout()),
    ('op = "identity"', [MAP], nn.Identity()),
    ('op = "flatten"', [MAP], nn.Flatten()),
    ('op = "channel_shuffle", groups = 2', [MAP], nn.ChannelShuffle(2)),
    ('op = "pixel_shuffle", upscale_factor = 2', [MAP], nn.PixelShuffle(2)),
    ('op = "pixel_unshuffle", downscale_factor = 2', [MAP], nn.PixelUnshuffle(2)),
    ('op = "upsample", scale_factor = 2', [MAP], nn.Upsample(scale_factor=2)),
    ('op = "upsample", scale_factor = 2, mode = "bilinear"', [MAP], nn.Upsample(scale_factor=2, mode="bilinear")),
    ('op = "upsample", size = [16, 16]', [MAP], nn.Upsample(size=(16, 16))),
    ('op = "upsample", size = [16, 16], mode = "bilinear"', [MAP], nn.Upsample(size=(16, 16), mode="bilinear")),
    ('op = "upsample", scale_factor = 2', [[4, 8]], nn.Upsample(scale_factor=2)),
    ('op = "upsample", scale_factor = 2, mode = "linear"', [[4, 8]], nn.Upsample(scale_factor=2, mode="linear")),
    ('op = "upsample", size = 12, mode = "linear"', [[4, 8]], nn.Upsample(size=12, mode="linear")),
    ('op = "upsample", scale_factor = 2', [[4, 5, 6, 7]], nn.Upsample(scale_factor=2)),
    ('op = "upsample", scale_factor = 2, mode = "trilinear"', [[4, 5, 6, 7]], nn.Upsample(scale_factor=2, mode="trilinear")),
    ('op = "upsample", size = [9, 8, 7], mode = "trilinear"', [[4, 5, 6, 7]], nn.Upsample(size=(9, 8, 7), mode="trilinear")),
    ('op = "upsample", scale_factor = 2, mode = "bicubic"', [MAP], nn.Upsample(scale_factor=2, mode="bicubic")),
    ('op = "upsample", size = [16, 16], mode = "bicubic"', [MAP], nn.Upsample(size=(16, 16), mode="bicubic")),
    ('op = "pad", padding = [1, 1, 1, 1]', [MAP], nn.ZeroPad2d(1)),
    ('op = "reshape", shape = [4, 64]', [MAP], Call(lambda x: x.reshape(-1, 4, 64))),
    ('op = "permute", dims = [0, 2, 3, 1]', [MAP], Call(lambda x: x.permute(0, 2, 3, 1))),
    ('op = "scale", bias = true', [MAP], Call(lambda x: x * torch.ones(4, 1, 1) + torch.ones(4, 1, 1))),
    ('op = "layer_scale"', [MAP], Call(lambda x: x * torch.ones(4, 1, 1))),
    ('op = "affine", mul = 1.5', [MAP], Call(lambda x: x * 1.5)),
    ('op = "affine", mul = 1.5, add = 2', [MAP], Call(lambda x: x * 1.5 + 2)),
    ('op = "matmul"', [[4, 8, 6], [4, 6, 5]], Call(lambda a, b: a @ b)),
    ('op = "multi_head_attention", num_heads = 2', [[32, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2, bias = false', [[32, 8]], Attention(bias=False)),
    ('op = "multi_head_attention", num_heads = 2', [[32, 8], [6, 8], [6, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2', [[1, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2', [[1, 8], [6, 8], [6, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2', [[6, 8], [1, 8], [1, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2', [[3, 6, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2', [[3, 6, 8], [3, 5, 8], [3, 5, 8]], Attention()),
    ('op = "multi_head_attention", num_heads = 2, kdim = 5, vdim = 3', [[6, 8], [7, 5], [7, 3]], Attention(kdim=5, vdim=3)),
    ('op = "multi_head_attention", num_heads = 2, vdim = 3', [[6, 8], [7, 8], [7, 3]], Attention(vdim=3)),
    ('op = "scaled_dot_product_attention"', [[4, 8, 6]] * 3, Call(F.scaled_dot_product_attention)),
    ('op = "scaled_dot_product_attention"', [[4, 8, 6], [4, 5, 6], [4, 5, 3]], Call(F.scaled_dot_product_attention)),
    ('op = "scaled_dot_product_attention", is_causal = true', [[4, 8, 6]] * 3, Call(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))),
    ('op = "scaled_dot_product_attention"', [[4, 8, 6]] * 3 + [[4, 8, 8]], Call(F.scaled_dot_product_attention)),
    ('op = "scaled_dot_product_attention", enable_gqa = true', [[4, 8, 6], [2, 8, 6], [2, 8, 6]], Call(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True))),
    recurrent("lstm", hidden_size=5),
    recurrent("lstm", hidden_size=5, bias=False),
    recurrent("lstm", hidden_size=5, bidirectional=True),
    recurrent("lstm", hidden_size=5, num_layers=3),
    recurrent("lstm", hidden_size=5, num_layers=3, bidirectional=True),
    recurrent("lstm", hidden_size=5, num_layers=2, bidirectional=True, bias=False),
    recurrent("gru", hidden_size=5),
    recurrent("gru", hidden_size=5, bias=False),
    recurrent("gru", hidden_size=5, bidirectional=True),
    recurrent("gru", hidden_size=5, num_layers=3),
    recurrent("gru", hidden_size=5, num_layers=3, bidirectional=True),
    recurrent("gru", hidden_size=5, num_layers=2, bidirectional=True, bias=False),
    recurrent("lstm", hidden_size=5, proj_size=2),
    recurrent("lstm", hidden_size=5, num_layers=2, bidirectional=True, bias=False, proj_size=3),
    recurrent("rnn", hidden_size=5),
    recurrent("rnn", hidden_size=5, bias=False),
    recurrent("rnn", hidden_size=5, nonlinearity="relu"),
    recurrent("rnn", hidden_size=5, num_layers=3, bidirectional=True),
    recurrent("rnn", hidden_size=5, num_layers=2, bidirectional=True, bias=False),
    ('op = "rnn", hidden_size = 5', [[1, 6]], nn.RNN(6, 5, batch_first=True)),
    ('op = "lstm", hidden_size = 5', [[1, 6]], nn.LSTM(6, 5, batch_first=True)),
    ('op = "gru", hidden_size = 5', [[1, 6]], nn.GRU(6, 5, batch_first=True)),
    ('op = "lstm", hidden_size = 64', [[100, 64]], nn.LSTM(64, 64, batch_first=True)),
    ('op = "gru", hidden_size = 64', [[100, 64]], nn.GRU(64, 64, batch_first=True)),
    ('op = "embedding", num_embeddings = 7, embedding_dim = 3', [[5]], nn.Embedding(7, 3)),
    ('op = "embedding", num_embeddings = 50, embedding_dim = 8', [[6, 4]], nn.Embedding(50, 8)),
    ('op = "index_select", dim = 1, index = [1, 0]', [MAP], Call(lambda x: x[:, [1, 0]])),
    ('op = "roll", shifts = [1], dims = [2]', [MAP], Call(lambda x: x.roll([1], [2]))),
    ('op = "slice", end = 2', [MAP], Call(lambda x: x[:, :2])),
    ('op = "concat"', [MAP, MAP], Call(lambda a, b: torch.cat([a, b], 1))),
    ('op = "add"', [MAP, MAP], Call(lambda a, b: a + b)),
    ('op = "sub"', [MAP, MAP], Call(lambda a, b: a - b)),
    ('op = "mul"', [MAP, MAP], Call(lambda a, b: a * b)),
    ('op = "mul"', [MAP, [4, 1, 1]], Call(lambda a, b: a * b)),
    ('op = "div"', [MAP, MAP], Call(lambda a, b: a / b)),
    ('op = "add", broadcast = true', [MAP, [4, 1, 1]], Call(lambda a, b: a + b)),
    ('op = "sub", broadcast = true', [MAP, [1, 8, 8]], Call(lambda a, b: a - b)),
    ('op = "div", broadcast = true', [MAP, [4, 1, 1]], Call(lambda a, b: a / b)),
]


def quiet(function):
    """What `function` returns; what it prints is of no interest."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return function()


def fvcore(net, inputs):
    from fvcore.nn import FlopCountAnalysis

    return FlopCountAnalysis(net, tuple(inputs)).total()


def torch_counter(net, inputs):
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        net(*inputs)
    return counter.get_total_flops()


def thop(net, inputs):
    import thop

    return thop.profile(net, inputs=tuple(inputs), verbose=False)[0]


def ptflops(backend):
    def measure(net, inputs):
        from ptflops import get_model_complexity_info

        class Named(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return self.net(*x)

        macs, _ = get_model_complexity_info(
            Named(), (1,), input_constructor=lambda _: {"x": inputs}, as_strings=False,
            print_per_layer_stat=False, verbose=False, backend=backend)
        return macs

    return measure


def torchinfo(net, inputs):
    from torchinfo import summary

    return summary(net, input_data=inputs, verbose=0).total_mult_adds


def calflops(which):
    def measure(net, inputs):
        from calflops import calculate_flops

        return calculate_flops(Somewhere(net).eval(), args=inputs, print_results=False, output_as_string=False)[which]

    return measure


def onnx_tool(net, inputs):
    import onnx_tool as tool

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(net, tuple(inputs), file.name, opset_version=17, dynamo=False)
        model = tool.Model(file.name, {"verbose": False})
        model.graph.shape_infer()
        model.graph.profile()
        return model.graph.macs[0]


TOOLS = {
    "fvcore": fvcore, "torch": torch_counter, "thop": thop, "ptflops": ptflops("pytorch"),
    "ptflops-aten": ptflops("aten"), "torchinfo": torchinfo, "calflops": calflops(0), "calflops-macs": calflops(1),
    "onnx-tool": onnx_tool,
}


def figure(tool, module, shapes, batch):
    """The tool's figure, from a process of its own: some leave PyTorch patched."""
    read, write = os.pipe()
    if os.fork() == 0:
        net = Only(copy.deepcopy(module)).eval()
        inputs = [torch.randn(batch, *shape) for shape in shapes]
        if isinstance(module, nn.Embedding):
            inputs = [torch.zeros(batch, *shape, dtype=torch.long) for shape in shapes]
        try:
            # Gradients stay on: without them attention takes a fast path in which most tools see nothing of it.
            text = str(int(quiet(lambda: tool(net, inputs))))
        except BaseException as error:  # a tool that cannot do it has no figure
            print(f"{module}: {tool.__name__}: {error!r}"[:300], file=sys.stderr)
            text = "-"
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    text = os.read(read, 100).decode()
    os.close(read)
    os.wait()
    return text


def main():
    only = sys.argv[1:]
    tools = {name: tool for name, tool in TOOLS.items() if not only or name in only}
    # Processes take over what is imported, also what PyTorch imports at the first use of a dispatch mode, which takes long.
    for tool in tools.values():
        with contextlib.suppress(Exception):
            quiet(lambda: tool(nn.ReLU(), [torch.ones(1, 1)]))
    torch.set_num_threads(1)
    print("# item\tinputs\tbatch\t" + "\t".join(tools))
    operators = os.environ.get("ITEMS", "").split()
    for item, shapes, module in CASES:
        if operators and not any(f'op = "{operator}"' in item for operator in operators):
            continue
        inputs = " ".join("x".join(map(str, shape)) for shape in shapes)
        for batch in BATCHES:
            figures = [figure(tool, module, shapes, batch) for tool in tools.values()]
            print(f"{item}\t{inputs}\t{batch}\t" + "\t".join(figures), flush=True)


main()
