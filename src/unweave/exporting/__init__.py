"""Models for machines without torch: ONNX graphs, and what lies around them in plain data."""
