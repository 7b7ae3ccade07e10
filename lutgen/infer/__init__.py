"""Inference: a network's answers to many samples at the speed of memory."""

from __future__ import annotations

from lutgen.infer.engine import Engine, engine_for

__all__ = ["Engine", "engine_for"]
