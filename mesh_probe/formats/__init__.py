"""The formats that a report is written in, one a file; their order is that of the help text."""

from mesh_probe.format import Format
from mesh_probe.formats import dot, graphml, html, json, markdown, mermaid, svg, terminal

FORMATS: tuple[Format, ...] = (
    terminal.FORMAT, json.FORMAT, markdown.FORMAT, html.FORMAT,
    dot.FORMAT, mermaid.FORMAT, graphml.FORMAT, svg.FORMAT,
)  # fmt: skip

REPORT_FORMATS = {format_.name: format_.report for format_ in FORMATS if format_.report}
GRAPH_FORMATS = {format_.name: format_.graph for format_ in FORMATS if format_.graph}
SHEET_FORMATS = {format_.name: format_.sheet for format_ in FORMATS if format_.sheet}
