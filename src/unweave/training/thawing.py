"""A query net that learns later, and slower, than the separator that listens to it.

Learnt together from the first step, both run away from what the tagger knew: the paper's finetuned CNN14 falls from
5.57 to 1.96 dB when it is asked by an average (Table 4), while its oracle rises. So it may wait until the separator
understands it as it is, and then move at a rate of its own.
"""

from __future__ import annotations

import torch

from unweave.training.query import QueryNet

MARK = "query"  # of the optimiser's groups that hold the query net's weights


class Thaw:
    """When the query net begins to learn, and how fast.

    Args:
        query: the net.
        after: steps in which it stays as it is, batch norms included.
        rate: its learning rate, relative to that of the separator.
    """

    def __init__(self, query: QueryNet, after: int = 0, rate: float = 1.0) -> None:
        self.query, self.after, self.rate = query, after, rate

    def split(self, optimiser: torch.optim.Optimizer) -> None:
        """Put the query net's weights into groups of their own, so that they can have a rate of their own."""
        own = {id(weight) for weight in self.query.parameters()}
        for group in list(optimiser.param_groups):
            mine = [weight for weight in group["params"] if id(weight) in own]
            if not mine:
                continue
            group["params"] = [weight for weight in group["params"] if id(weight) not in own]
            rest = {key: value for key, value in group.items() if key != "params"}
            optimiser.add_param_group({**rest, "params": mine, MARK: True})
        optimiser.param_groups[:] = [group for group in optimiser.param_groups if group["params"]]

    def factor(self, step: int) -> float:
        """What the learning rate of the query net is multiplied with in a step; 0 leaves it as it is."""
        return self.rate if step >= self.after else 0.0

    def begin(self, step: int) -> None:
        """Before a step: a net that does not learn yet does not move its running statistics either."""
        self.query.thawed = step >= self.after
