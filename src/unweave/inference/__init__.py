"""From a recording to its tracks: Algorithms 3 and 4 of the paper, block by block."""
