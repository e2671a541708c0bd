#!/usr/bin/env python3
"""Reading and tokenizing: Engraft against Hugging Face datasets with a fast tokenizer, JSONL and Parquet, in turn.

  benches/data/reading.py --model MODEL_FOLDER [--rows 200000] [--rounds 3] [--engraft target/release/engraft]
  benches/data/reading.py --model MODEL_FOLDER --alone 10000000    # memory of Engraft alone, over 1x, 4x, 16x up to so many

Both read labeled texts (generated: words of the tokenizer's vocabulary, by their rank) and leave windows of tokens on disk, ready
for training: Engraft as `train --explain` does before it begins, datasets by load_dataset and map into a cache folder that
is empty each time. What both take for a single row (the process, the tokenizer, the model) is taken off. datasets has
the better of one process with the tokenizer's own threads and of two processes. Medians, and medians of the rounds' ratios.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="folder with tokenizer.json and the weights")
    parser.add_argument("--engraft", type=pathlib.Path, default=ROOT / "target/release/engraft")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", type=int, help="rows of the largest file that Engraft reads alone")
    parser.add_argument("--peer", nargs=4, metavar=("FILE", "KIND", "CACHE", "WORKERS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def corpus(path, rows, words, longest=40):
    """Writes so many labeled texts of 5 to `longest` words, frequent words more often than rare ones."""
    draw = random.Random(5)
    weights = [1 / (rank + 10) for rank in range(len(words))]
    pool = draw.choices(words, weights, k=1_000_000)
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(rows):
            at, length = draw.randrange(len(pool) - longest), draw.randint(5, longest)
            out.write(json.dumps({"text": " ".join(pool[at : at + length]) + ".", "label": draw.choice(["neg", "pos"])}) + "\n")


def parquet(path, source):
    import pyarrow.json
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.json.read_json(source), path)


def peer(file, kind, cache, workers):
    """In a process of its own: datasets over a file."""
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if workers == "1" else "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets
    from transformers import AutoTokenizer

    datasets.disable_progress_bars()
    tokenizer = AutoTokenizer.from_pretrained(cache.split(":")[0])
    rows = datasets.load_dataset(kind, data_files=file, split="train", cache_dir=cache.split(":")[1])
    several = None if workers == "1" else int(workers)
    rows.map(lambda part: tokenizer(part["text"], truncation=True, max_length=256), batched=True, num_proc=several)


def clock(command):
    """Seconds of a command, and its processors'."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, used


def ours(args, file, out):
    run = out.parent / f"{out.name}.toml"
    run.write_text(
        f'[domain]\nuse = "sentiment"\nlabels = ["neg", "pos"]\n[data]\ntrain = {json.dumps(str(file))}\n'
        f"[tokenize]\nmax_length = 256\n[model]\nsource = {json.dumps(str(args.model.resolve()))}\n"
        '[[metric]]\nuse = "classification"\n'
    )
    return [args.engraft.resolve(), "train", run, "--explain", "--out", out]


def compare(args, folder, words):
    rates = {}
    for kind in ("json", "parquet"):
        files = {}
        for rows in (1, args.rows):
            corpus(folder / f"{rows}.jsonl", rows, words)
            files[rows] = folder / f"{rows}.jsonl"
            if kind == "parquet":
                files[rows] = folder / f"{rows}.parquet"
                parquet(files[rows], folder / f"{rows}.jsonl")
        took = {"Engraft": [], "datasets, 1 process": [], "datasets, 2 processes": []}
        for number in range(args.rounds):
            for name, all in took.items():
                both = []
                for rows in (1, args.rows):
                    with tempfile.TemporaryDirectory(dir=folder) as scratch:
                        if name == "Engraft":
                            command = ours(args, files[rows], pathlib.Path(scratch) / "run")
                        else:
                            cache = f"{args.model.resolve()}:{scratch}"
                            command = [sys.executable, __file__, "--model", args.model, "--peer"]
                            command += [files[rows], kind, cache, name.split()[1]]
                        both.append(clock(command))
                all.append([big - small for small, big in zip(*both)])
        rates[kind] = took
    print(f"{args.rows} texts, {args.rounds} rounds, {len(os.sched_getaffinity(0))} processors\n")
    print("| file | | seconds | processor seconds | texts/s | Engraft is so many times as fast |")
    print("|---|---|---:|---:|---:|---:|")
    for kind, took in rates.items():
        for name, all in took.items():
            seconds, used = (statistics.median(one[part] for one in all) for part in (0, 1))
            ratio = statistics.median(peer[0] / own[0] for peer, own in zip(all, took["Engraft"]))
            print(f"| {kind} | {name} | {seconds:.2f} | {used:.2f} | {args.rows / seconds:,.0f} | {ratio:.2f} |")


def alone(args, folder, words):
    print("| texts | file, MiB | seconds | peak, MiB |\n|---:|---:|---:|---:|")
    for rows in (args.alone // 16, args.alone // 4, args.alone):
        file = folder / "rows.jsonl"
        corpus(file, rows, words, longest=12)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            start = time.monotonic()
            child = subprocess.Popen(ours(args, file, pathlib.Path(scratch) / "run"), stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(child.pid, 0)
            assert status == 0, status
        cells = [f"{rows:,}", f"{file.stat().st_size / 2**20:.0f}", f"{time.monotonic() - start:.1f}"]
        print("| " + " | ".join([*cells, f"{used.ru_maxrss / 1024:.0f}"]) + " |", flush=True)


def main():
    args = arguments()
    if args.peer:
        return peer(*args.peer)
    vocabulary = json.loads((args.model / "tokenizer.json").read_text())["model"]["vocab"]
    words = [word for word in vocabulary if word.isalpha() and word.isascii() and len(word) > 1]
    with tempfile.TemporaryDirectory() as folder:
        (alone if args.alone else compare)(args, pathlib.Path(folder), words)


main()
