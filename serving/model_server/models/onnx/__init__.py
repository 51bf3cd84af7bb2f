"""ONNX, by onnxruntime."""
