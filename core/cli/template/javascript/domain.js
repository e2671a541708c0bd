// Terms of a list, as spans: the rules find them, a model learns to find others like them.

import { Refused, annotated, plugin, setting } from "./engraft.js";

export const { describe, domain } = plugin({
  kind: "domain",
  id: "{{name}}",
  summary: "Terms of a list as spans.",
  // The keys of its table in a run file.
  settings: {
    labels: setting(["Animal", "Plant"], "The labels, in the order of the model's outputs."),
    terms: setting({ Animal: ["cat", "dog"], Plant: ["oak", "rose"] }, "Words that the rules know, by label.", {
      additionalProperties: { type: "array", items: { type: "string" } },
    }),
  },

  open({ labels, terms }) {
    if (labels.length === 0) throw new Refused("settings.labels", "`labels`: expected one label or more, found none");
    const unknown = Object.keys(terms).find((label) => !labels.includes(label));
    if (unknown !== undefined) {
      throw new Refused("settings.terms", `\`terms\`: expected labels of \`labels\` (${labels}), found \`${unknown}\``);
    }
    const entries = Object.entries(terms).flatMap(([label, words]) => words.map((word) => [word.toLowerCase(), label]));
    return { labels, labelOf: new Map(entries) };
  },

  // What the model learns, and which score decides.
  task({ labels }) {
    return { kind: "tokens", labels, decides: "entity-f1.f1" };
  },

  // A row of the data file becomes examples: a text and its spans.
  adapt({ id, text, spans }) {
    return [{ id, text, spans }];
  },

  // What can be said without a model: the baseline to beat.
  rules({ text }, { labelOf }) {
    const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map(({ 0: word, index: start }) => {
      return { start, end: start + word.length, label: labelOf.get(word.toLowerCase()) };
    });
    return { spans: words.filter(({ label }) => label !== undefined) };
  },

  examples: [
    {
      title: "a row becomes an example",
      input: { id: "1", fields: [["text", "A cat."], ["spans", '[[2, 5, "Animal"]]']] },
      expect: [{ id: "1", ...annotated("A cat.", ["cat", "Animal"]) }],
    },
    {
      title: "the rules know the terms",
      input: { rules: { text: "An oak, a dog." } },
      expect: { spans: annotated("An oak, a dog.", ["oak", "Plant"], ["dog", "Animal"]).spans },
    },
  ],
});
