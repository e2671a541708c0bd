"""Converts corpora from format to format and back, and counts the spans that came through.

    python benches/data/round_trips.py FOLDER [ENGRAFT]

FOLDER holds ncbi-disease, cehrner and inlegalner. A span came through when its record has a span of its label over the
same bytes of the same text.
"""

import collections
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
engraft = sys.argv[2] if len(sys.argv) > 2 else "target/release/engraft"
SETS = [
    ("ncbi-disease/train.tsv", "conll"), ("ncbi-disease/brat-test", "brat"),
    ("cehrner/train.txt", "conll"),
    ("inlegalner/train.JUDGEMENT_BIO.txt", "conll"), ("inlegalner/dev.NER_DEV_PREAMBLE.labelstudio.json", "label-studio"),
]
FORMATS = ["brat", "conll", "label-studio", "prodigy", "doccano"]


def convert(source, target, *options):
    run = subprocess.run([engraft, "-q", "data", "convert", str(source), str(target), *options], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{source} -> {target}: {run.stderr}")


def spans(path):
    found = collections.Counter()
    for line in path.read_text("utf-8").split("\n"):
        if line:
            record = json.loads(line)
            for span in record.get("spans", []):
                found[record["id"], record["text"], span["start"], span["end"], span["label"]] += 1
    return found


lost = 0
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for number, (path, form) in enumerate(SETS):
        start = folder / f"{number}.jsonl"
        convert(root / path, start, "--from", form)
        gold = spans(start)
        for first, second in itertools.permutations(FORMATS, 2):
            a, b, end = (folder / f"{number}-{first}-{second}.{part}" for part in "abe")
            end = end.with_suffix(".jsonl")
            convert(start, a, "--to", first)
            convert(a, b, "--from", first, "--to", second)
            convert(b, end, "--from", second)
            kept = sum((gold & spans(end)).values())
            new = sum((spans(end) - gold).values())
            lost += sum(gold.values()) - kept + new
            print(f"{path}: {first} -> {second}: {kept} of {sum(gold.values())} spans, {new} others", flush=True)
print(f"{lost} spans lost or changed")
sys.exit(bool(lost))
