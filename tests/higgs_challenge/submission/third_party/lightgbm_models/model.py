from pathlib import Path

import lightgbm as lgb
from lightgbm import LGBMClassifier
from statistical_analysis import StatisticalAnalysis

HERE = Path(__file__).resolve().parent


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.train = systematics(get_train_set())
        self.file = HERE / "models" / "booster.txt"

    def fit(self):
        features = self.train.drop(columns=["weights", "labels", "detailed_labels"])
        labels, weights = self.train["labels"], self.train["weights"]
        dataset = lgb.Dataset(features, label=labels, weight=weights)
        parameters = {"objective": "binary", "num_threads": 2, "metric": "auc"}
        booster = lgb.train(parameters, dataset, 15, valid_sets=[dataset], callbacks=[lgb.log_evaluation(5)])
        self.file.parent.mkdir(exist_ok=True)
        booster.save_model(self.file)
        self.classifier = LGBMClassifier(n_estimators=15, n_jobs=-1).fit(features, labels, sample_weight=weights)
        self.statistics = StatisticalAnalysis(self._scores(features), weights, labels)
        self.train = None

    def _scores(self, features):
        booster = lgb.Booster(model_file=self.file)
        return (booster.predict(features) + self.classifier.predict_proba(features)[:, 1]) / 2

    def predict(self, test_set):
        return self.statistics.compute_mu(self._scores(test_set["data"]), test_set["weights"])
