"""One package per platform; none imports another."""
