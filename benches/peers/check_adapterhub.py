"""Do Engraft and AdapterHub's `adapters` open each other's bottleneck adapters, and compute the same?

    python check_adapterhub.py --engraft target/debug/engraft --model <model folder> --out <new folder> [style ...]

wants adapters 1.3 with the transformers it asks for, in an environment of its own. As check_methods.py, for the styles of the
method `bottleneck`, and for `fusion` and `stack` of two of them, whose tensors are put into `Fuse` and `Stack` by name.
AdapterHub's file has no place for the head of such a model: the head is set by hand.
"""

import argparse
import json
import pathlib
import sys
import types

import adapters
import torch

# check_methods wants PEFT for its own table only; transformers must not find this one.
sys.modules.setdefault("peft", types.ModuleType("peft"))

from check_methods import LABELS, distance, engraft, predictions, run_file
from check_peft import logits_of
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification

STYLES = {
    "houlsby": lambda: adapters.DoubleSeqBnConfig(),
    "pfeiffer": lambda: adapters.SeqBnConfig(),
    "parallel": lambda: adapters.ParBnConfig(),
    "mam": None,  # by Engraft alone: a union of two
}


def bare(args):
    model = AutoModelForTokenClassification.from_pretrained(args.model, num_labels=LABELS)
    adapters.init(model)
    return model


def compared(model, texts):
    """The largest difference of a logit, and how far the adapters move the logits of a text."""
    model = model.float().eval()
    off, ids = distance(model, texts), texts[0]["tokens"][0]
    active, with_adapters = model.active_adapters, logits_of(model, ids)
    model.set_active_adapters(None)
    far = (with_adapters - logits_of(model, ids)).abs().max().item()
    model.set_active_adapters(active)
    return off, far


def written_by_engraft(args, style):
    folder = args.out / style
    settings = {"style": style} | ({"prefix": {"length": 5, "width": 16}} if style == "mam" else {})
    engraft(args, "train", run_file(folder, args.model, "bottleneck", settings), "--out", folder / "trained")
    texts = predictions(args, folder / "trained")
    graft, info = folder / "trained" / "graft", {}
    model = bare(args)
    model.load_adapter(str(graft), loading_info=info, with_head=False, use_safetensors=True, set_active=True)
    stored = load_file(graft / "adapter.safetensors")
    # Every layer holds the network of the prefix under a name of its own: one name in the file fills them all.
    places = {name: parameter.data_ptr() for name, parameter in model.named_parameters(remove_duplicate=False)}
    filled = {places[key] for key in stored if key in places}
    missing = [key for key in info.get("missing_keys", []) if places.get(key) not in filled]
    if missing:
        raise RuntimeError(f"missing: {missing[:3]}")
    model.classifier.load_state_dict({key: stored[f"classifier.{key}"] for key in ("weight", "bias")})
    return compared(model, texts)


def written_by_adapterhub(args, style, config):
    torch.manual_seed(3)
    model = bare(args)
    model.add_adapter("other", config=config())
    model.train_adapter("other")
    model.set_active_adapters("other")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "adapters.other" in name:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model = model.float().eval()
    folder = args.out / style / "by-adapterhub"
    model.save_adapter(str(folder), "other", with_head=False, use_safetensors=True)
    head = {f"classifier.{key}": w for key, w in model.classifier.state_dict().items()}
    save_file(load_file(folder / "adapter.safetensors") | head, folder / "adapter.safetensors")
    return compared(model, predictions(args, args.out / style / "run.toml", "--graft", folder))


def composed(args, method):
    """A composition that Engraft trained over bottlenecks of its own, and the same numbers in AdapterHub's."""
    folder, grafts = args.out / method, {}
    for seed, name in enumerate(["a", "b"] if method == "fusion" else ["a"]):
        run = run_file(folder / name, args.model, "bottleneck", {"style": "pfeiffer"}, seed=seed)
        engraft(args, "train", run, "--out", folder / name / "trained")
        grafts[name] = folder / name / "trained"
    run = run_file(folder / "run", args.model, method, {}, grafts=grafts)
    engraft(args, "train", run, "--out", folder / "trained")
    texts = predictions(args, folder / "trained")
    tensors = {}
    for key, tensor in load_file(folder / "trained" / "graft" / "adapter_model.safetensors").items():
        key = key.removeprefix("base_model.model.")
        if key.startswith("grafts."):
            _, name, key = key.split(".", 2)
            key = key.replace(".adapters.engraft.", f".adapters.{name}.")
        for part, own in (("down", "adapter_down.0"), ("up", "adapter_up")):
            key = key.replace(f".task.{part}.", f".adapters.task.{own}.")
        tensors[key] = tensor
    model = bare(args)
    names = [*grafts] + (["task"] if method == "stack" else [])
    for name in names:
        model.add_adapter(name, config=adapters.SeqBnConfig())
    setup = adapters.composition.Stack(*names) if method == "stack" else adapters.composition.Fuse(*names)
    if method == "fusion":
        model.add_adapter_fusion(setup)
    found = model.load_state_dict(tensors, strict=False)
    missing = [key for key in found.missing_keys if "adapter" in key or "classifier" in key]
    if found.unexpected_keys or missing:
        raise RuntimeError(f"not taken: {found.unexpected_keys[:3]}, missing: {missing[:3]}")
    model.set_active_adapters(setup)
    return compared(model, texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engraft", required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("styles", nargs="*", help="all where none is named")
    args = parser.parse_args()
    torch.set_num_threads(1)
    failed = False
    print("| style | by Engraft, in adapters | moves | by adapters, in Engraft | moves |\n|---|---:|---:|---:|---:|")
    rows = [(style, [lambda style=style: written_by_engraft(args, style)]) for style in STYLES]
    for (style, checks), config in zip(rows, STYLES.values()):
        if config:
            checks.append(lambda style=style, config=config: written_by_adapterhub(args, style, config))
    for method in ("fusion", "stack"):
        rows.append((f"{method} of pfeiffer", [lambda method=method: composed(args, method)]))
    for name, checks in rows:
        if args.styles and name.split()[0] not in args.styles:
            continue
        cells = []
        for check in checks:
            try:
                off, far = check()
                failed |= not off <= args.tolerance
                cells += [f"{off:.1e}", f"{far:.2f}"]
            except Exception as error:
                failed = True
                cells += [f"failed: {type(error).__name__}: {error}"[:500], ""]
        cells += [""] * (4 - len(cells))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
