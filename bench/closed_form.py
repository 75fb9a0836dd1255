"""Networks whose weights and images come from a formula, so that CI can check ours without PyTorch or large files.

The formula, in unsigned 32-bit integers, for entry `i` (row-major, from 0) of the tensor called `name`:

    salt  = FNV-1a, 32 bits, of the name's UTF-8 bytes:  h = 2166136261; for each byte: h = (h xor byte) * 16777619
    x     = i * 2654435761 + salt
    x     = (x xor x >> 16) * 2146121005      (0x7feb352d)
    x     = (x xor x >> 15) * 2221713035      (0x846ca68b)
    x     = x xor x >> 16
    value = (x >> 8) / 8388608 - 1            in [-1, 1); exact in float32

    for `conv1.weight`: -0.50705695, 0.47527075, -0.6677245, -0.29496288, 0.1729877, ...

and then, each step rounded to float32:

    convolution weight         value * float32(sqrt(gain / fan_in)), the root taken in float64; fan_in is the product of
                               all dimensions but the first; of a transposed convolution [in,out,2,2] it is `in`;
                               the gain is 3 for the ResNets and 6 for the U-Net, which has no shortcuts
    batch norm's weight        1 + 0.1 * value
    batch norm's bias          0.1 * value + 4; but 0.1 * value - 4 where value < 0, unless the norm's name ends in
                               `.bn3` or `.downsample.1` (this keeps activations off the kink of the ReLU, or rounding
                               would turn some on or off: see `reference.seeded`)
    a convolution's bias       0.1 * value
    batch norm's running_mean  0.1 * value
    batch norm's running_var   1 + 0.5 * value
    input [n,3,h,w]            0.5 * value(i) of the name `input`, + 0.25 * n, + 1 inside the disc
    target [n,h,w]             1 inside the disc, else 0: 64 * ((2x - w)^2 + (2y - h)^2) < ((5 + n) * min(w, h))^2 in
                               integers, where x, y and n count from 0
"""

import json

import numpy as np
import torch

import reference

CASES = (  # network, auxiliary head, the U-Net's width, images, height, width
    (reference.DEEPLAB, False, None, 3, 64, 208),  # wide enough for ASPP's dilations 12 and 24 to find taps
    (reference.DEEPLAB, True, None, 4, 64, 64),
    (reference.FCN, False, None, 2, 64, 96),
    (reference.UNET, False, 16, 2, 64, 80),
)
SCATTER = 2654435761
MARGIN = 4.0


def value(name, shape):
    salt = 2166136261
    for byte in name.encode():
        salt = (salt ^ byte) * 16777619 % 2**32
    x = np.arange(int(np.prod(shape)), dtype=np.uint64) * np.uint64(SCATTER) + np.uint64(salt)
    x = x.astype(np.uint32)  # keeps the lower 32 bits
    x = (x ^ x >> np.uint32(16)) * np.uint32(0x7FEB352D)
    x = (x ^ x >> np.uint32(15)) * np.uint32(0x846CA68B)
    x = x ^ x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)).reshape(shape)


def parameter(name, shape, gain, norms):
    drawn, tenth = value(name, shape), np.float32(0.1)
    if len(shape) == 4:
        fan_in = shape[0] if name.endswith(".up.weight") else int(np.prod(shape[1:]))
        return drawn * np.float32(np.sqrt(gain / fan_in))
    if name.endswith("running_var"):
        return np.float32(1) + np.float32(0.5) * drawn
    if name.endswith(".weight"):
        return np.float32(1) + tenth * drawn
    norm, _, kind = name.rpartition(".")
    if kind == "bias" and norm in norms:
        margin = np.where((drawn < 0) & (not reference.ends_a_branch(norm)), np.float32(-MARGIN), np.float32(MARGIN))
        return tenth * drawn + margin
    return tenth * drawn


def fill(network, gain):
    norms = reference.norms(network)
    state = {name: torch.from_numpy(parameter(name, tuple(tensor.shape), gain, norms))
             for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    network.load_state_dict(state, strict=False)
    return network


def images(count, height, width):
    n, y, x = np.ogrid[:count, :height, :width]
    target = 64 * ((2 * x - width) ** 2 + (2 * y - height) ** 2) < ((5 + n) * min(width, height)) ** 2
    target = target.astype(np.float32)
    picture = np.float32(0.5) * value("input", (count, 3, height, width))
    picture = picture + np.float32(0.25) * n.astype(np.float32)[..., None] + target[:, None]
    return torch.from_numpy(picture), torch.from_numpy(target)


def entries(tensor, count):
    """The norm, and some entries from all over the tensor, by their flat indices; none that is 0 or next to it."""
    flat = tensor.double().flatten()
    large = (flat.abs() > 0.3 * flat.square().mean().sqrt()).nonzero().flatten().tolist()
    indices = sorted(large[i * SCATTER % len(large)] for i in range(1, count + 1))
    return {"shape": list(tensor.shape), "l2_norm": flat.norm().item(), "indices": indices,
            "values": [flat[i].item() for i in indices]}


def write_fixture(path, results):
    """Float64 results, and beside each how far PyTorch's own float32 is from them (`float32_apart`, relative L2)."""
    cases = []
    for name, aux, unet_width, count, height, width in CASES:
        picture, target = images(count, height, width)
        found = {}
        for dtype in (torch.float32, torch.float64):
            network = fill(reference.build(name, unet_width, aux), 6 if name == reference.UNET else 3).to(dtype)
            found[dtype] = results(network, picture.to(dtype), target, reference.first_and_last(name))
        exact, rounded = found[torch.float64], found[torch.float32]
        norms = list(reference.norms(network))
        kept = ["logits_eval", "loss"] + [key for key in exact if key.startswith("grad.")]
        kept += [f"running_{kind}.{norm}" for norm in (norms[0], norms[len(norms) // 2], norms[-1])
                 for kind in ("mean", "var")]
        shown = {key: entries(exact[key], {"logits_eval": 16, "loss": 1}.get(key, 8)) for key in kept}
        for key in kept:
            shown[key]["float32_apart"] = ((rounded[key].double() - exact[key]).norm() / exact[key].norm()).item()
            print(f"{name}{' aux' if aux else ''} {height}x{width} {key}: norm {shown[key]['l2_norm']:.4g}, "
                  f"float32 apart {shown[key]['float32_apart']:.1e}, values {shown[key]['values'][:3]}")
        cases.append({"network": name, "aux": aux, "width_of_unet": unet_width, "count": count, "height": height,
                      "width": width, "results": shown})
    path.write_text(json.dumps({
        "made_by": "python bench/parity.py --fixture crates/bloodpool-nn/tests/suite/reference_networks.json",
        "formula": "bench/closed_form.py", "torch": torch.__version__.split("+")[0], "cases": cases}, indent=1) + "\n")
