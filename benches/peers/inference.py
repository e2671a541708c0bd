#!/usr/bin/env python3
"""Prediction over NCBI-disease test, tokenization included, as a table: Engraft, PyTorch and ONNX Runtime, in turn.

  benches/peers/inference.py --run RUN_FOLDER --data NCBI_DISEASE/test.tsv --engraft target/release/engraft

RUN_FOLDER is a run of benches/runs/ncbi-full.toml: all three predict with the model in it. What is timed is the same
for all: texts in memory become logits and labels of all words; a process and its model are started before. Engraft is
timed by a run over the texts once and one over them so many times more: the difference is prediction, with products in
bf16 and in f32. PyTorch is eager, f32 and bf16 by autocast, batches of 32 as they come (padded) and sorted by length;
ONNX Runtime has the exported model in f32, in the same batches. Rounds take turns; the table has medians. Leave the
machine alone while it runs.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
import onnxruntime
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

BATCH = 32
MORE = 4  # how many times more texts Engraft's second run has


def read(path):
    """Sentences of a CoNLL file, words joined by a space."""
    sentences, words = [], []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            words.append(line.split("\t")[0].split(" ")[0])
        elif words:
            sentences.append(" ".join(words))
            words = []
    return sentences + ([" ".join(words)] if words else [])


def batches(tokenizer, texts, is_sorted):
    """Padded batches of token ids and the mask."""
    rows = tokenizer(texts, truncation=True, max_length=256)["input_ids"]
    if is_sorted:
        rows.sort(key=len)
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        width = max(map(len, part))
        ids = numpy.full((len(part), width), tokenizer.pad_token_id, dtype=numpy.int64)
        for row, tokens in zip(ids, part):
            row[: len(tokens)] = tokens
        mask = numpy.arange(width)[None, :] < numpy.array([len(tokens) for tokens in part])[:, None]
        yield ids, mask.astype(numpy.int64)


def with_torch(model, tokenizer, texts, is_sorted, is_bf16):
    cast = torch.autocast("cpu", dtype=torch.bfloat16) if is_bf16 else contextlib.nullcontext()
    clock = time.perf_counter()
    with torch.inference_mode(), cast:
        for ids, mask in batches(tokenizer, texts, is_sorted):
            logits = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits
            logits.argmax(-1).numpy()
    return time.perf_counter() - clock


def with_onnx(session, tokenizer, texts, is_sorted):
    clock = time.perf_counter()
    for ids, mask in batches(tokenizer, texts, is_sorted):
        (logits,) = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        logits.argmax(-1)
    return time.perf_counter() - clock


def export(model, path):
    """The model as ONNX, any batch and any length."""

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    ids = torch.ones((2, 7), dtype=torch.int64)
    axes = {name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask", "logits")}
    names = {"input_names": ["input_ids", "attention_mask"], "output_names": ["logits"]}
    torch.onnx.export(Logits(), (ids, ids), str(path), dynamic_axes=axes, dynamo=False, opset_version=17, **names)


class Engraft:
    """The binary over the texts once, and over them again and again."""

    def __init__(self, args, folder, texts, precision):
        self.command = [args.engraft, "predict", args.run, "--json", "--quiet"]
        self.command += ["--set", f"evaluate.precision={precision}", "--file"]
        self.files = []
        for times in (1, 1 + MORE):
            path = folder / f"{times}.jsonl"
            path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts * times), encoding="utf-8")
            self.files.append(path)

    def __call__(self):
        seconds = []
        for path in self.files:
            clock = time.perf_counter()
            subprocess.run([*self.command, path], check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - clock)
        return (seconds[1] - seconds[0]) / MORE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=pathlib.Path, required=True, help="a run folder with the trained model")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="test.tsv of NCBI-disease")
    parser.add_argument("--engraft", type=pathlib.Path, default="target/release/engraft")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=int, help="only so many of them, spread over the file")
    args = parser.parse_args()
    texts = read(args.data)
    texts = texts[:: max(1, len(texts) // args.texts)] if args.texts else texts
    tokenizer = AutoTokenizer.from_pretrained(args.run / "model")
    model = AutoModelForTokenClassification.from_pretrained(args.run / "model").eval()
    tokens = sum(map(len, tokenizer(texts, truncation=True, max_length=256)["input_ids"]))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        export(model, folder / "model.onnx")
        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        peers = {f"Engraft {precision}": Engraft(args, folder, texts, precision) for precision in ("bf16", "f32")}
        for order in (False, True):
            how = "sorted by length" if order else "as they come"
            for name, bf16 in (("f32", False), ("bf16", True)):
                peers[f"PyTorch {name}, {how}"] = lambda t=texts, o=order, b=bf16: with_torch(model, tokenizer, t, o, b)
            peers[f"ONNX Runtime f32, {how}"] = lambda t=texts, o=order: with_onnx(session, tokenizer, t, o)
        seconds = {name: [] for name in peers}
        for name, predict in peers.items():
            if not name.startswith("Engraft"):
                predict(texts[:BATCH])  # warms up
        for _ in range(args.rounds):
            for name, predict in peers.items():
                seconds[name].append(predict())
    print(f"{len(texts)} texts, {tokens} tokens, {args.rounds} rounds, {torch.get_num_threads()} threads\n")
    print("| | seconds | tokens/s | Engraft bf16 is so many times as fast | Engraft f32 |")
    print("|---|---|---|---|---|")
    for name, took in seconds.items():
        median = statistics.median(took)
        ours = [seconds[f"Engraft {precision}"] for precision in ("bf16", "f32")]
        ratios = [statistics.median(theirs / own for theirs, own in zip(took, each)) for each in ours]
        print(f"| {name} | {median:.2f} | {tokens / median:.0f} | {ratios[0]:.2f} | {ratios[1]:.2f} |")


main()
