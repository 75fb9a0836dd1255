//! Morphology of masks: growing and shrinking by pixels or by millimetres, the largest component, filled holes.

use crate::Mask;
use crate::protocol::Element;

/// The four edge neighbours as `(row, column)` steps.
const EDGE_NEIGHBOURS: [(isize, isize); 4] = [(-1, 0), (0, -1), (0, 1), (1, 0)];
/// The four corner neighbours as `(row, column)` steps.
const CORNER_NEIGHBOURS: [(isize, isize); 4] = [(-1, -1), (-1, 1), (1, -1), (1, 1)];

/// The pixel one step away, if it is still in the matrix.
fn step(at: (usize, usize), by: (isize, isize), dim: (usize, usize)) -> Option<(usize, usize)> {
    let row = at.0.checked_add_signed(by.0).filter(|&row| row < dim.0)?;
    let column = at.1.checked_add_signed(by.1).filter(|&column| column < dim.1)?;
    Some((row, column))
}

impl Element {
    fn neighbours(self) -> impl Iterator<Item = (isize, isize)> {
        let corners = match self {
            Self::Cross => 0,
            Self::Square => CORNER_NEIGHBOURS.len(),
        };
        EDGE_NEIGHBOURS.into_iter().chain(CORNER_NEIGHBOURS.into_iter().take(corners))
    }
}

impl Mask {
    /// The mask grown by one pixel, `times` times.
    #[must_use]
    pub fn dilated(&self, element: Element, times: u32) -> Self {
        let mut grown = self.clone();
        let mut front: Vec<_> = self.inside().collect();
        for _ in 0..times {
            let mut next = Vec::new();
            for at in front {
                for neighbour in element.neighbours().filter_map(|by| step(at, by, self.dim())) {
                    if !grown.pixels()[neighbour] {
                        grown.set(neighbour, true);
                        next.push(neighbour);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            front = next;
        }
        grown
    }

    /// The mask shrunk by one pixel, `times` times. Beyond the matrix nothing is inside, so the edge shrinks too.
    #[must_use]
    pub fn eroded(&self, element: Element, times: u32) -> Self {
        let mut shrunk = self.clone();
        for _ in 0..times {
            let before = shrunk.clone();
            let mut changed = false;
            for at in before.inside() {
                let kept =
                    element.neighbours().all(|by| step(at, by, self.dim()).is_some_and(|next| before.pixels()[next]));
                if !kept {
                    shrunk.set(at, false);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        shrunk
    }

    /// The pixels whose centre lies within `distance_mm` (Euclidean) of the centre of a pixel of the mask.
    ///
    /// `spacing_mm` is the distance between `[rows, columns]`. A distance that is not positive changes nothing.
    #[must_use]
    pub fn dilated_mm(&self, distance_mm: f64, spacing_mm: [f64; 2]) -> Self {
        let mut grown = self.clone();
        let disc = disc(distance_mm, spacing_mm, self.dim());
        for at in self.inside() {
            // A pixel whose four neighbours are inside reaches nothing that they do not reach.
            let inner =
                EDGE_NEIGHBOURS.into_iter().all(|by| step(at, by, self.dim()).is_none_or(|next| self.pixels()[next]));
            if inner {
                continue;
            }
            for &by in &disc {
                if let Some(reached) = step(at, by, self.dim()) {
                    grown.set(reached, true);
                }
            }
        }
        grown
    }

    /// The pixels of the mask that are farther than `distance_mm` from every pixel outside it, as
    /// [`Mask::dilated_mm`] measures it. Beyond the matrix nothing is known, so the matrix's edge doesn't shrink.
    #[must_use]
    pub fn eroded_mm(&self, distance_mm: f64, spacing_mm: [f64; 2]) -> Self {
        let (rows, columns) = self.dim();
        let outside = Self::from_fn(rows, columns, |row, column| !self.contains(row, column));
        self.difference(&outside.dilated_mm(distance_mm, spacing_mm))
    }

    /// The component with the most pixels, where pixels that share an edge or a corner belong together. Of equals,
    /// the one that starts in the upper row, then in the left column.
    #[must_use]
    pub fn largest_component(&self) -> Self {
        let mut seen = Self::empty(self.dim().0, self.dim().1);
        let mut largest: Vec<(usize, usize)> = Vec::new();
        for start in self.inside() {
            if seen.pixels()[start] {
                continue;
            }
            seen.set(start, true);
            let mut component = vec![start];
            let mut next = 0;
            while next < component.len() {
                let at = component[next];
                next += 1;
                for neighbour in Element::Square.neighbours().filter_map(|by| step(at, by, self.dim())) {
                    if self.pixels()[neighbour] && !seen.pixels()[neighbour] {
                        seen.set(neighbour, true);
                        component.push(neighbour);
                    }
                }
            }
            if component.len() > largest.len() {
                largest = component;
            }
        }
        let mut mask = Self::empty(self.dim().0, self.dim().1);
        largest.into_iter().for_each(|at| mask.set(at, true));
        mask
    }

    /// The mask with its holes filled: what cannot be reached from the edge of the matrix by steps over pixel edges.
    #[must_use]
    pub fn holes_filled(&self) -> Self {
        let (rows, columns) = self.dim();
        let mut reached = Self::empty(rows, columns);
        let mut front = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let edge = row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
                if edge && !self.contains(row, column) {
                    reached.set((row, column), true);
                    front.push((row, column));
                }
            }
        }
        while let Some(at) = front.pop() {
            for neighbour in Element::Cross.neighbours().filter_map(|by| step(at, by, self.dim())) {
                if !self.pixels()[neighbour] && !reached.pixels()[neighbour] {
                    reached.set(neighbour, true);
                    front.push(neighbour);
                }
            }
        }
        Self::from_fn(rows, columns, |row, column| !reached.contains(row, column))
    }
}

/// The steps to all pixels within a distance, no farther than the matrix is large.
fn disc(distance_mm: f64, [row_mm, column_mm]: [f64; 2], (rows, columns): (usize, usize)) -> Vec<(isize, isize)> {
    let reach = |spacing: f64, side: usize| ((distance_mm / spacing).floor().max(0.0) as usize).min(side) as isize;
    let (row_reach, column_reach) = (reach(row_mm, rows), reach(column_mm, columns));
    // Rounding of a spacing must not drop a pixel that lies exactly at the distance.
    let limit = distance_mm * distance_mm * (1.0 + 1e-9);
    let mut steps = Vec::new();
    for row in -row_reach..=row_reach {
        for column in -column_reach..=column_reach {
            let (height, width) = (row as f64 * row_mm, column as f64 * column_mm);
            if height * height + width * width <= limit {
                steps.push((row, column));
            }
        }
    }
    steps
}
