//! Every threshold of the validity checks, each with the reason for its value.
//!
//! Where a reason says "ordinary studies", the limit was set so that simulated studies with nothing wrong seldom reach it
//! (`cargo run --release -p bloodpool-cli --example validity_counts`).

// ---- The acquisition ----

/// Fewest counts per frame. A LV of 6 % of the frame's counts that ejects half of them then has a counting error of about
/// 1.5 EF points; outlines on such images become uncertain before that.
pub const FRAME_COUNTS: f64 = 100_000.0;
/// Fewest frames per cycle for an LVEF: with fewer, ES falls between frames and the LVEF reads low (the SNM procedure
/// guideline for gated equilibrium radionuclide ventriculography, version 3.0 of 2002, asks for 16).
pub const FEW_FRAMES: usize = 16;
/// Frame time above which a reader is told, ms: the guideline above asks for 50 ms or less at rest.
pub const FRAME_TIME_NOTE_MS: f64 = 50.0;
/// Frame time above which ES is blurred so much that LVEF reads low, ms: ES lasts about as long.
pub const FRAME_TIME_LOOK_MS: f64 = 70.0;
/// Largest fraction of rejected beats that still passes for regular rhythm with occasional ectopic beats.
pub const BEATS_REJECTED_FRACTION: f64 = 0.1;
/// Fraction of rejected beats above which the rhythm is irregular, and the accepted beats are a selection.
pub const BEATS_REJECTED_LOOK: f64 = 0.3;
/// Widest R-R window, from its lower to its upper end, as a fraction of the mean R-R interval: 20 % to either side.
/// Customary windows are 10 to 15 % to either side; wider ones mix beats of different filling.
pub const RR_WINDOW_FRACTION: f64 = 0.4;
/// ... above which it accepts nearly every beat, so that no rhythm was asked for.
pub const RR_WINDOW_LOOK: f64 = 0.8;
/// Frames x frame time over the R-R interval: outside this range the frames do not cover one cycle. Cameras leave out up to
/// a tenth at the end of the cycle.
pub const CYCLE_OVER_RR: [f64; 2] = [0.75, 1.25];
/// Smallest and largest field of view that a gated blood pool study can have, mm: a heart does not fit into less, and no
/// camera sees more.
pub const FIELD_MM: [f64; 2] = [120.0, 1000.0];
/// Largest ratio of a pixel's sides: cameras store pixels of 2:1 at most.
pub const PIXEL_SIDES: f64 = 2.5;
/// Smallest and largest area of the LV on its largest frame, mm^2: discs 25 and 138 mm across. Silhouettes of adults lie
/// between about 1,200 and 9,000 mm^2.
pub const LV_AREA_MM2: [f64; 2] = [500.0, 15_000.0];

// ---- Counts ----

/// Number of pixels that must share the largest value before it passes for a limit. Of Poisson counts, few pixels do.
pub const CLIPPED_PIXELS: usize = 24;
/// ... on at least this many frames,
pub const CLIPPED_FRAMES: usize = 3;
/// ... and this many times as many as hold each of the values just below it, on average.
pub const CLIPPED_EXCESS: f64 = 6.0;
/// Fraction of the LV's pixels at ED that hold the largest value: above it, the lost counts change LVEF.
pub const CLIPPED_LV_FRACTION: f64 = 0.02;
/// Correlation, over parts of the field, between the variance of counts in time and their mean, below which the images
/// are inverted: the variance of counts grows with them; that of a largest value less counts falls.
pub const INVERTED_CORRELATION: f64 = -0.5;
/// Range of variance over mean outside which pixel values are no counts: smoothed below, scaled above. Of counts it is 1.
pub const DISPERSION: [f64; 2] = [0.5, 2.0];
/// Deviation of a frame's counts outside the heart from the rest of the cycle that is corrected, as a fraction. The blood
/// outside the heart does not change during a cycle; in narrow fields, which hold little else than the heart, what is taken
/// for its surroundings swings by up to 5 % in ordinary studies, but evenly,
pub const FRAME_SCALE_FRACTION: f64 = 0.04;
/// ... so that there must also be a step by this fraction from one frame to the next.
pub const FRAME_STEP_FRACTION: f64 = 0.04;
/// Even swing of the counts outside the heart that no narrow field explains: frames were scaled one by one.
pub const FRAME_DRIFT_FRACTION: f64 = 0.12;
/// ... beyond this many standard deviations of counting noise.
pub const FRAME_SCALE_SIGMAS: f64 = 6.0;
/// Difference between parts of the field, as a fraction, up to which all pixels of a frame pass for scaled alike.
pub const FRAME_ALIKE_FRACTION: f64 = 0.05;
/// ... or this many standard deviations of counting noise.
pub const FRAME_ALIKE_SIGMAS: f64 = 4.0;
/// Deviation of a frame's total from the mean of its neighbours', as a fraction, that no heart explains.
pub const FRAME_TOTAL_FRACTION: f64 = 0.06;
/// Standard deviations of counting noise by which a pixel must differ from the nearest of its values on the two frames
/// before and after before it passes for an error: chance alone reaches it in none of 10^12 pixels.
pub const PIXEL_SIGMAS: f64 = 8.0;
/// Largest fraction of a frame's pixels that are corrected as single errors; more are no single pixels.
pub const PIXEL_FRACTION: f64 = 0.01;
/// A pixel that holds this many times the counts of its second-largest neighbour over the whole cycle counts by itself: a
/// camera's blur is wider than a pixel.
pub const HOT_PIXEL_RATIO: f64 = 2.0;
/// Share of its counts below which a frame at the end of the cycle passes for empty: noise is all that it shows.
pub const EMPTY_FRAME_KEPT: f64 = 0.1;
/// Step between neighbouring pixels, as a fraction of the number range, that only values which began again at 0 make: a
/// camera's blur leaves at most half of an edge to one step.
pub const WRAPPED_STEP: f64 = 0.7;
/// ... where values fill a number range that files store counts in: bytes, and signed and unsigned 16-bit words,
pub const WRAPPED_RANGES: [f64; 3] = [256.0, 32_768.0, 65_536.0];
/// ... and the number of such steps in the study.
pub const WRAPPED_STEPS: usize = 24;
/// Difference of a frame from the mean of its neighbours, over the spread of the whole cycle, above which it does not follow
/// them. A beat of four harmonics in 16 frames reaches 0.3, two exchanged frames reach 1 to 8.
pub const FRAME_JUMP: f64 = 0.8;
/// ... beyond this many standard deviations of counting noise.
pub const FRAME_JUMP_SIGMAS: f64 = 8.0;
/// Change of LVEF by a correction of single pixels above which a reader must look, EF points.
pub const PIXEL_CHANGE_POINTS: f64 = 1.0;
/// Largest standard error of LVEF from counting noise alone before a reader is told, EF points: its 95 % interval of
/// +-4 points then still tells a fall by 10 points, the customary criterion of cardiotoxicity, from noise in two studies.
pub const COUNTING_ERROR_POINTS: f64 = 2.0;
/// ... before a reader must look: half of such a fall,
pub const COUNTING_ERROR_LOOK_POINTS: f64 = 5.0;
/// ... and before the number is withheld: its 95 % interval then spans half of all LVEFs.
pub const COUNTING_ERROR_WITHHELD_POINTS: f64 = 12.0;

// ---- The beat ----

/// LVEF over its counting error below which nothing beats: the curve of a static heart reads as 2 to 4, since the highest
/// and the lowest of noisy values are taken.
pub const NO_BEAT_ERRORS: f64 = 5.0;
/// Power of the first harmonic in the middle of the field, in standard deviations of its noise, below which neither ventricle
/// nor atrium beats: static hearts stay below 3, ordinary studies of an LVEF of 10 % and more lie above 5 (99 %).
pub const NO_BEAT_POWER: f64 = 4.0;
/// Second harmonic over the first above which a curve repeats twice in a cycle.
pub const SECOND_HARMONIC_RATIO: f64 = 3.0;
/// Standard deviations of counting noise that a harmonic must exceed before it is believed.
pub const HARMONIC_SIGMAS: f64 = 5.0;
/// Relative amplitude of the second harmonic, of the mean counts, above which two whole beats lie in the cycle: the second
/// harmonic of a single beat is a third of its first at most.
pub const TWO_BEATS_AMPLITUDE: f64 = 0.12;
/// Where in the cycle the first harmonic of the LV curve is lowest, as a fraction, when the R wave opens frame 1.
pub const FIRST_HARMONIC_LOWEST: [f64; 2] = [0.24, 0.59];
/// Distance from that range, as a fraction of the cycle, beyond which the R wave is elsewhere and ED and ES are not found.
pub const R_WAVE_WITHHELD: f64 = 0.05;
/// Rise of the fitted curve beyond the span in which ED is looked for, as a fraction of the stroke counts.
pub const ED_LIMIT_FRACTION: f64 = 0.05;
/// Largest gap between the last frame and the first, as a fraction of ED counts. Atrial contraction adds about a sixth of
/// ED counts in the last eighth of the cycle, so that neighbouring frames differ by less.
pub const CLOSING_FRACTION: f64 = 0.15;
/// ... beyond this many standard deviations of counting noise.
pub const CLOSING_SIGMAS: f64 = 3.0;
/// Fraction of the cycle's frames that lost counts at its end above which the beats differed too much in length.
pub const DROP_OFF_LOOK: f64 = 0.25;

// ---- The outline ----

/// An area that differs from the mean of its neighbours' by more than this fraction of the largest area is no contraction:
/// even with 8 frames per cycle, a normal LV bends its area curve by a tenth.
pub const AREA_JUMP_FRACTION: f64 = 0.2;
/// Fewest pixels of the LV at ED: with fewer, an outline's edge is most of it.
pub const LV_PIXELS: usize = 32;
/// Fraction of the LV outline's pixels at ED that lie at the edge of the field above which part of the LV is missing.
pub const CUT_EDGE_FRACTION: f64 = 0.1;
/// Longest over shortest axis of the LV outline at ED below which the LV is seen along its long axis.
pub const END_ON_ASPECT: f64 = 1.06;
/// Distance from the valve plane to the apex over the width of the valve plane, by landmarks, below which it is.
pub const END_ON_LANDMARKS: f64 = 0.9;

// ---- The result ----

/// Fraction of a background region on the septal side that a reader must know of: the septum and the right ventricle are no
/// background.
pub const SEPTAL_FRACTION: f64 = 0.05;
/// Fraction of the background region beyond the image that a reader must know of.
pub const CUT_FRACTION: f64 = 0.25;
/// Fraction of the background region left out as hot that a reader must know of: an organ or vessel lies under it.
pub const HOT_FRACTION: f64 = 0.25;
/// LVEF outside this range, percent, is more often a wrong ROI than a heart.
pub const PLAUSIBLE_LVEF: [f64; 2] = [5.0, 90.0];
/// LVEF by `standard` less that by `unmixed` outside which one of them has failed, EF points. `standard` reads 5 points lower on
/// average (SD 5): three standard deviations to either side.
pub const DISAGREEMENT_POINTS: [f64; 2] = [-20.0, 10.0];
/// Entropy of the segmenter's outline, bits by pixel of the LV, above which the outline is unsure: 6 % of ordinary studies, whose
/// mean error is 1.6 times that of the others.
pub const EDGE_ENTROPY: f64 = 0.72;
/// Dice of the outlines of the two network passes below which they found different ventricles.
pub const LOOKS_DICE: f64 = 0.75;

// ---- What the segmenter recognises ----

/// Probability of a heart below which the study is refused.
pub const HEART_REFUSED: f64 = 0.8;
/// ... below which the number is withheld,
pub const HEART_WITHHELD: f64 = 0.9;
/// ... and below which a reader must look.
pub const HEART_LOOK: f64 = 0.95;
/// Probability of LAO below which the number is withheld.
pub const LAO_WITHHELD: f64 = 0.8;
/// ... and below which a reader must look.
pub const LAO_LOOK: f64 = 0.9;
/// Probability of the usual orientation below which the number is withheld.
pub const UPRIGHT_WITHHELD: f64 = 0.3;
/// ... and below which a reader must look.
pub const UPRIGHT_LOOK: f64 = 0.8;
/// Probability of sound gating below which the number is withheld.
pub const GATING_WITHHELD: f64 = 0.1;
/// ... and below which a reader must look.
pub const GATING_LOOK: f64 = 0.5;
