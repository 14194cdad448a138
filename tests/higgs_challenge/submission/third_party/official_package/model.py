import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from HiggsML.systematics import get_bootstrapped_dataset, get_systematics_dataset, systematics
from HiggsML.visualization import correlation_plots, stacked_histogram
from statistical_analysis import StatisticalAnalysis

here = os.path.dirname(os.path.abspath(__file__))


class Model:
    """Cuts on a few columns, with the official package's functions instead of the arguments."""

    def __init__(self, get_train_set=None, systematics=None):
        self.train_set = get_train_set(selected_indices=np.arange(0, 10_000, 4))

    def fit(self):
        train_set = self.train_set.copy()
        assert list(train_set.columns[:2]) == ["PRI_lep_pt", "PRI_lep_eta"]
        assert list(train_set.columns[16:19]) == ["weights", "detailed_labels", "labels"]
        assert train_set.columns[-1] == "DER_lep_eta_centrality"
        nominal = systematics(train_set.copy())
        shifted = systematics(train_set.copy(), tes=1.02, jes=0.98, soft_met=2.0, ttbar_scale=1.1)
        as_dict = systematics(
            {
                "data": train_set.drop(columns=["weights", "detailed_labels", "labels"]),
                "weights": train_set["weights"].to_numpy(),
                "detailed_labels": train_set["detailed_labels"].to_numpy(),
                "labels": train_set["labels"].to_numpy(),
            },
            diboson_scale=0.9,
        )
        print("kept", len(nominal), len(shifted), len(as_dict["data"]))
        groups = dict(list(train_set.groupby("detailed_labels")))
        drawn = get_bootstrapped_dataset(groups, mu=1.5, ttbar_scale=1.0, seed=3)
        pseudo_data = get_systematics_dataset(drawn, tes=0.99)
        print("pseudo-experiment of", len(pseudo_data["data"]), sorted(pseudo_data))
        self.draw(nominal, shifted)
        self.statistics = StatisticalAnalysis(self.score(nominal), nominal["weights"], nominal["labels"])

    def draw(self, nominal, shifted):
        figure, axis = plt.subplots()
        for frame, label in ((nominal, "nominal"), (shifted, "shifted")):
            axis.hist(frame["DER_mass_vis"], bins=40, weights=frame["weights"], histtype="step", label=label)
        axis.legend()
        figure.savefig(os.path.join(here, "mass.png"))
        figure.savefig("mass.pdf")
        labels = nominal["labels"]
        stacked_histogram(nominal, labels, nominal["weights"], nominal["detailed_labels"], "PRI_had_pt", nbins=10)
        plt.savefig(os.path.join(here, "stacked.png"))
        correlation_plots(nominal, labels, columns=["PRI_met", "PRI_had_pt"])
        plt.close("all")

    def score(self, data):
        data = data.copy()
        data["ratio"] = data["DER_mass_vis"] / (1 + data["PRI_met"])
        data.loc[data["PRI_n_jets"] == 0, "ratio"] = data["ratio"].clip(upper=5)
        data["log_pt"] = np.log1p(data.pop("PRI_had_pt"))
        values = data[["ratio", "log_pt"]].apply(lambda column: (column - column.mean()) / column.std())
        return (values["ratio"] + data.eval("PRI_lep_eta * 0.1") - values["log_pt"]).to_numpy()

    def predict(self, test_set):
        data, weights = test_set["data"], test_set["weights"]
        assert data.shape[1] == 28
        assert isinstance(weights, pd.Series)
        data["PRI_met"] = data["PRI_met"].astype("float64")
        data.reset_index(drop=True, inplace=True)  # noqa: PD002
        return self.statistics.compute_mu(self.score(data), weights)
