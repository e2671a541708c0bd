"""Do Engraft's `span` head and the question answering of transformers and PEFT open each other's files, and agree?

    python check_span.py --engraft target/debug/engraft --model <model folder> --out <new folder>

One label, a few texts: `full` and `lora` trained by Engraft (`[model] head = "span"`), opened by AutoModelForQuestionAnswering
and by PEFT; a BertForQuestionAnswering and a LoRA of random values that they wrote, opened by `engraft predict`. Told are the
largest difference of a start or end logit, and the texts in which the best pair in order, if it is above none, is Engraft's
answer: none in both, or one span each in one place. Its edges may differ, for the domain moves them to whole words and off
punctuation. Exits with 1 when a difference is above --tolerance or an answer is another.
"""

import argparse
import json
import pathlib
import sys

from check_methods import TEXTS, engraft, predictions

import peft
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

DISEASES = ["gout", "asthma", "anemia", "measles", "mumps", "sepsis"]
LORA = dict(r=4, lora_alpha=8, target_modules=["query", "value"], task_type="QUESTION_ANS")
ASKED = [f"patient b has {name} today, no fever." for name in DISEASES] + TEXTS


def run_file(folder, model, method):
    folder.mkdir(parents=True)
    lines = []
    for at in range(48):
        name = DISEASES[at % len(DISEASES)]
        text = f"patient {'abcd'[at % 4]} has {name} today, no fever." if at % 5 else "patient a is well today."
        start = text.find(name)
        spans = [{"start": start, "end": start + len(name), "label": "Disease"}] if start >= 0 else []
        lines.append(json.dumps({"id": str(at), "text": text, "spans": spans}))
    (folder / "train.jsonl").write_text("\n".join(lines))
    (folder / "run.toml").write_text(f"""name = "run"
seed = 7
[domain]
use = "medical-ner"
labels = ["Disease"]
[data]
train = "train.jsonl"
[model]
source = {json.dumps(str(model))}
head = "span"
[tokenize]
unit = "piece"
[batch]
size = 8
[optimize]
epochs = 4
learning_rate = 2e-3
warmup = 0.0
[method]
use = "{method}"
""")
    return folder / "run.toml"


def asked(args, *words):
    lines = engraft(args, "predict", *words, "--logits", *ASKED).splitlines()
    return [json.loads(line) for line in lines]


def answer(tokenizer, text, start, end):
    """The best pair in order among the tokens of the text, if it is above none; its place in the text."""
    ranges = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    last = len(ranges) - 2
    pairs = [(start[i] + end[j], i, j) for i in range(1, last + 1) for j in range(i, last + 1)]
    score, i, j = max(pairs)
    return [(ranges[i][0], ranges[j][1])] if score > start[0] + end[0] else []


def compared(args, model, texts):
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = model.float().eval()
    worst, same, said = 0.0, 0, 0
    for text in texts:
        ids = torch.tensor(text["tokens"])
        with torch.no_grad():
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids))
        start, end = out.start_logits[0], out.end_logits[0]
        ours = torch.tensor(text["logits"][0]).reshape(-1, 2)
        worst = max(worst, (torch.stack([start, end], -1) - ours).abs().max().item())
        theirs = answer(tokenizer, text["text"], start.tolist(), end.tolist())
        found = text["text"].encode()
        spans = [tuple(len(found[: span[side]].decode()) for side in ("start", "end")) for span in text["spans"]]
        said += len(theirs)
        same += len(spans) == len(theirs) and all(a[0] < b[1] and b[0] < a[1] for a, b in zip(spans, theirs))
    return worst, same, said, len(texts)


def written_by_engraft(args, method):
    run = run_file(args.out / method, args.model, method)
    engraft(args, "train", run, "--out", args.out / method / "trained")
    texts = asked(args, args.out / method / "trained")
    if method == "full":
        model = AutoModelForQuestionAnswering.from_pretrained(args.out / method / "trained" / "model")
    else:
        base = AutoModelForQuestionAnswering.from_pretrained(args.model, num_labels=2)
        model = peft.PeftModel.from_pretrained(base, args.out / method / "trained" / "graft")
    return compared(args, model, texts)


def written_by_peers(args, method):
    torch.manual_seed(3)
    model = AutoModelForQuestionAnswering.from_pretrained(args.model, num_labels=2)
    folder = args.out / method / "by-peers"
    if method == "lora":
        model = peft.get_peft_model(model, peft.LoraConfig(**LORA))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and ("lora" in name or "qa_outputs" in name):
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(args.model).save_pretrained(folder)
    option = "--model" if method == "full" else "--graft"
    return compared(args, model, asked(args, args.out / method / "run.toml", option, folder))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engraft", required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    args = parser.parse_args()
    torch.set_num_threads(1)
    failed = False
    print("| | largest difference of a logit | texts with the same answer | of them with an answer |\n|---|---:|---:|---:|")
    for method in ("full", "lora"):
        for who, check in (("by Engraft", written_by_engraft), ("by transformers and PEFT", written_by_peers)):
            worst, same, said, count = check(args, method)
            failed |= not worst <= args.tolerance or same < count
            print(f"| {method}, {who} | {worst:.1e} | {same} of {count} | {said} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
