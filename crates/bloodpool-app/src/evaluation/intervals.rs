//! The interval of a model: fitted to simulated studies, and held against others.

use bloodpool::analysis::measure;
use bloodpool::uncertainty::{CertaintyFigures, Example, Features};
use bloodpool::{LabelledStudy, Protocol, SampleError, SampleSource, Segmenter};
use rayon::prelude::*;

/// How many studies are simulated ahead of the network.
const AHEAD: u64 = 16;

/// What is known of the analyses of the first `studies` samples, with their true LVEF; studies without a number are left out
/// and counted. `done` is told after each study.
pub(crate) fn examples(
    source: &dyn SampleSource,
    studies: u64,
    segmenter: &dyn Segmenter,
    protocol: &Protocol,
    mut done: impl FnMut(),
) -> anyhow::Result<(Vec<Example>, usize)> {
    let (mut examples, mut without) = (Vec::new(), 0);
    for start in (0..studies).step_by(AHEAD as usize) {
        let drawn: Result<Vec<LabelledStudy>, SampleError> =
            (start..(start + AHEAD).min(studies)).into_par_iter().map(|index| source.sample(index)).collect();
        for sample in drawn? {
            match example(&sample, segmenter, protocol)? {
                Some(example) => examples.push(example),
                None => without += 1,
            }
            done();
        }
    }
    Ok((examples, without))
}

fn example(sample: &LabelledStudy, segmenter: &dyn Segmenter, protocol: &Protocol) -> anyhow::Result<Option<Example>> {
    let Some(true_lvef_percent) = sample.lvef_percent else {
        anyhow::bail!("a study without a true LVEF cannot be an example of one");
    };
    let segmentation = segmenter.segment(&sample.study)?;
    let Ok(analysis) = measure(&sample.study, segmentation, segmenter.identity(), protocol) else { return Ok(None) };
    let features = Features::of(&sample.study, &analysis, CertaintyFigures::default());
    Ok(Some(Example { features, true_lvef_percent }))
}
