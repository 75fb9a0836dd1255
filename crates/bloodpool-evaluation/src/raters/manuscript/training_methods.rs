//! How the network was trained, as a methods section describes it.

use bloodpool_nn::TrainingConfig;
use bloodpool_nn::augmentation::Augmentation;
use bloodpool_nn::config::{Keep, Optimizer, Schedule};
use bloodpool_nn::loss::LossTerms;
use bloodpool_nn::network::NetworkConfig;

use super::Manuscript;
use super::records::RunRecord;
use super::wording::{count, gap, list, percent};
use crate::raters::record::ModelKind;

impl Manuscript<'_> {
    /// Loss, optimiser, schedule, augmentation, the epoch that was kept, and seeds.
    pub(super) fn training(&self) -> String {
        let Some(first) = self.records.runs.first() else { return self.training_without_run() };
        if self.configurations_differ() {
            return format!(
                "The {} runs were not trained alike. {}",
                self.records.runs.len(),
                gap("how each was trained; config.toml in the folder of each run says it")
            );
        }
        let config = &first.config;
        [
            start(first),
            images(first),
            loss(first),
            steps(&self.records.runs),
            optimizer(config),
            augmentation(config),
            self.kept(),
            self.seeds(),
        ]
        .join(" ")
    }

    fn training_without_run(&self) -> String {
        let details =
            "initial weights, loss, optimiser, learning rate, number of epochs, augmentation and seeds of the training";
        match (&self.records.description, self.subject.run.kind) {
            (Some(model), _) => format!(
                "The description of the model says that it was trained by {} with {} (seed {}) on {}. {}",
                model.training.origin.software,
                count(model.training.steps, ["step", "steps"]),
                model.training.seed,
                model.training.origin.training_data,
                gap(details)
            ),
            (None, ModelKind::Embedded) => {
                gap(&format!("{details}; models/README.md of the program describes an embedded model"))
            }
            (None, ModelKind::Classical) => {
                "The method was not trained; its constants were chosen on simulated studies that are not among these."
                    .to_owned()
            }
            (None, _) => gap(details),
        }
    }

    /// Whether runs of one cross-validation differ in anything but their fold, their names, and the sizes that follow from a fold.
    fn configurations_differ(&self) -> bool {
        let common = |run: &RunRecord| {
            let epochs = run.config.steps / run.config.steps_per_epoch.max(1);
            TrainingConfig {
                name: String::new(),
                seed: 0,
                fold: None,
                steps: epochs,
                steps_per_epoch: 1,
                warm_up_steps: 0,
                validation_studies: 0,
                ..run.config.clone()
            }
        };
        let mut all = self.records.runs.iter().map(common);
        all.next().is_some_and(|first| all.any(|other| other != first))
    }

    /// Which weights are the model.
    pub(super) fn kept(&self) -> String {
        let Some(first) = self.records.runs.first() else { return gap("how the final model was selected") };
        if first.config.keep == Keep::Last {
            return "The weights after the last step were the model; no epoch was selected.".to_owned();
        }
        let patience = match first.config.patience {
            0 => String::new(),
            epochs => format!(" Training stopped after {} without a better one.", count(epochs, ["epoch", "epochs"])),
        };
        let of_run = |run: &RunRecord| match run.kept() {
            Some(kept) => format!("epoch {} of {}", kept.epoch, run.metrics.len()),
            None => gap("epoch that was kept"),
        };
        let kept: Vec<String> = self.records.runs.iter().map(of_run).collect();
        let kept = if self.subject.folds.len() > 1 {
            format!("{} (in the order of the folds)", list(&kept))
        } else {
            list(&kept)
        };
        let dice = match &self.records.runs[..] {
            [run] => run.kept().map_or(String::new(), |kept| {
                format!(
                    " (Dice {:.2} % at ED and {:.2} % at ES)",
                    100.0 * kept.validation.dice_end_diastole,
                    100.0 * kept.validation.dice_end_systole
                )
            }),
            _ => String::new(),
        };
        format!(
            "The weights of the epoch with the highest mean Dice at ED and ES on the validation studies were the \
                model: {kept}{dice}.{patience}"
        )
    }

    /// Every seed.
    fn seeds(&self) -> String {
        let mut seeds: Vec<String> = self.records.runs.iter().map(|run| run.config.seed.to_string()).collect();
        seeds.dedup();
        let device = self.records.runs.first().map_or(String::new(), |run| match run.config.device.as_str() {
            "flex" => format!(" Training ran on the CPU ({}).", count(run.config.threads, ["thread", "threads"])),
            other => format!(" Training ran on the device {other}."),
        });
        let (seed, decided) =
            if seeds.len() == 1 { ("Seed", "decided") } else { ("Seeds", "decided, in the order of the folds,") };
        format!("{seed} {} {decided} the initial weights and every random draw.{device}", list(&seeds))
    }
}

fn start(run: &RunRecord) -> String {
    match &run.origin.started_from {
        Some(model) => format!("Training started from the weights of {model}."),
        None => "Training started from random weights (He et al. 2015).".to_owned(),
    }
}

/// What it was trained on.
fn images(run: &RunRecord) -> String {
    match run.origin.data_folder {
        Some(_) => {
            "The images were the outlined frames of the training studies, the target the consensus of the raters."
                .to_owned()
        }
        None => format!("The network was trained on {}.", run.origin.training_data),
    }
}

/// The terms that were in the loss of this run: those with a weight, as far as the record shows that they were ever above 0.
fn loss(run: &RunRecord) -> String {
    let weights = &run.config.loss;
    type Term = fn(&LossTerms) -> f64;
    let terms: [(&str, f64, Term); 14] = [
        ("cross-entropy of the LV mask", weights.cross_entropy, |terms| terms.cross_entropy),
        ("1 - soft Dice of the LV mask", weights.dice, |terms| terms.dice),
        ("relative error of the areas at ED and ES", weights.area, |terms| terms.area),
        ("count-weighted cross-entropy of the LV fraction", weights.fraction, |terms| terms.fraction),
        ("relative error of the LV counts of each frame", weights.curve, |terms| terms.curve),
        ("error of the EF", weights.ejection_fraction, |terms| terms.ejection_fraction),
        ("cross-entropy of the RV mask", weights.rv_cross_entropy, |terms| terms.rv_cross_entropy),
        ("1 - soft Dice of the RV mask", weights.rv_dice, |terms| terms.rv_dice),
        ("count-weighted cross-entropy of the RV fraction", weights.rv_fraction, |terms| terms.rv_fraction),
        ("cross-entropy of the landmarks", weights.landmarks, |terms| terms.landmarks),
        ("cross-entropy of heart or not", weights.heart, |terms| terms.heart),
        ("cross-entropy of the view", weights.view, |terms| terms.view),
        ("cross-entropy of the orientation", weights.orientation, |terms| terms.orientation),
        ("cross-entropy of sound gating or not", weights.gating, |terms| terms.gating),
    ];
    let in_use = |(_, weight, value): &(&str, f64, Term)| {
        *weight > 0.0 && run.metrics.iter().any(|epoch| value(&epoch.loss) > 0.0)
    };
    let mut words: Vec<String> =
        terms.iter().filter(|term| in_use(term)).map(|(name, weight, _)| format!("{name} (weight {weight})")).collect();
    let auxiliary = match &run.config.network {
        NetworkConfig::DeepLabV3Resnet50(network) | NetworkConfig::FcnResnet50(network) => network.auxiliary,
        NetworkConfig::Compact(_) | NetworkConfig::Unet(_) => false,
    };
    if auxiliary && weights.auxiliary > 0.0 {
        words.push(format!("cross-entropy of the auxiliary head (weight {})", weights.auxiliary));
    }
    if words.is_empty() {
        gap("loss; the run recorded no epoch")
    } else {
        format!("The loss was the weighted sum of {}.", list(&words))
    }
}

fn steps(runs: &[RunRecord]) -> String {
    let Some(TrainingConfig { studies_per_step, views_per_study, frames_per_view, .. }) =
        runs.first().map(|run| &run.config)
    else {
        return String::new();
    };
    let batch = studies_per_step * views_per_study * frames_per_view;
    let views = match views_per_study {
        1 => String::new(),
        views => format!(", {views} views of each"),
    };
    let planned =
        |run: &RunRecord| (run.config.steps, run.config.steps / run.config.steps_per_epoch.max(1), run.metrics.len());
    let mut all: Vec<(usize, usize, usize)> = runs.iter().map(planned).collect();
    all.dedup();
    let length: Vec<String> = all
        .iter()
        .map(|&(steps, epochs, done)| {
            let done = if done == epochs { String::new() } else { format!(", of which {done} were run") };
            format!("{} ({}){done}", count(epochs, ["epoch", "epochs"]), count(steps, ["step", "steps"]))
        })
        .collect();
    let skipped: usize = runs.iter().flat_map(|run| &run.metrics).map(|epoch| epoch.skipped_steps).sum();
    let skipped = match skipped {
        0 => String::new(),
        some => format!(
            " {} skipped, because the loss or a gradient was not finite.",
            count(some, ["step was", "steps were"])
        ),
    };
    format!(
        "A step took {} ({}{views}, {} of each). Training was for {}.{skipped}",
        count(batch, ["image", "images"]),
        count(*studies_per_step, ["study", "studies"]),
        count(*frames_per_view, ["frame", "frames"]),
        list(&length)
    )
}

fn optimizer(config: &TrainingConfig) -> String {
    let optimizer = match config.optimizer {
        Optimizer::AdamW => format!("AdamW (Loshchilov and Hutter 2019; weight decay {})", config.weight_decay),
        Optimizer::Sgd => {
            format!("stochastic gradient descent (momentum 0.9, L2 penalty {})", config.weight_decay)
        }
    };
    let schedule = match config.schedule {
        Schedule::Cosine => "fell along half a cosine to 1 % of that",
        Schedule::Polynomial => "fell with (1 - progress)^0.9",
        Schedule::Constant => "then stayed constant",
    };
    let rise = match config.warm_up_steps {
        1 => format!("was {} from the first step on", config.learning_rate),
        0 => format!("began at {}", config.learning_rate),
        steps => format!("rose to {} over the first {}", config.learning_rate, count(steps, ["step", "steps"])),
    };
    format!(
        "The optimiser was {optimizer}; the learning rate {rise} and {schedule}. Gradients longer than {} were \
            shortened to that length. \
         The model was a moving average of the weights (decay {}).",
        config.gradient_clip, config.average_decay
    )
}

/// What was drawn anew for each view, with its strength.
fn augmentation(config: &TrainingConfig) -> String {
    let Augmentation {
        whole_field,
        shift,
        smallest_side,
        largest_side,
        rotation_degrees,
        blur,
        blur_sigma,
        whole_smallest,
        whole_largest,
        whole_shift,
        turned,
        elastic,
        brightness,
        contrast,
    } = config.augmentation;
    let mut words = Vec::new();
    if whole_field > 0.0 {
        words.push(format!(
            "a side of {whole_smallest} to {whole_largest} times that of the field of view (below 1, the image is \
                cropped)"
        ));
        words.push(format!("a shift of up to {} % of the side", percent(whole_shift)));
    }
    if rotation_degrees > 0.0 {
        words.push(format!("a rotation of up to {rotation_degrees} degrees either way"));
    }
    if elastic > 0.0 {
        words.push(format!("an elastic deformation with an SD of {} % of the side", percent(elastic)));
    }
    if !config.network.layout().input.has_harmonics() {
        for (name, strength) in [("brightness", brightness), ("contrast", contrast)] {
            if strength > 0.0 {
                words.push(format!("a change of {name} by up to {} % either way", percent(strength)));
            }
        }
    }
    if blur > 0.0 {
        words.push(format!("a blur with an SD of up to {blur_sigma} pixels in {} % of the views", percent(blur)));
    }
    if turned > 0.0 {
        words.push(format!("mirroring or quarter turns in {} % of the views of the whole field", percent(turned)));
    }
    let windows = if whole_field < 1.0 {
        format!(
            " {} % of the views were windows around the LV instead of the whole field, with a side of {smallest_side} \
                to {largest_side} \
             times the square root of its area and a shift of up to {} % of the side.",
            percent(1.0 - whole_field),
            percent(shift)
        )
    } else {
        String::new()
    };
    if words.is_empty() {
        return format!("Images were not augmented.{windows}");
    }
    format!("Each time an image was drawn it was augmented anew, with {}.{windows}", list(&words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn augmentation_names_what_the_network_gets() {
        let usual = TrainingConfig::default();
        let words = augmentation(&usual);
        assert!(words.contains("a rotation of up to 12 degrees either way"), "{words}");
        assert!(words.contains("65 % of the views were windows") && words.contains("2.3 to 4.8 times"), "{words}");
        assert!(!words.contains("brightness") && !words.contains("elastic"), "{words}");
        let network = NetworkConfig::by_name("unet").unwrap();
        let paper = TrainingConfig::for_dataset(network, 280, 23, 30);
        let words = augmentation(&paper);
        assert!(words.contains("a change of brightness by up to 10 % either way"), "{words}");
        assert!(words.contains("an SD of 1 % of the side") && !words.contains("windows"), "{words}");
        let none = Augmentation { whole_field: 0.0, rotation_degrees: 0.0, blur: 0.0, ..Augmentation::default() };
        let words = augmentation(&TrainingConfig { augmentation: none, ..usual });
        assert!(words.starts_with("Images were not augmented. 100 % of the views"), "{words}");
    }

    #[test]
    fn the_optimiser_is_described_with_its_schedule() {
        let config = TrainingConfig { learning_rate: 1e-3, warm_up_steps: 12, ..TrainingConfig::default() };
        let words = optimizer(&config);
        assert!(words.contains("weight decay 0.0001"), "{words}");
        assert!(
            words.contains("rose to 0.001 over the first 12 steps and fell along half a cosine to 1 % of that"),
            "{words}"
        );
        let config =
            TrainingConfig { warm_up_steps: 0, schedule: Schedule::Constant, optimizer: Optimizer::Sgd, ..config };
        assert!(optimizer(&config).contains("began at 0.001 and then stayed constant"), "{}", optimizer(&config));
    }
}
