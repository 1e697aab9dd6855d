"""Videos and audio: measure and convert."""
