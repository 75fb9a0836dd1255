#!/usr/bin/env python3
"""A reference LVEF with a bias and an error for each simulated study, as `dataset build --reference` reads it.

python3 bench/noisy_reference.py simulated/truth.csv --bias 3 --sd 5 --seed 20261126 > cmr.csv
"""
import argparse
import csv
import pathlib
import random
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("truth", type=pathlib.Path)
parser.add_argument("--bias", type=float, required=True, help="points above the true LVEF")
parser.add_argument("--sd", type=float, required=True, help="of one reference about its mean, points")
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--modality", default="CMR")
options = parser.parse_args()

numbers = random.Random(options.seed)
out = csv.writer(sys.stdout)
out.writerow(["study", "lvef", "modality"])
with open(options.truth, newline="") as file:
    for row in csv.DictReader(file):
        lvef = float(row["lvef_percent"]) + options.bias + numbers.gauss(0, options.sd)
        out.writerow([pathlib.PurePosixPath(row["study"]).stem, f"{lvef:.1f}", options.modality])
