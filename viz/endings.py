"""Which files a line is written to, by their endings."""

from __future__ import annotations

__all__ = ["FILMS", "GLB", "PICTURES", "USD"]

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Ending -> the format's name in Pillow."""
FILMS = (".mp4", ".webp", ".gif")
GLB = (".glb",)
USD = (".usd", ".usda", ".usdc")
