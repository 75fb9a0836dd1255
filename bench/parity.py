"""Whether our networks compute what PyTorch's do, given the same weights and images: outputs, gradients, statistics.

For each case a folder is written, and the Rust side is run on it as `PROGRAM --network NAME FOLDER`:

    weights.safetensors    torchvision's names; metadata `network`, `aux`, `width` (the U-Net's)
    case.safetensors       input [n,3,h,w], target [n,h,w] of 0 and 1, and PyTorch's float32 results (below)
    case64.safetensors     the same results in float64: how far float32 itself may be off, as a yardstick
    ours.safetensors       what the Rust side writes: the results below, float32, under the same names

    logits_eval                            [n,2,h,w], the network in evaluation mode
    loss [1]                               training mode, no dropout: cross-entropy, mean over pixels, plus 0.5 x that
                                           of the auxiliary head if the weights have one (`aux_classifier.*`)
    grad.NAME                              of that loss, for the first and the last convolution's weights
    running_mean.MODULE, running_var.MODULE    of every batch norm after that one forward pass in training mode

    python bench/parity.py                          all cases; needs several GB of memory
    python bench/parity.py --networks unet --size 64x64 --program target/release/examples/parity
    python bench/parity.py --fixture crates/bloodpool-nn/tests/suite/reference_networks.json

Exits with 1 if any relative L2 difference is above the tolerance, unless ours is within it of float64 where PyTorch's own
float32 is not: a few activations that rounding turns on or off can part the two.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy

import closed_form
import reference

CARGO = "cargo run --release -p bloodpool-nn --example parity --"
REPOSITORY = Path(__file__).resolve().parent.parent
UNET_WIDTH = 16
MARGIN = 4.0  # see `reference.seeded`
CASES = (  # network, auxiliary head, images, height, width
    # Four images, not two, where DeepLabV3's image pooling has batch norm over one value an image: of two values it
    # keeps only which is larger, so the gradient there is the rounding error of a 0.
    (reference.DEEPLAB, False, 4, 256, 256),
    (reference.DEEPLAB, True, 4, 128, 128),
    (reference.DEEPLAB, False, 4, 129, 161),
    (reference.FCN, False, 2, 256, 256),
    (reference.FCN, False, 2, 129, 161),
    (reference.UNET, False, 2, 256, 256),
    (reference.UNET, False, 2, 144, 176),
)


def results(network, images, target, first_and_last):
    """What is compared. The network's statistics are moved by one step."""
    with torch.no_grad():
        found = {"logits_eval": network.eval()(images)["out"]}
    reference.without_dropout(network).train()
    outputs = network(images)
    loss = cross_entropy(outputs["out"], target.long())
    if "aux" in outputs:
        loss = loss + reference.AUX_WEIGHT * cross_entropy(outputs["aux"], target.long())
    loss.backward()
    parameters = dict(network.named_parameters())
    found["loss"] = loss.reshape(1)
    for name in first_and_last:
        found[f"grad.{name}"] = parameters[name].grad
    for name, norm in reference.norms(network).items():
        found[f"running_mean.{name}"], found[f"running_var.{name}"] = norm.running_mean, norm.running_var
    return {name: value.detach().clone().contiguous() for name, value in found.items()}


def write_case(folder, name, aux, count, height, width, seed):
    folder.mkdir(parents=True, exist_ok=True)
    network = reference.seeded(name, seed, UNET_WIDTH, aux, MARGIN)
    reference.save(network, folder / "weights.safetensors", name, UNET_WIDTH)
    images, target = reference.images(count, height, width, torch.Generator().manual_seed(seed + 2))
    for file, dtype in (("case.safetensors", torch.float32), ("case64.safetensors", torch.float64)):
        network = reference.load(folder / "weights.safetensors", dtype)
        found = results(network, images.to(dtype), target, reference.first_and_last(name))
        save_file({"input": images, "target": target, **found}, str(folder / file))


def difference(ours, theirs):
    """Relative L2; infinite where the shapes differ or a value is missing or not a number."""
    if ours is None or ours.shape != theirs.shape:
        return float("inf")
    ours, theirs = ours.double(), theirs.double()
    apart = ((ours - theirs).norm() / theirs.norm().clamp_min(1e-300)).item()
    return apart if apart == apart else float("inf")


def compare(folder, tolerance):
    """The rows of one case's table, and whether all are within tolerance. Of the statistics, the worst is shown."""
    theirs, exact = load_file(str(folder / "case.safetensors")), load_file(str(folder / "case64.safetensors"))
    ours_file = folder / "ours.safetensors"
    ours = load_file(str(ours_file)) if ours_file.exists() else {}
    apart = {name: (difference(ours.get(name), value), difference(value, exact[name]),
                    difference(ours.get(name), exact[name]))
             for name, value in theirs.items() if name not in ("input", "target")}
    shown = [name for name in apart if not name.startswith("running_")]
    for kind in ("running_mean.", "running_var."):
        shown.append(max((name for name in apart if name.startswith(kind)), key=lambda name: apart[name][0]))
        yardstick = max((name for name in apart if name.startswith(kind)), key=lambda name: apart[name][1])
        shown += [yardstick] if yardstick not in shown else []
    rows = [f"| {folder.name} | {name} | {a:.1e} | {b:.1e} | {c:.1e} | {'ok' if min(a, c) <= tolerance else 'APART'} |"
            for name in shown for a, b, c in [apart[name]]]
    return rows, all(min(a, c) <= tolerance for a, _, c in apart.values())


def run_ours(program, name, folder):
    ours = folder / "ours.safetensors"
    ours.unlink(missing_ok=True)
    finished = subprocess.run([*shlex.split(program), "--network", name, str(folder)], cwd=REPOSITORY, check=False)
    if finished.returncode:
        print(f"{folder.name}: the Rust side ended with {finished.returncode}", file=sys.stderr)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--networks", default=",".join(reference.NAMES), help="comma-separated")
    options.add_argument("--aux", choices=("both", "with", "without"), default="both", help="cases with that head")
    options.add_argument("--size", help="HEIGHTxWIDTH in place of every case's own")
    options.add_argument("--count", type=int, help="images, in place of every case's own number")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--tolerance", type=float, default=1e-3)
    options.add_argument("--folder", type=Path, default=REPOSITORY / "target/parity", help="where the cases go")
    options.add_argument("--program", default=CARGO, help="the Rust side's command, up to `--network`")
    options.add_argument("--reuse", action="store_true", help="take the cases as an earlier run wrote them")
    options.add_argument("--only-reference", action="store_true", help="write the cases and stop")
    options.add_argument("--fixture", type=Path, metavar="OUT", help="write the small JSON that CI tests against; stop")
    given = options.parse_args()
    if given.fixture:
        closed_form.write_fixture(given.fixture, results)
        return
    left_out = {"with": False, "without": True}.get(given.aux)
    chosen = [case for case in CASES if case[0] in given.networks.split(",") and case[1] is not left_out]
    sides = tuple(map(int, given.size.split("x"))) if given.size else ()
    chosen = [(*case[:2], given.count or case[2], *(sides or case[3:])) for case in chosen]
    rows, fine = [], True
    for name, aux, count, height, width in dict.fromkeys(chosen):
        folder = given.folder.resolve() / f"{name}{'-aux' if aux else ''}-{count}x{height}x{width}"
        if not (given.reuse and (folder / "case64.safetensors").exists()):
            write_case(folder, name, aux, count, height, width, given.seed)
        if not given.only_reference:
            run_ours(given.program, name, folder)
        more, within = compare(folder, given.tolerance)
        rows, fine = rows + more, fine and within
        print(f"{folder.name}: {'written' if given.only_reference else 'ok' if within else 'APART'}", file=sys.stderr)
    print("| case | what | ours vs PyTorch | PyTorch float32 vs float64 | ours vs float64 | |\n" + "| --- " * 6 + "|")
    print("\n".join(rows))
    sys.exit(0 if fine or given.only_reference else 1)


if __name__ == "__main__":
    main()
