"""The search for hyperparameters, of any fit and any agent: `ludus tune` (Optuna: Akiba et al. 2019).

`space` is what is searched, `subject` what a trial trains (`fits`, `agents`), `trials` their storage, which several
processes share, `search` the folder and its loop, `final` the one look at the test, `report` what is shown, `on_ray`
the same trials on a cluster.
"""
