"""Plan to world: lanes of senders, what to do about errors, and how doubts are settled."""
