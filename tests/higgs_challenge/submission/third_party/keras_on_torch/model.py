import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
from statistical_analysis import StatisticalAnalysis

module_dir = os.path.dirname(os.path.abspath(__file__))


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.train = systematics(get_train_set())
        self.path = os.path.join(module_dir, "model.keras")
        self.best = os.path.join(module_dir, "best.weights.h5")

    def fit(self):
        features = self.train.drop(columns=["weights", "labels", "detailed_labels"]).to_numpy()
        labels, weights = self.train["labels"].to_numpy(), self.train["weights"].to_numpy()
        self.network = keras.Sequential(
            [
                keras.layers.Input((28,)),
                keras.layers.Normalization(),
                keras.layers.Dense(16, activation="swish"),
                keras.layers.Dropout(0.1),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        self.network.layers[0].adapt(features)
        self.network.compile(loss="binary_crossentropy", optimizer="adam", weighted_metrics=["AUC"])
        keep_best = keras.callbacks.ModelCheckpoint(self.best, save_best_only=True, save_weights_only=True)
        self.network.fit(
            features,
            labels,
            sample_weight=weights / weights.mean(),
            validation_split=0.2,
            epochs=2,
            batch_size=1024,
            callbacks=[keep_best, keras.callbacks.EarlyStopping(patience=1)],
            verbose=2,
        )
        self.network.load_weights(self.best)
        self.network.save(self.path)
        self.statistics = StatisticalAnalysis(self.network.predict(features, verbose=0), weights, labels)
        self.train = None

    def predict(self, test_set):
        data = test_set["data"].to_numpy()
        both = self.network.predict(data, verbose=0) + keras.models.load_model(self.path).predict(data, verbose=0)
        return self.statistics.compute_mu(both / 2, test_set["weights"])
