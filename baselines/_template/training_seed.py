"""The seed of a training: `make baselines TRAINING_SEEDS=3` runs copies of this folder with 1, 2 and 3 here."""

TRAINING_SEED = 1
