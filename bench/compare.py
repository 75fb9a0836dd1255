"""How long ours, PyTorch and ONNX Runtime take, run in turn on the same weights, and how much memory.

    python bench/compare.py --out target/bench.json                       everything: hours on a small machine
    python bench/compare.py --networks unet --sizes 128 --batches 1 --modes forward --repeats 3

Each repeat runs each peer once, in a process of its own: one warm-up, then `--runs` timed runs, whose median counts.
Whatever else slows the machine thus slows all peers alike. The repeats' medians are reported by their median, and the
fastest single run as the minimum. Ratios are ours over the fastest peer's: below 1, ours is faster. Float32 throughout,
no torch.compile. A training step is forward, cross-entropy, backward and SGD with momentum 0.9, for all; ONNX Runtime
runs forward only. Peak memory is what the process ever held, in brackets what a Python peer held after its imports (of
PyTorch's, much are CUDA libraries it never uses here).

Ours is `bloodpool time-network --network N --size S --batch B --mode forward|train --runs R --weights F --json`, which
prints {"median_s":..,"min_s":..,"threads":..,"peak_rss_mb":..}.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
NETWORKS = "deeplab-v3-resnet50,fcn-resnet50,unet"
OURS, ONNX, LAYOUTS = "ours", "onnxruntime", ("pytorch", "pytorch-channels-last")
PEERS = (OURS, *LAYOUTS, ONNX)


def last_json_line(command, given):
    """The command's last line of output; or what went wrong, as {"error": ..}."""
    threads = {name: str(given.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=given.timeout, check=False,
                              env={**os.environ, **threads})
        if done.returncode:
            return {"error": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:160]}
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"took longer than {given.timeout} s"}
    except (OSError, ValueError, IndexError) as error:
        return {"error": f"{type(error).__name__}: {error}"[:160]}


def peer(given, work, task, combination, **more):
    network, size, batch, mode = combination
    arguments = {"task": task, "network": network, "size": size, "batch": batch, "mode": mode, "seed": given.seed,
                 "unet_width": given.unet_width, "threads": given.threads, "runs": given.runs, "warm_up": 1,
                 "weights": str(weights_of(work, network)), "input": str(work / "input.npy"),
                 "target": str(work / "target.npy"), "onnx": str(work / "network.onnx"), **more}
    return last_json_line([sys.executable, str(HERE / "peer.py"), json.dumps(arguments)], given)


def weights_of(work, network):
    return work / f"{network}.safetensors"


def run_once(name, given, work, combination):
    if name != OURS:
        return peer(given, work, "time", combination, peer=name)
    network, size, batch, mode = combination
    return last_json_line(
        [given.bloodpool, "time-network", "--network", network, "--size", str(size), "--batch", str(batch), "--mode",
         mode, "--runs", str(given.runs), "--weights", str(weights_of(work, network)), "--json"], given)


def measure(given, work, combination):
    """One row: what each peer took, in turn, beginning with another one each repeat."""
    network, _, _, mode = combination
    names = [name for name in PEERS if name in given.peers.split(",") and not (name == ONNX and mode == "train")]
    found = {name: [] for name in names}
    errors = {}
    for task in ("weights", "input", "onnx"):
        if task == "onnx" and ONNX not in names or task == "weights" and weights_of(work, network) in given.written:
            continue
        failure = peer(given, work, task, combination).get("error")
        if failure and task == "onnx":
            errors[ONNX] = failure
        elif failure:
            return row(combination, found, dict.fromkeys(names, f"no {task}: {failure}"))
        given.written.add(weights_of(work, network))
    for repeat in range(given.repeats):
        for name in names[repeat % len(names):] + names[:repeat % len(names)]:
            if name in errors:
                continue
            result = run_once(name, given, work, combination)
            print(f"{combination} {repeat + 1}/{given.repeats} {name}: {result}", file=sys.stderr, flush=True)
            if "error" in result:
                errors[name] = result["error"]
            else:
                found[name].append(result)
        if repeat == 0 and given.skip_slower_layout and all(found.get(layout) for layout in LAYOUTS):
            slower = max(LAYOUTS, key=lambda layout: found[layout][0]["median_s"])
            names.remove(slower)
    return row(combination, found, errors)


def row(combination, found, errors):
    peers = {}
    for name, results in found.items():
        peers[name] = {"error": errors[name]} if name in errors else {
            "median_s": statistics.median(result["median_s"] for result in results),
            "min_s": min(result["min_s"] for result in results),
            "peak_rss_mb": max(result["peak_rss_mb"] for result in results),
            "import_rss_mb": max(result.get("import_rss_mb", 0) for result in results),
            "threads": results[0]["threads"], "medians_s": [result["median_s"] for result in results]}
    made = dict(zip(("network", "size", "batch", "mode"), combination), peers=peers)
    others = {name: peer for name, peer in peers.items() if name != OURS and "error" not in peer}
    if others and "median_s" in peers.get(OURS, {}):
        made["best_peer"] = min(others, key=lambda name: others[name]["median_s"])
        made["ratio"] = peers[OURS]["median_s"] / others[made["best_peer"]]["median_s"]
        made["ratio_of_minima"] = peers[OURS]["min_s"] / min(other["min_s"] for other in others.values())
    return made


def markdown(rows):
    def seconds(peer):
        if peer is None:
            return "-"
        return f"failed: {peer['error']}".replace("|", "/") if "error" in peer else (
            f"{peer['median_s']:.3f} ({peer['min_s']:.3f})")

    def memory(peer):
        if peer is None or "error" in peer:
            return "-"
        return f"{peer['peak_rss_mb']:.0f}" + (f" ({peer['import_rss_mb']:.0f})" if peer["import_rss_mb"] else "")

    lines = ["| network | mode | size | batch | " + " | ".join(f"{name}, s: median (min)" for name in PEERS)
             + " | ours / best: medians | minima | peak MB: " + ", ".join(PEERS) + " |", "| --- " * 11 + "|"]
    for row in rows:
        peers = [row["peers"].get(name) for name in PEERS]
        ratios = [f"{row[key]:.2f}" if key in row else "-" for key in ("ratio", "ratio_of_minima")]
        cells = [row["network"], row["mode"], str(row["size"]), str(row["batch"]), *map(seconds, peers), *ratios,
                 ", ".join(map(memory, peers))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def circumstances(given):
    processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                      if line.startswith("model name")), platform.processor())
    return {"processor": processor, "cores": os.cpu_count(), "threads": given.threads, "repeats": given.repeats,
            "runs": given.runs, "load_average_at_start": os.getloadavg()[0], "training": "SGD, momentum 0.9, float32",
            "versions": {name: version(name) for name in ("torch", "torchvision", "onnxruntime", "numpy")},
            "unet_width": given.unet_width, "seed": given.seed}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--networks", default=NETWORKS, help="comma-separated, as are sizes, batches, modes and peers")
    options.add_argument("--sizes", default="256,128")
    options.add_argument("--batches", default="1,4,8")
    options.add_argument("--modes", default="forward,train")
    options.add_argument("--peers", default=",".join(PEERS))
    options.add_argument("--exclude", action="append", default=[], metavar="NETWORK:SIZE:BATCH:MODE",
                         help="a combination to leave out, `*` for any; may be given several times")
    options.add_argument("--skip-slower-layout", action="store_true",
                         help="after the first repeat run PyTorch in its faster memory layout alone")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--runs", type=int, default=3, help="timed runs a repeat")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--timeout", type=float, default=1800, help="seconds for one peer's turn")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--unet-width", type=int, default=64)
    options.add_argument("--bloodpool", default=str(HERE.parent / "target/release/bloodpool"), help="our program")
    options.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="where weights go")
    options.add_argument("--out", type=Path, help="the JSON to write, after every row")
    given = options.parse_args()
    given.written = set()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    left_out = lambda combination: any(
        all(part in ("*", str(own)) for part, own in zip(pattern.split(":"), combination)) for pattern in given.exclude)
    report = {"circumstances": circumstances(given), "rows": []}
    combinations = [(network, int(size), int(batch), mode) for network in given.networks.split(",")
                    for mode in given.modes.split(",") for size in given.sizes.split(",")
                    for batch in given.batches.split(",")]
    for combination in combinations:
        if left_out(combination):
            continue
        report["rows"].append(measure(given, work, combination))
        if given.out:
            given.out.write_text(json.dumps(report, indent=1) + "\n")
    print(markdown(report["rows"]))


if __name__ == "__main__":
    main()
