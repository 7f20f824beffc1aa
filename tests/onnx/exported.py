"""Modules that PyTorch's two exporters write as several nodes, small: what is to be recognized in them again."""

import io
import tempfile
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn


class Of(nn.Module):
    """A function as a module."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        return self.function(self, x)


class RMS(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class Attention(nn.Module):
    """As in timm, with the function or written out."""

    def __init__(self, size, heads, fused):
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv, self.proj = nn.Linear(size, 3 * size), nn.Linear(size, size)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            x = F.scaled_dot_product_attention(q, k, v)
        else:
            x = ((q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.proj(x.transpose(1, 2).reshape(b, n, c))


def shuffled(_, x):
    b, c, h, w = x.shape
    return x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)


def windows(_, x):
    b, h, w, c = x.shape
    return x.view(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, c)


def itself(self, x):
    return self.attention(x, x, x, need_weights=False)[0]


def modules():
    """Name, module, size of the input, and the operator sets of both exporters."""
    image, rows = (1, 4, 4, 4), (1, 3, 4)
    return [
        ("gelu", nn.GELU(), rows, (13, 18)),
        ("gelu_tanh", nn.GELU(approximate="tanh"), rows, (13, 18)),
        ("silu", nn.SiLU(), image, (17, 18)),
        ("hardswish", nn.Hardswish(), image, (13, 18)),
        ("hardswish_14", nn.Hardswish(), image, (14, None)),
        ("hardsigmoid", nn.Hardsigmoid(), image, (17, 18)),
        ("mish", nn.Mish(), image, (17, 18)),
        ("softplus", nn.Softplus(), image, (17, 18)),
        ("glu", nn.GLU(1), image, (17, 18)),
        ("relu6", nn.ReLU6(), image, (17, 18)),
        ("layer_norm_13", nn.LayerNorm(4), rows, (13, None)),
        ("layer_norm_channels", Of(lambda s, x: s.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), norm=nn.LayerNorm(4)), image, (13, 18)),
        ("rms_norm", RMS(4), rows, (17, 18)),
        ("rms_norm_module", nn.RMSNorm(4), rows, (None, 18)),
        ("group_norm", nn.GroupNorm(2, 4), image, (17, 20)),
        ("group_norm_21", nn.GroupNorm(2, 4), image, (None, 21)),
        ("instance_norm", nn.InstanceNorm2d(4), image, (17, 18)),
        ("batch_norm", nn.Sequential(nn.Conv2d(4, 3, 3, bias=False), nn.BatchNorm2d(3)), image, (17, 18)),
        ("local_response_norm", nn.LocalResponseNorm(3, alpha=0.5), image, (17, 18)),
        ("attention", Attention(4, 2, False), rows, (17, 18)),
        ("attention_fused", Attention(4, 2, True), rows, (17, 18)),
        ("attention_fused_23", Attention(4, 2, True), rows, (None, 23)),
        ("multihead_attention", Of(itself, attention=nn.MultiheadAttention(4, 2, batch_first=True)), rows, (17, 18)),
        ("encoder_layer", nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), rows, (None, 18)),
        ("channel_shuffle", Of(shuffled), image, (17, 18)),
        ("roll", Of(lambda _, x: torch.roll(x, (1, -1), (2, 3))), image, (17, 18)),
        ("windows", Of(windows), image, (17, 18)),
        ("pixel_shuffle", nn.PixelShuffle(2), image, (17, 18)),
        ("pixel_unshuffle", nn.PixelUnshuffle(2), image, (17, 18)),
        ("adaptive_avg_pool_1", nn.AdaptiveAvgPool2d(1), image, (17, 18)),
        ("adaptive_avg_pool_2", nn.AdaptiveAvgPool2d(2), image, (17, 18)),
        ("adaptive_max_pool_2", nn.AdaptiveMaxPool2d(2), image, (17, None)),
        ("upsample", nn.Upsample(scale_factor=2), image, (17, 18)),
        ("upsample_bilinear", nn.Upsample(scale_factor=2, mode="bilinear"), image, (17, 18)),
        ("pad_reflect", nn.ReflectionPad2d((1, 0, 2, 1)), image, (17, 18)),
        ("squeeze_excite", Of(lambda s, x: x * s.b(F.relu(s.a(x.mean((2, 3), keepdim=True)))).sigmoid(), a=nn.Conv2d(4, 2, 1), b=nn.Conv2d(2, 4, 1)), image, (17, 18)),
        ("lstm", Of(lambda s, x: s.lstm(x)[0], lstm=nn.LSTM(4, 2, batch_first=True, bidirectional=True)), rows, (17, 18)),
        ("gru", Of(lambda s, x: s.gru(x)[0], gru=nn.GRU(4, 2, batch_first=True)), rows, (17, 18)),
        ("normalize", Of(lambda _, x: F.normalize(x, dim=-1)), rows, (17, 18)),
        ("unflatten_mean", Of(lambda _, x: x.flatten(2).mean(-1)), image, (17, 18)),
    ]


def slim(model):
    """Without what is of no use here: traces with paths of the machine, and most of the shapes that are hints."""
    keep = {"pkg.torch.onnx.name_scopes"}
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    values = (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer)
    for entry in (*model.graph.node, *values):
        kept = [(item.key, item.value) for item in entry.metadata_props if item.key in keep]
        entry.metadata_props.clear()
        for key, held in kept:
            entry.metadata_props.add(key=key, value=held)
    model.graph.ClearField("doc_string")
    for node in model.graph.node:
        node.doc_string = ""
    if len(model.graph.node) > 5:
        model.graph.ClearField("value_info")
    return model


def all():
    """Name, model, inputs and PyTorch's outputs of each, by each exporter."""
    for place, (name, module, dims, (script, dynamo)) in enumerate(modules()):
        torch.manual_seed(place)
        module.eval()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.randn_like(parameter) * 0.5)
            for key, buffer in module.named_buffers():
                if buffer.is_floating_point():
                    buffer.copy_(torch.rand_like(buffer) + 0.5)
        x = torch.randn(dims)
        with torch.no_grad():
            expected = module(x).numpy()
        for exporter, opset in ("ts", script), ("dynamo", dynamo):
            if opset is None:
                continue
            try:
                with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
                    warnings.simplefilter("ignore")
                    path = f"{folder}/{name}.onnx"
                    settings = {"dynamo": True, "external_data": False, "verbose": False} if exporter == "dynamo" else {"dynamo": False}
                    torch.onnx.export(module, (x,), path, opset_version=opset, input_names=["x"], output_names=["y"], **settings)
                    model = slim(onnx.load(path))
            except Exception as error:
                print(f"{exporter}_{name}: {str(error).strip().splitlines()[0][:150]}")
                continue
            given = {model.graph.input[0].name: x.numpy()}
            yield f"exported_{name}_{exporter}", model, given, [expected]
