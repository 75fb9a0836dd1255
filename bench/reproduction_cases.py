#!/usr/bin/env python3
"""The cases of the repeated studies (docs/REPRODUCTION.md): made from their evaluations, and computed into its figures.

    python3 bench/reproduction_cases.py                                figures of docs/reproduction/cases.csv
    python3 bench/reproduction_cases.py evaluation.json ...            the same figures of evaluations
    python3 bench/reproduction_cases.py --csv out.csv evaluation.json ...    their cases as a table

Counts, areas and overlap are those of the first frames of ED and ES. Dice, IoU and accuracy are means over patients. EF is given twice:
"printed" is what `evaluate` printed, where a frame that lost counts at the end of the cycle loses less background; "Eq. 6" takes the
background level of ES from the pixels of both frames, as Oh et al. 2022 print it.
"""
import argparse
import csv
import json
import pathlib
import statistics
import sys

CASES = pathlib.Path(__file__).resolve().parent.parent / "docs/reproduction/cases.csv"
SIDES = ["model", "consensus", "silhouette"]
COLUMNS = ["evaluation", "case", "true_lvef_percent"]
COLUMNS += [f"{figure}_{phase}" for phase in ("ed", "es") for figure in ("dice", "iou", "pixel_accuracy", "dice_of_truth", "consensus_dice_of_truth")]
COLUMNS += [f"{side}_{figure}" for side in SIDES for figure in (
    "area_px_ed", "area_px_es", "gross_counts_ed", "gross_counts_es", "background_per_pixel_es", "lvef_percent")]


def shortened(value: float) -> str:
    return f"{value:.7g}"


def row(name: str, case: dict) -> dict:
    """One case of an evaluation as a row."""
    found = {"evaluation": name, "case": case["case"], "true_lvef_percent": shortened(case["true_lvef_percent"])}
    images = {image["phase"]: image for image in case["images"]}
    for short, phase in (("ed", "end_diastole"), ("es", "end_systole")):
        image = images[phase]
        for figure in ("dice", "iou", "pixel_accuracy"):
            found[f"{figure}_{short}"] = shortened(image["overlap"][figure])
        found[f"dice_of_truth_{short}"] = shortened(image["model_dice_of_truth"])
        found[f"consensus_dice_of_truth_{short}"] = shortened(image["consensus_dice_of_truth"])
    ef = next(ef for ef in case["ef"] if ef["pair"] == "first")
    for side in SIDES:
        for short, phase in (("ed", "end_diastole"), ("es", "end_systole")):
            found[f"{side}_area_px_{short}"] = ef[side][phase]["area_px"]
            found[f"{side}_gross_counts_{short}"] = f"{ef[side][phase]['gross_counts']:.9g}"
        found[f"{side}_background_per_pixel_es"] = f"{ef[side]['end_systole']['background_per_pixel']:.9g}"
        found[f"{side}_lvef_percent"] = shortened(ef[side]["lvef_percent"])
    return found


def eq6(case: dict, side: str) -> float:
    """EF by Eq. 6 to the letter, percent."""
    level = float(case[f"{side}_background_per_pixel_es"])
    net = [float(case[f"{side}_gross_counts_{phase}"]) - level * float(case[f"{side}_area_px_{phase}"]) for phase in ("ed", "es")]
    return 100 * (1 - net[1] / net[0])


def figures(name: str, cases: list[dict]) -> str:
    mean, sd = statistics.mean, statistics.stdev
    values = lambda column: [float(case[column]) for case in cases]  # noqa: E731
    percent = lambda column: f"{100 * mean(values(column)):.2f}"  # noqa: E731
    pair = lambda figure: f"{percent(figure + '_ed')} / {percent(figure + '_es')}"  # noqa: E731

    def difference(minuend: str, subtrahend: str) -> str:
        found = [a - b for a, b in zip(values(minuend), values(subtrahend))]
        within = sum(abs(value) <= 5 for value in found)
        return f"{mean(found):+.3f} (SD {sd(found):.2f}, {within} of {len(found)} within 5)"

    letter = [eq6(case, "model") - eq6(case, "consensus") for case in cases]
    printed = [a - b for a, b in zip(values("model_lvef_percent"), values("consensus_lvef_percent"))]
    differ = sum(abs(a - b) > 1e-3 for a, b in zip(letter, printed))
    area = {}
    for phase in ("ed", "es"):
        ratios = [a / b for a, b in zip(values(f"model_area_px_{phase}"), values(f"consensus_area_px_{phase}"))]
        area[phase] = 100 * (mean(ratios) - 1)
    return "\n".join([
        f"{name}: {len(cases)} patients",
        f"  ED / ES, %: Dice {pair('dice')}, IoU {pair('iou')}, accuracy {pair('pixel_accuracy')}",
        f"  Dice against the truth, %: model {pair('dice_of_truth')}, consensus {pair('consensus_dice_of_truth')}",
        f"  ROI of the model less consensus, %: {area['ed']:+.1f} / {area['es']:+.1f}",
        f"  EF model - consensus, points: {difference('model_lvef_percent', 'consensus_lvef_percent')}",
        f"     Eq. 6: {mean(letter):+.3f} (SD {sd(letter):.2f}); other than printed in {differ} of {len(cases)}",
        f"  EF model - true LVEF: {difference('model_lvef_percent', 'true_lvef_percent')}",
        f"  EF consensus - true LVEF: {difference('consensus_lvef_percent', 'true_lvef_percent')}",
        f"  EF true silhouettes - true LVEF: {difference('silhouette_lvef_percent', 'true_lvef_percent')}",
    ])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("evaluations", nargs="*", type=pathlib.Path)
    arguments.add_argument("--csv", type=pathlib.Path, help="a file that does not exist yet")
    given = arguments.parse_args()
    rows = []
    for path in given.evaluations:
        # Named by what tells them apart: study/network, and the part where it is not the test part.
        document = json.loads(path.read_text(encoding="utf-8"))
        name = "/".join(path.parent.parts[-2:]) + ("" if document["split"] == "test" else f" ({document['split']})")
        rows += [row(name, case) for case in document["cases"]]
    if not given.evaluations:
        with CASES.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    if given.csv:
        with given.csv.open("x", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return
    for name in dict.fromkeys(case["evaluation"] for case in rows):
        print(figures(name, [case for case in rows if case["evaluation"] == name]))


if __name__ == "__main__":
    sys.exit(main())
