"""The reference networks in PyTorch, with seeded weights whose batch-norm statistics are warm.

DeepLabV3 and FCN are torchvision's own. The U-Net is Ronneberger's of 2015, but with padding, so that the mask is as
large as the image, and with batch norm after each 3x3 convolution. Its parameters are named
`down{0..4}.{0,1}.conv|norm`, `up{0..3}.up`, `up{0..3}.block.{0,1}.conv|norm` and `head`; up0 is the deepest.

    python bench/reference.py unet weights.safetensors --seed 1 --width 16
"""

import argparse
import json
import math
import struct
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import segmentation

DEEPLAB, FCN, UNET = "deeplab-v3-resnet50", "fcn-resnet50", "unet"
NAMES = (DEEPLAB, FCN, UNET)
CLASSES = 2
AUX_WEIGHT = 0.5  # of the auxiliary head's loss, as in torchvision's own training script


class ConvNormRelu(nn.Module):
    """A 3x3 convolution without bias, batch norm, ReLU."""

    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


def two_convolutions(channels_in, channels_out):
    return nn.Sequential(ConvNormRelu(channels_in, channels_out), ConvNormRelu(channels_out, channels_out))


class Up(nn.Module):
    """Doubles height and width, joins the skip connection in front, then two convolutions."""

    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.up = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
        self.block = two_convolutions(2 * channels_out, channels_out)

    def forward(self, x, skip):
        return self.block(torch.cat([skip, self.up(x)], dim=1))


class UNet(nn.Module):
    """Four halvings and four doublings; sides must be multiples of 16."""

    def __init__(self, width=64):
        super().__init__()
        widths = [width << level for level in range(5)]
        for level, channels in enumerate(widths):
            self.add_module(f"down{level}", two_convolutions(widths[level - 1] if level else 3, channels))
        for step in range(4):
            self.add_module(f"up{step}", Up(widths[4 - step], widths[3 - step]))
        self.head = nn.Conv2d(width, CLASSES, 1)

    def forward(self, x):
        skips = []
        for level in range(5):
            x = getattr(self, f"down{level}")(nn.functional.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for step in range(4):
            x = getattr(self, f"up{step}")(x, skips[3 - step])
        return {"out": self.head(x)}


def build(name, width=64, aux=False):
    """The network `name` as it is built, its output a dictionary with `out` and, if it has that head, `aux`."""
    if name == DEEPLAB:
        return segmentation.deeplabv3_resnet50(
            weights=None, weights_backbone=None, num_classes=CLASSES, aux_loss=aux)
    if name == FCN:
        return segmentation.fcn_resnet50(weights=None, weights_backbone=None, num_classes=CLASSES, aux_loss=aux)
    if name == UNET and not aux:
        return UNet(width)
    raise ValueError(f"no network {name!r}{' with an auxiliary head' if aux else ''}: one of {', '.join(NAMES)}")


def first_and_last(name):
    """The weights whose gradients are compared: of the first convolution, and of the 1x1 one that gives the logits."""
    return ("down0.0.conv.weight", "head.weight") if name == UNET else (
        "backbone.conv1.weight", "classifier.4.weight")


def without_dropout(network):
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


def norms(network):
    """Every batch norm, by name."""
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}


def images(count, height, width, generator):
    """Noisy discs on slopes, brightness differing from image to image, and the discs' masks: something to segment."""
    y = torch.linspace(-1, 1, height).view(1, height, 1)
    x = torch.linspace(-1, 1, width).view(1, 1, width)
    draw = lambda low, high: low + (high - low) * torch.rand(count, 1, 1, generator=generator)
    radius = draw(0.2, 0.6)
    target = ((x - draw(-0.4, 0.4)) ** 2 + (y - draw(-0.4, 0.4)) ** 2 < radius**2).float()
    picture = draw(-1, 1) + draw(-0.5, 0.5) * x + draw(-0.5, 0.5) * y + draw(0.5, 1.5) * target
    noise = torch.randn(count, 3, height, width, generator=generator)
    tint = 1 + 0.3 * torch.randn(count, 3, 1, 1, generator=generator)
    return picture.unsqueeze(1) * tint + 0.5 * noise, target


def ends_a_branch(norm):
    """Whether the batch norm called `norm` is added to another before the ReLU."""
    return norm.endswith((".bn3", ".downsample.1"))


def seeded(name, seed, width=64, aux=False, margin=0.0, warm_up=4, side=96):
    """The network `name`, its weights a function of the seed.

    Convolutions are drawn as PyTorch draws them; batch norms' factors within 1 +- 0.1 and offsets within +- 0.1, so
    that no parameter is a 1 or 0 that could be forgotten; their statistics are the mean over a few batches of images.

    `margin` is added to the offset of half of the channels and taken from that of the others (added to all where
    branches meet, or their sum would be near 0 again), which keeps activations off the kink of the ReLU. Without it,
    rounding alone turns on or off a few activations in a million, and the gradient of a ResNet's first convolution in
    float32 is 1 to 3 % from that in float64: too far to tell a right implementation from a wrong one.
    """
    torch.manual_seed(seed)
    network = build(name, width, aux)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for key, norm in norms(network).items():
            norm.weight.add_(0.2 * torch.rand(norm.weight.shape, generator=generator) - 0.1)
            norm.bias.add_(0.2 * torch.rand(norm.bias.shape, generator=generator) - 0.1)
            norm.bias.add_(margin if ends_a_branch(key) else margin * norm.bias.sign())
            norm.momentum = None  # the running statistics become plain means over the batches seen
        network.train()
        for _ in range(warm_up):
            network(images(4, side, side, generator)[0])
    for norm in norms(network).values():
        norm.momentum = 0.1
    return network.eval()


def save(network, path, name, width=64):
    """Writes the weights under torchvision's names; `num_batches_tracked` is dropped, for nothing here reads it."""
    weights = {key: value.detach().clone().contiguous() for key, value in network.state_dict().items()
               if not key.endswith("num_batches_tracked")}
    aux = any(key.startswith("aux_classifier.") for key in weights)
    save_file(weights, str(path), metadata={"network": name, "aux": str(aux).lower(), "width": str(width)})


def load(path, dtype=torch.float32):
    """The network that `save` wrote.

    The tensors are read one by one into a network without storage: the weights are in memory once, not two or three
    times, or the peak memory that peer.py reports would be that of loading.
    """
    with Path(path).open("rb") as file:
        header_bytes = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(header_bytes))
        described = header.pop("__metadata__")
        weights = {}
        for name, tensor in header.items():
            file.seek(8 + header_bytes + tensor["data_offsets"][0])
            values = np.fromfile(file, np.float32, math.prod(tensor["shape"]))
            weights[name] = torch.from_numpy(values.reshape(tensor["shape"]))
    with torch.device("meta"):
        network = build(described["network"], int(described["width"]), described["aux"] == "true")
    for name, norm in norms(network).items():
        weights[f"{name}.num_batches_tracked"] = torch.tensor(0)
    network.load_state_dict(weights, assign=True)
    return network.to(dtype).eval()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("network", choices=NAMES)
    options.add_argument("out", type=Path, help="the safetensors file to write")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--width", type=int, default=64, help="channels of the U-Net's first level")
    options.add_argument("--aux", action="store_true", help="with the auxiliary head")
    given = options.parse_args()
    network = seeded(given.network, given.seed, given.width, given.aux)
    save(network, given.out, given.network, given.width)


if __name__ == "__main__":
    main()
