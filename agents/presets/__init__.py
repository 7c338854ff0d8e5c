"""Tuned hyperparameters: a YAML file per environment, named as its id; pictures.yaml for all that show a picture."""
