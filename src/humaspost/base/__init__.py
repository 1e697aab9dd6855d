"""Services below the model; nothing here imports another package of humaspost."""
