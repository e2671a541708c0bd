"""Typing errors: two neighboring letters outside of spans swap places."""

from dataclasses import dataclass

from engraft import Augmenter, Case, Edit, Refused, Variation, annotated, register, setting


@dataclass
class Settings:
    """The keys of its table in a run file."""

    variations: int = setting(1, "How many variants of each text are made.", minimum=0)


class Typos(Augmenter):
    id = "{{name}}"
    summary = "Swaps two neighboring letters outside of labelled spans."
    Settings = Settings

    def open(self):
        if self.settings.variations > 100:
            found = self.settings.variations
            raise Refused("settings.variations", f"`variations`: expected at most 100, found {found}")

    def augment(self, example, random):
        """All chance comes from `random`, which the host seeds: the same seed, the same variants."""
        text, spans = example.text, example.spans
        is_pair = [a.isalpha() and b.isalpha() and a != b for a, b in zip(text, text[1:])]
        free = [True] * len(text)
        for span in spans:
            free[span.start : span.end] = [False] * (span.end - span.start)
        places = [at for at, pair in enumerate(is_pair) if pair and free[at] and free[at + 1]]
        chosen = [random.choose(places) for _ in range(self.settings.variations)] if places else []
        return [Variation([Edit(at, at + 2, text[at + 1] + text[at])]) for at in chosen]

    examples = [
        Case(
            "letters swap, spans stay as they are",
            {"example": annotated("Ab gout", ("gout", "Disease")), "seed": 1},
            [annotated("bA gout", ("gout", "Disease"))],
        ),
        Case(
            "where nothing may change, there is no variant",
            {"example": annotated("gout", ("gout", "Disease")), "seed": 1},
            [],
        ),
    ]


register(Typos)
