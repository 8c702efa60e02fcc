"""The paper's figures: 7 and a scatter from rows alone; 2, 4 and 6 of a sound and a model."""
