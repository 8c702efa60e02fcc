"""Waveforms: spectrograms, and everything that brings sound in and out."""
