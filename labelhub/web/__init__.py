"""HTML pages, forms and their assets."""
