"""The output for people and programs: lines of text or JSON; pure."""
