"""HTTP for channels: one transport that records whether a byte was sent."""
