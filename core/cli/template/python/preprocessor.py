"""Tabs become spaces."""

from dataclasses import dataclass

from engraft import Case, Edit, Preprocessor, Refused, register, setting


@dataclass
class Settings:
    """The keys of its table in a run file."""

    spaces: int = setting(1, "How many spaces a tab becomes.", minimum=0)


class Tabs(Preprocessor):
    id = "{{name}}"
    summary = "Turns tabs into spaces."
    Settings = Settings

    def open(self):
        if self.settings.spaces > 16:
            raise Refused("settings.spaces", f"`spaces`: expected at most 16, found {self.settings.spaces}")

    def clean(self, example):
        """Says which part of the text becomes what; the host applies it and moves the spans."""
        tabs = [at for at, character in enumerate(example.text) if character == "\t"]
        return [Edit(at, at + 1, " " * self.settings.spaces) for at in tabs]

    examples = [
        Case("a tab becomes a space", {"text": "fever\t3 days"}, {"text": "fever 3 days"}),
        Case("or several", {"text": "a\tb"}, {"text": "a  b"}, settings={"spaces": 2}),
    ]


register(Tabs)
