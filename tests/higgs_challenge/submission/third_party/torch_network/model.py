import torch
from network import Network
from statistical_analysis import StatisticalAnalysis
from torch import nn, optim

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(42)


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        self.get_train_set, self.systematics = get_train_set, systematics
        self.network = Network().to(DEVICE)

    def fit(self):
        train = self.systematics(self.get_train_set(), tes=1.01, jes=0.99, soft_met=1.0)
        features = torch.tensor(train.drop(columns=["weights", "labels", "detailed_labels"]).to_numpy()).to(DEVICE)
        labels = torch.tensor(train["labels"].to_numpy()).to(DEVICE)
        weights = torch.tensor(train["weights"].to_numpy()).to(DEVICE)
        optimizer = optim.AdamW(self.network.parameters(), lr=1e-2)
        scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=20)
        loss_function = nn.BCEWithLogitsLoss(weight=weights / weights.mean())
        self.network.train()
        for epoch in range(20):
            optimizer.zero_grad()
            loss = loss_function(self.network(features), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            print(f"epoch {epoch}: loss {loss.item():.4f}")
        torch.save(self.network.state_dict(), "network.pt")
        self.statistics = StatisticalAnalysis(self._scores(features), weights.cpu(), labels.cpu())

    @torch.no_grad()
    def _scores(self, features):
        self.network.load_state_dict(torch.load("network.pt", map_location=DEVICE))
        self.network.eval()
        return torch.sigmoid(self.network(features)).cpu().numpy()

    def predict(self, test_set):
        features = torch.from_numpy(test_set["data"].to_numpy()).float().to(DEVICE)
        return self.statistics.compute_mu(self._scores(features), test_set["weights"])
