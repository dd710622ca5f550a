"""Tests of strings to references and of references to Services."""
