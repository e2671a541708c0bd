// What a plugin in JavaScript needs of Engraft: plain objects for the author, WIT for the host.
//
// Offsets are indices of JavaScript strings (UTF-16); the host counts bytes of UTF-8, and this file turns one into
// the other. A plugin is one call of `plugin({ kind, id, … })`, exported under the names that it returns. An item is
// refused with `throw new Refused(code, why)`; any other error is a failure of the plugin and ends the run.
//
// An example is `{ id, text, spans: [{ start, end, label }], labels, fields: { name: value } }`; a prediction is
// `{ spans: [{ start, end, label, score }], labels: [{ label, score }], text, fields }`. An edit
// `{ start, end, text }` puts `text` in the place of `start..end`; edits ascend and do not overlap.

/** One item, or the settings, cannot be used: a dotted code, and what was expected and found. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const U64 = (number) => BigInt.asUintN(64, number);

/** The host's random numbers (SplitMix64): the same from the same seed in every language. */
export class Random {
  constructor(seed) {
    this.state = BigInt(seed);
  }

  /** 64 random bits, as a BigInt. */
  bits() {
    this.state = U64(this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = U64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = U64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** A number from 0 up to 1, which it never is. */
  uniform() {
    return Number(this.bits() >> 11n) / 2 ** 53;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound) {
    return Number((this.bits() * BigInt(bound)) >> 64n);
  }

  /** True with probability `p`. */
  chance(p) {
    return this.uniform() < p;
  }

  /** One of the items, or `undefined` of an empty list. */
  choose(items) {
    return items[this.below(items.length)];
  }

  /** Puts the items in random order. */
  shuffle(items) {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
  }
}

// ---- What a plugin says of itself ----

/** A key of the plugin's table in a run file. `schema`: further words of JSON schema, `{ minimum: 1 }`. */
export function setting(value, description, schema = {}) {
  return { ...form(value), default: value, description, ...schema };
}

/** The type of a default. A whole number makes a `number`; ask for whole ones with `{ type: "integer" }`. */
function form(value) {
  if (!Array.isArray(value)) return { type: typeof value };
  return value.length > 0 ? { type: "array", items: form(value[0]) } : { type: "array" };
}

/**
 * An example for the `examples` of a plugin, whose offsets are bytes: `annotated("no fever", ["fever", "Symptom"])`.
 * Marks stand in the order of the text.
 */
export function annotated(text, ...marks) {
  const at = new Offsets(text);
  let end = 0;
  const spans = marks.map(([words, label]) => {
    const start = text.indexOf(words, end);
    if (start < 0) throw new RangeError(`expected a part of the text, found “${words}”`);
    end = start + words.length;
    return { start: at.byte(start), end: at.byte(end), label };
  });
  return { text, spans };
}

const REVISIONS = { preprocessor: 1, augmenter: 1, metric: 1, domain: 1, method: 0 };

/**
 * What a component of one plugin exports: `export const { describe, preprocessor } = plugin({ … })`.
 *
 * `kind`, `id`, `summary`; `version`, `license`; `settings` made by `setting`; `examples` of
 * `{ title, settings, input, expect }`; `open(settings, task)`, which checks settings and gives what the other
 * functions are handed as their last argument, else the settings; and the functions of the kind:
 *
 * - preprocessor: `clean(example, opened)`, the edits.
 * - augmenter: `augment(example, random, opened)`, a list of `{ edits }` or `{ text, spans }`, each with `labels`
 *   where they are other than the old ones. `{ holes, edits, variants }` leaves places for words that the run's own
 *   masked language model draws (`grant = ["fill-mask"]`): a hole is `{ start, end, temperature, topK, exclude }`, the
 *   last three 1, 0 (of all words) and none where they are left out.
 * - metric: `tally(gold, predicted, opened)`, a row of numbers, always as many; `scores(rows, opened)`, of any rows,
 *   of none too, a list of `{ name, value, higherIsBetter }`, the last true if it is left out.
 * - domain: `task(opened)`, `adapt(row, opened)`, a list of examples, of `{ id, fields }`;
 *   `rules(example, opened)` and `refine(example, prediction, opened)`, predictions, which may be left out.
 * - method: `plan(model, opened)`; model map and plan as the page on plans has them.
 */
export function plugin(about) {
  const { kind, id, summary, version = "0.1.0", license = "MIT OR Apache-2.0", settings = {}, examples = [] } = about;
  const defaults = Object.fromEntries(Object.entries(settings).map(([key, { default: value }]) => [key, value]));
  const schema = { type: "object", additionalProperties: false, default: defaults, properties: settings };
  const cases = examples.map((example) => ({ settings: {}, ...example }));
  const said = { id, kind, revision: REVISIONS[kind], version, license, summary, settings: schema, examples: cases };

  /** The resource of the kind. */
  class Opened extends KINDS[kind](about) {
    static open(id, json, task = "null") {
      return refusing(() => {
        const opened = new Opened();
        const values = { ...defaults, ...known(settings, json) };
        opened.state = about.open ? about.open(values, JSON.parse(task)) : values;
        return opened;
      });
    }
  }
  return { describe: { describe: () => [JSON.stringify(said)] }, [kind]: { Opened } };
}

function known(settings, json) {
  let given;
  try {
    given = JSON.parse(json);
  } catch (error) {
    throw new Refused("settings.unreadable", `expected JSON: ${error.message}`);
  }
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(settings, key));
  if (unknown === undefined) return given;
  const names = Object.keys(settings).join(", ") || "no key";
  throw new Refused("settings.unknown-key", `expected one of ${names}, found \`${unknown}\``);
}

// ---- Between the plugin and the host ----

/** Indices of a JavaScript string, and the bytes of its UTF-8. Up to the first character beyond ASCII, they agree. */
class Offsets {
  constructor(text) {
    this.text = text;
  }

  /** How far indices are bytes. Counting characters here is slow; looking for one is not. */
  get plain() {
    const first = this.text.search(/[^\x00-\x7f]/);
    const plain = first < 0 ? this.text.length : first;
    Object.defineProperty(this, "plain", { value: plain });
    return plain;
  }

  /** For each index from `plain` on, its byte. */
  get bytes() {
    const { text, plain } = this;
    const bytes = new Uint32Array(text.length - plain + 1);
    bytes[0] = plain;
    for (let at = 0; at < bytes.length - 1; at++) {
      const code = text.charCodeAt(plain + at);
      // A character beyond U+FFFF is two indices and four bytes; between the two lies no character's edge.
      const isHalf = code >= 0xd800 && code < 0xe000;
      bytes[at + 1] = bytes[at] + (code < 0x80 ? 1 : code < 0x800 || isHalf ? 2 : 3);
    }
    Object.defineProperty(this, "bytes", { value: bytes });
    return bytes;
  }

  byte(index) {
    if (Number.isInteger(index) && index >= 0 && index <= this.plain) return index;
    const byte = this.bytes[index - this.plain];
    if (byte !== undefined) return byte;
    throw new RangeError(`expected an index from 0 to ${this.text.length}, found ${index}`);
  }

  index(byte) {
    if (byte <= this.plain) return byte;
    let [from, to] = [0, this.bytes.length - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.bytes[middle] < byte) from = middle + 1;
      else to = middle;
    }
    if (this.bytes[from] !== byte) throw new RangeError(`byte ${byte} begins no character`);
    return from + this.plain;
  }

  edits(edits) {
    return edits.map(({ start, end, text }) => ({ start: this.byte(start), end: this.byte(end), text }));
  }

  holes(holes) {
    return holes.map(({ start, end, temperature = 1, topK = 0, exclude = [] }) => {
      return { start: this.byte(start), end: this.byte(end), temperature, topK, exclude };
    });
  }

  toSpans(spans) {
    return spans.map(({ start, end, label }) => ({ start: this.byte(start), end: this.byte(end), label }));
  }

  fromSpans(spans) {
    return spans.map(({ start, end, label }) => ({ start: this.index(start), end: this.index(end), label }));
  }
}

/** Of two fields of one name, the first counts. */
const fromFields = (fields) => Object.fromEntries([...fields].reverse().map(({ name, value }) => [name, value]));
const toFields = (fields = {}) => Object.entries(fields).map(([name, value]) => ({ name, value }));

function fromExample({ id, text, spans, labels, fields }) {
  return { id, text, spans: new Offsets(text).fromSpans(spans), labels, fields: fromFields(fields) };
}

function toExample({ id, text, spans = [], labels = [], fields }) {
  return { id, text, spans: new Offsets(text).toSpans(spans), labels, fields: toFields(fields) };
}

function fromPrediction({ spans, labels, text, fields }, of) {
  const bounds = new Offsets(of).fromSpans(spans.map(({ span }) => span));
  const scored = bounds.map((span, at) => ({ ...span, score: spans[at].score }));
  return { spans: scored, labels, text, fields: fromFields(fields) };
}

function toPrediction({ spans = [], labels = [], text, fields }, of) {
  const bounds = new Offsets(of).toSpans(spans);
  const scored = bounds.map((span, at) => ({ span, score: spans[at].score ?? 1 }));
  return { spans: scored, labels, text, fields: toFields(fields) };
}

/** A row's `fields`, and what they hold as Engraft's own domains read it. */
function fromRow({ id, fields: given }) {
  const fields = fromFields(given);
  return {
    id,
    fields,
    get text() {
      if (fields.text !== undefined) return fields.text;
      throw new Refused("row.no-text", `the record has no field \`text\`; it has ${Object.keys(fields).sort()}`);
    },
    /** Of the field `spans`: objects or triples, whose offsets are bytes in the data file. */
    get spans() {
      const at = new Offsets(this.text);
      try {
        const triple = (span) => (Array.isArray(span) ? span : [span.start, span.end, span.label]);
        const spans = JSON.parse(fields.spans ?? "[]").map(triple);
        const found = at.fromSpans(spans.map(([start, end, label]) => ({ start, end, label })));
        return found.sort((a, b) => a.start - b.start || a.end - b.end);
      } catch (error) {
        throw new Refused("row.bad-spans", `expected spans of this text: ${error.message}`);
      }
    },
  };
}

function toVariation({ edits, holes, variants = 1, text, spans = [], labels }, of) {
  const at = new Offsets(of);
  const filled = () => ({ holes: at.holes(holes), edits: at.edits(edits ?? []), variants });
  const rewrite = () => ({ text, spans: new Offsets(text).toSpans(spans) });
  if (holes) return { body: { tag: "holes", val: filled() }, labels };
  return { body: edits ? { tag: "edits", val: at.edits(edits) } : { tag: "rewrite", val: rewrite() }, labels };
}

/** Answers, or throws what the host reads as an error. */
function refusing(answer) {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Refused) throw { code: error.code, message: error.message };
    throw error;
  }
}

/** One answer an item, or its refusal. */
function each(batch, answer) {
  return batch.map((item) => {
    try {
      return { tag: "ok", val: answer(item) };
    } catch (error) {
      if (error instanceof Refused) return { tag: "err", val: { code: error.code, message: error.message } };
      throw error;
    }
  });
}

/** The resource of each kind around the functions of a plugin. */
const KINDS = {
  preprocessor: ({ clean }) =>
    class {
      clean(batch) {
        return each(batch, (item) => new Offsets(item.text).edits(clean(fromExample(item), this.state)));
      }
    },
  augmenter: ({ augment }) =>
    class {
      augment(batch) {
        return each(batch, ({ example, seed }) => {
          const variations = augment(fromExample(example), new Random(seed), this.state);
          return variations.map((variation) => toVariation(variation, example.text));
        });
      }
    },
  metric: ({ tally, scores }) =>
    class {
      tally(batch) {
        return each(batch, ({ gold, predicted }) => {
          const row = tally(fromExample(gold), fromPrediction(predicted, gold.text), this.state);
          return row.map(Number);
        });
      }
      scores(rows) {
        const all = refusing(() => scores(rows.map((row) => [...row]), this.state));
        return all.map(({ name, value, higherIsBetter = true }) => ({ name, value, higherIsBetter }));
      }
    },
  domain: ({ task, adapt, rules = () => undefined, refine = (_, prediction) => prediction }) =>
    class {
      task() {
        return JSON.stringify(task(this.state));
      }
      adapt(batch) {
        return each(batch, (row) => adapt(fromRow(row), this.state).map(toExample));
      }
      rules(batch) {
        return each(batch, (item) => {
          const said = rules(fromExample(item), this.state);
          return said === undefined ? undefined : toPrediction(said, item.text);
        });
      }
      refine(batch) {
        return each(batch, ([example, prediction]) => {
          const given = fromPrediction(prediction, example.text);
          return toPrediction(refine(fromExample(example), given, this.state), example.text);
        });
      }
    },
  method: ({ plan }) =>
    class {
      plan(model) {
        return refusing(() => JSON.stringify(plan(JSON.parse(model), this.state)));
      }
    },
};
