TRAINING_SEED = 1
"""Another one trains another classifier on the same events."""
