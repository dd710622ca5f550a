"""Strings in manifests to references and settings, hosts to Services by the cluster's rules.

Reading (`tokens`, `scopes`, `nested`, `settings`) happens while a page is in hand and sees what is
not kept afterwards; `resolve` and `strength` work on what was kept.
"""
