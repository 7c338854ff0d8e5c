"""The loop of a fit: Lightning's, without anything that it would write."""

import logging
import warnings

import lightning

from .learner import Learner


def run(learner: Learner, keeper: lightning.Callback) -> None:
    """Take the steps that are left; ``keeper`` saves, reports, logs and stops between two of them."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # its lines on hardware and tips
    done = learner.step // len(learner.batches)
    trainer = lightning.Trainer(
        accelerator=learner.recipe.device,
        devices=1,
        precision="bf16-mixed" if learner.recipe.precision == "bf16" else "32-true",
        max_epochs=learner.recipe.epochs - done,
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,  # the first epoch after a resume is shorter
        limit_val_batches=0,
    )
    with warnings.catch_warnings():
        # Lightning 2.6 and torch 2.13: a notice for Lightning's authors.
        warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)
        try:
            trainer.fit(learner)
        except SystemExit:  # what Lightning makes of the second Ctrl-C
            raise KeyboardInterrupt from None
