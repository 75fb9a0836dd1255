//! Growth of labelled regions over an image, from markers, in the order of a priority.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use ndarray::Array2;

/// A pixel that belongs to no region yet.
pub(super) const FREE: u8 = 0;
/// The LV.
pub(super) const VENTRICLE: u8 = 1;

/// What decides which free pixel joins its neighbours' region next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// The pixel whose value is nearest to the mean of the region that it would join (Adams and Bischof, Seeded region growing,
    /// IEEE Trans Pattern Anal Mach Intell 1994;16:641).
    NearestMean {
        /// Where the LV's edge lies on the way from its neighbour's mean, 0, to its own, 1. One half weighs all regions alike, as
        /// Adams and Bischof do.
        edge_at: f64,
    },
    /// The pixel of the lowest value: flooding from markers (Meyer and Beucher, Morphological segmentation, J Vis Commun Image
    /// Represent 1990;1:21; Vincent and Soille, Watersheds in digital spaces, IEEE Trans Pattern Anal Mach Intell 1991;13:583).
    Lowest,
}

/// A pixel in the queue: by priority, then by the order in which it came, so that plateaus are shared evenly.
#[derive(Debug, PartialEq)]
struct Candidate {
    priority: f64,
    number: usize,
    at: (usize, usize),
    label: u8,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.total_cmp(&other.priority).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Sum and number of a region's pixels.
#[derive(Debug, Clone, Copy, Default)]
struct Region {
    sum: f64,
    pixels: f64,
}

impl Region {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.pixels += 1.0;
    }

    fn mean(self) -> f64 {
        if self.pixels > 0.0 { self.sum / self.pixels } else { 0.0 }
    }
}

/// What a distance from the LV's mean is multiplied by, so that it equals the distance from a neighbour's mean at this place
/// between the two.
fn ventricle_weight(edge_at: f64) -> f64 {
    let edge_at = if edge_at.is_finite() { edge_at.clamp(0.01, 0.99) } else { 0.5 };
    edge_at / (1.0 - edge_at)
}

/// The markers grown until every pixel that they reach over pixel edges has a label. `image` and `markers` have one shape.
pub(super) fn grown(image: &Array2<f64>, markers: &Array2<u8>, order: Order) -> Array2<u8> {
    let (rows, columns) = image.dim();
    let mut labels = markers.clone();
    let mut regions = [Region::default(); 256];
    for (&label, &value) in markers.iter().zip(image).filter(|(label, _)| **label != FREE) {
        regions[usize::from(label)].add(value);
    }
    let mut queue = BinaryHeap::new();
    let mut number = 0;
    let mut push = |at: (usize, usize), labels: &Array2<u8>, regions: &[Region; 256], queue: &mut BinaryHeap<_>| {
        let label = labels[at];
        for next in edge_neighbours(at, rows, columns).filter(|&next| labels[next] == FREE) {
            let value = image[next];
            let priority = match order {
                Order::NearestMean { edge_at } => {
                    let off = (value - regions[usize::from(label)].mean()).abs();
                    if label == VENTRICLE { off * ventricle_weight(edge_at) } else { off }
                }
                Order::Lowest => value,
            };
            number += 1;
            queue.push(Reverse(Candidate { priority, number, at: next, label }));
        }
    };
    for at in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        if labels[at] != FREE {
            push(at, &labels, &regions, &mut queue);
        }
    }
    while let Some(Reverse(candidate)) = queue.pop() {
        if labels[candidate.at] == FREE {
            labels[candidate.at] = candidate.label;
            regions[usize::from(candidate.label)].add(image[candidate.at]);
            push(candidate.at, &labels, &regions, &mut queue);
        }
    }
    labels
}

fn edge_neighbours((row, column): (usize, usize), rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let up = row.checked_sub(1).map(|row| (row, column));
    let left = column.checked_sub(1).map(|column| (row, column));
    let down = (row + 1 < rows).then_some((row + 1, column));
    let right = (column + 1 < columns).then_some((row, column + 1));
    [up, left, right, down].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_where_two_regions_meet() {
        // Two halves of 10 and 20 with a middle column of 14: nearer to 10.
        let image = Array2::from_shape_fn((5, 7), |(_, column)| [10.0, 10.0, 10.0, 14.0, 20.0, 20.0, 20.0][column]);
        let mut markers = Array2::from_elem((5, 7), FREE);
        markers[[2, 0]] = 1;
        markers[[2, 6]] = 2;
        let labels = grown(&image, &markers, Order::NearestMean { edge_at: 0.5 });
        assert_eq!(labels.row(4).to_vec(), [1, 1, 1, 1, 2, 2, 2]);
    }

    #[test]
    fn the_edge_lies_where_it_is_asked_for() {
        // A ramp from 0 to 9, the LV at its upper end: above 3.3 of the way from 0 to 9 where edge_at is 0.37.
        let image = Array2::from_shape_fn((3, 10), |(_, column)| column as f64);
        let mut markers = Array2::from_elem((3, 10), FREE);
        markers[[1, 0]] = 2;
        markers[[1, 9]] = VENTRICLE;
        let grown_at = |edge_at| {
            let labels = grown(&image, &markers, Order::NearestMean { edge_at });
            labels.row(1).iter().filter(|&&label| label == VENTRICLE).count()
        };
        // Means move with what joins, so that only the order is sure.
        assert!(grown_at(0.2) > grown_at(0.5) && grown_at(0.5) > grown_at(0.8));
        assert_eq!(grown_at(f64::NAN), grown_at(0.5));
        assert!((ventricle_weight(0.25) - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn floods_meet_on_the_ridge() {
        let image = Array2::from_shape_fn((5, 7), |(_, column)| [0.0, 1.0, 2.0, 9.0, 3.0, 2.0, 0.0][column]);
        let mut markers = Array2::from_elem((5, 7), FREE);
        markers[[0, 0]] = 1;
        markers[[4, 6]] = 2;
        let labels = grown(&image, &markers, Order::Lowest);
        let row = labels.row(2).to_vec();
        assert_eq!((&row[..3], &row[4..]), (&[1, 1, 1][..], &[2, 2, 2][..]));
    }

    #[test]
    fn without_markers_nothing_grows() {
        let labels = grown(&Array2::zeros((4, 4)), &Array2::from_elem((4, 4), FREE), Order::Lowest);
        assert!(labels.iter().all(|&label| label == FREE));
    }
}
