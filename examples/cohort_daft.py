#!/usr/bin/env python3
"""Analyse an archive with Daft, on this machine or on a Ray cluster, each study once.

    pip install daft            (and `ray` for --ray)
    python3 examples/cohort_daft.py ARCHIVE OUT [--bloodpool PROGRAM] [--batch 50] [--ray]

Daft divides the list of files into batches; each batch is one call of `bloodpool cohort` with one worker, which writes its rows as Parquet
into a folder of its own below OUT. `--known OUT` leaves out what has a row already, so that the same command goes on after a kill, however Daft
divides the files then. ARCHIVE and OUT are folders that every machine sees under the same path.

Give one study per file. Series of single frames need all files of a series in one batch: sort them into folders, and pass the folders.
"""
import argparse
import hashlib
import os
import pathlib
import subprocess

# Before the engine is loaded: it would report its use.
os.environ.setdefault("DAFT_ANALYTICS_ENABLED", "0")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("SCARF_NO_ANALYTICS", "true")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import daft  # noqa: E402


def analyse(paths: list[str], program: str, out: str, more: list[str]) -> list[str]:
    """Analyses one batch; returns for each file the folder that holds its row."""
    names = "\n".join(sorted(paths))
    folder = pathlib.Path(out) / f"batch-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
    command = [program, "cohort", "--list", "-", "--out", str(folder), "--known", out, "--workers", "1", *more]
    ended = subprocess.run(command, input=names, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # 1: some study failed, and is a row with an error.
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"bloodpool ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return [str(folder)] * len(paths)


def run(archive: str, out: str, program: str, batch: int, ray: bool, more: list[str]) -> int:
    """Analyses all files; returns how many it named to the program."""
    if ray:
        daft.set_runner_ray()
    files = sorted(str(path) for path in pathlib.Path(archive).resolve().rglob("*.dcm"))
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    out = str(pathlib.Path(out).resolve())

    @daft.func.batch(return_dtype=daft.DataType.string(), batch_size=batch)
    def analyse_batch(path):
        return analyse(path.to_pylist(), program, out, more)

    table = daft.from_pydict({"path": files})
    if ray:
        # One partition per batch, so that the machines share them.
        table = table.repartition(max(1, len(files) // batch))
    done = table.with_column("folder", analyse_batch(daft.col("path"))).select("folder").to_pydict()
    return len(done["folder"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("out")
    parser.add_argument("--bloodpool", default="bloodpool", help="the program, at this path on every machine")
    parser.add_argument("--batch", type=int, default=50, help="files per call of the program")
    parser.add_argument("--ray", action="store_true", help="run on Ray: a local cluster, or that of RAY_ADDRESS")
    arguments, more = parser.parse_known_args()
    named = run(arguments.archive, arguments.out, arguments.bloodpool, arguments.batch, arguments.ray, more)
    rows = daft.read_parquet(f"{arguments.out}/**/*.parquet").select("key").distinct().count_rows()
    print(f"{named} files, {rows} rows with different keys")


if __name__ == "__main__":
    main()
