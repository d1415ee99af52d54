"""What was measured of a surrogate, as sections of text, tables and plots that become a page or Markdown."""
