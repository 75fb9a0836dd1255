"""Threads, forked processes and Ctrl-C: the interpreter goes on while a study is analysed, and no call waits for ever."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import bloodpool
from places import NAMES, example


def lvef(name: str) -> float | None:
    """The LVEF of an example, in whatever process this runs."""
    return bloodpool.analyze(example(name)).lvef_percent


class Threads(unittest.TestCase):
    def test_the_interpreter_goes_on_while_studies_are_analysed(self) -> None:
        turns, done = 0, threading.Event()

        def count() -> None:
            nonlocal turns
            while not done.wait(0.001):
                turns += 1

        other = threading.Thread(target=count)
        other.start()
        bloodpool.evaluate(studies=8, seed=3)
        before = turns
        began = time.monotonic()
        bloodpool.evaluate(studies=8, seed=3)
        seconds = time.monotonic() - began
        done.set()
        other.join()
        # Were the lock held, there would be one or two turns per call. On a busy machine a turn takes longer than 1 ms.
        self.assertGreater(turns - before, 20 * seconds)

    def test_eight_threads_give_what_one_gives_and_add_a_thread_per_core_at_most(self) -> None:
        expected = {name: lvef(name) for name in NAMES}
        most = 0

        def watched(name: str) -> tuple[str, float | None]:
            nonlocal most
            found = name, lvef(name)
            if sys.platform == "linux":
                most = max(most, len(os.listdir("/proc/self/task")))
            return found

        with ThreadPoolExecutor(8) as pool:
            for name, found in pool.map(watched, NAMES * 8):
                self.assertEqual(found, expected[name])
        if sys.platform == "linux":
            cores = len(os.sched_getaffinity(0))
            # The main thread, eight of the pool, one per core, and those that NumPy started.
            numpy_threads = cores
            self.assertLessEqual(most, 1 + 8 + cores + numpy_threads)


class Processes(unittest.TestCase):
    def test_a_fork_after_the_first_analysis_computes(self) -> None:
        expected = [lvef(name) for name in NAMES]
        methods = [method for method in ("fork", "spawn") if method in multiprocessing.get_all_start_methods()]
        for method in methods:
            with self.subTest(method=method), multiprocessing.get_context(method).Pool(2) as pool:
                self.assertEqual(pool.map_async(lvef, NAMES).get(timeout=120), expected)

    def test_a_protocol_passes_between_processes_and_an_analysis_says_that_it_cannot(self) -> None:
        paper = bloodpool.Protocol("paper")
        self.assertEqual(pickle.loads(pickle.dumps(paper)), paper)
        with self.assertRaisesRegex(TypeError, "pickle"):
            pickle.dumps(bloodpool.analyze(example("normal")))


@unittest.skipIf(sys.platform == "win32", "no SIGINT for a child on Windows")
class CtrlC(unittest.TestCase):
    def test_it_ends_long_work(self) -> None:
        for work in ("bloodpool.evaluate(studies=100_000, seed=1)", "bloodpool.simulate(100_000, seed=1)"):
            with self.subTest(work=work):
                program = f"import bloodpool; print('begun', flush=True); {work}"
                # What a shell starts in the background ignores SIGINT, and so do its children, unless they are told not to.
                child = subprocess.Popen(
                    [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                )
                assert child.stdout is not None
                self.assertEqual(child.stdout.readline(), "begun\n")
                time.sleep(1)
                child.send_signal(signal.SIGINT)
                try:
                    _, errors = child.communicate(timeout=60)
                finally:
                    child.kill()
                self.assertIn("KeyboardInterrupt", errors)
                self.assertNotEqual(child.returncode, 0)


if __name__ == "__main__":
    unittest.main()
