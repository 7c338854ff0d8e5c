"""`ludus fit`: train a model that an environment's slot can be filled with."""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from ludus.envs.command_line import import_all
from ludus.scripts.support.progress import train_with_bar
from ludus.scripts.support.subcommands import choose
from ludus.scripts.support.terminal import plain_console
from ludus.utils.files import quote
from ludus.utils.memory import keep_memory

DESCRIPTION = """Train a model that can fill a slot of an environment, or go on with a training that was stopped.

  ludus fit vision/classify --data fashion-mnist --out models/garments
  ludus fit vision/classify --out models/garments --resume
  ludus fit vision/classify --recipe runs/tune/winner.yaml --out models/garments

Ctrl-C saves and stops. OUT becomes a component (config.json, weights.safetensors); OUT.training holds the recipe
(fit.yaml, with every setting that --set takes), the checkpoints, and curves: tensorboard --logdir OUT.training"""

# Name -> module (see `training/command.py`), and what is learned.
NEURAL = "ludus.forecasting.tasks.neural_command"
SOLVE = "ludus.forecasting.tasks.solve_command"
TASKS = {
    "forecasting/conformal": (f"{SOLVE}:conformal", "how sure is a forecast? intervals around a saved forecaster"),
    "forecasting/detect": ("ludus.forecasting.tasks.detect_command", "what does not belong there? alarms in a stream"),
    "forecasting/dlinear": (f"{NEURAL}:dlinear", "what comes next? a linear map each of trend and rest"),
    "forecasting/ensemble": (f"{SOLVE}:ensemble", "what comes next? the mean of several forecasters"),
    "forecasting/fracast": (f"{SOLVE}:fracast", "what comes next? a pretrained forecaster"),
    "forecasting/gru": (f"{NEURAL}:gru", "what comes next? a recurrent network over pieces of the past"),
    "forecasting/lear": (f"{SOLVE}:lear", "what comes next? a LASSO for each hour of the coming day"),
    "forecasting/linear": (f"{SOLVE}:linear", "what comes next? a linear map of the past, in closed form"),
    "forecasting/mean": (f"{SOLVE}:mean", "what comes next? the mean of the same hour, weekday or month"),
    "forecasting/mlp": (f"{NEURAL}:mlp", "what comes next? dense layers over lagged days and what is known"),
    "forecasting/naive": (f"{SOLVE}:naive", "what comes next? the last row again"),
    "forecasting/nlinear": (f"{NEURAL}:nlinear", "what comes next? a linear map of what differs from the last value"),
    "forecasting/patchtst": (f"{NEURAL}:patchtst", "what comes next? a transformer over patches of the past"),
    "forecasting/periodic": (f"{SOLVE}:periodic", "what comes next? a linear map of past periods, in closed form"),
    "forecasting/seasonal": (f"{SOLVE}:seasonal", "what comes next? the season before again"),
    "nlp/complete": ("ludus.nlp.tasks.complete_command", "what comes next in a text? transformer, RNN, GRU, LSTM"),
    "nlp/translate": ("ludus.nlp.tasks.translate_command", "what does it mean in another language? a transformer"),
    "nlp/encode": ("ludus.nlp.tasks.encode_command:encode", "which vector is a text? by a model that was fitted"),
    "nlp/understand": ("ludus.nlp.tasks.understand_command", "what was meant, and which words say what?"),
    "nlp/wordllama": ("ludus.nlp.tasks.encode_command:wordllama", "which vector is a text? pretrained ones"),
    "vision/classify": ("ludus.vision.tasks.classify_command", "which class is in the picture?"),
    "vision/detect": ("ludus.vision.tasks.detect_command", "what lies where in the picture, and how?"),
    "vision/generate": ("ludus.vision.tasks.generate_command", "what do pictures of a class look like? from noise"),
    "vision/read": (
        "ludus.vision.tasks.read_command",
        "what does the simulator know of what its own pictures show?",
    ),
}


def main(arguments: list[str]) -> int:
    task, options = choose("fit", "task", DESCRIPTION, TASKS, arguments)
    if not options.out:
        raise ValueError("where to? --out FOLDER, such as --out models/garments")
    import_all(options.imports)
    return train(begin(task, options, Path(options.out)), plain_console())


def begin(task: Any, options: Any, out: Path) -> Any:
    """A new training, by the options or by a file, or one that was stopped."""
    if options.resume:
        options.check_resume()
        return task.fit_class().open(out)
    if options.recipe is not None:
        return options.start_from_recipe(task.fit_class(), out)
    return task.start_fit(options, out)


def train(fit: Any, console: Console) -> int:
    """Train with a progress bar; says how the training ended and what can be done next."""
    keep_memory()
    status, result = train_with_bar(fit, fit.TASK, console)
    if status:
        return status
    component, summary = result
    console.print(str(summary))
    console.print(
        f"Component: {quote(fit.out)} ({component.fingerprint[:12]})    "
        f"Curves: tensorboard --logdir {quote(fit.folder)}",
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run as run_script

    sys.exit(run_script(main, sys.argv[1:]))
