"""Are two files of logits the same?

    python compare_logits.py expected.jsonl got.jsonl [tolerance, 1e-4]

Both as `engraft predict --logits` writes them: one object a text, in the same order. Prints the largest difference;
exit code 1 if it is larger than the tolerance, or if texts, tokens or the number of logits differ.
"""

import json
import sys


def read(path):
    with open(path, encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def main():
    expected, got = map(read, sys.argv[1:3])
    tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-4
    if len(expected) != len(got):
        sys.exit(f"expected {len(expected)} texts, found {len(got)}")
    largest = 0.0
    for a, b in zip(expected, got):
        if a["tokens"] != b["tokens"]:
            sys.exit(f"text {a['id']}: expected tokens {a['tokens']}, found {b['tokens']}")
        for one, other in zip(a["logits"], b["logits"], strict=True):
            largest = max([largest, *(abs(x - y) for x, y in zip(one, other, strict=True))])
    print(f"{len(expected)} texts, largest difference {largest:.2g}")
    sys.exit(0 if largest <= tolerance else 1)


if __name__ == "__main__":
    main()
