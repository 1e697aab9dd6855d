"""Input that was written to harm: bytes, shapes, signs, links; nothing of it gets further than a Problem."""
