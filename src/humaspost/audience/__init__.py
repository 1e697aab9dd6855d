"""The register of recipients: import, consent, opt-out, who may be sent to."""
