"""Timed and scored runs; nothing here is a test."""
