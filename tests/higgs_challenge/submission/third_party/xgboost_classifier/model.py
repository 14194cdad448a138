import numpy as np
from sklearn.preprocessing import StandardScaler
from statistical_analysis import StatisticalAnalysis
from xgboost import XGBClassifier


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.rows = np.random.default_rng(1).choice(10_000, 4_000, replace=False)
        self.train_set = get_train_set(selected_indices=self.rows)
        self.systematics = systematics
        self.scaler = StandardScaler()
        self.model = XGBClassifier(n_estimators=20, max_depth=4, eval_metric=["error", "logloss"], n_jobs=-1)

    def fit(self):
        train = self.systematics(self.train_set.copy())
        weights = train.pop("weights")
        labels = train.pop("labels")
        train.pop("detailed_labels")
        self.columns = train.columns
        balanced = weights.copy()
        balanced[labels == 1] *= weights[labels == 0].sum() / weights[labels == 1].sum()
        scaled = self.scaler.fit_transform(train)
        held_out = [(scaled[::5], labels[::5])]
        self.model.fit(scaled, labels, sample_weight=balanced / balanced.mean(), eval_set=held_out, verbose=True)
        print(self.model.evals_result())
        scores = self.model.predict_proba(scaled)[:, 1]
        self.statistics = StatisticalAnalysis(scores, weights, labels)
        del self.train_set

    def predict(self, test_set):
        data = self.scaler.transform(test_set["data"][self.columns])
        return self.statistics.compute_mu(self.model.predict_proba(data)[:, 1], test_set["weights"])
