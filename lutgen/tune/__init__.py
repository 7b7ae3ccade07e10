"""Sizes and parameters chosen by cross-validation and by what the hardware takes."""
