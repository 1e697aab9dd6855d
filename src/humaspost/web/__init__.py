"""The HTTP side: addresses that platforms call, and later pages for users."""
