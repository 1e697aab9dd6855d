"""The HTTP side: what platforms and, later, people reach over the network."""
