"""The waves of a commissioning report as a browser has drawn them."""

from typing import Any

from pilectl.commissioning.pilot_plot import LIMIT_V

# Corners of the wave in pixels, and the field that they stand in
_MEASURE = """name => {
  const field = document.getElementById('field-' + name).getBoundingClientRect();
  const path = document.getElementById('wave-' + name).querySelector('path');
  const matrix = path.getScreenCTM(), numbers = path.getAttribute('d').match(/-?[\\d.]+/g).map(Number);
  const points = [];
  for (let i = 0; i < numbers.length; i += 2)
    points.push(new DOMPoint(numbers[i], numbers[i + 1]).matrixTransform(matrix));
  return {top: field.top, bottom: field.bottom, left: field.left, right: field.right,
          points: points.map(point => [point.x, point.y]),
          visible: path.getBoundingClientRect().width};
}"""


def drawn(page: Any, name: str) -> dict[str, Any]:
    """Of the wave of a step at a connector, as `C2-1`: where it stands, its points, and their volts."""
    found: dict[str, Any] = page.evaluate(_MEASURE, name)
    height = found["bottom"] - found["top"]
    found["volts"] = [
        LIMIT_V - (y - found["top"]) / height * 2 * LIMIT_V for _x, y in found["points"]
    ]
    return found
