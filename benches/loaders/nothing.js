// The same in JavaScript: it reads its example and changes nothing.

import { Refused, plugin } from "./engraft.js";

const example = (title) => ({ title, input: { text: "no fever" }, expect: { text: "no fever" } });

export const { describe, preprocessor } = plugin({
  kind: "preprocessor",
  id: "nothing",
  summary: "Changes nothing.",
  examples: [example("nothing changes"), example("nor here")],

  open: () => ({}),

  clean({ text, spans }) {
    const covered = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    if (covered > text.length) throw new Refused("spans", "they overlap");
    return [];
  },
});
