#!/usr/bin/env python3
"""EF by Eq. 6 of Oh et al. 2022 to the letter, from the recorded evaluations of versions that did not print it.

    python3 bench/eq6_to_the_letter.py docs/reproduction/second/*/evaluation.json

Eq. 6 takes the background level of ES from the pixels of both frames; what those versions printed charges a frame that lost
counts at the end of the cycle less background. For each file: the mean difference model - consensus, and its SD, both ways.
"""
import json
import statistics
import sys


def lvef(reading: dict) -> float:
    diastole, systole = reading["end_diastole"], reading["end_systole"]
    level = systole["background_per_pixel"]
    net = [frame["gross_counts"] - level * frame["area_px"] for frame in (diastole, systole)]
    return 100 * (1 - net[1] / net[0])


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        first = [case["ef"][0] for case in json.load(file)["cases"]]
    known = [ef for ef in first if all("lvef_percent" in ef[side] for side in ("model", "consensus"))]
    letter = [lvef(ef["model"]) - lvef(ef["consensus"]) for ef in known]
    printed = [ef["model"]["lvef_percent"] - ef["consensus"]["lvef_percent"] for ef in known]
    differ = sum(abs(a - b) > 1e-9 for a, b in zip(letter, printed))
    mean, sd = statistics.mean, statistics.stdev
    print(
        f"{path}: {len(known)} studies; to the letter {mean(letter):+.3f} (SD {sd(letter):.2f}), "
        f"as printed {mean(printed):+.3f} (SD {sd(printed):.2f}); {differ} studies differ"
    )
