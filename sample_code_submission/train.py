"""Train the reference and keep it as trained_model.pt beside this file; later runs and uploads skip training then."""

import argparse

from higgs_challenge import TrainingSet, systematics
from model import TRAINED_MODEL, Model


def main() -> None:
    """Train on the training part of a store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="folder of an event store, for instance build/data/large/store")
    arguments = parser.parse_args()
    TRAINED_MODEL.unlink(missing_ok=True)
    model = Model(get_train_set=TrainingSet(f"{arguments.store}/training"), systematics=systematics)
    model.fit()
    model.save()
    print(TRAINED_MODEL)


if __name__ == "__main__":
    main()
