"""What a plugin in Python needs of Engraft: plain classes for the author, WIT for the host.

Offsets are indices of Python strings; the host counts bytes of UTF-8, and this file turns one into the other.
A plugin is a class of one of the five kinds (`Preprocessor`, `Augmenter`, `Metric`, `Domain`, `Method`), and
the last line of its file is `register(ThatClass)`. An item is refused with `raise Refused(code, why)`; any
other exception is a failure of the plugin and ends the run.
"""

import importlib
import json
import sys
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, fields
from itertools import accumulate
from types import ModuleType
from typing import get_args, get_origin, get_type_hints

try:  # Made by componentize-py, and only there while it builds a component.
    from componentize_py_types import Err, Ok
    from wit_world.imports import types as wit
except ImportError:
    Err = Ok = wit = None

# ---- What a plugin looks at and answers ----


@dataclass(frozen=True)
class Span:
    """A labelled part of a text. Two are equal when bounds and label are; the score is left aside."""

    start: int
    end: int
    label: str
    score: float = field(default=1.0, compare=False)


@dataclass
class Example:
    """A text with its spans, its labels and named values beside it."""

    id: str
    text: str
    spans: list[Span] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Prediction:
    """What a model says of a text. `labels` are pairs of label and score, the surest first."""

    spans: list[Span] = field(default_factory=list)
    labels: list[tuple[str, float]] = field(default_factory=list)
    text: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Row:
    """A record of a data file, as a domain reads it."""

    id: str
    fields: dict[str, str]

    @property
    def text(self) -> str:
        if "text" not in self.fields:
            raise Refused("row.no-text", f"the record has no field `text`; it has {sorted(self.fields)}")
        return self.fields["text"]

    @property
    def spans(self) -> list[Span]:
        """The field `spans`: objects or triples whose offsets are bytes, in the data file."""
        at = Offsets(self.text)
        try:
            given = json.loads(self.fields.get("spans", "[]"))
            given = [(s["start"], s["end"], s["label"]) if isinstance(s, dict) else s for s in given]
            return sorted((at.span(*span) for span in given), key=lambda span: (span.start, span.end))
        except (ValueError, TypeError, KeyError) as error:
            raise Refused("row.bad-spans", f"expected spans of this text: {error}") from error


@dataclass
class Edit:
    """Puts `text` in the place of `start..end`. Edits ascend and do not overlap."""

    start: int
    end: int
    text: str


@dataclass
class Hole:
    """A place for one word, which the run's own masked language model draws (`grant = ["fill-mask"]`).

    It comes in the place of `start..end`. `temperature`: 1 as the model says, 0 the likeliest word. `top_k`: of so
    many of the likeliest words, 0 of all. `exclude`: words that are not drawn.
    """

    start: int
    end: int
    temperature: float = 1.0
    top_k: int = 0
    exclude: list[str] = field(default_factory=list)


@dataclass
class Variation:
    """A new text by edits. `labels`, where they are other than the old ones.

    With `holes` beside the edits it makes `variants`, each with words of its own.
    """

    edits: list[Edit] = field(default_factory=list)
    labels: list[str] | None = None
    holes: list[Hole] = field(default_factory=list)
    variants: int = 1


@dataclass
class Rewrite:
    """A new text that states its own spans."""

    text: str
    spans: list[Span] = field(default_factory=list)
    labels: list[str] | None = None


@dataclass
class Score:
    """A score of a metric, under a name of its own."""

    name: str
    value: float
    higher_is_better: bool = True


class Refused(Exception):
    """One item, or the settings, cannot be used: a dotted code, and what was expected and found."""

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Random:
    """The host's random numbers (SplitMix64): the same from the same seed in every language."""

    def __init__(self, seed: int):
        self.state = seed

    def bits(self) -> int:
        """64 random bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return z ^ z >> 31

    def uniform(self) -> float:
        """A number from 0 up to 1, which it never is."""
        return (self.bits() >> 11) / 2**53

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1."""
        return self.bits() * bound >> 64

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self.uniform() < p

    def choose(self, items: list):
        """One of the items, or `None` of an empty list."""
        at = self.below(len(items))
        return items[at] if items else None

    def shuffle(self, items: list) -> None:
        """Puts the items in random order."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


# ---- What a plugin says of itself ----


def setting(default, description: str, **schema):
    """A key of the plugin's table in a run file. `schema`: further words of JSON schema (`minimum=1`)."""
    metadata = {"description": description, **schema}
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class NoSettings:
    """For a plugin with nothing to set."""


@dataclass
class Case:
    """An example of use: printed in help, run by `engraft plugins check`. Offsets in it are bytes."""

    title: str
    input: object
    expect: object
    settings: dict = field(default_factory=dict)


def annotated(text: str, *marks: tuple[str, str]) -> dict:
    """An example for a `Case`: `annotated("no fever", ("fever", "Symptom"))`. Marks stand in the text's order."""
    spans, end = [], 0
    for words, label in marks:
        start = text.index(words, end)
        end = start + len(words)
        spans.append({"start": len(text[:start].encode()), "end": len(text[:end].encode()), "label": label})
    return {"text": text, "spans": spans}


class Plugin:
    """What all kinds have. A value is one configured plugin; it keeps nothing from call to call."""

    kind = ""
    revision = 1
    id = ""
    summary = ""
    version = "0.1.0"
    license = "MIT OR Apache-2.0"
    Settings = NoSettings
    examples: list[Case] = []

    def __init__(self, settings, task=None):
        self.settings = settings
        if self.kind == "metric":
            self.task = task
        self.open()

    def open(self) -> None:
        """Looks at `self.settings` once, and prepares what every call needs. May raise `Refused`."""


class Preprocessor(Plugin):
    """Cleans a text, in training and prediction alike."""

    kind = "preprocessor"

    def clean(self, example: Example) -> list[Edit]:
        raise NotImplementedError


class Augmenter(Plugin):
    """Makes variations of a training text. All chance comes from `random`."""

    kind = "augmenter"

    def augment(self, example: Example, random: Random) -> list[Variation | Rewrite]:
        raise NotImplementedError


class Metric(Plugin):
    """Scores predictions in two steps. `self.task` is the run's task, or `None`."""

    kind = "metric"
    task: dict | None = None

    def tally(self, gold: Example, predicted: Prediction) -> list[float]:
        """A row of numbers, always as many."""
        raise NotImplementedError

    def scores(self, rows: list[list[float]]) -> list[Score]:
        """The scores of any of the rows, of none too, in any order."""
        raise NotImplementedError


class Domain(Plugin):
    """Knows the labels, reads rows, and may have rules and a last step."""

    kind = "domain"

    def task(self) -> dict:
        """`{"kind": "tokens", "labels": [...], "decides": "entity-f1.f1"}`"""
        raise NotImplementedError

    def adapt(self, row: Row) -> list[Example]:
        raise NotImplementedError

    def rules(self, example: Example) -> Prediction | None:
        return None

    def refine(self, example: Example, prediction: Prediction) -> Prediction:
        return prediction


class Method(Plugin):
    """Says what trains in a model. Model map and plan are JSON, as the page on plans has them."""

    kind, revision = "method", 0

    def plan(self, model: dict) -> dict:
        raise NotImplementedError


# ---- Between the plugin and the host ----


class Offsets:
    """Indices of a Python string, and the bytes of its UTF-8."""

    def __init__(self, text: str):
        is_plain = text.isascii()
        self.bytes = range(len(text) + 1) if is_plain else [0, *accumulate(len(c.encode()) for c in text)]

    def byte(self, index: int) -> int:
        if not 0 <= index < len(self.bytes):
            raise IndexError(f"expected an index from 0 to {len(self.bytes) - 1}, found {index}")
        return self.bytes[index]

    def index(self, byte: int) -> int:
        index = bisect_left(self.bytes, byte)
        if index == len(self.bytes) or self.bytes[index] != byte:
            raise ValueError(f"byte {byte} begins no character")
        return index

    def span(self, start: int, end: int, label: str, score: float = 1.0) -> Span:
        return Span(self.index(start), self.index(end), label, score)

    def edits(self, edits) -> list:
        return [wit.Edit(self.byte(edit.start), self.byte(edit.end), edit.text) for edit in edits]

    def holes(self, made, holes) -> list:
        return [
            made.Hole(self.byte(it.start), self.byte(it.end), float(it.temperature), it.top_k, it.exclude) for it in holes
        ]

    def spans(self, spans) -> list:
        return [wit.Span(self.byte(span.start), self.byte(span.end), span.label) for span in spans]


def from_fields(fields) -> dict[str, str]:
    return {it.name: it.value for it in reversed(fields)}  # of two of one name, the first counts


def to_fields(fields: dict[str, str]) -> list:
    return [wit.Field(name, value) for name, value in fields.items()]


def from_example(it) -> Example:
    at = Offsets(it.text)
    spans = [at.span(span.start, span.end, span.label) for span in it.spans]
    return Example(it.id, it.text, spans, it.labels, from_fields(it.fields))


def to_example(it: Example):
    return wit.Example(it.id, it.text, Offsets(it.text).spans(it.spans), it.labels, to_fields(it.fields))


def from_prediction(it, text: str) -> Prediction:
    at = Offsets(text)
    spans = [at.span(s.span.start, s.span.end, s.span.label, s.score) for s in it.spans]
    labels = [(scored.label, scored.score) for scored in it.labels]
    return Prediction(spans, labels, it.text, from_fields(it.fields))


def to_prediction(it: Prediction, text: str):
    spans = zip(Offsets(text).spans(it.spans), it.spans)
    spans = [wit.ScoredSpan(span, scored.score) for span, scored in spans]
    labels = [wit.ScoredLabel(label, score) for label, score in it.labels]
    return wit.Prediction(spans, labels, it.text, to_fields(it.fields))


def to_variation(it: Variation | Rewrite, text: str):
    made = importlib.import_module("wit_world.exports.augmenter")
    at = Offsets(text)
    if isinstance(it, Variation) and it.holes:
        body = made.Body_Holes(made.Holes(at.holes(made, it.holes), at.edits(it.edits), it.variants))
    elif isinstance(it, Variation):
        body = made.Body_Edits(at.edits(it.edits))
    else:
        body = made.Body_Rewrite(made.Rewrite(it.text, Offsets(it.text).spans(it.spans)))
    return made.Variation(body, it.labels)


def to_score(it: Score):
    return importlib.import_module("wit_world.exports.metric").Score(it.name, float(it.value), it.higher_is_better)


def to_error(refused: Refused):
    return Err(wit.Error(refused.code, refused.message))


def each(batch, answer) -> list:
    """One answer an item, or its refusal."""
    answers = []
    for item in batch:
        try:
            answers.append(Ok(answer(item)))
        except Refused as refused:
            answers.append(to_error(refused))
    return answers


class Opened:
    """The resource of every kind: componentize-py calls what the kind's interface names."""

    plugins: list[type[Plugin]] = []

    def __init__(self, plugin: Plugin):
        self.plugin = plugin

    @classmethod
    def open(cls, id: str, settings: str, task: str = "null"):
        try:
            plugin = next(plugin for plugin in cls.plugins if plugin.id == id)
            return cls(plugin(read_settings(plugin, settings), json.loads(task)))
        except Refused as refused:
            raise to_error(refused)

    def clean(self, batch):
        def answer(item):
            return Offsets(item.text).edits(self.plugin.clean(from_example(item)))

        return each(batch, answer)

    def augment(self, batch):
        def answer(work):
            variations = self.plugin.augment(from_example(work.example), Random(work.seed))
            return [to_variation(variation, work.example.text) for variation in variations]

        return each(batch, answer)

    def tally(self, batch):
        def answer(pair):
            predicted = from_prediction(pair.predicted, pair.gold.text)
            return [float(number) for number in self.plugin.tally(from_example(pair.gold), predicted)]

        return each(batch, answer)

    def scores(self, rows):
        try:
            return [to_score(score) for score in self.plugin.scores(rows)]
        except Refused as refused:
            raise to_error(refused)

    def task(self):
        return json.dumps(self.plugin.task())

    def adapt(self, batch):
        def answer(row):
            return [to_example(example) for example in self.plugin.adapt(Row(row.id, from_fields(row.fields)))]

        return each(batch, answer)

    def rules(self, batch):
        def answer(item):
            said = self.plugin.rules(from_example(item))
            return None if said is None else to_prediction(said, item.text)

        return each(batch, answer)

    def refine(self, batch):
        def answer(item):
            example, prediction = item
            refined = self.plugin.refine(from_example(example), from_prediction(prediction, example.text))
            return to_prediction(refined, example.text)

        return each(batch, answer)

    def plan(self, model):
        try:
            return json.dumps(self.plugin.plan(json.loads(model)))
        except Refused as refused:
            raise to_error(refused)


def read_settings(plugin: type[Plugin], settings: str):
    try:
        given = json.loads(settings)
    except ValueError as error:
        raise Refused("settings.unreadable", f"expected JSON: {error}") from error
    known = [key.name for key in fields(plugin.Settings)]
    for key in given:
        if key not in known:
            raise Refused("settings.unknown-key", f"expected one of {', '.join(known) or 'no key'}, found `{key}`")
    return plugin.Settings(**given)


def schema_of(settings: type) -> dict:
    """The JSON schema of a class of settings: types from annotations, help from `setting`."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}
    types, defaults, properties = get_type_hints(settings), asdict(settings()), {}
    for key in fields(settings):
        of = types[key.name]
        form = {"type": names.get(get_origin(of) or of, "array")}
        if form["type"] == "array":
            form["items"] = {"type": names[get_args(of)[0]]}
        properties[key.name] = {**form, "default": defaults[key.name], **key.metadata}
    return {"type": "object", "additionalProperties": False, "default": defaults, "properties": properties}


def descriptor_of(plugin: type[Plugin]) -> str:
    words = ["id", "kind", "revision", "version", "license", "summary"]
    said = {word: getattr(plugin, word) for word in words}
    said["settings"] = schema_of(plugin.Settings)
    said["examples"] = [asdict(case) for case in plugin.examples]
    return json.dumps(said, ensure_ascii=False)


def register(*plugins: type[Plugin]) -> None:
    """Puts plugins of one kind where componentize-py looks for them: `Describe` in the file that it was
    given, and `Opened` in a module that is named as the kind."""

    class Describe:
        def describe(self):
            return [descriptor_of(plugin) for plugin in plugins]

    kind = ModuleType(plugins[0].kind)
    kind.Opened = type("Opened", (Opened,), {"plugins": plugins})
    sys.modules[kind.__name__] = kind
    sys.modules[plugins[0].__module__].Describe = Describe
