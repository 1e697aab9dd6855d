"""The names of the simulated platforms, in the order of the page; each is a package and the first part of its paths."""

PLATFORMS = ("x", "instagram", "whatsapp")
