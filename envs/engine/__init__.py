"""The engine that all environments share. No environment appears in here."""
