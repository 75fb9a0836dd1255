"""Masks that a function gives on a dataset are compared with the raters by the command, with the figures of the same model by its name."""

from __future__ import annotations

import json
import pathlib
import tempfile
import unittest
from typing import Any

import bloodpool
from places import command


class AgainstRaters(unittest.TestCase):
    def test_a_function_and_the_model_in_it_have_the_same_dice(self) -> None:
        with tempfile.TemporaryDirectory() as parent:
            at = pathlib.Path(parent)
            simulated, work, data = at / "simulated", at / "work", at / "data"
            command("simulate", str(simulated), "--studies", "8", "--raters", "2", "--seed", "5", "--cohort", "paper")
            truth = str(simulated / "truth.csv")
            command("dataset", "extract", str(simulated / "studies"), "--out", str(work), "--frames", truth)
            command("dataset", "consensus", str(work), "--raters", str(simulated / "raters"))
            command("dataset", "build", str(work), "--out", str(data))

            model = bloodpool.Model()

            def by_function(frames: Any) -> Any:
                return model.segment(bloodpool.Study(frames, pixel_spacing_mm=self.spacing(data)))

            written = bloodpool.write_masks(by_function, data, at / "masks", parts=("validation",))
            self.assertGreaterEqual(written, 4)
            with self.assertRaises(FileExistsError):
                bloodpool.write_masks(by_function, data, at / "masks", parts=("validation",))
            with self.assertRaisesRegex(ValueError, "training, validation, test"):
                bloodpool.write_masks(by_function, data, at / "more", parts=("tests",))

            dice = []
            for judged, out in ((["--masks", str(at / "masks")], "by-masks"), (["compact"], "by-name")):
                split = ["--dataset", str(data), "--split", "validation", "--out", str(at / out)]
                command("evaluate", *judged, *split)
                dice.append(json.loads((at / out / "evaluation.json").read_text())["result"]["overlap"])
            self.assertEqual(dice[0], dice[1])

    def spacing(self, data: pathlib.Path) -> tuple[float, float]:
        """All studies of the cohort `paper` have the same pixels."""
        spacings = {tuple(case["pixel_spacing_mm"]) for case in json.loads((data / "dataset.json").read_text())["cases"]}
        [(rows, columns)] = spacings
        return rows, columns


if __name__ == "__main__":
    unittest.main()
