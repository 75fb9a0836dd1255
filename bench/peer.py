"""One peer of the comparison, timed in this process alone, so that its peak memory is its own.

Run by compare.py, which gives the arguments as one JSON document; prints a JSON document as its last line. PyTorch is
only imported where it is what's timed. A training step is zeroing the gradients, forward (dropout as in training),
cross-entropy, backward, and SGD with momentum 0.9.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def peak_rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare_weights(given):
    import reference

    network = reference.seeded(given["network"], given["seed"], given["unet_width"])
    reference.save(network, given["weights"], given["network"], given["unet_width"])
    return {}


def prepare_input(given):
    """The images and masks that all peers of this size and batch are given, as NumPy files."""
    import reference
    import torch

    side, batch = given["size"], given["batch"]
    images, target = reference.images(batch, side, side, torch.Generator().manual_seed(given["seed"]))
    np.save(given["input"], images.numpy())
    np.save(given["target"], target.numpy().astype(np.int64))
    return {}


def export_onnx(given):
    """A file for exactly this size and batch, which is what ONNX Runtime optimises best; its output is checked."""
    import onnxruntime
    import reference
    import torch

    class Out(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, images):
            return self.network(images)["out"]

    network, images = Out(reference.load(given["weights"])).eval(), torch.from_numpy(np.load(given["input"]))
    with torch.inference_mode():
        expected = network(images).numpy()
    torch.onnx.export(network, (images,), given["onnx"], input_names=["images"], output_names=["logits"],
                      opset_version=17, dynamo=False)
    session = onnxruntime.InferenceSession(given["onnx"], providers=["CPUExecutionProvider"])
    found = session.run(None, {"images": images.numpy()})[0]
    apart = float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
    if not apart < 1e-3:
        raise ValueError(f"the exported network's output is {apart:.1e} from PyTorch's")
    return {"apart_from_pytorch": apart}


def onnx_runtime(given):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = given["threads"], 1
    imported = peak_rss_mb()
    session = onnxruntime.InferenceSession(given["onnx"], options, providers=["CPUExecutionProvider"])
    images = np.load(given["input"])
    return imported, lambda: session.run(None, {"images": images})


def pytorch(given):
    import reference
    import torch

    torch.set_num_threads(given["threads"])
    imported = peak_rss_mb()
    layout = torch.channels_last if given["peer"] == "pytorch-channels-last" else torch.contiguous_format
    network = reference.load(given["weights"]).to(memory_format=layout)
    images = torch.from_numpy(np.load(given["input"])).contiguous(memory_format=layout)

    def forward():
        with torch.inference_mode():
            network(images)["out"]

    if given["mode"] == "forward":
        return imported, forward
    target = torch.from_numpy(np.load(given["target"]))
    optimizer = torch.optim.SGD(network.train().parameters(), lr=0.01, momentum=0.9)

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(network(images)["out"], target).backward()
        optimizer.step()

    return imported, step


def timed(given):
    imported, run = (onnx_runtime if given["peer"] == "onnxruntime" else pytorch)(given)
    seconds = []
    for _ in range(given["warm_up"] + given["runs"]):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    seconds = seconds[given["warm_up"]:]
    return {"median_s": statistics.median(seconds), "min_s": min(seconds), "threads": given["threads"],
            "peak_rss_mb": peak_rss_mb(), "import_rss_mb": imported}


TASKS = {"weights": prepare_weights, "input": prepare_input, "onnx": export_onnx, "time": timed}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    arguments = json.loads(sys.argv[1])
    print(json.dumps(TASKS[arguments["task"]](arguments)))
