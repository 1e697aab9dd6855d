"""Questions: ledger, plan and disk become frozen dataclasses with codes and values, no words."""
