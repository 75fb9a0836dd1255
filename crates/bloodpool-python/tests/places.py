"""Where tests find the examples and the command that the wheel installed."""

from __future__ import annotations

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
NAMES = ("normal", "cardiotoxic", "akinesis")
COMMAND = pathlib.Path(sys.executable).parent / "bloodpool"


def example(name: str) -> pathlib.Path:
    """One of the three simulated examples."""
    return EXAMPLES / f"{name}.dcm"


def command(*arguments: str, fails: bool = False) -> str:
    """What the installed command prints; whether it `fails` is part of the test."""
    done = subprocess.run([COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stdout
