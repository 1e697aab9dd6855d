"""The verbs of a user, each wired over the stages in order; `verbs` is the first page to read."""
