"""PyTorch (+ PEFT) reference: fine-tune an encoder to tell positive from negative sentences.

Reads <data>/{train,dev,test}/*.{pos,neg}, one UTF-8 sentence a line; prints one JSON line: accuracy on dev and test
after the last epoch, real tokens a second (padding not counted, the first three steps left out), seconds, peak memory.

--bf16 is autocast. --group puts sentences of like length into one batch, as Trainer's group_by_length does.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import resource
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_cosine_schedule_with_warmup

LABELS = ["neg", "pos"]
WARM = 3  # steps before the clock starts
TARGETS = ["query", "key", "value", "dense"]  # "dense" also names the pooler's


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", required=True, help="folder of the pretrained model")
    parser.add_argument("--method", choices=["full", "lora"], default="full")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--group", action="store_true")
    parser.add_argument("--limit", type=int, default=0, help="use only so many training sentences")
    parser.add_argument("--max-steps", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="0: as PyTorch chooses")
    return parser.parse_args()


def read(folder):
    """(sentence, label) pairs; only a line feed ends a line."""
    pairs = []
    for label, suffix in enumerate(LABELS):
        for path in sorted(folder.glob(f"*.{suffix}")):
            with open(path, encoding="utf-8", newline="\n") as lines:
                pairs += [(line.strip(), label) for line in lines if line.strip()]
    assert pairs, f"no .pos or .neg files in {folder}"
    return pairs


def encode(tokenizer, pairs):
    ids = tokenizer([text for text, _ in pairs], truncation=True, max_length=256)["input_ids"]
    return [(row, label) for row, (_, label) in zip(ids, pairs)]


def collate(batch, padding, device):
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([row + [padding] * (longest - len(row)) for row, _ in batch])  # (sentences, longest)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in batch])  # (sentences, longest)
    labels = torch.tensor([label for _, label in batch])
    return ids.to(device), mask.to(device), labels.to(device)


def shuffled(examples, batch, group):
    examples = random.sample(examples, len(examples))
    if not group:
        return examples
    chunk = batch * 50
    chunks = (examples[i : i + chunk] for i in range(0, len(examples), chunk))
    return [example for part in chunks for example in sorted(part, key=lambda pair: -len(pair[0]))]


def accuracy(model, examples, padding):
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(examples), 64):
            ids, mask, labels = collate(examples[i : i + 64], padding, model.device)
            right += int((model(input_ids=ids, attention_mask=mask).logits.argmax(-1) == labels).sum())
    return right / len(examples)


def main():
    args = arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random.seed(args.seed)

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    padding = tokenizer.pad_token_id
    train, dev, test = (read(args.data / split) for split in ("train", "dev", "test"))
    if args.limit:
        train = random.sample(train, args.limit)
    train, dev, test = (encode(tokenizer, pairs) for pairs in (train, dev, test))

    model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=len(LABELS))
    if args.method == "lora":
        from peft import LoraConfig, get_peft_model

        lora = LoraConfig(task_type="SEQ_CLS", r=16, lora_alpha=32, lora_dropout=0.1, target_modules=TARGETS)
        model = get_peft_model(model, lora)
    model.to(args.device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0.01, fused=True)
    steps = -(-len(train) // args.batch) * args.epochs
    if args.max_steps:
        steps = min(steps, args.max_steps)
    schedule = get_cosine_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    precision = lambda: torch.autocast(args.device, dtype=torch.bfloat16) if args.bf16 else contextlib.nullcontext()

    model.train()
    done = real = padded = 0
    start = time.perf_counter()
    while done < steps:
        examples = shuffled(train, args.batch, args.group)
        for i in range(0, len(examples), args.batch):
            if done == min(WARM, steps - 1):
                start, real, padded = time.perf_counter(), 0, 0
            ids, mask, labels = collate(examples[i : i + args.batch], padding, args.device)
            with precision():
                loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            real, padded, done = real + int(mask.sum()), padded + mask.numel(), done + 1
            if done == steps:
                break
    if args.device == "cuda":
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    print(
        json.dumps(
            dict(
                method=args.method,
                bf16=args.bf16,
                grouped=args.group,
                lr=args.lr,
                epochs=args.epochs,
                batch=args.batch,
                seed=args.seed,
                threads=torch.get_num_threads(),
                steps=steps,
                trainable=sum(parameter.numel() for parameter in trained),
                dev_accuracy=accuracy(model, dev, padding),
                test_accuracy=accuracy(model, test, padding),
                loss=loss.item(),
                real_tok_s=real / seconds,
                padded_tok_s=padded / seconds,
                seconds=seconds,
                peak_mb=peak,
            )
        )
    )


if __name__ == "__main__":
    main()
