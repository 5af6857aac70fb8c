"""Causes of health in words, for the pages that show them."""
