"""Simulated studies are those of the command, and an evaluation prints the command's tables."""

from __future__ import annotations

import json
import pathlib
import tempfile
import unittest

import numpy as np

import bloodpool
from places import command


class Simulated(unittest.TestCase):
    def test_they_are_those_that_the_command_writes(self) -> None:
        drawn = bloodpool.simulate(2, seed=42)
        with tempfile.TemporaryDirectory() as parent:
            out = pathlib.Path(parent) / "simulated"
            command("simulate", str(out), "--studies", "2", "--seed", "42")
            files = sorted((out / "studies").glob("*.dcm"))
            for study, file in zip(drawn, files, strict=True):
                read = bloodpool.read_study(file)
                np.testing.assert_array_equal(study.study.counts, read.counts)
                truth = json.loads((out / "truth" / f"{file.stem}.json").read_text())["truth"]
                self.assertEqual(study.truth, truth)
                np.testing.assert_array_equal(study.masks, np.load(out / "truth" / f"{file.stem}.npy"))

    def test_a_number_is_a_study_wherever_the_drawing_begins(self) -> None:
        later = bloodpool.simulate(1, seed=9, first=17, matrix=64, lvef_percent=(30, 40))[0]
        again = bloodpool.simulate(18, seed=9, matrix=64, lvef_percent=(30, 40))[-1]
        np.testing.assert_array_equal(later.study.counts, again.study.counts)
        self.assertTrue(29 < later.lvef_percent < 41)
        self.assertEqual(later.study.shape[1:], (64, 64))

    def test_wrong_choices_say_what_may_be_chosen(self) -> None:
        with self.assertRaisesRegex(ValueError, "64 or 128"):
            bloodpool.simulate(1, seed=1, matrix=100)
        with self.assertRaisesRegex(ValueError, "from 3 to 85"):
            bloodpool.simulate(1, seed=1, lvef_percent=(60, 20))

    def test_an_evaluation_is_that_of_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "observations.jsonl"
            printed = command("evaluate", "--seed", "7", "--studies", "20", "--population", "other", "--out", str(file))
            written = [json.loads(line) for line in file.read_text().splitlines()]
        evaluation = bloodpool.evaluate(studies=20, seed=7, population="other")
        self.assertEqual(evaluation.observations, written)
        # All but the title.
        self.assertEqual(evaluation.markdown().split("\n", 1)[1].strip(), printed.split("\n", 1)[1].strip())


if __name__ == "__main__":
    unittest.main()
