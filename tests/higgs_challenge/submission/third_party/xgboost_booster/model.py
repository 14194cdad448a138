import os

import xgboost as xgb
from statistical_analysis import StatisticalAnalysis

current_file = os.path.dirname(os.path.abspath(__file__))


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.get_train_set = get_train_set
        self.systematics = systematics
        self.path = os.path.join(current_file, "booster.json")
        self.booster = None

    def fit(self):
        train = self.systematics(self.get_train_set(train_size=0.5))
        features = train.drop(columns=["weights", "labels", "detailed_labels"])
        matrix = xgb.DMatrix(features, label=train["labels"], weight=train["weights"])
        booster = xgb.train({"objective": "binary:logistic", "nthread": 2}, matrix, 15, evals=[(matrix, "train")])
        booster.save_model(self.path)
        self.statistics = StatisticalAnalysis(booster.predict(matrix), train["weights"], train["labels"])

    def predict(self, test_set):
        if self.booster is None:
            self.booster = xgb.Booster()
            self.booster.load_model(self.path)
            print("read", os.path.basename(self.path))
        return self.statistics.compute_mu(self.booster.predict(xgb.DMatrix(test_set["data"])), test_set["weights"])
