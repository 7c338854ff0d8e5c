"""`ludus study`: small experiments over several seeds, each a table and a picture."""

import sys

from rich.console import Console

from ludus.scripts.support.subcommands import choose

DESCRIPTION = """Small experiments over several seeds; each prints a table and leaves a picture and a CSV.

  ludus study drift --seeds 5 --out results
  ludus study regret ludus/Sorter-v0 --slot perception=truth,models/garments,noisy:0.1,noisy:0.3,blind"""

# Name -> module (see `studies/command.py`), and what it asks.
STUDIES = {
    "drift": ("ludus.studies.drift", "the force of CartPole reverses: does epsilon's rise help?"),
    "bandit": ("ludus.studies.bandit", "ten arms: what it costs never to try, and how fast to forget"),
    "randomisation": ("ludus.studies.randomisation", "Pendulum: training on many masses or on one, judged on others"),
    "presets": ("ludus.studies.presets", "what every tuned agent earns, trained anew"),
    "forecasting": ("ludus.studies.forecasting", "how far forecasts are from what came, beside published ones"),
    "decision-value": ("ludus.studies.decision_value", "what a better forecast or detector earns who decides by it"),
    "generation": ("ludus.studies.generation", "how good generated pictures are, and what more steps are worth"),
    "features": ("ludus.studies.features", "what the layers of a fitted classifier look for, in pictures"),
    "layers": (
        "ludus.studies.layers",
        "dense, pooled, strided, globally pooled: what layers are for, at equal parameters",
    ),
    "rnn-vs-transformer": (
        "ludus.studies.rnn_vs_transformer",
        "one text, four models: loss, speed by length, and how far back they look",
    ),
    "regularisers": ("ludus.studies.regularisers", "what keeps a net from learning its pictures by heart"),
    "calibration": ("ludus.studies.trust.calibration", "is a component right as often as it is sure?"),
    "asking": ("ludus.studies.trust.asking", "what it is worth to ask where a component is not sure"),
    "regret": ("ludus.studies.regret", "what a sense is worth, to a policy of the truth's and to its own"),
}


def main(arguments: list[str]) -> int:
    study, options = choose("study", "study", DESCRIPTION, STUDIES, arguments)
    return study.run(options, Console(highlight=False))


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
