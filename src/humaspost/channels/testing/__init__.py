"""The contract suite for channels; public, for plug-ins."""
