"""Bundles of firmware and the keys that sign them."""
