"""Flips a part of the labels of a CSV file, asks `engraft data suspects` for them, and says how many stand in its first tenth.

    python benches/data/rt_polarity.py RT_POLARITY_FOLDER OUT
    python benches/data/suspects.py OUT/train.csv --engraft target/release/engraft [--flip 0.05] [--folds 5] [-- --set …]

What stands behind `--` goes to `engraft data suspects` as it is.
"""
import argparse
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

arguments, further = sys.argv[1:], []
if "--" in arguments:
    at = arguments.index("--")
    arguments, further = arguments[:at], arguments[at + 1:]
parser = argparse.ArgumentParser()
parser.add_argument("train")
parser.add_argument("--engraft", default="target/release/engraft")
parser.add_argument("--run", default=str(pathlib.Path(__file__).parent.parent / "runs/rt-polarity.toml"))
parser.add_argument("--flip", type=float, default=0.05)
parser.add_argument("--folds", type=int, default=5)
parser.add_argument("--count", type=int, help="takes so many texts, at random")
parser.add_argument("--seed", type=int, default=7)
given = parser.parse_args(arguments)

rows = list(csv.DictReader(open(given.train, encoding="utf-8", newline="")))
random.seed(given.seed)
random.shuffle(rows)
rows = rows[: given.count]
labels = sorted({row["label"] for row in rows})
flipped = set(random.sample(range(len(rows)), round(given.flip * len(rows))))
with tempfile.TemporaryDirectory() as folder:
    noisy = pathlib.Path(folder) / "noisy.jsonl"
    with open(noisy, "w", encoding="utf-8") as file:
        for at, row in enumerate(rows):
            others = [label for label in labels if label != row["label"]]
            label = random.choice(others) if at in flipped else row["label"]
            file.write(json.dumps({"id": str(at), "text": row["text"], "label": label}) + "\n")
    command = [given.engraft, "data", "suspects", given.run, "--folds", str(given.folds), "--json", "--quiet"]
    clock = time.time()
    said = subprocess.run(command + ["--set", f"data.train={noisy}"] + further, check=True, capture_output=True).stdout
seconds = time.time() - clock
found = json.loads(said)
order = [int(one["id"]) in flipped for one in found["all"]]
print(f"{len(order)} texts, {len(flipped)} flipped, {found['suspects']} suspects, {seconds:.0f} s")
for share in (0.05, 0.1, 0.2):
    first = order[: round(share * len(order))]
    print(f"first {share:.0%}: {sum(first)} of {len(flipped)} flipped labels ({sum(first) / len(flipped):.1%})")
