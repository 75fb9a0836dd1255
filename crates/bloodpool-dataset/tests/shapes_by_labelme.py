"""Draws random shapes with LabelMe's own rule; each line holds a shape and the mask that LabelMe makes of it.

    python3 -m venv venv && venv/bin/pip install labelme==6.3.1 pillow==13.0.0
    venv/bin/python shapes_by_labelme.py 90 1 > fixtures/shapes_by_labelme.txt

Arguments: number of shapes, seed, and optionally the sides of the largest image (default 40).
A line: shape type, rows, columns, x,y of each point, run lengths of the mask row by row (outside first).
"""

import math
import random
import sys

from labelme.utils.shape import shape_to_mask


def ventricle(draw, rows, columns):
    n = draw.randint(5, 24)
    radius, flat = draw.uniform(0.15, 0.5) * min(rows, columns), draw.uniform(0.4, 1.6)
    cx, cy = columns * draw.uniform(0.3, 0.7), rows * draw.uniform(0.3, 0.7)
    turn = draw.uniform(0, math.tau)
    points = []
    for i in range(n):
        r = radius * draw.uniform(0.8, 1.2)
        a = turn + math.tau * i / n
        points.append([cx + r * math.cos(a), cy + r * flat * math.sin(a)])
    return points


def tangle(draw, rows, columns):
    out = 0.3  # some vertices outside the image
    return [
        [draw.uniform(-out, 1 + out) * columns, draw.uniform(-out, 1 + out) * rows]
        for _ in range(draw.randint(3, 9))
    ]


def staircase(draw, rows, columns):
    points = [[draw.randint(-3, columns + 3), draw.randint(-3, rows + 3)]]
    for _ in range(draw.randint(2, 12)):
        x, y = points[-1]
        step = draw.randint(-6, 6)
        points.append([x + step, y] if draw.random() < 0.5 else [x, y + step])
        if draw.random() < 0.2:
            points.append(list(points[-1]))
    return points


def spike(draw, rows, columns):
    x, y = draw.randint(0, columns), draw.randint(0, rows)
    return [
        [x, y],
        [x + draw.randint(-columns, columns), y + draw.randint(-2, 2)],
        [x + draw.randint(-2, 2), y + draw.randint(-2, 2)],
    ] + ([[x + draw.randint(-3, 3), y + draw.randint(-rows, rows)]] if draw.random() < 0.5 else [])


def closed(draw, rows, columns):
    points = [[float(int(x)), float(int(y))] for x, y in tangle(draw, rows, columns)]
    return points + [list(points[0])]


def main():
    count, draw = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    largest = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    polygons = [ventricle, tangle, staircase, spike, closed]
    for index in range(count):
        rows, columns = draw.randint(8, largest), draw.randint(8, largest)
        kind = draw.choices(
            ["polygon", "oriented_rectangle", "rectangle", "circle"], [20, 1, 2, 4]
        )[0]
        if kind == "polygon":
            points = polygons[index % len(polygons)](draw, rows, columns)
        else:
            points = [
                [draw.uniform(-0.2, 1.2) * columns, draw.uniform(-0.2, 1.2) * rows]
                for _ in range(4 if kind == "oriented_rectangle" else 2)
            ]
            if draw.random() < 0.3:
                points = [[float(round(x)), float(round(y))] for x, y in points]
        mask = shape_to_mask((rows, columns), points, kind)
        runs, inside = [0], False
        for pixel in mask.ravel().tolist():
            if pixel != inside:
                runs.append(0)
                inside = pixel
            runs[-1] += 1
        print(
            kind,
            rows,
            columns,
            " ".join(f"{float(x)!r},{float(y)!r}" for x, y in points),
            ",".join(map(str, runs)),
            sep=";",
        )


main()
