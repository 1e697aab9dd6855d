"""The stages of a delivery: planned, claimed, passed at the gate, sent, settled."""
