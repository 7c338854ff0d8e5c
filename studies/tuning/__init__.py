"""The search for hyperparameters, of any fit and any agent: `ludus tune` (Optuna: Akiba et al. 2019).

`space` is what is searched, `subject` what a trial trains (`fits`, `agents`), `trials` what several processes share in
one `storage`, `search` the folder, `work` what a process does, `final` the one look at the test, `report` what is
shown, `on_ray` the same trials on a cluster.
"""
