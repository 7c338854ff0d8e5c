"""What all environments share. No environment appears in here."""
