"""Models whose networks compute in 8 bits: calibrated on sound, written as a folder."""
