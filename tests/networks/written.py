"""Networks that neither torchvision nor timm has, as modules; those of the first papers are in papers.py."""

import torch
import torchvision
from torch import nn
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, R2Plus1dStem


# --- Woo et al. 2018, CBAM; Wang et al. 2020, ECA-Net --------------------------------------------


class ChannelAttention(nn.Module):
    """One pair of layers for the means and for the maxima."""

    def __init__(self, channels, reduction):
        super().__init__()
        reduce = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.layers = nn.Sequential(reduce, nn.ReLU(), nn.Conv2d(channels // reduction, channels, 1, bias=False))

    def forward(self, x):
        mean, largest = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        return x * torch.sigmoid(self.layers(mean) + self.layers(largest))


class SpatialAttention(nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x):
        maps = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.conv(maps))


class EfficientChannelAttention(nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x):
        weights = torch.sigmoid(self.conv(x.mean((2, 3))[:, None]))
        return x * weights[:, 0, :, None, None]


def cbam():
    conv = nn.Conv2d(3, 64, 3, padding=1)
    gates = [ChannelAttention(64, 16), SpatialAttention(7), EfficientChannelAttention(3)]
    return nn.Sequential(conv, *gates, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


# --- Shi et al. 2017, An End-to-End Trainable Neural Network for Image-based Sequence Recognition ---


class Crnn(nn.Module):
    def __init__(self, hidden=256, classes=37):
        super().__init__()
        layers, before = [], 1
        for i, channels in enumerate([64, 128, 256, 256, 512, 512, 512]):
            last = i == 6
            layers.append(nn.Conv2d(before, channels, 2 if last else 3, padding=0 if last else 1))
            layers += [nn.BatchNorm2d(channels)] * (i in (2, 4, 6)) + [nn.ReLU()]
            if i < 2:
                layers.append(nn.MaxPool2d(2))
            elif i in (3, 5):
                layers.append(nn.MaxPool2d(2, (2, 1), (0, 1)))
            before = channels
        self.convolutions = nn.Sequential(*layers)
        self.first = nn.LSTM(512, hidden, bidirectional=True, batch_first=True)
        self.between = nn.Linear(2 * hidden, hidden)
        self.second = nn.LSTM(hidden, hidden, bidirectional=True, batch_first=True)
        self.letters = nn.Linear(2 * hidden, classes)

    def forward(self, x):
        columns = self.convolutions(x).squeeze(2).transpose(1, 2)
        return self.letters(self.second(self.between(self.first(columns)[0]))[0])


# --- Kingma and Welling 2014, Auto-Encoding Variational Bayes ---------------------------------------


class Vae(nn.Module):
    def __init__(self, latent=128):
        super().__init__()
        down, before = [], 3
        for channels in (32, 64, 128, 256):
            down += [nn.Conv2d(before, channels, 4, 2, 1), nn.BatchNorm2d(channels), nn.LeakyReLU(0.2)]
            before = channels
        self.encoder = nn.Sequential(*down, nn.Flatten())
        self.mu, self.logvar = nn.Linear(4096, latent), nn.Linear(4096, latent)
        up = [nn.Linear(latent, 4096), nn.Unflatten(1, (256, 4, 4))]
        for channels in (128, 64, 32):
            up += [nn.ConvTranspose2d(before, channels, 4, 2, 1), nn.BatchNorm2d(channels), nn.ReLU()]
            before = channels
        self.decoder = nn.Sequential(*up, nn.ConvTranspose2d(before, 3, 4, 2, 1), nn.Sigmoid())

    def forward(self, image, noise):
        seen = self.encoder(image)
        mu, logvar = self.mu(seen), self.logvar(seen)
        output = self.decoder(mu + torch.exp(logvar / 2) * noise)
        return {"mu": mu, "logvar": logvar, "output": output}


# --- Tran et al. 2018, A Closer Look at Spatiotemporal Convolutions ---------------------------------


class EachItsOwn(BasicBlock):
    """torchvision's block, whose second convolution has channels between as many as its own sizes ask for."""

    def __init__(self, inplanes, planes, conv_builder, stride=1, downsample=None):
        super().__init__(inplanes, planes, conv_builder, stride, downsample)
        between = planes * planes * 27 // (planes * 9 + 3 * planes)
        self.conv2 = nn.Sequential(Conv2Plus1D(planes, planes, between), nn.BatchNorm3d(planes))


def r2plus1d_18_paper():
    layers = [2, 2, 2, 2]
    return torchvision.models.video.VideoResNet(EachItsOwn, [Conv2Plus1D] * 4, layers, R2Plus1dStem)


# --- Ding et al. 2021, RepVGG: Making VGG-style ConvNets Great Again --------------------------------


def repvgg_a0_deploy():
    layers, before = [], 3
    for channels, count in [(48, 1), (48, 2), (96, 4), (192, 14), (1280, 1)]:
        for i in range(count):
            layers += [nn.Conv2d(before, channels, 3, 2 if i == 0 else 1, 1), nn.ReLU()]
            before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))


# --- Jocher et al. 2023, Ultralytics YOLOv8 ----------------------------------------------------------


def conv(channels, out, kernel, stride=1):
    convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out, eps=0.001), nn.SiLU())


class C2f(nn.Module):
    def __init__(self, channels, out, count, shortcut=False):
        super().__init__()
        half = out // 2
        self.halves, self.shortcut = conv(channels, out, 1), shortcut
        chain = (nn.Sequential(conv(half, half, 3), conv(half, half, 3)) for _ in range(count))
        self.chain = nn.ModuleList(chain)
        self.join = conv((2 + count) * half, out, 1)

    def forward(self, x):
        kept = list(self.halves(x).chunk(2, 1))
        for body in self.chain:
            kept.append(body(kept[-1]) + (kept[-1] if self.shortcut else 0))
        return self.join(torch.cat(kept, 1))


class Pools(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.narrow, self.join = conv(channels, channels // 2, 1), conv(2 * channels, out, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        kept = [self.narrow(x)]
        for _ in range(3):
            kept.append(self.pool(kept[-1]))
        return self.join(torch.cat(kept, 1))


class Detect(nn.Module):
    def __init__(self, channels, box, scores, classes=80, bins=16):
        super().__init__()

        def branch(inside, out):
            return nn.Sequential(conv(channels, inside, 3), conv(inside, inside, 3), nn.Conv2d(inside, out, 1))

        self.box, self.scores = branch(box, 4 * bins), branch(scores, classes)

    def forward(self, x):
        return torch.cat([self.box(x), self.scores(x)], 1)


class Yolov8(nn.Module):
    def __init__(self, depth, width, top):
        super().__init__()
        c1, c2, c3, c4 = (int(channels * width) for channels in (64, 128, 256, 512))
        c5, few, many = int(top * width), round(3 * depth), round(6 * depth)
        self.level2 = nn.Sequential(conv(3, c1, 3, 2), conv(c1, c2, 3, 2), C2f(c2, c2, few, True))
        self.level3 = nn.Sequential(conv(c2, c3, 3, 2), C2f(c3, c3, many, True))
        self.level4 = nn.Sequential(conv(c3, c4, 3, 2), C2f(c4, c4, many, True))
        self.level5 = nn.Sequential(conv(c4, c5, 3, 2), C2f(c5, c5, few, True), Pools(c5, c5))
        self.grow = nn.Upsample(scale_factor=2)
        self.down4, self.down3 = C2f(c5 + c4, c4, few), C2f(c4 + c3, c3, few)
        self.shrink3, self.up4 = conv(c3, c3, 3, 2), C2f(c3 + c4, c4, few)
        self.shrink4, self.up5 = conv(c4, c4, 3, 2), C2f(c4 + c5, c5, few)
        box, scores = max(16, c3 // 4, 64), max(c3, 80)
        self.heads = nn.ModuleList(Detect(channels, box, scores) for channels in (c3, c4, c5))

    def forward(self, x):
        level3 = self.level3(self.level2(x))
        level4 = self.level4(level3)
        level5 = self.level5(level4)
        down4 = self.down4(torch.cat([self.grow(level5), level4], 1))
        down3 = self.down3(torch.cat([self.grow(down4), level3], 1))
        up4 = self.up4(torch.cat([self.shrink3(down3), down4], 1))
        up5 = self.up5(torch.cat([self.shrink4(up4), level5], 1))
        levels = zip(("small", "medium", "output"), self.heads, (down3, up4, up5))
        return {name: head(level) for name, head, level in levels}
