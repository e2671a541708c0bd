"""A gate on the output of linear layers: y' = y ⊙ (1 + g), with g (out) zeros at first.

Only the gates and the task head train.
"""

from dataclasses import dataclass

from engraft import Case, Method, Refused, register, setting


@dataclass
class Settings:
    """The keys of its table in a run file."""

    targets: list[str] = setting(["key", "value"], "The last words of the names of the layers that get a gate.")


class Gate(Method):
    id = "{{name}}"
    summary = "Trains a gate on the output of linear layers."
    Settings = Settings

    def plan(self, model):
        """The mathematics, which the engine computes, on CPU or GPU, gradients included."""
        linears = [site["name"] for site in model["sites"] if site["kind"] == "linear"]
        sites = [name for name in linears if name.rsplit(".", 1)[-1] in self.settings.targets]
        if not sites:
            raise Refused("plan.no-site", f"expected layers named {self.settings.targets}, found {linears}")
        gate = {
            "name": "gate",
            "at": {"kind": "linear", "select": sites},
            "parameters": [{"name": "g", "shape": ["out"], "init": "zeros", "key": "{site}.gate"}],
            "steps": [["gated", "mul", "y", "g"], ["sum", "add", "y", "gated"]],
            "gives": {"output": "sum"},
        }
        return {"schema": "engraft.plan/1", "method": self.id, "grafts": [gate], "save": {"format": "engraft"}}

    examples = [
        Case(
            "keys and values of two layers, 32 wide",
            {"model": "tiny-bert"},
            {"grafts": {"gate": 4}, "trained": 128, "saved": "engraft"},
        ),
        Case(
            "a layer that is not there",
            {"model": "tiny-bert"},
            {"error": "plan.no-site"},
            settings={"targets": ["gate_proj"]},
        ),
    ]


register(Gate)
