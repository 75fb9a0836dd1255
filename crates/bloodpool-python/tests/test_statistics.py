"""Statistics against values that NumPy gives, or that were worked out by hand; the Rust tests have those of SciPy."""

from __future__ import annotations

import unittest

import numpy as np

from bloodpool import statistics

MEASURED = [61.2, 55.0, 48.7, 70.1, 33.3, 64.9, 58.8, 25.4]
REFERENCE = [60.0, 57.1, 45.2, 69.0, 36.0, 66.5, 51.9, 24.0]


class Masks(unittest.TestCase):
    def test_overlap_and_distance_of_two_squares(self) -> None:
        left, right = np.zeros((32, 32), bool), np.zeros((32, 32), np.uint8)
        left[8:16, 8:16], right[8:16, 10:18] = True, 1
        found = statistics.overlap(left, right)
        self.assertAlmostEqual(found.dice, 2 * 48 / 128)
        self.assertAlmostEqual(found.iou, 48 / 80)
        self.assertAlmostEqual(found.pixel_accuracy, 1 - 32 / 1024)
        self.assertEqual(statistics.dice(left, left), 1.0)
        self.assertAlmostEqual(statistics.surface_distance(left, right, (4.0, 5.0)).hausdorff_mm, 10.0)

    def test_consensus_of_three(self) -> None:
        masks = np.zeros((3, 32, 32), bool)
        masks[0, 4:20, 4:20] = masks[1, 4:20, 4:20] = masks[2, 6:20, 4:20] = True
        np.testing.assert_array_equal(statistics.consensus(masks), masks[0].astype(np.uint8))
        staple = statistics.staple(list(masks))
        np.testing.assert_array_equal(staple.probability > 0.5, masks[0])
        self.assertEqual((len(staple.raters), staple.converged), (3, True))
        self.assertLess(staple.raters[2].sensitivity, staple.raters[0].sensitivity)

    def test_masks_that_cannot_be_compared(self) -> None:
        with self.assertRaisesRegex(ValueError, "cannot be compared"):
            statistics.dice(np.zeros((8, 8), bool), np.zeros((8, 9), bool))
        with self.assertRaisesRegex(ValueError, "rows and columns"):
            statistics.dice(np.zeros(8, bool), np.zeros(8, bool))
        with self.assertRaisesRegex(TypeError, "dtype float64"):
            statistics.dice(np.zeros((8, 8)), np.zeros((8, 8), bool))


class Numbers(unittest.TestCase):
    def test_bland_altman(self) -> None:
        difference = np.subtract(MEASURED, REFERENCE)
        found = statistics.bland_altman(MEASURED, np.array(REFERENCE, np.float64))
        self.assertAlmostEqual(found.bias, difference.mean())
        self.assertAlmostEqual(found.sd, difference.std(ddof=1))
        self.assertAlmostEqual(found.limits[1], difference.mean() + 1.96 * difference.std(ddof=1))
        self.assertEqual((found.pairs, found.within_5_percent), (8, 87.5))

    def test_concordance_after_lin(self) -> None:
        x, y = np.array(MEASURED), np.array(REFERENCE)
        by_hand = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        found = statistics.concordance(x, y)
        self.assertAlmostEqual(found.ccc, by_hand)
        self.assertAlmostEqual(found.pearson_r, float(np.corrcoef(x, y)[0, 1]))

    def test_regression_and_moments(self) -> None:
        slope, intercept = np.polyfit(REFERENCE, MEASURED, 1)
        found = statistics.regression(REFERENCE, MEASURED)
        self.assertAlmostEqual(found.slope, slope)
        self.assertAlmostEqual(found.intercept, intercept)
        moments = statistics.mean_sd(MEASURED)
        self.assertAlmostEqual(moments.sd, float(np.std(MEASURED, ddof=1)))
        means, differences = np.add(MEASURED, REFERENCE) / 2, np.subtract(MEASURED, REFERENCE)
        self.assertAlmostEqual(statistics.proportional_bias(MEASURED, REFERENCE).slope, np.polyfit(means, differences, 1)[0])

    def test_icc_of_shrout_and_fleiss(self) -> None:
        # The table of Shrout and Fleiss, Psychol Bull 1979;86:420: ICC(2,1) is 0.29.
        table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
        self.assertAlmostEqual(statistics.icc(table).icc, 0.2898, places=4)

    def test_tests_of_pairs_and_groups(self) -> None:
        # Three of three in one direction: 2 / 2^3.
        self.assertEqual(statistics.wilcoxon([2, 4, 7], [1, 2, 4]).p, 0.25)
        # Two groups of three that do not overlap: 2 of the 20 arrangements.
        self.assertAlmostEqual(statistics.mann_whitney([1, 2, 3], [4, 5, 6]).p, 0.1)
        difference = np.subtract(MEASURED, REFERENCE)
        t = difference.mean() / (difference.std(ddof=1) / np.sqrt(8))
        self.assertAlmostEqual(statistics.paired_t(MEASURED, REFERENCE).t, t)
        self.assertAlmostEqual(
            statistics.standardized_difference(MEASURED, REFERENCE).d, difference.mean() / difference.std(ddof=1)
        )
        self.assertTrue(statistics.equivalence(MEASURED, REFERENCE, margin=5.0).equivalent)
        self.assertEqual(statistics.proportion(3, 4).percent, 75.0)

    def test_what_cannot_be_computed_says_why(self) -> None:
        with self.assertRaisesRegex(ValueError, "every value needs a partner"):
            statistics.bland_altman([1.0, 2.0], [1.0])
        with self.assertRaisesRegex(ValueError, "not a finite number"):
            statistics.bland_altman([1.0, float("nan")], [1.0, 2.0])
        with self.assertRaisesRegex(ValueError, "must be positive"):
            statistics.equivalence(MEASURED, REFERENCE, margin=0.0)


if __name__ == "__main__":
    unittest.main()
