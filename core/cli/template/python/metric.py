"""The share of texts of which every predicted span is right and none is missing."""

from dataclasses import dataclass

from engraft import Case, Metric, Score, annotated, register, setting


@dataclass
class Settings:
    """The keys of its table in a run file."""

    label: str = setting("", "Only spans of this label count; all where it is empty.")


gout = annotated("gout", ("gout", "Disease"))
asa = annotated("no ASA", ("ASA", "Drug"))
PAIRS = {
    "task": {"kind": "tokens", "labels": ["Disease", "Drug"]},
    "pairs": [{"gold": gout, "predicted": {"spans": gout["spans"]}}, {"gold": asa, "predicted": {}}],
}


class Exact(Metric):
    id = "{{name}}"
    summary = "The share of texts whose spans are all right."
    Settings = Settings

    def tally(self, gold, predicted):
        """One number a text: whether it is right."""
        return [self.counted(gold.spans) == self.counted(predicted.spans)]

    def scores(self, rows):
        """The rows may be any of the texts, in any order."""
        return [Score("exact", sum(right for [right] in rows) / max(len(rows), 1))]

    def counted(self, spans):
        return {span for span in spans if self.settings.label in ("", span.label)}

    examples = [
        Case("one of two texts is right", PAIRS, {"exact": 0.5}),
        Case("of one label", PAIRS, {"exact": 1.0}, settings={"label": "Disease"}),
    ]


register(Exact)
