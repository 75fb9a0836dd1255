"""An analysis is that of the command, from every kind of source, and gives what it was computed from."""

from __future__ import annotations

import json
import pathlib
import tempfile
import unittest

import numpy as np

import bloodpool
from places import NAMES, command, example


class TheCommand(unittest.TestCase):
    def test_five_lines_give_the_lvef_of_the_command(self) -> None:
        for name in NAMES:
            document = json.loads(command("analyze", str(example(name)), "--json"))
            analysis = bloodpool.analyze(example(name))
            self.assertEqual(analysis.lvef_percent, document["lvef_percent"])
            self.assertIsNotNone(analysis.lvef_percent)

    def test_the_document_is_that_of_the_command_to_the_byte(self) -> None:
        for name in NAMES:
            for more in ([], ["--protocol", "standard"], ["--ed", "2", "--es", "9"], ["--model", "region-growing"]):
                with self.subTest(name=name, more=more):
                    printed = command("analyze", str(example(name)), "--json", *more)
                    choices = dict(zip(more[::2], more[1::2]))
                    analysis = bloodpool.analyze(
                        str(example(name)),
                        protocol=choices.get("--protocol"),
                        end_diastole=int(choices["--ed"]) if "--ed" in choices else None,
                        end_systole=int(choices["--es"]) if "--es" in choices else None,
                        model=choices.get("--model", "compact"),
                    )
                    self.assertEqual(analysis.to_json() + "\n", printed)

    def test_where_there_is_no_lvef_code_and_message_are_those_of_the_command(self) -> None:
        # The example has no background in the ring of Eq. 5.
        with self.assertRaises(bloodpool.Error) as raised:
            bloodpool.analyze(example("normal"), protocol="paper")
        document = json.loads(command("analyze", str(example("normal")), "--json", "--protocol", "paper", fails=True))
        self.assertEqual(document["schema"], "bloodpool.error/1")
        self.assertEqual(raised.exception.code, document["code"])
        self.assertEqual(str(raised.exception), document["message"])
        self.assertEqual(raised.exception.file, document["source"])

    def test_the_version_is_that_of_the_command(self) -> None:
        self.assertIn(bloodpool.__version__, command("--version"))


class Sources(unittest.TestCase):
    def test_file_bytes_study_and_array_give_one_number(self) -> None:
        path = example("akinesis")
        expected = bloodpool.analyze(path)
        study = bloodpool.read_study(path)
        self.assertEqual(bloodpool.analyze(path.read_bytes()).lvef_percent, expected.lvef_percent)
        self.assertEqual(bloodpool.analyze([path]).to_json(), bloodpool.analyze(str(path)).to_json())
        self.assertEqual(bloodpool.analyze(study).to_dict(), expected.to_dict())
        by_array = bloodpool.analyze(
            study.counts.astype(np.float64),
            pixel_spacing_mm=study.pixel_spacing_mm,
            frame_time_ms=study.gating["frame_time_ms"],
            view="LAO",
        )
        self.assertEqual(by_array.lvef_percent, expected.lvef_percent)
        np.testing.assert_array_equal(by_array.masks, expected.masks)

    def test_an_array_in_any_order_of_memory_and_of_any_dtype_of_numbers(self) -> None:
        study = bloodpool.read_study(example("normal"))
        whole = study.counts.astype(np.uint16)
        expected = bloodpool.Study(whole, pixel_spacing_mm=study.pixel_spacing_mm)
        for other in (np.asfortranarray(whole), whole[:, ::-1][:, ::-1], whole.astype(">u2"), whole.tolist()):
            made = bloodpool.Study(other, pixel_spacing_mm=study.pixel_spacing_mm)
            np.testing.assert_array_equal(made.counts, expected.counts)

    def test_a_folder_with_one_study_is_a_study(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "study.dcm"
            copy.write_bytes(example("normal").read_bytes())
            self.assertEqual(
                bloodpool.analyze(folder).lvef_percent, bloodpool.analyze(example("normal")).lvef_percent
            )

    def test_what_a_study_records(self) -> None:
        study = bloodpool.read_study(example("normal"))
        self.assertEqual(study.shape, study.counts.shape)
        self.assertTrue(study.simulated)
        self.assertEqual(study.identity["view"], "left anterior oblique (LAO)")
        assert study.pixel_spacing_mm is not None and study.gating["frame_time_ms"] is not None
        self.assertGreater(min(study.pixel_spacing_mm), 0)
        self.assertFalse(study.counts.flags.writeable)
        self.assertIs(study.counts, study.counts)
        self.assertNotIn(str(study.identity["patient_id"]), repr(study))


class Results(unittest.TestCase):
    def setUp(self) -> None:
        self.analysis = bloodpool.analyze(example("normal"))
        self.document = self.analysis.to_dict()

    def test_masks_are_shown_without_a_copy_and_are_those_of_the_command(self) -> None:
        masks = self.analysis.masks
        self.assertIs(masks, self.analysis.masks)
        self.assertEqual((masks.dtype, masks.ndim, masks.flags.writeable), (np.dtype(np.uint8), 3, False))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "masks.npy"
            command("analyze", str(example("normal")), "--masks", str(file))
            np.testing.assert_array_equal(masks, np.load(file))

    def test_contours_enclose_the_masks(self) -> None:
        for mask, contour in zip(self.analysis.masks, self.analysis.contours, strict=True):
            x, y = contour.T
            area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
            # The contour follows pixel edges, and encloses the holes of the largest component too.
            self.assertGreaterEqual(area, 0.95 * mask.sum())

    def test_curve_interval_and_frames_are_those_of_the_document(self) -> None:
        analysis, document = self.analysis, self.document
        self.assertEqual(analysis.curve.tolist(), document["time_activity_curve"]["net_counts"])
        interval = analysis.interval
        assert interval is not None and analysis.lvef_percent is not None
        self.assertEqual(interval._asdict(), document["interval"])
        self.assertTrue(interval.low < analysis.lvef_percent < interval.high)
        self.assertEqual(analysis.end_diastole_frame, document["end_diastole"]["frame"])
        self.assertEqual(analysis.end_systole_frame, document["end_systole"]["frame"])
        self.assertEqual(analysis.lvef_by_protocol, document["lvef_by_protocol"])
        self.assertEqual([f._asdict() for f in analysis.warnings], document["validity"]["reasons"])
        self.assertEqual(analysis.protocol.to_dict(), document["protocol"])
        self.assertEqual(analysis.model_name, document["model"]["name"])
        assert analysis.function is not None
        self.assertEqual(analysis.function, document["function"])
        self.assertEqual(analysis.counts.shape, analysis.masks.shape)

    def test_reports(self) -> None:
        page = self.analysis.report_html()
        self.assertTrue(page.lower().startswith("<!doctype html>"))
        self.assertIn("research use only", page.lower())
        self.assertNotEqual(page, self.analysis.report_html("ko"))
        self.assertTrue(self.analysis.report_pdf().startswith(b"%PDF-"))
        shown = self.analysis._repr_html_()
        self.assertTrue(shown.startswith("<iframe sandbox srcdoc="))
        self.assertNotIn("<script", shown)
        with self.assertRaisesRegex(ValueError, "en or ko"):
            self.analysis.report_html("fr")
        with tempfile.TemporaryDirectory() as folder:
            page_file = self.analysis.write_report(folder)
            self.assertEqual(page_file.read_text(), page)
            with self.assertRaises(bloodpool.Error) as raised:
                self.analysis.write_report(folder)
            self.assertEqual(raised.exception.code, "report_failed")
            self.analysis.write_report(folder, replace=True)

    def test_a_withheld_lvef_is_none(self) -> None:
        withheld = next(
            analysis
            for one in bloodpool.simulate(40, seed=3, population="made-bad")
            if (analysis := analyzed(one.study)) is not None and analysis.lvef_percent is None
        )
        self.assertEqual(withheld.warnings[0].rank, "do_not_use")
        self.assertTrue(np.isfinite(withheld.measured_lvef_percent))
        self.assertIsNone(withheld.function)
        self.assertIn("withheld", repr(withheld))

    def test_what_is_printed_names_no_patient(self) -> None:
        self.assertRegex(repr(self.analysis), r"^<bloodpool.Analysis LVEF \d+\.\d % \(\d.*research use only>$")


def analyzed(study: bloodpool.Study) -> bloodpool.Analysis | None:
    """The analysis; ``None`` where there is no number."""
    try:
        return bloodpool.analyze(study)
    except bloodpool.Error:
        return None


class Protocols(unittest.TestCase):
    def test_presets_files_and_dictionaries(self) -> None:
        standard = bloodpool.Protocol("standard")
        self.assertEqual(bloodpool.Protocol.from_dict(standard.to_dict()), standard)
        self.assertNotEqual(standard, bloodpool.Protocol("paper"))
        own = bloodpool.Protocol.from_dict({**standard.to_dict(), "name": "own", "curve_harmonics": 2})
        by_own = bloodpool.analyze(example("normal"), protocol=own)
        self.assertEqual(by_own.protocol, own)
        self.assertNotEqual(by_own.lvef_percent, bloodpool.analyze(example("normal"), protocol=standard).lvef_percent)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "own.toml"
            file.write_text('name = "own"\n')
            with self.assertRaisesRegex(ValueError, "(?s)own.toml.*estimator"):
                bloodpool.analyze(example("normal"), protocol=file)

    def test_wrong_protocols_say_what_is_wrong(self) -> None:
        with self.assertRaisesRegex(ValueError, "known are background_image, standard, paper, unmixed"):
            bloodpool.Protocol("papr")
        changed = {**bloodpool.Protocol("paper").to_dict(), "curve_harmonics": 4}
        with self.assertRaisesRegex(ValueError, "`paper` is the name of a preset"):
            bloodpool.Protocol.from_dict(changed)
        with self.assertRaisesRegex(ValueError, "unknown field"):
            bloodpool.Protocol.from_dict({**changed, "name": "own", "colour": 1})
        with self.assertRaises(FileNotFoundError):
            bloodpool.Protocol.from_file("nowhere.toml")


if __name__ == "__main__":
    unittest.main()
