"""Pages: HTML, PDF and the Quarto project."""
