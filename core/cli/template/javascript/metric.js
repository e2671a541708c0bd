// The share of texts of which every predicted span is right and none is missing.

import { annotated, plugin, setting } from "./engraft.js";

const gout = annotated("gout", ["gout", "Disease"]);
const asa = annotated("no ASA", ["ASA", "Drug"]);
const input = {
  task: { kind: "tokens", labels: ["Disease", "Drug"] },
  pairs: [
    { gold: gout, predicted: { spans: gout.spans } },
    { gold: asa, predicted: {} },
  ],
};

export const { describe, metric } = plugin({
  kind: "metric",
  id: "{{name}}",
  summary: "The share of texts whose spans are all right.",
  // The keys of its table in a run file.
  settings: {
    label: setting("", "Only spans of this label count; all where it is empty."),
  },

  // One number a text: whether it is right.
  tally(gold, predicted, { label }) {
    return [counted(gold.spans, label) === counted(predicted.spans, label) ? 1 : 0];
  },

  // The rows may be any of the texts, in any order.
  scores(rows) {
    const right = rows.reduce((sum, [right]) => sum + right, 0);
    return [{ name: "exact", value: right / Math.max(rows.length, 1) }];
  },

  examples: [
    { title: "one of two texts is right", input, expect: { exact: 0.5 } },
    { title: "of one label", settings: { label: "Disease" }, input, expect: { exact: 1 } },
  ],
});

/** Spans of a label as one text, which is the same for the same spans. */
function counted(spans, label) {
  const of = spans.filter((span) => label === "" || span.label === label);
  return JSON.stringify([...new Set(of.map(({ start, end, label }) => `${start} ${end} ${label}`))].sort());
}
