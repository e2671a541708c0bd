// Tabs become spaces.

import { Refused, plugin, setting } from "./engraft.js";

export const { describe, preprocessor } = plugin({
  kind: "preprocessor",
  id: "{{name}}",
  summary: "Turns tabs into spaces.",
  // The keys of its table in a run file.
  settings: {
    spaces: setting(1, "How many spaces a tab becomes.", { type: "integer", minimum: 0 }),
  },

  open({ spaces }) {
    if (spaces > 16) throw new Refused("settings.spaces", `\`spaces\`: expected at most 16, found ${spaces}`);
    return { into: " ".repeat(spaces) };
  },

  // Says which part of the text becomes what; the host applies it and moves the spans.
  clean({ text }, { into }) {
    return [...text.matchAll(/\t/g)].map(({ index }) => ({ start: index, end: index + 1, text: into }));
  },

  examples: [
    { title: "a tab becomes a space", input: { text: "fever\t3 days" }, expect: { text: "fever 3 days" } },
    { title: "or several", settings: { spaces: 2 }, input: { text: "a\tb" }, expect: { text: "a  b" } },
  ],
});
