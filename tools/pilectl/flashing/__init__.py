"""From a stock image and a build to a board's flash."""
