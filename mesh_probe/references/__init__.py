"""Strings in manifests to references and settings, hosts to Services by the cluster's rules.

Reading (`nested`, `scopes`, `tokens`, `finder`, `syntax`, `settings`) happens while a page is in
hand and sees what is not kept afterwards; `attribution` looks at names when all objects are in;
`resolve` and `strength` work on what was kept.
"""
