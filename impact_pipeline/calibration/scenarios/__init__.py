"""Planted truths: one module for each design, with samples that keep its assumptions and samples that break them."""
