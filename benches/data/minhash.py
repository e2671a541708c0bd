"""Near-duplicates among generated short texts, or among the paragraphs of a corpus: this crate against datasketch, with the
same parameters.

    cargo build --release --no-default-features -p engraft-data --example minhash
    python benches/data/minhash.py [TEXTS|FOLDER] [THRESHOLD] [PROGRAM] [SEEDS]

Both cut normalized texts into runs of 5 characters, take 128 permutations and the same bands. A fifth of the texts are
near-copies of others; of a folder, texts are the lines of its files with 20 letters or more, each once. datasketch answers candidates, and we answer pairs whose Jaccard index has been checked; recall is
counted among the pairs of either (and of the generator) that truly reach the threshold. Which of them a draw of
permutations finds is chance: with SEEDS above 1, recall is the mean over so many draws of each, with its deviation. Times of one thread are
processor seconds, those of two are seconds of the clock; reading is not timed.
"""

import json
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from datasketch import MinHash, MinHashLSH

what = sys.argv[1] if len(sys.argv) > 1 else "1000000"
threshold = float(sys.argv[2]) if len(sys.argv) > 2 else 0.8
program = sys.argv[3] if len(sys.argv) > 3 else "target/release/examples/minhash"
seeds = range(1, 1 + int(sys.argv[4]) if len(sys.argv) > 4 else 2)
random.seed(11)


def paragraphs(folder):
    """The lines of a folder's texts, each once: copies to the letter are no question."""
    files = sorted(file for file in pathlib.Path(folder).rglob("*") if file.suffix in (".txt", ".md") and file.stem != "SOURCE")
    lines = [line.strip() for file in files for line in file.read_text("utf-8").splitlines()]
    return list({" ".join(line.lower().split()): line for line in lines if len(line) >= 20}.values()), []


def generate(count):
    """Texts of 8 to 20 words, and for each fifth a copy with one or two words or letters changed."""
    words = ["".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(2, 9))) for _ in range(20_000)]
    texts, pairs = [], []
    while len(texts) < count:
        if texts and random.random() < 0.2:
            at = random.randrange(len(texts))
            changed = texts[at].split(" ")
            for _ in range(random.choice([1, 1, 2])):
                changed[random.randrange(len(changed))] = random.choice(words)
            pairs.append((at, len(texts)))
            texts.append(" ".join(changed))
        else:
            texts.append(" ".join(random.choices(words, k=random.randint(8, 20))))
    return texts, pairs


def shingles(text):
    text = " ".join(text.lower().split())
    return {text[at:at + 5] for at in range(max(1, len(text) - 4))}


def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def datasketch(texts, seed):
    start = seconds()
    lsh = MinHashLSH(threshold=threshold, num_perm=128)
    found = set()
    for at, text in enumerate(texts):
        signature = MinHash(num_perm=128, seed=seed)
        signature.update_batch([shingle.encode() for shingle in shingles(text)])
        found.update((other, at) for other in lsh.query(signature))
        lsh.insert(at, signature, check_duplication=False)
    return found, seconds() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(path, threads, seed=1):
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    run = subprocess.run(["/usr/bin/env", f"RAYON_NUM_THREADS={threads}", program, path, str(threshold), str(seed)],
                         capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = json.loads(run.stderr)
    found = {tuple(map(int, line.split())) for line in run.stdout.splitlines()}
    return found, used if threads == 1 else said["seconds"], after.ru_maxrss / 1024, time.time() - clock


texts, made = generate(int(what)) if what.isdigit() else paragraphs(what)
print(f"{len(texts)} texts")
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "texts.txt"
    path.write_text("\n".join(texts) + "\n", "utf-8")
    runs = {threads: ours(str(path), threads) for threads in (1, 2)}
    drawn = [runs[1][0]] + [ours(str(path), 1, seed)[0] for seed in seeds[1:]]
for threads, (pairs, used, memory, _) in runs.items():
    print(f"ours, {threads} thread(s): {used:.2f} s, {memory:.0f} MiB, {len(pairs)} pairs", flush=True)
theirs, used, memory = datasketch(texts, 1)
print(f"datasketch: {used:.2f} s, {memory:.0f} MiB with the texts, {len(theirs)} candidates", flush=True)
theirs = [theirs] + [datasketch(texts, seed)[0] for seed in seeds[1:]]


def likeness(pair):
    a, b = shingles(texts[pair[0]]), shingles(texts[pair[1]])
    return len(a & b) / len(a | b)


true = {pair for pair in set(made).union(*theirs, *drawn) if likeness(pair) >= threshold}
for name, draws in [("ours", drawn), ("datasketch", theirs)]:
    recalls = [len(pairs & true) / max(1, len(true)) for pairs in draws]
    spread = f" ± {statistics.stdev(recalls):.4f} over {len(draws)} draws" if len(draws) > 1 else ""
    print(f"{name}: recall {statistics.mean(recalls):.4f}{spread} of {len(true)} pairs")
print(f"times as fast: {used / runs[1][1]:.1f} on one thread, {used / runs[2][1]:.1f} on two")
