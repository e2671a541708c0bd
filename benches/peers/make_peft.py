"""Trains a small LoRA with PEFT and writes the logits it gives, for Engraft to open and compare.

    python make_peft.py --model <model folder> --out <new folder>

writes
    <out>/adapter/adapter_config.json, adapter_model.safetensors   as PEFT saves them, task head included
    <out>/adapter/config.json    the model's config, for id2label: PEFT itself does not keep the labels' names
    <out>/logits.jsonl           20 texts as `engraft predict --logits` writes them: {id, text, tokens, logits}

Token classification, labels O, B-Disease, I-Disease; a few steps on the sentences below, so that B is not zero and the
head is not the random one. The texts hold what tokenizers trip over: accents, Chinese, emoji, blanks, one long text.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from check_peft import logits_of
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForTokenClassification, AutoTokenizer

LABELS = ["O", "B-Disease", "I-Disease"]

# Diseases stand in brackets.
SENTENCES = """
She was treated for [breast cancer] in the spring .
No sign of [asthma] was found in the child .
The mutation causes [cystic fibrosis] in some families .
[Type 2 diabetes mellitus] is common in this town .
He has had [migraine] and [high blood pressure] for years .
The drug was well tolerated by all volunteers .
A study of [Huntington disease] and [Parkinson disease] began .
Vaccination protects against [measles] .
""".strip().split("\n")

TEXTS = [
    "The patient was diagnosed with lung cancer last year.",
    "No disease was found.",
    "Asthma",
    "She has type 1 diabetes and chronic kidney disease.",
    "Cystic fibrosis is caused by mutations in CFTR.",
    "The weather was fine, and the committee met at noon.",
    "Sjögren's syndrome and Ménière's disease are rare.",
    "Naïve T-cells were counted in 12.5% of the samples (n=48).",
    "患者有糖尿病和高血压。",
    "Fever 🤒, cough and headache for 3 days!",
    "  two  blanks,\ta tab and a line\nbreak ",
    "HIV-1/AIDS; hepatitis B/C; non-Hodgkin's lymphoma",
    "acute lymphoblastic leukaemia (ALL) in children aged <5 years",
    "Familial adenomatous polyposis, an autosomal dominant disorder, leads to colorectal tumours.",
    "A 2,5 mg dose twice a day - stopped after a week.",
    "pneumonoultramicroscopicsilicovolcanoconiosis",
    "BRCA1 and BRCA2 mutations raise the risk of breast and ovarian cancer.",
    "Die Patientin leidet an Müdigkeit.",
    "?",
    "The trial enrolled patients with heart failure, stroke or epilepsy in five countries. " * 12,
]


def read(sentence):
    """Words and the number of each word's label."""
    words, labels, inside = [], [], 0
    for word in sentence.split():
        if word.startswith("["):
            inside = 1
        words.append(word.strip("[]"))
        labels.append(inside)
        inside = 0 if word.endswith("]") else min(2, 2 * inside)
    return words, labels


def encode(tokenizer, sentence):
    """The first piece of each word carries its label."""
    words, labels = read(sentence)
    batch = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    of_word = batch.word_ids()
    first = [word is not None and word != before for word, before in zip(of_word, [None, *of_word])]
    batch["labels"] = torch.tensor([[labels[word] if is_first else -100 for word, is_first in zip(of_word, first)]])
    return batch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of the pretrained model")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    names = dict(enumerate(LABELS))
    model = AutoModelForTokenClassification.from_pretrained(
        args.model, id2label=names, label2id={name: number for number, name in names.items()}
    )
    lora = LoraConfig(task_type="TOKEN_CLS", r=8, lora_alpha=16, lora_dropout=0.1, target_modules=["query", "value"])
    model = get_peft_model(model, lora)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=args.lr)
    model.train()
    losses = []
    for _ in range(args.epochs):
        for sentence in SENTENCES:
            loss = model(**encode(tokenizer, sentence)).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())

    model.eval()
    model.save_pretrained(args.out / "adapter")
    model.config.save_pretrained(args.out / "adapter")
    with open(args.out / "logits.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for number, text in enumerate(TEXTS):
            tokens = tokenizer(text, truncation=True, max_length=model.config.max_position_embeddings)["input_ids"]
            row = dict(id=str(number), text=text, tokens=[tokens], logits=[logits_of(model, tokens).flatten().tolist()])
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(json.dumps(dict(steps=len(losses), first_loss=losses[0], last_loss=losses[-1], texts=len(TEXTS))))


if __name__ == "__main__":
    main()
