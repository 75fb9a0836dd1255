"""Masks that a function gives on a dataset are compared with the raters by the command, with the figures of the same model by its name."""

from __future__ import annotations

import json
import pathlib
import tempfile
import unittest
from typing import Any

import numpy as np

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
            spacing = self.spacing(data)

            def by_function(frames: Any) -> Any:
                return model.segment(bloodpool.Study(frames, pixel_spacing_mm=spacing[frames.tobytes()]))

            written = bloodpool.write_masks(by_function, data, at / "masks", parts=("train",))
            self.assertGreaterEqual(written, 4)
            with self.assertRaises(FileExistsError):
                bloodpool.write_masks(by_function, data, at / "masks", parts=("train",))
            with self.assertRaisesRegex(ValueError, "train, validation, test"):
                bloodpool.write_masks(by_function, data, at / "more", parts=("tests",))

            overlaps = []
            for judged, out in ((["--masks", str(at / "masks")], "by-masks"), (["compact"], "by-name")):
                split = ["--dataset", str(data), "--split", "train", "--out", str(at / out)]
                command("evaluate", *judged, *split)
                cases = json.loads((at / out / "evaluation.json").read_text())["cases"]
                overlaps.append([(case["case"], [image["overlap"] for image in case["images"]]) for case in cases])
            self.assertEqual(len(overlaps[0]) * 4, written)
            self.assertEqual(overlaps[0], overlaps[1])

    def spacing(self, data: pathlib.Path) -> dict[bytes, tuple[float, float]]:
        """The pixel spacing of each study, by its counts: all that a function is shown."""
        cases = json.loads((data / "dataset.json").read_text())["cases"]
        return {np.load(data / case["counts"]["file"]).tobytes(): tuple(case["pixel_spacing_mm"]) for case in cases}


if __name__ == "__main__":
    unittest.main()
