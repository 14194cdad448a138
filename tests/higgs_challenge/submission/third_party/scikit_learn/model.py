import json
import os
import sys
from pathlib import Path

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(os.path.dirname(__file__), "parts"))

import joblib
import numpy as np
from parts.features import Momenta
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statistical_analysis import StatisticalAnalysis

DIR = os.path.dirname(os.path.abspath(__file__))
SETTINGS = json.loads((Path(__file__).resolve().parent / "saved" / "settings.json").read_text())


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.train = systematics(get_train_set())

    def fit(self):
        labels, weights = self.train.pop("labels"), self.train.pop("weights")
        features = self.train.drop("detailed_labels", axis=1)
        trees, depth = SETTINGS["trees"], SETTINGS["depth"]
        classifiers = {
            "forest": RandomForestClassifier(trees, max_depth=depth, n_jobs=2),
            "gradient": GradientBoostingClassifier(n_estimators=5, max_depth=2),
            "histograms": HistGradientBoostingClassifier(max_iter=trees, max_depth=depth, early_stopping=True),
        }
        train, test, train_labels, test_labels = train_test_split(features, labels, test_size=0.5, random_state=42)
        for name, classifier in classifiers.items():
            pipeline = make_pipeline(Momenta(), StandardScaler(), classifier)
            pipeline.fit(train, train_labels)
            print(name, pipeline.score(test, test_labels))
            joblib.dump(pipeline, os.path.join(DIR, f"{name}.joblib"), compress=3)
        with joblib.parallel_config("threading"):
            print(cross_val_score(classifiers["histograms"], features, labels, cv=2, n_jobs=-1))
        self.statistics = StatisticalAnalysis(self._scores(features), weights, labels)
        del self.train

    def _scores(self, features):
        paths = sorted(Path(DIR).glob("*.joblib"))
        return np.mean([joblib.load(path).predict_proba(features)[:, 1] for path in paths], axis=0)

    def predict(self, test_set):
        return self.statistics.compute_mu(self._scores(test_set["data"]), test_set["weights"])
