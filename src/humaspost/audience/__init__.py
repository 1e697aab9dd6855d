"""The register of recipients: import, consent and opt-out."""
