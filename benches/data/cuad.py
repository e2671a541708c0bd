"""Writes contracts in SQuAD form (CUAD) as JSONL: one contract a line, byte-offset spans by clause category.

    python benches/data/cuad.py CUAD-train.json OUT.jsonl
"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    documents = json.load(file)["data"]
with open(sys.argv[2], "w", encoding="utf-8") as out:
    for document in documents:
        for number, paragraph in enumerate(document["paragraphs"]):
            text = paragraph["context"]
            spans = set()
            for question in paragraph["qas"]:
                label = question["id"].rsplit("__", 1)[-1]
                for answer in question["answers"]:
                    start = answer["answer_start"]
                    end = start + len(answer["text"])
                    spans.add((len(text[:start].encode()), len(text[:end].encode()), label))
            row = {"id": f"{document['title']}#{number}", "text": text, "spans": [{"start": s, "end": e, "label": l} for s, e, l in sorted(spans)]}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
