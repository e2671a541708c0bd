"""Terms of a list, as spans: the rules find them, a model learns to find others like them."""

import re
from dataclasses import dataclass

from engraft import Case, Domain, Example, Prediction, Refused, Span, annotated, register, setting


@dataclass
class Settings:
    """The keys of its table in a run file."""

    labels: list[str] = setting(["Animal", "Plant"], "The labels, in the order of the model's outputs.")
    terms: dict[str, list[str]] = setting(
        {"Animal": ["cat", "dog"], "Plant": ["oak", "rose"]},
        "Words that the rules know, by label.",
        additionalProperties={"type": "array", "items": {"type": "string"}},
    )


class Terms(Domain):
    id = "{{name}}"
    summary = "Terms of a list as spans."
    Settings = Settings

    def open(self):
        labels, terms = self.settings.labels, self.settings.terms
        if not labels:
            raise Refused("settings.labels", "`labels`: expected one label or more, found none")
        if unknown := set(terms) - set(labels):
            expected, found = ", ".join(labels), ", ".join(sorted(unknown))
            raise Refused("settings.terms", f"`terms`: expected labels of `labels` ({expected}), found {found}")
        self.label_of = {term.lower(): label for label, list in terms.items() for term in list}

    def task(self):
        """What the model learns, and which score decides."""
        return {"kind": "tokens", "labels": self.settings.labels, "decides": "entity-f1.f1"}

    def adapt(self, row):
        """A row of the data file becomes examples: a text and its spans."""
        return [Example(row.id, row.text, row.spans)]

    def rules(self, example):
        """What can be said without a model: the baseline to beat."""
        words = [(*word.span(), self.label_of.get(word[0].lower())) for word in re.finditer(r"\w+", example.text)]
        return Prediction([Span(*word) for word in words if word[2]])

    examples = [
        Case(
            "a row becomes an example",
            {"id": "1", "fields": [["text", "A cat."], ["spans", '[[2, 5, "Animal"]]']]},
            [{"id": "1", **annotated("A cat.", ("cat", "Animal"))}],
        ),
        Case(
            "the rules know the terms",
            {"rules": {"text": "An oak, a dog."}},
            {"spans": annotated("An oak, a dog.", ("oak", "Plant"), ("dog", "Animal"))["spans"]},
        ),
    ]


register(Terms)
