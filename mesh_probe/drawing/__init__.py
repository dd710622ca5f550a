"""How the call graph is drawn: what is in a picture, where it stands and what it looks like.

One picture for all formats: `pictures` gives the places, `looks` widths and colours. Both the SVG
and the page draw from them, so neither lays anything out by itself.
"""
