"""Do transformers and PEFT compute from Engraft's files what Engraft computes?

    python check_peft.py --graft runs/<name>/graft --base <model folder> --logits logits.jsonl
    python check_peft.py --full runs/<name>/model --logits logits.jsonl

The logits are those of `engraft predict --logits`, one JSON object a text:
    {"id": ..., "text": ..., "tokens": [[ids...], ...], "logits": [[...], ...]}   (a list a window, logits flattened)
A token head has one row a token, special tokens included; a sequence head has a single row. Each text is run by itself
in float32 on its `tokens`.

Prints one JSON line and exits with 1 if a logit differs by more than --tolerance, or if the files hold a tensor the
library did not take, or lack one it needs. `tokenized_differently` counts the texts whose `tokens` are not those of the
base's own tokenizer; a preprocessor or a window may be the reason, so it is told and not judged.
"""

import argparse
import json
import math
import os
import pathlib
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import load_file

HEADS = {
    "TOKEN_CLS": transformers.AutoModelForTokenClassification,
    "SEQ_CLS": transformers.AutoModelForSequenceClassification,
}
LAST_LAYERS = ("classifier.weight", "classifier.out_proj.weight", "score.weight")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graft", type=pathlib.Path, help="folder of adapter_config.json, adapter_model.safetensors")
    parser.add_argument("--base", type=pathlib.Path, help="model folder under the graft")
    parser.add_argument("--full", type=pathlib.Path, help="folder of a whole model, instead of --graft and --base")
    parser.add_argument("--logits", type=pathlib.Path, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    args = parser.parse_args()
    if bool(args.full) == bool(args.graft) or bool(args.graft) != bool(args.base):
        parser.error("give either --graft and --base, or --full")
    return args


def open_graft(graft, base):
    """The base under its graft, and the keys on which file and library do not agree."""
    from peft import PeftModel, get_peft_model_state_dict

    config = json.loads((graft / "adapter_config.json").read_text())
    stored = load_file(graft / "adapter_model.safetensors")
    labels = [len(tensor) for key, tensor in stored.items() if key.endswith(LAST_LAYERS)]
    if not labels:
        sys.exit(f"{graft}: no task head among its tensors, expected a key that ends in one of {LAST_LAYERS}")
    model = HEADS[config["task_type"]].from_pretrained(base, num_labels=labels[0], ignore_mismatched_sizes=True)
    model = PeftModel.from_pretrained(model, graft)
    taken = get_peft_model_state_dict(model)
    wrong = stored.keys() ^ taken.keys()
    wrong |= {key for key in stored.keys() & taken.keys() if not torch.equal(stored[key].float(), taken[key].float())}
    return model, sorted(wrong)


def open_full(folder):
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
    # Mismatched keys come as (key, shape, shape).
    wrong = [key if isinstance(key, str) else key[0] for name in info if name.endswith("_keys") for key in info[name]]
    return model, sorted(wrong)


def logits_of(model, ids):
    """Rows of logits for one text: as many as tokens, or one."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits.float()
    # A sequence head gives (1, labels). Prompt methods put their own rows first; those are no tokens of the text.
    return logits if logits.dim() == 2 else logits[0, -len(ids) :]


def main():
    args = arguments()
    model, wrong = open_full(args.full) if args.full else open_graft(args.graft, args.base)
    model = model.float().eval()
    texts = [json.loads(line) for line in open(args.logits, encoding="utf-8", newline="\n") if line.strip()]
    if not texts:
        sys.exit(f"{args.logits}: no texts")

    differences = []
    for text in texts:
        for ids, flat in zip(text["tokens"], text["logits"], strict=True):
            expected, got = logits_of(model, ids), torch.tensor(flat)
            if expected.numel() != got.numel():
                sys.exit(f"text {text['id']}: expected logits of shape {tuple(expected.shape)}, got {got.numel()} numbers")
            difference = (expected - got.reshape(expected.shape)).abs().max().item()
            differences.append((math.inf if math.isnan(difference) else difference, text["id"]))
    largest, worst = max(differences, key=lambda pair: pair[0])

    folder = args.full or args.base
    differently = None
    if (folder / "tokenizer.json").exists() or (folder / "vocab.txt").exists():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        differently = sum([tokenizer(text["text"])["input_ids"]] != text["tokens"] for text in texts)
    agrees = largest <= args.tolerance and not wrong
    print(
        json.dumps(
            dict(
                agrees=agrees,
                texts=len(texts),
                largest_difference=largest if math.isfinite(largest) else "not a number",
                of_text=worst,
                tolerance=args.tolerance,
                keys_not_taken_or_missing=wrong,
                tokenized_differently=differently,
            )
        )
    )
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
