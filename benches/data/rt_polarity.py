"""Writes the rt-polarity folders (train, dev, test; one sentence a line in *.pos and *.neg) as CSV files.

    python benches/data/rt_polarity.py RT_POLARITY_FOLDER OUT_FOLDER
"""
import csv
import pathlib
import sys

source, out = map(pathlib.Path, sys.argv[1:3])
out.mkdir(parents=True, exist_ok=True)
for split in ("train", "dev", "test"):
    with open(out / f"{split}.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for label in ("neg", "pos"):
            for line in (source / split / f"rt-polarity.{label}").read_text("utf-8").split("\n"):
                if line.strip():
                    rows.writerow([line.strip(), label])
