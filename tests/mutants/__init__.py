"""Faults made by hand, each with the tests that must see it: proof that a change of the tests loses nothing.

``python -m tests.mutants [NN ...]`` puts each fault into a copy of the tree and runs its tests; all must be killed.
When a file moves or a name changes, change the patches the same way: ``test_patches`` says which do not fit any
more. Line numbers do not matter, but the old lines of a hunk must stand in the file exactly once.
"""
