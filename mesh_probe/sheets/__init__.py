"""How each result that is no report is laid out, one file a result."""
