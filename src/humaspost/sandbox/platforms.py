"""Names of the simulated platforms, in the order of the page.

Each name is a package and the first part of the platform's paths.
"""

PLATFORMS = ("x", "instagram", "whatsapp")
