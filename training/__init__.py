"""The one machinery of training, on which fits of components and runs of agents stand. It knows no task's data.

For both: checkpoints (`checkpoint`, `trees`), logs that are cut back (`event_log`), a folder that one process holds
(`folders`), `progress`, and `settings` with their YAML. For fits: the `recipe`, `batches` by step, `optimizers`, the
`learner` that takes the steps, the `fit` that can be killed, and the `cost` of what came out.

A new task is a module in `tasks/` of its package (`vision`, `nlp`, `forecasting`), `ludus fit PACKAGE/TASK`, with

    a Recipe    a frozen dataclass with the task's settings; ``component`` is the class of what is trained,
                ``FROM_DATA`` names those of its arguments that follow from the data, ``GIVEN`` the fields that are
                options of the command
    batches     a ``Shuffled`` whose ``batch(step)`` makes tensors of ``rows(step)``, with a
                ``generator(seed, "…", step)`` for all that is random
    a Learner   ``loss_of(batch, step)``
    a Fit       ``TASK``, ``RECIPE``, ``load``, ``prepare``, ``judge`` after each epoch, and ``finish``, which returns
                a summary with a naive baseline beside the figures

and nothing else: exact resume, the device, mixed precision, averages, curves and the refusals come from here.
`tests/support/toys/training_toy.py` is the smallest one.

The public names are read from their modules when they are asked for, because those import torch.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "Recipe": "recipe",
    "Learner": "learner",
    "Fit": "fit",
    "Shuffled": "batches",
    "generator": "batches",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
