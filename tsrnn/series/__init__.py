"""Series as models see them: what their columns mean."""
