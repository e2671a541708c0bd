// A gate on the output of linear layers: y' = y ⊙ (1 + g), with g (out) zeros at first.
//
// Only the gates and the task head train.

import { Refused, plugin, setting } from "./engraft.js";

const ID = "{{name}}";

export const { describe, method } = plugin({
  kind: "method",
  id: ID,
  summary: "Trains a gate on the output of linear layers.",
  // The keys of its table in a run file.
  settings: {
    targets: setting(["key", "value"], "The last words of the names of the layers that get a gate."),
  },

  // The mathematics, which the engine computes, on CPU or GPU, gradients included.
  plan({ sites }, { targets }) {
    const linears = sites.filter(({ kind }) => kind === "linear").map(({ name }) => name);
    const select = linears.filter((name) => targets.includes(name.split(".").pop()));
    if (select.length === 0) throw new Refused("plan.no-site", `expected layers named ${targets}, found ${linears}`);
    const gate = {
      name: "gate",
      at: { kind: "linear", select },
      parameters: [{ name: "g", shape: ["out"], init: "zeros", key: "{site}.gate" }],
      steps: [["gated", "mul", "y", "g"], ["sum", "add", "y", "gated"]],
      gives: { output: "sum" },
    };
    return { schema: "engraft.plan/1", method: ID, grafts: [gate], save: { format: "engraft" } };
  },

  examples: [
    {
      title: "keys and values of two layers, 32 wide",
      input: { model: "tiny-bert" },
      expect: { grafts: { gate: 4 }, trained: 128, saved: "engraft" },
    },
    {
      title: "a layer that is not there",
      settings: { targets: ["gate_proj"] },
      input: { model: "tiny-bert" },
      expect: { error: "plan.no-site" },
    },
  ],
});
