from torch import nn


class Network(nn.Module):
    def __init__(self, inputs=28, width=32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(inputs), nn.Linear(inputs, width), nn.SiLU(), nn.Dropout(0.1), nn.Linear(width, 1)
        )

    def forward(self, features):
        return self.layers(features).squeeze(1)
