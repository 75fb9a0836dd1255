"""Many studies from eight Python threads: studies per second, processor time over wall time, and memory.

    python crates/bloodpool-python/tests/threads.py [STUDIES] [THREADS]

Each study is read from the bytes of a DICOM file, analysed, and its masks, contours and document are taken. The memory after a tenth of
the studies and after all of them shows a leak; the same file must give the same document from every thread. The files are the three
examples of `examples`, which are simulated. Linux only.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import bloodpool

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
# What a run of more studies may add to the memory of a run of a tenth of them.
MOST_MORE_MB = 16.0


def memory_mb() -> float:
    """Resident memory, MB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def share_of_cores() -> list[float]:
    """Seconds of processor time of each thread that computes, the busiest first: they are as many as there are cores."""
    seconds = []
    for thread in pathlib.Path("/proc/self/task").iterdir():
        if (thread / "comm").read_text().startswith("bloodpool-"):
            # Fields 14 and 15, after the name in brackets.
            fields = (thread / "stat").read_text().rpartition(")")[2].split()
            seconds.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return sorted(seconds, reverse=True)


def document(data: bytes) -> str:
    """The document of one study; all else that a program would take is taken, too."""
    analysis = bloodpool.analyze(data, name="study")
    assert analysis.masks.any() and len(analysis.contours) == len(analysis.masks)
    return analysis.to_json()


def run(pool: ThreadPoolExecutor, files: list[bytes], studies: int) -> tuple[float, float, set[str]]:
    """Wall and processor time, s, and the documents."""
    wall, processor = time.perf_counter(), time.process_time()
    documents = set(pool.map(document, (files[number % len(files)] for number in range(studies))))
    return time.perf_counter() - wall, time.process_time() - processor, documents


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    files = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.dcm"))]
    with ThreadPoolExecutor(threads) as pool:
        tenth = max(studies // 10, len(files))
        _, _, documents = run(pool, files, tenth)
        after_tenth = memory_mb()
        wall, processor, more = run(pool, files, studies - tenth)
        after_all = memory_mb()
    assert documents == more and len(documents) == len(files), "a file has other documents from other threads"
    cores = len(os.sched_getaffinity(0))
    print(
        f"{studies} studies from {threads} Python threads on {cores} cores: {(studies - tenth) / wall:.1f} studies per second, "
        f"processor time {processor / wall:.2f} x wall time, memory {after_tenth:.0f} MB after {tenth} studies and "
        f"{after_all:.0f} MB after {studies}; seconds of each thread that computes: "
        f"{', '.join(f'{seconds:.1f}' for seconds in share_of_cores())} of {time.process_time():.1f}"
    )
    assert after_all - after_tenth < MOST_MORE_MB, "memory grows with the number of studies"


if __name__ == "__main__":
    main()
