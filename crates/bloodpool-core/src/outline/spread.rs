//! How the change of one frame's outline spreads to its neighbours in the cycle.

use super::frame_outline::FrameOutline;
use super::spline::SplineOutline;
use crate::FrameIndex;

/// How much of a change a frame takes that is so many frames away: 1 at the frame itself, falling as a cosine to 0 beyond `reach`.
#[must_use]
pub fn spread_weight(distance: usize, reach: usize) -> f64 {
    if distance > reach {
        return 0.0;
    }
    0.5 * (1.0 + (std::f64::consts::PI * distance as f64 / (reach + 1) as f64).cos())
}

/// The outlines of the neighbours within `reach` frames, round the cycle, after the outline of `frame` was changed from `before` to
/// `after`. Each vertex moves as the corresponding one of `frame` did, by the weight of its frame. `outline_of`: the outlines as they
/// are; `size`: rows and columns of the study. Frames without an outline stay without one, a frame of whose outline no pixel would be left
/// keeps it as it is, and a reach of 0 changes nothing.
pub fn spread(
    frame: FrameIndex,
    (frames, size): (usize, (usize, usize)),
    reach: usize,
    before: &FrameOutline,
    after: &FrameOutline,
    outline_of: impl Fn(FrameIndex) -> FrameOutline,
) -> Vec<(FrameIndex, FrameOutline)> {
    let (Some(from), Some(to)) = (before.spline(), after.spline()) else { return Vec::new() };
    // Each neighbour is reached on its shorter way round the cycle.
    let reach = reach.min(frames.saturating_sub(1) / 2);
    let neighbours = (1..=reach).flat_map(|away| {
        let later = (frame.index() + away) % frames;
        let earlier = (frame.index() + frames - away) % frames;
        [(away, earlier), (away, later)]
    });
    let moved = neighbours.filter_map(|(away, index)| {
        let neighbour = FrameIndex::new(index);
        let outline = outline_of(neighbour).spline()?;
        let moved = moved(&outline, &from, &to, spread_weight(away, reach))?;
        (!moved.mask(size.0, size.1).is_empty()).then_some((neighbour, FrameOutline::Spline(moved)))
    });
    moved.collect()
}

fn moved(outline: &SplineOutline, from: &SplineOutline, to: &SplineOutline, weight: f64) -> Option<SplineOutline> {
    outline.map(|(index, [x, y])| {
        let ([old_x, old_y], [new_x, new_y]) = (from.vertices()[index], to.vertices()[index]);
        [x + weight * (new_x - old_x), y + weight * (new_y - old_y)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mask;

    fn disc(radius: f64) -> FrameOutline {
        let far = |row: usize, column: usize| (row as f64 - 24.0).hypot(column as f64 - 24.0);
        FrameOutline::of_mask(&Mask::from_fn(48, 48, |row, column| far(row, column) < radius))
    }

    #[test]
    fn a_change_spreads_round_the_cycle_and_fades() {
        let changed = spread(FrameIndex::new(0), (16, (48, 48)), 2, &disc(8.0), &disc(11.0), |_| disc(8.0));
        let frames: Vec<usize> = changed.iter().map(|(frame, _)| frame.index()).collect();
        assert_eq!(frames, [15, 1, 14, 2]);
        let areas: Vec<usize> = changed.iter().map(|(_, outline)| outline.mask(48, 48).area()).collect();
        let (least, most) = (disc(8.0).mask(48, 48).area(), disc(11.0).mask(48, 48).area());
        assert!(most > areas[1] && areas[1] > areas[3] && areas[3] > least, "{areas:?}");
        assert!(spread(FrameIndex::new(3), (16, (48, 48)), 0, &disc(8.0), &disc(11.0), |_| disc(8.0)).is_empty());
        // Beyond half of the cycle no frame is reached twice.
        assert_eq!(spread(FrameIndex::new(3), (16, (48, 48)), 99, &disc(8.0), &disc(9.0), |_| disc(8.0)).len(), 14);
    }

    #[test]
    fn no_neighbour_loses_its_last_pixel() {
        // The next neighbours would shrink to nothing, between the centres of pixels: three quarters of 5.3 are 4.
        let between = |radius: f64| {
            let far = |row: usize, column: usize| (row as f64 - 23.5).hypot(column as f64 - 23.5);
            FrameOutline::of_mask(&Mask::from_fn(48, 48, |row, column| far(row, column) < radius))
        };
        let (before, after) = (between(20.0), between(14.7));
        let changed = spread(FrameIndex::new(0), (16, (48, 48)), 2, &before, &after, |_| between(4.0));
        assert!(changed.iter().all(|(_, outline)| !outline.mask(48, 48).is_empty()));
        assert_eq!(changed.iter().map(|(frame, _)| frame.index()).collect::<Vec<_>>(), [14, 2], "1 and 15 keep theirs");
    }

    #[test]
    fn weights_fall_from_1_to_0() {
        assert_eq!((spread_weight(0, 3), spread_weight(4, 3), spread_weight(0, 0)), (1.0, 0.0, 1.0));
        assert!((spread_weight(2, 3) - 0.5).abs() < 1e-12);
    }
}
