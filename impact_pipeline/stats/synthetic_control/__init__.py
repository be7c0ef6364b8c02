"""Counterfactuals of few treated units as weighted averages of untreated ones, their effects and inference.

Everything takes arrays: a `Block` of treated units and donors over periods, all treated from one period on. Nothing
here knows a study, a setting document or a picture.
"""
