// Typing errors: two neighboring letters outside of spans swap places.

import { Refused, annotated, plugin, setting } from "./engraft.js";

const PAIR = /(?=(\p{L})(\p{L}))/gu;

export const { describe, augmenter } = plugin({
  kind: "augmenter",
  id: "{{name}}",
  summary: "Swaps two neighboring letters outside of labelled spans.",
  // The keys of its table in a run file.
  settings: {
    variations: setting(1, "How many variants of each text are made.", { type: "integer", minimum: 0 }),
  },

  open({ variations }) {
    if (variations <= 100) return { variations };
    throw new Refused("settings.variations", `\`variations\`: expected at most 100, found ${variations}`);
  },

  // All chance comes from `random`, which the host seeds: the same seed, the same variants.
  augment({ text, spans }, random, { variations }) {
    const free = new Array(text.length).fill(true);
    for (const { start, end } of spans) free.fill(false, start, end);
    const swaps = [...text.matchAll(PAIR)]
      .filter(([, left, right]) => left !== right)
      .map(({ index: start, 1: left, 2: right }) => ({ start, end: start + (left + right).length, text: right + left }))
      .filter(({ start, end }) => free.slice(start, end).every(Boolean));
    if (swaps.length === 0) return [];
    return Array.from({ length: variations }, () => ({ edits: [random.choose(swaps)] }));
  },

  examples: [
    {
      title: "letters swap, spans stay as they are",
      input: { example: annotated("Ab gout", ["gout", "Disease"]), seed: 1 },
      expect: [annotated("bA gout", ["gout", "Disease"])],
    },
    {
      title: "where nothing may change, there is no variant",
      input: { example: annotated("gout", ["gout", "Disease"]), seed: 1 },
      expect: [],
    },
  ],
});
