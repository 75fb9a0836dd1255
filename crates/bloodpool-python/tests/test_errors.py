"""What is wrong with a file, a study, a model or an argument is an exception that says so."""

from __future__ import annotations

import pathlib
import pickle
import tempfile
import unittest

import numpy as np

import bloodpool
from places import EXAMPLES, example


class Files(unittest.TestCase):
    def fails(self, source: bloodpool._study.StudySource, code: str) -> bloodpool.Error:
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.analyze(source)
        self.assertEqual(raised.exception.code, code, str(raised.exception))
        return raised.exception

    def test_each_has_its_code_and_names_the_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            absent = pathlib.Path(folder) / "absent.dcm"
            self.assertEqual(self.fails(absent, "unreadable").file, str(absent))
            self.assertIn("absent.dcm", str(self.fails(absent, "unreadable")))
            text = pathlib.Path(folder) / "text.dcm"
            text.write_text("not an image")
            self.assertIsNone(self.fails(text, "not_dicom").attribute)

    def test_damaged_bytes_name_the_attribute(self) -> None:
        whole = example("normal").read_bytes()
        error = self.fails(whole[: len(whole) // 2], "truncated")
        self.assertEqual(error.attribute, "(7FE0,0010) PixelData")
        self.assertEqual(error.file, "bytes")
        self.fails(b"", "empty_file")

    def test_several_studies_have_a_hint(self) -> None:
        error = self.fails(EXAMPLES, "several_studies")
        assert error.hint is not None
        self.assertIn(error.hint, str(error))

    def test_an_error_passes_between_processes(self) -> None:
        error = self.fails(b"x" * 4096, "not_dicom")
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(again), again.code, again.file), (str(error), error.code, error.file))

    def test_a_missing_model_names_those_that_are_known(self) -> None:
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.analyze(example("normal"), model="nowhere")
        self.assertEqual(raised.exception.code, "model_unknown")
        self.assertIn("compact", str(raised.exception))
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.Model("compact", device="nowhere")
        self.assertEqual(raised.exception.code, "device_unusable")


class Arrays(unittest.TestCase):
    def test_counts_that_are_no_study(self) -> None:
        for counts, code in (
            (np.ones((4, 64, 64)), "frame_count"),
            (np.ones((16, 8, 8)), "matrix_size"),
            (np.full((16, 64, 64), -1), "invalid_count"),
            (np.full((16, 64, 64), np.nan), "invalid_count"),
            (np.zeros((16, 64, 64)), "empty_frame"),
        ):
            with self.subTest(code=code), self.assertRaises(bloodpool.Error) as raised:
                bloodpool.analyze(counts)
            self.assertEqual(raised.exception.code, code)
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.Study(np.ones((16, 64, 64)), pixel_spacing_mm=0.0)
        self.assertEqual(raised.exception.code, "pixel_spacing")

    def test_counts_without_a_heart_have_no_lvef(self) -> None:
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.analyze(np.full((16, 64, 64), 10.0), name="flat")
        self.assertIn(raised.exception.code, ("not_a_heart", "no_ventricle"))
        self.assertEqual(raised.exception.file, "flat")

    def test_wrong_arguments_are_value_and_type_errors(self) -> None:
        counts = np.ones((16, 64, 64))
        with self.assertRaisesRegex(ValueError, "three: frames, rows, columns"):
            bloodpool.Study(counts[0])
        with self.assertRaisesRegex(TypeError, "dtype bool"):
            bloodpool.Study(counts > 0)
        with self.assertRaisesRegex(ValueError, "frame_time_ms must be a positive number"):
            bloodpool.Study(counts, frame_time_ms=-1)
        with self.assertRaisesRegex(ValueError, "end_diastole must be 1 or greater"):
            bloodpool.analyze(counts, end_diastole=0)
        with self.assertRaisesRegex(ValueError, "name the same frame"):
            bloodpool.analyze(counts, end_diastole=3, end_systole=3)
        with self.assertRaisesRegex(ValueError, "are for arrays"):
            bloodpool.analyze(example("normal"), frame_time_ms=40)
        with self.assertRaisesRegex(ValueError, "detector must be 1 or greater"):
            bloodpool.read_study(example("normal"), detector=0)
        with self.assertRaisesRegex(TypeError, "model must be"):
            bloodpool.analyze(counts, model=3)  # type: ignore[arg-type]
        with self.assertRaisesRegex(TypeError, "cannot be read from a int"):
            bloodpool.analyze(3)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
