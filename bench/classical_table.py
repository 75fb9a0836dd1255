#!/usr/bin/env python3
"""A Markdown row per evaluation folder of `bloodpool evaluate MODEL --out FOLDER`: Dice and EF against raters and against truth.

    python3 bench/classical_table.py FOLDER...
"""
import json
import pathlib
import sys


def dice(document, phase):
    rows = document["table_one"][0]["rows"]
    row = next(row for row in rows if row["figure"].startswith("Dice") and row["phase"] == phase)
    return f"{row['model']['mean']:.1f}"


def dice_of_truth(document, phase):
    found = [row for row in document["dice_of_truth"] if row["side"] == "model" and row["phase"] == phase]
    return f"{found[0]['mean']['mean']:.1f}"


def error(rows):
    found = [row for row in rows if row["measured"] == "model" and row["frames"] == "ED and ES"]
    if not found:
        return "-"
    difference = found[0]["difference"]
    return f"{difference['mean']:+.1f} ± {difference['sd']:.1f}"


print("| method | Dice ED, ES with raters | Dice ED, ES with truth | EF less raters' | EF less true LVEF | without EF |")
print("| --- | --- | --- | --- | --- | --- |")
for folder in sys.argv[1:]:
    document = json.loads((pathlib.Path(folder) / "evaluation.json").read_text())
    name = document["run"]["model"]["name"]
    failed = {failure["case"] for failure in document["failures"] if failure["what"] == "EF, ED and ES"}
    cells = [
        f"{dice(document, 'ED')}, {dice(document, 'ES')}",
        f"{dice_of_truth(document, 'ED')}, {dice_of_truth(document, 'ES')}",
        error(document["ef"]),
        error(document["ef_of_truth"]),
        f"{len(failed)} of {document['studies']}",
    ]
    print(f"| {name} | " + " | ".join(cells) + " |")
