"""Inference for submissions: templates, likelihoods, intervals and their calibration, by any classifier's outputs."""
