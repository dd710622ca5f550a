"""Tests of raw documents to model objects."""
