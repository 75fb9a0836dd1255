// Tools: from what a pointer does on the picture to an edit that the server applies.

/** The vertex nearest to a place. */
export function nearest(vertices, [x, y]) {
  let best = 0;
  vertices.forEach(([vx, vy], index) => {
    if (Math.hypot(vx - x, vy - y) < Math.hypot(vertices[best][0] - x, vertices[best][1] - y)) best = index;
  });
  return best;
}

/** As many vertices of a polygon as an outline gets at its first edit, to choose one from. */
function middle(points) {
  return points.reduce(([x, y], point) => [x + point[0] / points.length, y + point[1] / points.length], [0, 0]);
}

/** Vertex of a frame that has none yet: they begin at 12 o'clock and run clockwise. */
function vertexToBe(polygon, [x, y], count) {
  const [cx, cy] = middle(polygon);
  const turn = (Math.atan2(x - cx, cy - y) / (2 * Math.PI) + 1) % 1;
  return Math.round(turn * count) % count;
}

/** One drag with a tool: `edit()` is what it asks for now, or null. */
export function drag(tool, start, outline, options) {
  const path = [start];
  let index = 0;
  if (tool === 'vertex') {
    index = outline.vertices ? nearest(outline.vertices, start) : vertexToBe(outline.polygon, start, 32);
  }
  const centre = outline.polygon.length ? middle(outline.polygon) : start;
  return {
    index,
    move(point) {
      const last = path[path.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) > 0.05 && path.length < 3000) path.push(point);
    },
    path,
    edit() {
      const now = path[path.length - 1];
      switch (tool) {
        case 'vertex': return { tool, index, to: now };
        case 'nudge': return { tool, from: start, to: now, radius_mm: options.radius };
        case 'brush': return { tool, path: [...path], radius_mm: options.radius };
        case 'redraw':
        case 'background': return path.length < 3 ? null : { tool, path: [...path] };
        case 'grow': return { tool, at: start, level: options.level };
        case 'transform': {
          const [from, to] = [start, now].map(([x, y]) => [x - centre[0], y - centre[1]]);
          if (options.scaling) {
            const scale = Math.hypot(...to) / Math.max(0.5, Math.hypot(...from));
            return { tool, shift: [0, 0], scale: Math.max(0.1, Math.min(8, scale)), degrees: 0 };
          }
          if (options.turning) {
            const turn = Math.atan2(to[1], to[0]) - Math.atan2(from[1], from[0]);
            return { tool, shift: [0, 0], scale: 1, degrees: (turn * 180) / Math.PI };
          }
          return { tool, shift: [now[0] - start[0], now[1] - start[1]], scale: 1, degrees: 0 };
        }
        default: return null;
      }
    },
  };
}
