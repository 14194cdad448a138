import json
import logging
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from iminuit import Minuit
from scipy.interpolate import UnivariateSpline
from scipy.stats import norm
from tqdm.auto import tqdm

logging.basicConfig(level=logging.INFO, filename=os.path.join(os.path.dirname(__file__), "fit.log"))
logger = logging.getLogger("fit")
logger.addHandler(logging.StreamHandler(sys.stdout))
EDGES = np.linspace(20, 220, 11)


class Model:
    """Templates of a mass shifted in the tau energy scale, and a profile likelihood."""

    def __init__(self, get_train_set=None, systematics=None):
        self.train, self.systematics = get_train_set(), systematics

    def fit(self):
        cores = int(subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout)
        logger.info("cores: %d of %d", cores, os.cpu_count())
        scales = [0.97, 1.0, 1.03]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            shapes = list(tqdm(pool.map(self._templates, scales), total=len(scales)))
        self.signal, self.background = (
            [UnivariateSpline(scales, values, k=1, s=0) for values in np.transpose(kind)]
            for kind in zip(*shapes, strict=True)
        )
        with open("templates.json", "w") as file:
            json.dump(np.array(shapes).tolist(), file)

    def _templates(self, tes):
        shifted = self.systematics(self.train.copy(), tes=tes)
        return tuple(
            np.histogram(part["DER_mass_vis"], EDGES, weights=part["weights"])[0]
            for part in (shifted[shifted["labels"] == 1], shifted[shifted["labels"] == 0])
        )

    def predict(self, test_set):
        observed = np.histogram(test_set["data"]["DER_mass_vis"], EDGES, weights=test_set["weights"])[0]

        def cost(mu, tes):
            expected = np.array([mu * s(tes) + b(tes) for s, b in zip(self.signal, self.background, strict=True)]).clip(
                1e-3
            )
            return 2 * (expected - observed * np.log(expected)).sum() - 2 * norm.logpdf(tes, 1, 0.01)

        minuit = Minuit(cost, mu=1.0, tes=1.0)
        minuit.errordef = Minuit.LIKELIHOOD * 2
        minuit.limits["tes"] = (0.97, 1.03)
        minuit.migrad()
        minuit.hesse()
        minuit.minos("mu")
        print(minuit)
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w+", dir=folder) as file:
            file.write(str(minuit.covariance))
            file.flush()
            logger.info("kept %d bytes in %s", os.path.getsize(file.name), os.path.basename(tempfile.gettempdir()))
        mu_hat, errors = minuit.values["mu"], minuit.merrors["mu"]
        return {
            "mu_hat": mu_hat,
            "delta_mu_hat": minuit.errors["mu"],
            "p16": mu_hat + errors.lower,
            "p84": mu_hat + errors.upper,
        }
