"""The measured promises, each as a ratio within one run: ``python -m benchmarks [NAME…]``."""
