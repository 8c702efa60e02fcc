"""Models whose separator computes in 8 bits: calibrated on sound, written as a folder."""
