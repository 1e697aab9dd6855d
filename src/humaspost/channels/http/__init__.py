"""HTTP for channels: one transport that knows whether a byte was sent."""
