"""Record and telephone numbers, and dates, become placeholders: what tells who a patient is should not train.

A number counts from `digits` digits on, spaces and hyphens between them left aside, with up to three capitals
before it. Numbers with a decimal point, a slash or a unit behind them are measurements and stay.
"""

import re
from dataclasses import dataclass

from engraft import Case, Edit, Preprocessor, Refused, annotated, register, setting


@dataclass
class Settings:
    """What is masked, and by what."""

    number: str = setting("[NUMBER]", "What stands in the place of a number; empty leaves numbers.")
    date: str = setting("[DATE]", "What stands in the place of a date; empty leaves dates.")
    digits: int = setting(6, "From how many digits on a number is masked.", minimum=2, maximum=20)
    units: list[str] = setting(["units", "IU", "mg", "ml", "cells", "单位"], "Numbers before one of these stay.")


DATE = r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./](?:\d{4}|\d\d)|\d{4}年\d\d?月\d\d?日"
NUMBER = r"[A-Z]{{0,3}}\+?\d(?:[ -]?\d){{{more},}}"


class RecordNumbers(Preprocessor):
    id = "record-numbers"
    summary = "Masks record numbers, telephone numbers and dates."
    version = "1.0.0"
    Settings = Settings

    def open(self):
        if any(character.isdigit() for character in self.settings.number + self.settings.date):
            raise Refused("settings.number", "`number` and `date`: expected placeholders without digits")
        number = NUMBER.format(more=self.settings.digits - 1)
        units = "|".join(map(re.escape, self.settings.units)) or "(?!)"
        self.pattern = re.compile(
            rf"(?<![A-Za-z\d.,/+-])(?:(?P<date>{DATE})|(?P<number>{number}))(?![\d%/]|[.,]\d|\s?(?:{units}))", re.ASCII
        )

    def clean(self, example):
        into = {"number": self.settings.number, "date": self.settings.date}
        found = self.pattern.finditer(example.text)
        return [Edit(*match.span(), into[match.lastgroup]) for match in found if into[match.lastgroup]]

    examples = [
        Case(
            "numbers and dates go, measurements stay, labels move along",
            annotated("MRN 4711-0815, 12.05.2024: BP 120/80, heparin 500000 units for gout.", ("gout", "Disease")),
            annotated("MRN [NUMBER], [DATE]: BP 120/80, heparin 500000 units for gout.", ("gout", "Disease")),
        ),
        Case(
            "in any script",
            annotated("病历号H20240517，电话 +86 10 6552 9988 🏥 发热", ("发热", "Symptom")),
            annotated("病历号[NUMBER]，电话 [NUMBER] 🏥 发热", ("发热", "Symptom")),
        ),
        Case(
            "shorter numbers too, and dates left alone",
            {"text": "Bed 4711 since 2024-05-17."},
            {"text": "Bed # since 2024-05-17."},
            settings={"number": "#", "digits": 4, "date": ""},
        ),
    ]


register(RecordNumbers)
