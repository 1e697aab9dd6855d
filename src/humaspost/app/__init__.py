"""The use cases of humaspost, each wired over the stages in order; begin with ``verbs``."""
