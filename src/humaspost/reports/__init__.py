"""Reports: frozen dataclasses with codes and values from ledger, plan and disk; no words."""
