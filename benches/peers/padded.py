"""Milliseconds of a PyTorch step on 32 sequences of 128 tokens each: what `cargo bench --bench step -- … pad` is beside.

    python padded.py --model MODEL [--steps 8]

Random ids and classes, dropout on, AdamW and clipping included; medians. LoRA has rank 16 at every linear layer.
"""

import argparse
import contextlib
import statistics
import time

import torch
from transformers import AutoModelForTokenClassification

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True, help="folder of the pretrained model")
parser.add_argument("--steps", type=int, default=8)
args = parser.parse_args()

torch.manual_seed(0)
ids = torch.randint(1000, 30000, (32, 128))
classes = torch.randint(0, 3, (32, 128))
print("| method | precision | ms a step | tokens/s |\n|---|---|---|---|")
for method in ("full", "lora"):
    for precision in ("f32", "bf16"):
        model = AutoModelForTokenClassification.from_pretrained(args.model, num_labels=3)
        if method == "lora":
            from peft import LoraConfig, get_peft_model

            targets = ["query", "key", "value", "dense"]
            lora = LoraConfig(task_type="TOKEN_CLS", r=16, lora_alpha=32, lora_dropout=0.1, target_modules=targets)
            model = get_peft_model(model, lora)
        model.train()
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01, fused=True)
        taken = []
        for _ in range(args.steps):
            clock = time.perf_counter()
            is_bf16 = precision == "bf16"
            with torch.autocast("cpu", dtype=torch.bfloat16) if is_bf16 else contextlib.nullcontext():
                loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=classes).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            taken.append(time.perf_counter() - clock)
        seconds = statistics.median(taken[1:])
        print(f"| {method} | {precision} | {seconds * 1e3:.0f} | {ids.numel() / seconds:.0f} |", flush=True)
