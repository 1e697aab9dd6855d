"""The life of a delivery: planned, claimed, let through the gate, sent, settled."""
