"""Do Engraft and PEFT open each other's files of every method that both have, and compute the same?

    python check_methods.py --engraft target/debug/engraft --model <model folder> --out <new folder> [method ...]

For each method, on a token model of the classes of the domain `medical-ner`:
    written by Engraft   a run of a few steps (`engraft train`), its graft opened by PEFT
    written by PEFT      an adapter with random values, opened by `engraft predict --graft`

Prints a table of the largest difference of a logit, and of how far the graft moves the logits of the bare model; exits
with 1 when a difference is above --tolerance, or when PEFT leaves a tensor of a file aside.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import peft
import torch
from check_peft import logits_of
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification, logging

logging.set_verbosity_error()
logging.disable_progress_bar()

LABELS = 9  # O, B-x, I-x of the four classes of `medical-ner`
ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = [
    "The patient was diagnosed with lung cancer last year.",
    "Asthma",
    "She takes 5 mg of warfarin for atrial fibrillation; no bleeding.",
    "Sjögren's syndrome and Ménière's disease are rare.",
]
LINEAR = dict(target_modules=["query", "value"])
TASK = dict(task_type="TOKEN_CLS")
# Engraft's settings, and PEFT's configuration of the same.
METHODS = {
    "lora": ({"rank": 4}, lambda: peft.LoraConfig(r=4, lora_alpha=8, **LINEAR, **TASK)),
    "lora rslora": ({"rank": 4, "rslora": True}, lambda: peft.LoraConfig(r=4, use_rslora=True, **LINEAR, **TASK)),
    "lora patterns": (
        {"rank": 4, "patterns": [{"targets": ["value"], "rank": 2, "alpha": 6}]},
        lambda: peft.LoraConfig(r=4, rank_pattern={"value": 2}, alpha_pattern={"value": 6}, **LINEAR, **TASK),
    ),
    "lora bias": (
        {"rank": 4, "bias": True, "up_bias": True, "targets": ["query"]},
        lambda: peft.LoraConfig(r=4, bias="lora_only", lora_bias=True, **LINEAR, **TASK),
    ),
    "lora embedding": (
        {"rank": 4, "embedding": True},
        lambda: peft.LoraConfig(r=4, target_modules=["query", "word_embeddings"], **TASK),
    ),
    "lora pissa": (
        {"rank": 4, "begin": "pissa", "targets": ["query"], "layers": [0]},
        lambda: peft.LoraConfig(r=8, **LINEAR, **TASK),
    ),
    "lora orthogonal": (
        {"rank": 4, "begin": "orthogonal"},
        lambda: peft.LoraConfig(r=4, init_lora_weights="orthogonal", **LINEAR, **TASK),
    ),
    "dora": ({"rank": 4}, lambda: peft.LoraConfig(r=4, use_dora=True, **LINEAR, **TASK)),
    "adalora": (
        {"rank": 4, "target": 2, "every": 1},
        lambda: peft.AdaLoraConfig(init_r=4, target_r=2, total_step=10, **LINEAR, **TASK),
    ),
    "ia3": (
        {},
        lambda: peft.IA3Config(
            target_modules=["key", "value", "output.dense"], feedforward_modules=["output.dense"], **TASK
        ),
    ),
    "vera": ({"rank": 16}, lambda: peft.VeraConfig(r=16, **LINEAR, **TASK)),
    "loha": ({"rank": 4}, lambda: peft.LoHaConfig(r=4, **LINEAR, **TASK)),
    "lokr": ({"rank": 4}, lambda: peft.LoKrConfig(r=4, **LINEAR, **TASK)),
    "hira": ({"rank": 4}, lambda: peft.HiraConfig(r=4, **LINEAR, **TASK)),
    "road": ({}, lambda: peft.RoadConfig(group_size=64, **LINEAR, **TASK)),
    "road two": (
        {"variant": "road-2", "group": 32},
        lambda: peft.RoadConfig(group_size=32, variant="road_2", **LINEAR, **TASK),
    ),
    "oft": ({"block": 32}, lambda: peft.OFTConfig(oft_block_size=32, r=0, **LINEAR, **TASK)),
    "norm": ({}, lambda: peft.LNTuningConfig(target_modules=["LayerNorm"], **TASK)),
    "tokens": (
        {"ids": [101, 1996, 5022]},
        lambda: peft.TrainableTokensConfig(token_indices=[101, 1996, 5022], target_modules=["word_embeddings"]),
    ),
    "prompt": ({"length": 8}, lambda: peft.PromptTuningConfig(num_virtual_tokens=8, **TASK)),
    "prompt text": (
        {"length": 8, "begin": "text", "text": "find diseases and drugs"},
        lambda: peft.PromptTuningConfig(num_virtual_tokens=8, **TASK),
    ),
    "p-tuning": (
        {"length": 8, "width": 32},
        lambda: peft.PromptEncoderConfig(num_virtual_tokens=8, encoder_hidden_size=32, **TASK),
    ),
    "prefix": ({"length": 8}, lambda: peft.PrefixTuningConfig(num_virtual_tokens=8, **TASK)),
    "prefix made": (
        {"length": 8, "width": 32},
        lambda: peft.PrefixTuningConfig(
            num_virtual_tokens=8, prefix_projection=True, encoder_hidden_size=32, **TASK
        ),
    ),
}


def toml(value):
    """A value as TOML: JSON but for tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)


def run_file(folder, model, method, settings, seed=7, grafts=None):
    data = ROOT / "examples" / "medical-ner" / "data" / "train.jsonl"
    more = "".join(f"{key} = {toml(value)}\n" for key, value in settings.items())
    trained = "".join(f"{name} = {json.dumps(str(path))}\n" for name, path in (grafts or {}).items())
    trained = f"[model.grafts]\n{trained}" if trained else ""
    text = f"""name = "run"
seed = {seed}
[domain]
use = "medical-ner"
[data]
train = {json.dumps(str(data))}
[model]
source = {json.dumps(str(model))}
{trained}[batch]
size = 8
[optimize]
epochs = 1
max_steps = 4
warmup = 0.0
learning_rate = 2e-2
[method]
use = "{method}"
{more}"""
    folder.mkdir(parents=True)
    (folder / "run.toml").write_text(text)
    return folder / "run.toml"


def engraft(args, *words):
    done = subprocess.run([args.engraft, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(" ".join(map(str, words)) + "\n" + done.stderr)
    return done.stdout


def predictions(args, *words):
    lines = engraft(args, "predict", *words, "--logits", *TEXTS).splitlines()
    return [json.loads(line) for line in lines]


def bare(args):
    return AutoModelForTokenClassification.from_pretrained(args.model, num_labels=LABELS)


def distance(model, texts):
    """The largest difference between a PEFT model and logits of Engraft's."""
    worst = 0.0
    for text in texts:
        for ids, flat in zip(text["tokens"], text["logits"], strict=True):
            want = logits_of(model, ids)
            worst = max(worst, (want - torch.tensor(flat).reshape(want.shape)).abs().max().item())
    return worst


def moved(model, ids):
    """How far the graft moves the logits: with it, less those with the same head and no graft."""
    if not hasattr(model, "disable_adapter"):
        return float("nan")
    with_graft = logits_of(model, ids)
    if model.peft_config[model.active_adapter].is_prompt_learning:  # where `disable_adapter` wants a generating model
        return (with_graft - logits_of(model.base_model, ids)).abs().max().item()
    with model.disable_adapter():
        return (with_graft - logits_of(model, ids)).abs().max().item()


def opened(args, folder):
    """PEFT's model of a graft folder of Engraft's, and the keys that it does not take as they are."""
    stored = load_file(folder / "adapter_model.safetensors")
    model = peft.PeftModel.from_pretrained(bare(args), folder).float().eval()
    head = {key.split("classifier.")[-1]: tensor for key, tensor in stored.items() if "classifier." in key}
    if json.loads((folder / "adapter_config.json").read_text())["peft_type"] == "TRAINABLE_TOKENS":
        model.base_model.model.classifier.load_state_dict(head)  # PEFT keeps no head beside trainable tokens
    taken = peft.get_peft_model_state_dict(model)
    wrong = [
        key
        for key, tensor in stored.items()
        if "classifier." not in key
        and "prompt_encoder." not in key  # what makes the rows: Engraft's own
        and not (key in taken and torch.equal(taken[key].float(), tensor.float()))
    ]
    return model, wrong


def written_by_engraft(args, name, settings):
    folder = args.out / name.replace(" ", "-")
    run = run_file(folder, args.model, name.split()[0], settings)
    engraft(args, "train", run, "--out", folder / "trained")
    texts = predictions(args, folder / "trained")
    model, wrong = opened(args, folder / "trained" / "graft")
    if wrong:
        raise RuntimeError(f"PEFT does not take {wrong[:3]}")
    return distance(model, texts), moved(model, texts[0]["tokens"][0])


def written_by_peft(args, name, config):
    torch.manual_seed(3)
    model = peft.get_peft_model(bare(args), config()).float().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    folder = args.out / name.replace(" ", "-") / "by-peft"
    model.save_pretrained(folder)
    file = folder / "adapter_model.safetensors"
    stored = load_file(file)
    if not any("classifier." in key for key in stored):
        head = model.base_model.model.classifier.state_dict()
        save_file(stored | {f"base_model.model.classifier.{key}": w for key, w in head.items()}, file)
    texts = predictions(args, args.out / name.replace(" ", "-") / "run.toml", "--graft", folder)
    return distance(model, texts), moved(model, texts[0]["tokens"][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engraft", required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("methods", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    failed = False
    print("| method | by Engraft, in PEFT | moves | by PEFT, in Engraft | moves |\n|---|---:|---:|---:|---:|")
    for name, (settings, config) in METHODS.items():
        if args.methods and name not in args.methods and name.split()[0] not in args.methods:
            continue
        cells = []
        for check in (lambda: written_by_engraft(args, name, settings), lambda: written_by_peft(args, name, config)):
            try:
                off, far = check()
                failed |= not off <= args.tolerance
                cells += [f"{off:.1e}", f"{far:.2f}"]
            except Exception as error:
                failed = True
                cells += [f"failed: {type(error).__name__}: {error}"[:600], ""]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
