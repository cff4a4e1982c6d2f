"""The JSON side: one file per resource."""
