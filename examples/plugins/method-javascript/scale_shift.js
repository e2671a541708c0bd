// Scaling and shifting of features: every linear layer's output is scaled and moved, feature by feature.
//
//   y' = y ⊙ (1 + s) + b        s, b: out, zeros, so that training starts from the base model
//
// A handful of numbers a layer, and none of it stays: it is affine in y, so `engraft merge` writes it into weight and
// bias. Source: Lian, Zhou, Feng and Wang 2022, "Scaling & Shifting Your Features" (arXiv:2210.08823), who train one
// more pair after every norm.

import { Refused, plugin, setting } from "./engraft.js";

const ID = "scale-shift";

export const { describe, method } = plugin({
  kind: "method",
  id: ID,
  summary: "Scales and shifts the features that linear layers give.",
  // The keys of its table in a run file.
  settings: {
    targets: setting(["query", "key", "value", "dense"], "The last words of the names of the layers that are scaled."),
    shift: setting(true, "Whether they are shifted too."),
  },

  // The mathematics, which the engine computes, on CPU or GPU, gradients included.
  plan({ sites }, { targets, shift }) {
    const linears = sites.filter(({ kind }) => kind === "linear").map(({ name }) => name);
    const select = linears.filter((name) => targets.includes(name.split(".").pop()));
    if (select.length === 0) throw new Refused("plan.no-site", `expected layers named ${targets}, found ${linears}`);
    const parameter = (name, key) => ({ name, shape: ["out"], init: "zeros", key: `{site}.${key}` });
    const scale = [["change", "mul", "y", "s"], ["scaled", "add", "y", "change"]];
    const graft = {
      name: "scale",
      at: { kind: "linear", select },
      parameters: shift ? [parameter("s", "scale"), parameter("b", "shift")] : [parameter("s", "scale")],
      steps: shift ? [...scale, ["moved", "add", "scaled", "b"]] : scale,
      gives: { output: shift ? "moved" : "scaled" },
    };
    return { schema: "engraft.plan/1", method: ID, grafts: [graft], save: { format: "engraft" } };
  },

  examples: [
    {
      title: "keys and values of two layers, 32 wide: 2 · 2 · (32 + 32) numbers",
      settings: { targets: ["key", "value"] },
      input: { model: "tiny-bert" },
      expect: { grafts: { scale: 4 }, trained: 256, saved: "engraft" },
    },
    {
      title: "the same, not shifted",
      settings: { targets: ["key", "value"], shift: false },
      input: { model: "tiny-bert" },
      expect: { grafts: { scale: 4 }, trained: 128, saved: "engraft" },
    },
    {
      title: "a layer that is not there",
      settings: { targets: ["gate_proj"] },
      input: { model: "tiny-bert" },
      expect: { error: "plan.no-site" },
    },
  ],
});
