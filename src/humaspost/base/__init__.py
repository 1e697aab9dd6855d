"""Services below the nouns of the model; nothing here imports anything of ours."""
