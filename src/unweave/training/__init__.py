"""Learning from tags: the paper's training method (Algorithm 1)."""
