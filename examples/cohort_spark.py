#!/usr/bin/env python3
"""Analyse an archive on Spark, Databricks or Sail, each study once.

    pip install pyspark pyarrow pandas bloodpool-*.whl
    python3 examples/cohort_spark.py ARCHIVE OUT [--remote sc://HOST:PORT] [--batch 50] [--scratch DIR]

The engine divides the list of files into batches; each batch is one call of `bloodpool cohort` with one worker, which writes its rows as
Parquet into a folder of its own below OUT. `--known OUT` leaves out what has a row already, so that the same command goes on after a kill,
however the engine divides the files then. ARCHIVE and OUT are folders that every machine sees under the same path.

Where OUT is on an object store (/Volumes of Databricks, a mounted bucket), which has neither locks nor appending, give `--scratch`: a folder
on the disk of each machine, where the rows are written before they are copied.

Give one study per file. Series of single frames need all files of a series in one batch: sort them into folders, and pass the folders.
"""
import argparse
import os
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa


def analyser(program: str, out: str, scratch: str | None, more: list[str]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for `mapInArrow`: batches with a column `path` become batches with the columns `folder` and `files`."""

    # Whatever it uses is imported within, since it runs on other machines.
    def analyse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import hashlib
        import os
        import pathlib
        import shutil
        import subprocess
        import sys
        import tempfile

        # The wheel installs the command beside the interpreter.
        beside = pathlib.Path(sys.executable).with_name("bloodpool")
        command = program or (str(beside) if beside.exists() else "bloodpool")
        for batch in batches:
            names = "\n".join(sorted(batch.column("path").to_pylist()))
            if not names:
                continue
            folder = pathlib.Path(out) / f"batch-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
            with tempfile.TemporaryDirectory(dir=scratch) as local:
                own = pathlib.Path(local) / "rows" if scratch else folder
                words = [command, "cohort", "--list", "-", "--out", str(own), "--known", out, "--workers", "1", *more]
                ended = subprocess.run(words, input=names, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                # 1: some study failed, and is a row with an error.
                if ended.returncode not in (0, 1):
                    raise RuntimeError(f"bloodpool ended with {ended.returncode}: {ended.stderr[-2000:]}")
                if scratch:
                    folder.mkdir(parents=True, exist_ok=True)
                    # The name is a hash of the keys: a copy that is made twice is one file.
                    for part in sorted(own.glob("part-*.parquet")):
                        shutil.copyfile(part, folder / f"_{part.name}")
                        os.replace(folder / f"_{part.name}", folder / part.name)
            yield pa.RecordBatch.from_pydict({"folder": [str(folder)], "files": [names.count("\n") + 1]})

    return analyse


def run(archive: str, out: str, program: str, remote: str | None, batch: int, scratch: str | None, more: list[str]) -> tuple[int, int]:
    """Analyses all files; returns how many were named to the program, and how many different keys the rows have."""
    # Spark on one machine runs `python3` of the path in its workers, which need not be this one.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    files = sorted(str(path) for path in pathlib.Path(archive).resolve().rglob("*.dcm"))
    target = pathlib.Path(out).resolve()
    target.mkdir(parents=True, exist_ok=True)
    # On Databricks this is the session that exists.
    builder = SparkSession.builder.appName("bloodpool cohort")
    spark = (builder.remote(remote) if remote else builder).getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(batch))
    paths = spark.createDataFrame([(name,) for name in files], "path string").repartition(max(1, len(files) // batch))
    done = paths.mapInArrow(analyser(program, str(target), scratch, more), "folder string, files bigint").collect()
    rows = spark.read.parquet(f"{target}/*/*.parquet")
    return sum(row["files"] for row in done), rows.select("key").distinct().count()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("out")
    parser.add_argument("--bloodpool", default="", help="the program, at this path on every machine; default: that of the wheel")
    parser.add_argument("--remote", help="a server of Spark Connect, such as Sail; default: Spark on this machine")
    parser.add_argument("--batch", type=int, default=50, help="files per call of the program")
    parser.add_argument("--scratch", help="a folder on the disk of each machine, where OUT is on an object store")
    arguments, more = parser.parse_known_args()
    named, rows = run(arguments.archive, arguments.out, arguments.bloodpool, arguments.remote, arguments.batch, arguments.scratch, more)
    print(f"{named} files, {rows} rows with different keys")


if __name__ == "__main__":
    main()
