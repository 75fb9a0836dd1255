"""How long DeepLabV3 takes on a graphics processor, PyTorch's and ours: forward passes and training steps on 256 x 256 images.

    cargo build --release --features wgpu -p bloodpool-cli
    python bench/graphics_processor.py [--bloodpool target/release/bloodpool] [--batches 4,16]

PyTorch runs through CUDA and waits for the card after each run; ours through Vulkan. PyTorch is timed in single precision and with TF32, which
has 10 bits of mantissa and is its default for convolutions.
"""

import argparse
import statistics
import subprocess
import time

import reference
import torch


def timed(run, runs=10):
    """Median of the runs after three that do not count."""
    seconds = []
    for number in range(runs + 3):
        began = time.perf_counter()
        run()
        torch.cuda.synchronize()
        if number >= 3:
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def pytorch(batch):
    network = reference.seeded("deeplab-v3-resnet50", 1, 64).cuda()
    images = torch.randn(batch, 3, 256, 256, device="cuda")
    target = torch.ones(batch, 256, 256, dtype=torch.long, device="cuda")
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9)

    def forward():
        with torch.inference_mode():
            network(images)["out"]

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(network(images)["out"], target).backward()
        optimizer.step()

    for tf32 in (False, True):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        network.eval()
        took = timed(forward)
        network.train()
        print(f"PyTorch, {'TF32' if tf32 else 'single precision'}, batch {batch}: forward {took:.4f} s, step {timed(step):.4f} s", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--bloodpool", default="target/release/bloodpool")
    options.add_argument("--batches", default="4,16")
    given = options.parse_args()
    print(torch.__version__, torch.cuda.get_device_name(0))
    for batch in given.batches.split(","):
        for mode in ("forward", "train"):
            print(f"ours, batch {batch}, {mode}:", flush=True)
            subprocess.run([given.bloodpool, "time-network", "--network", "deeplab-v3-resnet50", "--size", "256", "--device", "wgpu",
                            "--batch", batch, "--mode", mode, "--runs", "20"], check=False)
        pytorch(int(batch))


if __name__ == "__main__":
    main()
