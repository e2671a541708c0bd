#!/usr/bin/env python3
"""The methods of benches/methods trained by PEFT, at the same settings: a line a run in the same results.

    python methods.py --data NCBI_DISEASE --texts RT_POLARITY --model MINILM --results RESULTS.jsonl [method ...]

Each run reads the `adapter_config.json` that Engraft wrote after its own run of the method; what such a file does not hold is
set here as Engraft's plugins have it (when AdaLoRA's ranks fall, what prompts and prefixes begin as, what decays). Epochs,
batches, learning rate, schedule and clipping are those of benches/runs; bf16 is autocast, which rounds what it multiplies and
also what a method computes its weights by (`--precision f32` does not). A whole run, which only
its score is wanted of, takes each batch in two parts of like lengths, weighted to the same loss, and draws its dropout by
numpy: half of its time would go into padding and a quarter into bernoulli. `--steps`, which is for the speed, does neither,
as users don't. `--first` begins from what Engraft began from (`benches/methods --first`): other random numbers,
another score, where a method trains little. TEXTS is what benches/data/rt_polarity.py wrote. A run that RESULTS holds is not made again.
"""

import argparse
import concurrent.futures
import csv
import json
import multiprocessing
import os
import pathlib
import random
import resource
import tempfile
import time
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import numpy
import peft
import torch
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    get_cosine_schedule_with_warmup,
    logging,
)

logging.set_verbosity_error()
logging.disable_progress_bar()

MAIN = ["full", "lora", "dora", "adalora", "ia3", "vera", "loha", "lokr", "oft", "norm", "prefix", "prompt"]
CORPORA = ["ncbi", "rt"]
EPOCHS, BATCH, LENGTH = 3, 16, 256
WARM = 3  # steps before the clock starts
PARTS = 2  # of a batch, where only the score is wanted
ROUND = 8  # widths are multiples of: new ones cost oneDNN new kernels
IGNORED = -100  # what the loss does not count


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", default=MAIN, metavar="method")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with train.tsv and test.tsv")
    parser.add_argument("--texts", type=pathlib.Path, required=True, help="folder with train.csv and test.csv")
    parser.add_argument("--model", required=True, help="folder of the pretrained model")
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=CORPORA)
    parser.add_argument("--seeds", nargs="+", type=int, default=[42, 43, 44])
    parser.add_argument("--steps", type=int, help="only so many steps, for their speed: whole runs are not made")
    parser.add_argument("--first", type=pathlib.Path, help="folder of the values to begin from, as benches/methods keeps them")
    parser.add_argument("--precision", choices=["bf16", "f32"], default="bf16")
    return parser.parse_args()


class Tokens:
    """Sentences of words, a label each: strict F1 of entities."""

    model = AutoModelForTokenClassification

    def __init__(self, folder, tokenizer):
        read = [self.sentences(folder / f"{split}.tsv") for split in ("train", "test")]
        self.labels = sorted({label for _, labels in read[0] for label in labels})
        self.train, self.test = ([self.encode(tokenizer, *pair) for pair in split] for split in read)

    def sentences(self, path):
        blocks = path.read_text("utf-8").strip().split("\n\n")
        rows = [[line.split("\t") for line in block.splitlines() if line.strip()] for block in blocks]
        return [([row[0] for row in block], [row[-1] for row in block]) for block in rows if block]

    def encode(self, tokenizer, words, labels):
        encoded = tokenizer(words, is_split_into_words=True, truncation=True, max_length=LENGTH)
        of, classes = encoded.word_ids(), {label: at for at, label in enumerate(self.labels)}
        first = [word is not None and (at == 0 or of[at - 1] != word) for at, word in enumerate(of)]
        marks = [classes[labels[word]] if is_first else IGNORED for word, is_first in zip(of, first)]
        return encoded["input_ids"], marks

    def target(self, batch, width, prompt):
        return torch.tensor([[IGNORED] * prompt + marks + [IGNORED] * (width - len(marks)) for _, marks in batch])

    def counted(self, batch):
        """How many labels the loss is a mean of."""
        return sum(mark != IGNORED for _, marks in batch for mark in marks)

    def score(self, logits, batch):
        """Per sentence: the labels that are meant, and those that are found."""
        width = inputs(batch)[0].shape[1]
        logits = logits[:, logits.shape[1] - width :]  # rows of a prompt come first
        for (_, marks), row in zip(batch, logits.argmax(-1).tolist()):
            kept = [(mark, found) for mark, found in zip(marks, row) if mark != IGNORED]
            yield [self.labels[mark] for mark, _ in kept], [self.labels[found] for _, found in kept]

    def result(self, pairs):
        meant, found = zip(*pairs)
        return f1_score(list(meant), list(found), mode="strict", scheme=IOB2)


class Texts:
    """Sentences of one label: accuracy."""

    model, labels = AutoModelForSequenceClassification, ["neg", "pos"]

    def __init__(self, folder, tokenizer):
        self.train, self.test = (self.read(folder / f"{split}.csv", tokenizer) for split in ("train", "test"))

    def read(self, path, tokenizer):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        ids = tokenizer([row["text"] for row in rows], truncation=True, max_length=LENGTH)["input_ids"]
        return [(one, self.labels.index(row["label"])) for one, row in zip(ids, rows)]

    def target(self, batch, _width, _prompt):
        return torch.tensor([label for _, label in batch])

    def counted(self, batch):
        return len(batch)

    def score(self, logits, batch):
        return ((label, found) for (_, label), found in zip(batch, logits.argmax(-1).tolist()))

    def result(self, pairs):
        return sum(meant == found for meant, found in pairs) / len(pairs)


def inputs(batch):
    """Rows and mask, padded behind: (sentences, longest)."""
    width = -(-max(len(ids) for ids, _ in batch) // ROUND) * ROUND
    rows = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in batch])
    return rows, torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in batch])


def draw_by_numpy(seed):
    """Dropout of as many numbers at once: torch draws them one by one, which was a quarter of a step."""
    generator = numpy.random.Generator(numpy.random.SFC64(seed))

    def dropout(values, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return values
        drawn = numpy.frombuffer(generator.bytes(2 * values.numel()), numpy.uint16)
        kept = torch.from_numpy(drawn >= round(p * 2**16)).view(values.shape)
        return values * kept.to(values.dtype).mul_(1 / (1 - p))

    torch.nn.functional.dropout = dropout


def parts(batch):
    """The batch in parts of like lengths."""
    batch = sorted(batch, key=lambda one: len(one[0]))
    size = -(-len(batch) // PARTS)
    return [batch[at : at + size] for at in range(0, len(batch), size)]


def grafted(model, config):
    """With the graft that an `adapter_config.json` describes, new."""
    if not config:
        return model
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "adapter_config.json").write_text(json.dumps(config))
        settings = peft.PeftConfig.from_pretrained(folder)
    settings.inference_mode = False
    model = peft.get_peft_model(model, settings)
    if config["peft_type"] == "PREFIX_TUNING":  # numbers of deviation 0.5, not 1
        model.prompt_encoder["default"].embedding.weight.data *= 0.5
    return model


def completed(config, steps, seed):
    """With what Engraft's plugins do and the file does not say."""
    kind = config.get("peft_type")
    if kind == "ADALORA":  # ranks fall from a tenth of the run to seven tenths
        return {**config, "total_step": steps, "tinit": round(0.1 * steps), "tfinal": round(0.3 * steps)}
    if kind == "VERA":  # or every seed has the same two random matrices
        return {**config, "projection_prng_key": seed}
    if kind == "PROMPT_TUNING":
        return {**config, "prompt_tuning_init": "SAMPLE_VOCAB"}
    return config


def decaying(model, is_prompt):
    """What trains, in two groups: what has one axis does not decay, nor do IA³'s scales and the rows of a prompt."""
    groups = [[], []]
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            stays = parameter.dim() < 2 or "ia3_l" in name or is_prompt and "prompt_encoder" in name
            groups[stays].append(parameter)
    return [{"params": group, "weight_decay": decay} for group, decay in zip(groups, (0.01, 0.0)) if group]


def train(args, name, method, config, rate, seed):
    """One run: the score in percent and what trains, or real tokens a second and peak MiB."""
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    corpus = Tokens(args.data, tokenizer) if name == "ncbi" else Texts(args.texts, tokenizer)
    torch.manual_seed(seed)
    random.seed(seed)
    steps = args.steps or -(-len(corpus.train) // BATCH) * EPOCHS
    if not args.steps:
        draw_by_numpy(seed)
    attention = "sdpa" if args.steps else "eager"  # which asks for the dropout above
    bare = corpus.model.from_pretrained(args.model, num_labels=len(corpus.labels), attn_implementation=attention)
    config = completed(config, steps, seed)
    kind = config.get("peft_type")
    first = args.first and args.first / f"{name}-{method}-{seed}"
    model = peft.PeftModel.from_pretrained(bare, first, is_trainable=True) if first else grafted(bare, config)
    # PEFT leaves it to its caller to label the rows of a prompt.
    prompt = config["num_virtual_tokens"] if kind == "PROMPT_TUNING" else 0
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(decaying(model, prompt > 0), lr=rate, fused=True)
    schedule = get_cosine_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    model.train()
    step = tokens = 0
    while step < steps:
        examples = random.sample(corpus.train, len(corpus.train))
        for at in range(0, len(examples), BATCH):
            if step == WARM:
                clock, tokens = time.perf_counter(), 0
            batch = examples[at : at + BATCH]
            loss = 0
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "bf16"):
                for part in [batch] if args.steps else parts(batch):
                    rows, mask = inputs(part)
                    target = corpus.target(part, rows.shape[1], prompt)
                    told = model(input_ids=rows, attention_mask=mask, labels=target).loss
                    loss += told * (corpus.counted(part) / corpus.counted(batch))
                    tokens += int(mask.sum())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            if kind == "ADALORA":
                model.base_model.update_and_allocate(step)
            optimizer.zero_grad()
            step += 1
            if step == steps:
                break
    speed = tokens / (time.perf_counter() - clock)
    if args.steps:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"tokens_per_second": speed, "peak": peak}
    return {"score": 100 * score(corpus, model), "trained": sum(one.numel() for one in trained)}


def score(corpus, model):
    model.eval()
    pairs = []
    examples = sorted(corpus.test, key=lambda one: len(one[0]))
    with torch.no_grad():
        for at in range(0, len(examples), 64):
            batch = examples[at : at + 64]
            rows, mask = inputs(batch)
            pairs += corpus.score(model(input_ids=rows, attention_mask=mask).logits, batch)
    return corpus.result(pairs)


def key(result):
    """What tells a run from others."""
    return tuple(result.get(name) for name in ("corpus", "method", "seed", "precision", "steps", "first"))


def main():
    args = arguments()
    results = [json.loads(line) for line in args.results.read_text().splitlines()]
    done = {key(one) for one in results if one["by"] == "peft"}
    ours = {(one["corpus"], one["method"]): one for one in results if one["by"] == "engraft" and "score" in one}
    for seed in args.seeds:
        for name in args.corpora:
            for method in args.methods:
                line = {"by": "peft", "corpus": name, "method": method, "seed": seed, "precision": args.precision}
                line |= {"first": "engraft"} if args.first else {}
                line |= {"steps": args.steps} if args.steps else {}
                if key(line) in done:
                    continue
                if (name, method) not in ours:
                    print(f"{name} {method}: benches/methods comes first, it writes the settings")
                    continue
                config, rate = ours[name, method]["config"], ours[name, method]["rate"]
                line["rate"] = rate
                # A process of its own, for its peak of memory.
                alone = multiprocessing.get_context("spawn")
                with concurrent.futures.ProcessPoolExecutor(1, mp_context=alone) as process:
                    line |= process.submit(train, args, name, method, config, rate, seed).result()
                print(json.dumps(line), flush=True)
                with args.results.open("a") as file:
                    file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
