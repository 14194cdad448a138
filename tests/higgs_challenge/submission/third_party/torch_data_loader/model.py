import copy
import os

import numpy as np
import torch
from statistical_analysis import StatisticalAnalysis
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler, random_split
from tqdm import tqdm

LOADER = {"batch_size": 512, "num_workers": 0, "pin_memory": torch.cuda.is_available()}


class Events(Dataset):
    def __init__(self, frame):
        self.features = frame.to_numpy(dtype=np.float32)

    def __len__(self):
        return len(self.features)

    def __getitem__(self, index):
        return self.features[index]


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.train = systematics(get_train_set(train_size=1.0))

    def fit(self):
        torch.set_num_threads(os.cpu_count() or 1)
        frame = self.train.drop(columns=["weights", "labels", "detailed_labels"])
        labels = self.train["labels"].to_numpy()
        dataset = TensorDataset(torch.from_numpy(frame.to_numpy()), torch.from_numpy(labels))
        training, validation = random_split(dataset, [0.8, 0.2], generator=torch.Generator().manual_seed(1))
        chances = np.where(labels[training.indices] == 1, 10.0, 1.0)
        loader = DataLoader(training, sampler=WeightedRandomSampler(chances, len(chances)), **LOADER)
        self.network = nn.Sequential(nn.BatchNorm1d(28), nn.Linear(28, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
        optimizer = torch.optim.Adam(self.network.parameters())
        best, best_loss = None, np.inf
        for _ in tqdm(range(2), desc="epochs"):
            self.network.train()
            for features, truth in loader:
                optimizer.zero_grad()
                nn.functional.binary_cross_entropy(self.network(features)[:, 0], truth).backward()
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
            self.network.eval()
            with torch.no_grad():
                pairs = [(self.network(features)[:, 0], truth) for features, truth in DataLoader(validation, **LOADER)]
            loss = float(nn.functional.binary_cross_entropy(*map(torch.cat, zip(*pairs, strict=True))))
            if loss < best_loss:
                best, best_loss = copy.deepcopy(self.network.state_dict()), loss
        self.network.load_state_dict(best)
        self.statistics = StatisticalAnalysis(self._scores(frame), self.train["weights"], labels)
        self.train = None

    def _scores(self, frame):
        with torch.no_grad():
            return np.concatenate([self.network(batch)[:, 0].numpy() for batch in DataLoader(Events(frame), **LOADER)])

    def predict(self, test_set):
        return self.statistics.compute_mu(self._scores(test_set["data"]), test_set["weights"])
