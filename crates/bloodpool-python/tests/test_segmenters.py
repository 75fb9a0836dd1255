"""A function in Python takes the place of the network, in an analysis and in an evaluation."""

from __future__ import annotations

import threading
import unittest
from typing import Any

import numpy as np

import bloodpool
from bloodpool import statistics
from places import example


class OwnError(Exception):
    """Raised by a function under test."""


def threshold(frames: Any) -> Any:
    """The hottest half of the middle."""
    return frames > 0.5 * frames.max()


def gives(masks: Any) -> bloodpool.Segmenter:
    """A function that gives these masks."""

    def given(frames: Any) -> Any:
        return masks

    return given


class InAnAnalysis(unittest.TestCase):
    def setUp(self) -> None:
        self.study = bloodpool.read_study(example("normal"))

    def test_the_masks_of_the_network_measured_again_by_standard(self) -> None:
        by_network = bloodpool.analyze(self.study, protocol="standard")
        by_function = bloodpool.analyze(self.study, model=lambda frames: by_network.masks)
        np.testing.assert_array_equal(by_function.masks, by_network.masks)
        self.assertEqual(by_function.protocol.name, "standard")
        self.assertEqual(by_function.measured_lvef_percent, by_network.measured_lvef_percent)
        self.assertIsNone(by_function.interval)

    def test_a_model_inside_a_function(self) -> None:
        model = bloodpool.Model()
        expected = model.segment(self.study)

        def through(frames: Any) -> Any:
            return model.segment(bloodpool.Study(frames, pixel_spacing_mm=self.study.pixel_spacing_mm))

        found = bloodpool.analyze(self.study, model=through)
        self.assertEqual(found.model_name, "through")
        self.assertGreater(statistics.dice(found.masks[0], expected[0]), 0.99)

    def test_it_sees_the_counts_and_is_called_on_the_thread_of_the_caller(self) -> None:
        seen: list[tuple[Any, int]] = []

        def looks(frames: Any) -> Any:
            seen.append((frames, threading.get_ident()))
            return threshold(frames)

        bloodpool.analyze(self.study, model=looks)
        [(frames, thread)] = seen
        np.testing.assert_array_equal(frames, self.study.counts)
        self.assertEqual((frames.dtype, thread), (np.dtype(np.float32), threading.get_ident()))

    def test_its_exception_is_raised_as_it_is(self) -> None:
        raised = OwnError("no licence for this network")

        def fails(frames: Any) -> Any:
            raise raised

        for source in (self.study, example("normal"), self.study.counts):
            with self.assertRaises(OwnError) as caught:
                bloodpool.analyze(source, model=fails)
            self.assertIs(caught.exception, raised)
        with self.assertRaises(OwnError):
            bloodpool.evaluate(fails, studies=3, seed=1)

    def test_masks_that_are_none_say_what_is_wrong(self) -> None:
        shape = self.study.shape
        for given, error, message in (
            (np.zeros(shape[1:], bool), ValueError, "must have the shape of the frames"),
            (np.zeros(shape, np.float32), TypeError, r"probability > 0\.5"),
            (np.full(shape, 2), ValueError, "labels from 2 to 2"),
            (None, ValueError, r"shape \(\)"),
        ):
            with self.assertRaisesRegex(error, message):
                bloodpool.analyze(self.study, model=gives(given))

    def test_no_lv_is_the_error_of_the_library(self) -> None:
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.analyze(self.study, model=lambda frames: np.zeros(frames.shape, bool))
        self.assertEqual(raised.exception.code, "no_ventricle")


class InAnEvaluation(unittest.TestCase):
    def test_the_true_masks_overlap_exactly_and_the_network_is_judged_as_by_the_command(self) -> None:
        true = {study.study.counts.tobytes(): study.masks for study in bloodpool.simulate(6, seed=11)}
        perfect = bloodpool.evaluate(lambda frames: true[frames.tobytes()], studies=6, seed=11)
        np.testing.assert_array_equal(perfect.dice, np.ones((6, 2)))
        self.assertEqual(perfect.protocol_name, "standard")
        measured, truth = perfect.lvef_percent
        self.assertEqual((len(measured), perfect.studies), (6, 6))
        self.assertAlmostEqual(perfect.agreement.bias, float(np.mean(measured - truth)), places=9)
        self.assertEqual(
            truth.tolist(), [study.lvef_percent for study in bloodpool.simulate(6, seed=11)]
        )

    def test_made_bad_studies_have_a_table_of_their_own(self) -> None:
        bad = bloodpool.evaluate(studies=5, seed=2, population="made-bad")
        self.assertIn("made-bad", bad.markdown())
        self.assertTrue(all(one["known"]["fault"] for one in bad.observations))

    def test_progress_and_wrong_arguments(self) -> None:
        done: list[tuple[int, int]] = []
        bloodpool.evaluate("region-growing", studies=2, seed=5, progress=lambda so_far, of: done.append((so_far, of)))
        self.assertEqual(done[-1], (2, 2))
        with self.assertRaisesRegex(ValueError, "1 or greater"):
            bloodpool.evaluate(studies=0, seed=1)
        with self.assertRaisesRegex(ValueError, "known are own, other and made-bad"):
            bloodpool.evaluate(studies=1, seed=1, population="paper")


if __name__ == "__main__":
    unittest.main()
