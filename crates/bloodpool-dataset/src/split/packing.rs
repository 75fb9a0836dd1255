//! Whether patients with several studies still fit into what is left of the parts.

/// Ways of packing patients with several studies that are tried before giving up on exact numbers.
const MOST_STATES: usize = 100_000_000;

/// Which numbers of studies left in training and validation the patients with several studies can still fill.
///
/// Patients with one study fill whatever is left, so that only the others can make numbers impossible.
pub(super) struct Packing {
    /// `[after so many patients][train][validation]`: whether the rest fits into what is left.
    fits: Vec<Vec<bool>>,
    rest: Vec<usize>,
    targets: [usize; 3],
}

impl Packing {
    /// `None` when there are too many ways to look at.
    pub(super) fn new(sizes: &[usize], targets: [usize; 3]) -> Option<Self> {
        let (wide, high) = (targets[0] + 1, targets[1] + 1);
        if sizes.len().checked_add(1)?.checked_mul(wide)?.checked_mul(high)? > MOST_STATES {
            return None;
        }
        // Seen from the end: what each part can take of the patients after this one. A state is how many studies of
        // these go to training and validation; the rest goes to test.
        let mut fits = vec![vec![false; wide * high]; sizes.len() + 1];
        let mut rest = vec![0; sizes.len() + 1];
        fits[sizes.len()][0] = true;
        for index in (0..sizes.len()).rev() {
            let size = sizes[index];
            rest[index] = rest[index + 1] + size;
            let (before, after) = fits.split_at_mut(index + 1);
            let (before, after) = (&mut before[index], &after[0]);
            for train in 0..wide {
                for validation in 0..high {
                    let reached = |train: Option<usize>, validation: Option<usize>| {
                        train.zip(validation).is_some_and(|(train, validation)| after[train * high + validation])
                    };
                    before[train * high + validation] = reached(Some(train), Some(validation))
                        || reached(train.checked_sub(size), Some(validation))
                        || reached(Some(train), validation.checked_sub(size));
                }
            }
        }
        Some(Self { fits, rest, targets })
    }

    /// Whether the patients after the first `dealt` fit into `left`.
    pub(super) fn fits(&self, dealt: usize, left: [usize; 3]) -> bool {
        let high = self.targets[1] + 1;
        let rest = self.rest[dealt];
        let reached = &self.fits[dealt];
        (0..=left[0].min(rest)).any(|train| {
            (0..=left[1].min(rest - train))
                .any(|validation| reached[train * high + validation] && rest - train - validation <= left[2])
        })
    }
}
