"""Load and air of plants, in which machines wear."""
