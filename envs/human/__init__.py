"""What a person sees and does: watching, playing, recordings that replay exactly."""
