// Typographic quotes, dashes, ligatures and full-width letters become what a keyboard types: a text from a word
// processor or a PDF then reads as the one that a model was trained on.
//
// Each edit replaces one character, so none cuts a span.

import { Refused, annotated, plugin, setting } from "./engraft.js";

const QUOTES = { "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'" };
const DASHES = "‐‑‒–—―−";
const LIGATURES = { ﬀ: "ff", ﬁ: "fi", ﬂ: "fl", ﬃ: "ffi", ﬄ: "ffl", ﬅ: "st", ﬆ: "st", "…": "..." };
const FULL_WIDTH = /[０-９Ａ-Ｚａ-ｚ％＋－．／＜＝＞]/u; // Punctuation of Chinese and Japanese stays.

export const { describe, preprocessor } = plugin({
  kind: "preprocessor",
  id: "quotes",
  summary: "Unifies typographic quotes, dashes, ligatures and full-width letters.",
  version: "1.0.0",
  settings: {
    quotes: setting(true, "Makes quotes straight."),
    dash: setting("-", "What stands in the place of a dash; empty leaves dashes."),
    ligatures: setting(true, "Spells ligatures and the ellipsis out."),
    full_width: setting(true, "Makes full-width letters, digits and signs narrow."),
  },

  // A table of what becomes what.
  open({ quotes, dash, ligatures, full_width }) {
    if ([...dash].some((character) => DASHES.includes(character))) {
      throw new Refused("settings.dash", `\`dash\`: expected other characters than those it replaces, found “${dash}”`);
    }
    const dashes = Object.fromEntries([...DASHES].map((character) => [character, dash]));
    const table = new Map(Object.entries({ ...(quotes && QUOTES), ...(dash && dashes), ...(ligatures && LIGATURES) }));
    return { table, full_width };
  },

  clean({ text }, { table, full_width }) {
    const edits = [];
    let at = 0;
    for (const character of text) {
      const isWide = full_width && FULL_WIDTH.test(character);
      const into = isWide ? String.fromCharCode(character.charCodeAt(0) - 0xfee0) : table.get(character);
      if (into !== undefined) edits.push({ start: at, end: at + character.length, text: into });
      at += character.length;
    }
    return edits;
  },

  examples: [
    {
      title: "what a word processor writes",
      input: annotated("“No ﬁbrillation” – father’s gout…", ["ﬁbrillation", "Disease"], ["gout", "Disease"]),
      expect: annotated(`"No fibrillation" - father's gout...`, ["fibrillation", "Disease"], ["gout", "Disease"]),
    },
    {
      title: "full-width forms, behind an emoji; Chinese punctuation stays",
      input: annotated("🏥 ＨｂＡ１ｃ：７．２％，发热。", ["ＨｂＡ１ｃ", "Procedure"], ["发热", "Symptom"]),
      expect: annotated("🏥 HbA1c：7.2%，发热。", ["HbA1c", "Procedure"], ["发热", "Symptom"]),
    },
    {
      title: "dashes only, into two hyphens",
      settings: { quotes: false, dash: "--" },
      input: { text: "“so — gout”" },
      expect: { text: "“so -- gout”" },
    },
  ],
});
