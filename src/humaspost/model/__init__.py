"""The data types of humaspost: frozen dataclasses without I/O and without a clock."""
