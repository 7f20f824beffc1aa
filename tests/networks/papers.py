"""Networks that torchvision does not have, as modules, each after the paper that it names."""

import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.ops import SqueezeExcitation


def conv(channels, out, kernel, stride=1, padding=None, groups=1):
    """A convolution that keeps the size, or the one with this padding, and a ReLU."""
    padding = kernel // 2 if padding is None else padding
    return nn.Sequential(nn.Conv2d(channels, out, kernel, stride, padding, groups=groups), nn.ReLU())


def conv_norm(channels, out, kernel, stride=1, groups=1):
    convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out))


def end(channels, classes):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]


class Side(nn.Module):
    """A head beside the main line, whose output it keeps."""

    def __init__(self, *layers):
        super().__init__()
        self.head = nn.Sequential(*layers)

    def forward(self, x):
        self.output = self.head(x)
        return x


# --- LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition -----------------


class Squash(nn.Module):
    """A·tanh(S·a) with A = 1.7159 and S = 2/3 (appendix A)."""

    def forward(self, x):
        return 1.7159 * torch.tanh(x * 2 / 3)


class Subsample(nn.Module):
    """The four of each 2×2 field are added, multiplied by a coefficient, added to a bias, and squashed."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x):
        sums = 4 * F.avg_pool2d(x, 2)
        return Squash()(self.weight[:, None, None] * sums + self.bias[:, None, None])


class TableConv(nn.Module):
    """C3: a 5×5 kernel for each cross of Table I, whose rows are S2's maps and whose columns are C3's."""

    TABLE = ["X...XXX..XXXX.XX", "XX...XXX..XXXX.X", "XXX...XXX..X.XXX"]
    TABLE += [".XXX..XXXX..X.XX", "..XXX..XXXX.XX.X", "...XXX..XXXX.XXX"]

    def __init__(self):
        super().__init__()
        self.crosses = [(c3, s2) for c3 in range(16) for s2 in range(6) if self.TABLE[s2][c3] == "X"]
        self.weight = nn.Parameter(torch.empty(len(self.crosses), 5, 5))
        self.bias = nn.Parameter(torch.empty(16))

    def forward(self, x):
        full = torch.zeros(16, 6, 5, 5, dtype=x.dtype)
        for kernel, (c3, s2) in zip(self.weight, self.crosses):
            full[c3, s2] = kernel
        return F.conv2d(x, full, self.bias)


class Rbf(nn.Module):
    """Squared distances from the centers (equation 7)."""

    def __init__(self, features, units):
        super().__init__()
        self.centers = nn.Parameter(torch.empty(units, features))

    def forward(self, x):
        return torch.cdist(x, self.centers) ** 2


def lenet5_1998():
    features = [nn.Conv2d(1, 6, 5), Squash(), Subsample(6), TableConv(), Squash(), Subsample(16)]
    features += [nn.Conv2d(16, 120, 5), Squash(), nn.Flatten()]
    return nn.Sequential(*features, nn.Linear(120, 84), Squash(), Rbf(84, 10))


def lenet5():
    """As it is read today."""
    layers = [nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
    layers += [nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(84, 10))


# --- Krizhevsky et al. 2012, ImageNet Classification with Deep Convolutional Neural Networks ------


def alexnet_2012(features):
    """Two halves that meet in the third convolution. The paper's sum of squares is not divided by the 5 channels."""

    def norm():
        return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2)

    layers = [conv(3, 96, 11, 4, 0), norm(), nn.MaxPool2d(3, 2)]
    layers += [conv(96, 256, 5, groups=2), norm(), nn.MaxPool2d(3, 2), conv(256, 384, 3)]
    layers += [conv(384, 384, 3, groups=2), conv(384, 256, 3, groups=2), nn.MaxPool2d(3, 2), nn.Flatten()]
    layers += [nn.Linear(features, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 1000))


# --- Lin et al. 2014, Network in Network, as the authors defined it for Caffe and cuda-convnet


def mlpconv(channels, out, kernel, middle=None, last=None, **settings):
    middle = middle or out
    last = last or middle
    return nn.Sequential(
        conv(channels, out, kernel, **settings), conv(out, middle, 1), conv(middle, last, 1)
    )


def pool(kind=nn.MaxPool2d):
    """As Caffe and cuda-convnet pool: the last window may stand over the edge."""
    return kind(3, 2, ceil_mode=True)


def nin():
    layers = [mlpconv(3, 96, 11, stride=4, padding=0), pool(), mlpconv(96, 256, 5), pool()]
    layers += [mlpconv(256, 384, 3), pool(), mlpconv(384, 1024, 3, last=1000)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1))


def nin_cifar10():
    layers = [mlpconv(3, 192, 5, 160, 96), pool(), mlpconv(96, 192, 5), pool(nn.AvgPool2d)]
    layers += [mlpconv(192, 192, 3, last=10), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)]
    return nn.Sequential(*layers)


# --- Szegedy et al. 2015, Going Deeper with Convolutions, Table 1 and section 5 -------------------


class Inception(nn.Module):
    def __init__(self, channels, one, reduce3, three, reduce5, five, pool):
        super().__init__()
        self.one = conv(channels, one, 1)
        self.three = nn.Sequential(conv(channels, reduce3, 1), conv(reduce3, three, 3))
        self.five = nn.Sequential(conv(channels, reduce5, 1), conv(reduce5, five, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(channels, pool, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1)


class GoogLeNet(nn.Sequential):
    ROWS = {
        "3a": (192, 64, 96, 128, 16, 32, 32),
        "3b": (256, 128, 128, 192, 32, 96, 64),
        "4a": (480, 192, 96, 208, 16, 48, 64),
        "4b": (512, 160, 112, 224, 24, 64, 64),
        "4c": (512, 128, 128, 256, 24, 64, 64),
        "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128),
        "5a": (832, 256, 160, 320, 32, 128, 128),
        "5b": (832, 384, 192, 384, 48, 128, 128),
    }

    def __init__(self, pooled):
        """`pooled` is how many numbers a channel has behind the pool of an auxiliary head."""

        def head(channels):
            linear = [nn.Linear(128 * pooled, 1024), nn.ReLU(), nn.Linear(1024, 1000)]
            return Side(nn.AvgPool2d(5, 3), conv(channels, 128, 1), nn.Flatten(), *linear)

        layers = [conv(3, 64, 7, 2), pool(), nn.LocalResponseNorm(5), conv(64, 64, 1), conv(64, 192, 3)]
        layers += [nn.LocalResponseNorm(5), pool()]
        heads = {"4a": head(512), "4d": head(528)}
        for name, row in self.ROWS.items():
            layers += [Inception(*row)]
            layers += [heads[name]] if name in heads else []
            layers += [pool()] if name in ("3b", "4e") else []
        super().__init__(*layers, *end(1024, 1000), nn.Softmax(1))
        self.heads = heads

    def forward(self, x):
        output = super().forward(x)
        return {"aux1": self.heads["4a"].output, "aux2": self.heads["4d"].output, "output": output}


# --- U-Net (Ronneberger et al. 2015) --------------------------------------------------------------


class UNet(nn.Module):
    """With valid convolutions and transposed ones, as in the paper, or padded ones and repeated pixels."""

    def __init__(self, channels, widths, same):
        super().__init__()

        def double(channels, out):
            first = nn.Conv2d(channels, out, 3, padding=int(same))
            return nn.Sequential(first, nn.ReLU(), nn.Conv2d(out, out, 3, padding=int(same)), nn.ReLU())

        def grow(channels):
            return nn.Upsample(scale_factor=2) if same else nn.ConvTranspose2d(channels, channels // 2, 2, 2)

        self.down = nn.ModuleList(map(double, [channels, *widths], widths))
        self.grow = nn.ModuleList(map(grow, widths[:0:-1]))
        wide = [wide + narrow if same else wide for narrow, wide in zip(widths, widths[1:])]
        self.up = nn.ModuleList(map(double, wide[::-1], widths[-2::-1]))
        self.classes = nn.Conv2d(widths[0], 2, 1)

    def forward(self, x):
        kept = []
        for i, double in enumerate(self.down):
            x = double(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for grow, double, old in zip(self.grow, self.up, kept[-2::-1]):
            x = grow(x)
            margin = (old.shape[-1] - x.shape[-1]) // 2
            x = double(torch.cat([F.pad(old, [-margin] * 4), x], 1))
        return self.classes(x)


# --- He et al. 2016, Deep Residual Learning, and Hu et al. 2018, Squeeze-and-Excitation Networks --


class Residual(nn.Module):
    """Two 3×3 convolutions, and a shortcut without parameters (option A)."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.body = nn.Sequential(
            conv_norm(channels, out, 3, stride), nn.ReLU(), conv_norm(out, out, 3)
        )
        self.stride, self.zeros = stride, out - channels

    def forward(self, x):
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.zeros))
        return F.relu(self.body(x) + shortcut)


def resnet_cifar(depth):
    layers, channels = [conv_norm(3, 16, 3), nn.ReLU()], 16
    for out in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            layers.append(Residual(channels, out, out // channels))
            channels = out
    return nn.Sequential(*layers, *end(64, 10))


class Bottleneck(nn.Module):
    """With the stride in the first 1×1."""

    def __init__(self, channels, middle, stride, squeeze):
        super().__init__()
        out = 4 * middle
        layers = [conv_norm(channels, middle, 1, stride), nn.ReLU(), conv_norm(middle, middle, 3), nn.ReLU()]
        layers += [conv_norm(middle, out, 1)]
        layers += [SqueezeExcitation(out, out // 16)] if squeeze else []
        self.body = nn.Sequential(*layers)
        projects = stride > 1 or channels != out
        self.shortcut = conv_norm(channels, out, 1, stride) if projects else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet50(squeeze):
    layers, channels = [conv_norm(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, count in enumerate([3, 4, 6, 3]):
        for block in range(count):
            stride = 2 if stage and not block else 1
            layers.append(Bottleneck(channels, 64 << stage, stride, squeeze))
            channels = 256 << stage
    return nn.Sequential(*layers, *end(channels, 1000))


# --- Huang et al. 2017, Densely Connected Convolutional Networks ----------------------------------


class Dense(nn.Sequential):
    def forward(self, x):
        return torch.cat([x, super().forward(x)], 1)


def norm_conv(channels, out, kernel):
    convolution = nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), convolution)


def densenet_cifar(depth, growth, bc):
    channels = 2 * growth if bc else 16
    layers = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
    for block in range(3):
        for _ in range((depth - 4) // (6 if bc else 3)):
            if bc:
                parts = norm_conv(channels, 4 * growth, 1), norm_conv(4 * growth, growth, 3)
            else:
                parts = (norm_conv(channels, growth, 3),)
            layers.append(Dense(*parts))
            channels += growth
        if block < 2:
            out = channels // 2 if bc else channels
            layers += [norm_conv(channels, out, 1), nn.AvgPool2d(2)]
            channels = out
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), *end(channels, 10))


# --- Howard et al. 2017, MobileNets, Tables 1, 4 and 5 --------------------------------------------


def mobilenet_v1(width=1, full=False, shallow=False):
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    rows += [] if shallow else [(512, 1)] * 5
    rows += [(1024, 2), (1024, 1)]
    channels = int(32 * width)
    layers = [conv_norm(3, channels, 3, 2), nn.ReLU()]
    for out, stride in rows:
        out = int(out * width)
        if full:
            layers += [conv_norm(channels, out, 3, stride), nn.ReLU()]
        else:
            layers += [conv_norm(channels, channels, 3, stride, channels), nn.ReLU()]
            layers += [conv_norm(channels, out, 1), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers, *end(channels, 1000))


# --- He et al. 2016, Identity Mappings in Deep Residual Networks, Figure 2, in the lecture's network


class Mapping(nn.Module):
    def __init__(self, kind, channels):
        super().__init__()
        self.kind = kind
        self.gate = nn.Conv2d(channels, channels, 1) if kind.endswith("gate") else None
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv = nn.Conv2d(channels, channels, 1) if kind == "conv" else None

    def forward(self, x):
        kind = self.kind
        if kind == "pre_activation":
            return x + self.conv2(F.relu(self.conv1(F.relu(x))))
        gate = torch.sigmoid(self.gate(x)) if self.gate else None
        body = self.conv2(F.relu(self.conv1(x)))
        if kind == "constant":
            return F.relu(0.5 * x + 0.5 * body)
        if kind == "exclusive_gate":
            return F.relu((1 - gate) * x + gate * body)
        if kind == "shortcut_gate":
            return F.relu((1 - gate) * x + body)
        # Dropout lets everything through when a network is used.
        return F.relu((self.conv(x) if kind == "conv" else x) + body)


def identity_mapping(kind):
    layers = [nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), Mapping(kind, 16)]
    layers += [nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2), Mapping(kind, 32)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


# --- van den Oord et al. 2016, WaveNet, Figure 4 --------------------------------------------------


class Past(nn.Sequential):
    """A convolution of two samples, so far apart, of which the later one is the present."""

    def __init__(self, channels, out, apart):
        super().__init__(nn.ConstantPad1d((apart, 0), 0), nn.Conv1d(channels, out, 2, dilation=apart))


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.causal = Past(256, 64, 1)
        apart = [2**i for i in range(10)] * 3
        self.filters = nn.ModuleList(Past(64, 64, n) for n in apart)
        self.gates = nn.ModuleList(Past(64, 64, n) for n in apart)
        self.skips = nn.ModuleList(nn.Conv1d(64, 256, 1) for _ in apart)
        self.residuals = nn.ModuleList(nn.Conv1d(64, 64, 1) for _ in apart)
        mix = [nn.ReLU(), nn.Conv1d(256, 256, 1)]
        self.end = nn.Sequential(*mix, nn.ReLU(), nn.Conv1d(256, 256, 1), nn.Softmax(1))

    def forward(self, x):
        x, skips = self.causal(x), 0
        for layer in zip(self.filters, self.gates, self.skips, self.residuals):
            gated = torch.tanh(layer[0](x)) * torch.sigmoid(layer[1](x))
            skips = skips + layer[2](gated)
            x = x + layer[3](gated)
        return self.end(skips)


# --- Chen et al. 2018, Encoder-Decoder with Atrous Separable Convolution, on ResNet-50 ------------


class DeepLabV3Plus(nn.Module):
    """An image a sixteenth of the size, and a decoder that begins at a quarter of it."""

    def __init__(self):
        super().__init__()
        resnet = torchvision.models.resnet50(replace_stride_with_dilation=[False, False, True])
        self.stem = nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool, resnet.layer1)
        self.deep = nn.Sequential(resnet.layer2, resnet.layer3, resnet.layer4, ASPP(2048, [6, 12, 18], 256))
        self.reduce = nn.Sequential(conv_norm(256, 48, 1), nn.ReLU())
        refine = [conv_norm(304, 256, 3), nn.ReLU(), conv_norm(256, 256, 3), nn.ReLU()]
        self.refine = nn.Sequential(*refine, nn.Conv2d(256, 21, 1))

    def forward(self, x):
        low = self.stem(x)
        high = F.interpolate(self.deep(low), scale_factor=4, mode="bilinear")
        classes = self.refine(torch.cat([high, self.reduce(low)], 1))
        return F.interpolate(classes, scale_factor=4, mode="bilinear")


# --- Zhou et al. 2018, UNet++, Figure 1 -----------------------------------------------------------


class UNetPlusPlus(nn.Module):
    """With transposed convolutions, as in the paper, or with batch norm and bilinear upsampling."""

    def __init__(self, transposed):
        super().__init__()

        def double(channels, out):
            norm = nn.Identity if transposed else nn.BatchNorm2d
            layers = [nn.Conv2d(channels, out, 3, padding=1), norm(out), nn.ReLU()]
            return nn.Sequential(*layers, nn.Conv2d(out, out, 3, padding=1), norm(out), nn.ReLU())

        def grow(channels):
            if transposed:
                return nn.ConvTranspose2d(channels, channels // 2, 2, 2)
            return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)

        def node(row, column):
            out, below = widths[row], widths[row + 1]
            channels = column * out + (out if transposed else below)
            return nn.ModuleList([grow(below), double(channels, out)])

        widths = [32, 64, 128, 256, 512]
        self.down = nn.ModuleList(map(double, [3, *widths], widths))
        columns = [[node(row, column) for row in range(5 - column)] for column in range(1, 5)]
        self.columns = nn.ModuleList(map(nn.ModuleList, columns))
        self.heads = nn.ModuleList(nn.Conv2d(32, 1, 1) for _ in range(4))

    def forward(self, x):
        rows = []
        for row, double in enumerate(self.down):
            x = double(F.max_pool2d(x, 2) if row else x)
            rows.append([x])
        for column, nodes in enumerate(self.columns):
            for row, (grow, double) in enumerate(nodes):
                grown = grow(rows[row + 1][column])
                rows[row].append(double(torch.cat([*rows[row], grown], 1)))
        outputs = [head(node) for head, node in zip(self.heads, rows[0][1:])]
        return dict(zip(["out1", "out2", "out3", "output"], outputs))
