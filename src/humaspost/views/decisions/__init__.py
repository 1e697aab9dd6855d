"""The words of what a person decides: publish, cancel, resolve, forget."""
