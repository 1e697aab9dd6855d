"""Images: decode, reduce and encode."""
