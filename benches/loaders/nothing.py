"""The same in Python: it reads its example and changes nothing."""

from dataclasses import dataclass

from engraft import Case, Preprocessor, Refused, register


@dataclass
class Settings:
    """There is nothing to set."""


class Nothing(Preprocessor):
    id = "nothing"
    summary = "Changes nothing."
    Settings = Settings
    examples = [Case(title, {"text": "no fever"}, {"text": "no fever"}) for title in ("nothing changes", "nor here")]

    def clean(self, example):
        if sum(span.end - span.start for span in example.spans) > len(example.text):
            raise Refused("spans", "they overlap")
        return []


register(Nothing)
