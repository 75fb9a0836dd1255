//! Ventricular function in the PDF: the table of quantities, the parametric pictures, sectors, and the right ventricle.

use bloodpool_core::function::{AMPLITUDE_FRACTION, BIN_DEGREES, Estimate, Outcome, Quantity, SectorResults};

use super::canvas::{Align, Canvas, MARGIN, Run, WARN, WIDTH, plain, run};
use super::content::Content;
use super::drawn::{self, Looks};
use super::framed;
use super::table::{Cell, Table, cell, left, rich, right};
use crate::report::colour_scale::{AMPLITUDE, CHANGE, PHASE, REGIONAL_EF};
use crate::report::function_images::{END_SYSTOLE, borders};
use crate::report::function_table::{PublishedRange, QuantityTable, published_ranges, range_sources};
use crate::report::images::LV;
use crate::report::range_plot::range_plot;
use crate::report::right_ventricle_section::RightVentricle;
use crate::report::{phase_section, sector_section};

/// The table of quantities; `complete`: with definitions, sources and notes.
pub(super) fn quantities(canvas: &mut Canvas<'_>, content: &Content<'_>, complete: bool) {
    let (analysis, language) = (content.report.analysis, content.language);
    let remark = language.function_of(&analysis.protocol.name);
    let Some(function) = content.function else {
        canvas.heading(language.ventricular_function(), &remark, 12.0);
        canvas.flow_paragraph(&[run(language.function_withheld(), plain(8.0))], 5.0);
        return;
    };
    let quantities = QuantityTable::of(analysis, function, language);
    // On the page that is signed each row has one line.
    let size = if complete { 7.5 } else { 7.0 };
    let (head, style) = (plain(6.4).soft(), plain(size));
    let widths = [152.0, 44.0, 48.0, 92.0];
    let rest = WIDTH - widths.iter().sum::<f32>();
    let columns = vec![left(widths[0]), right(widths[1]), right(widths[2]), left(widths[3]), left(rest)];
    let mut table = Table::new(MARGIN, columns);
    let heads = [
        language.quantity(),
        language.value(),
        language.interval_95(),
        language.value_in_range(),
        language.published_range(),
    ];
    table.head = Some(heads.map(|text| cell(text, head)).to_vec());
    for row in quantities.rows {
        let mut title = vec![run(row.title, style.bold())];
        if let Some(definition) = row.definition.filter(|_| complete) {
            title.push(run(format!("  {definition}"), plain(6.5).soft()));
        }
        let mut cells = vec![rich(title)];
        match row.value {
            Ok(value) => {
                cells.push(rich(vec![run(value.value, style.bold()), run(value.unit, style)]));
                cells.push(cell(value.interval.unwrap_or_default(), style));
                cells.push(Cell { drawing: value.plot, ..rich(Vec::new()) });
            }
            Err(reason) => cells.push(cell(reason, plain(size - 1.0).in_colour(WARN)).over(3)),
        }
        cells.push(rich(ranges(&row.ranges, content)));
        table.row(cells);
    }
    if let Some(reason) = quantities.all_refused {
        let reason = cell(reason, plain(7.0).in_colour(WARN)).over(4);
        table.row(vec![cell(language.rates_of_curve(), style.bold()), reason]);
    }
    let height = if complete { 60.0 } else { table.height(canvas) };
    canvas.heading(language.ventricular_function(), &remark, height);
    table.flow(canvas);
    canvas.y += 2.0;
    let note = plain(6.5).soft();
    for warning in &quantities.warnings {
        canvas.flow_paragraph(&[run(warning, plain(6.8).in_colour(WARN))], 0.0);
    }
    let mut runs = vec![run(format!("{}. ", language.ranges_heading()), note.bold())];
    if complete {
        if let Some(notes) = &quantities.notes {
            canvas.flow_paragraph(&[run(notes, note)], 1.0);
        }
        let sources: Vec<String> =
            quantities.sources.iter().map(|(number, source)| format!("[{number}] {source}")).collect();
        let text = format!("{} {}. {}", language.mean_and_sd_of(), sources.join("; "), language.band_meaning());
        runs.push(run(text, note));
    }
    canvas.flow_paragraph(&runs, 5.0);
}

/// Published ranges in one cell, with the numbers of their sources in brackets.
fn ranges(ranges: &[PublishedRange], content: &Content<'_>) -> Vec<Run> {
    let (style, small) = (plain(6.5), plain(5.8).soft());
    if ranges.is_empty() {
        return vec![run(content.language.no_range(), style.soft())];
    }
    let mut runs = Vec::new();
    for (at, range) in ranges.iter().enumerate() {
        let source = range.source.map_or_else(String::new, |source| format!(" [{source}]"));
        let stop = if at + 1 < ranges.len() { "; " } else { "" };
        runs.push(run(format!("{} ", range.value), style));
        runs.push(run(format!("{}{source}{stop}", range.who), small));
    }
    runs
}

/// Amplitude, phase, histogram, sectors and regional EF in one row; `share`: their size, as a share of the largest that fits.
pub(super) fn overview(canvas: &mut Canvas<'_>, content: &Content<'_>, share: f32) {
    let language = content.language;
    let Some(function) = content.function else { return };
    let gap = 8.0;
    let widest = (WIDTH - 4.0 * gap) / 5.0;
    let side = share * widest;
    canvas.make_room(framed::height(content.scale, side) + 26.0);
    let top = canvas.y;
    let ed = content.report.analysis.contours.get(content.report.analysis.end_diastole.frame.index());
    let x = |at: usize| MARGIN + at as f32 * (widest + gap);
    let mut height = 0.0_f32;
    match (&content.maps, function.images.refusal()) {
        (Some(maps), _) => {
            for (at, image, title, colours) in [
                (0, &maps.amplitude, language.amplitude(), &AMPLITUDE),
                (1, &maps.phase, language.phase(), &PHASE),
                (4, &maps.regional_ef, language.ef_by_pixel(), &REGIONAL_EF),
            ] {
                let figure = (colours, language);
                let image = image.clone();
                height = height.max(framed::map(canvas, [x(at), top], side, content.scale, image, ed, title, figure));
            }
        }
        (None, Some(refusal)) => {
            let why = language.images_not_given(&language.refusal(refusal));
            canvas.paragraph([x(0), top], 2.0 * side, Align::Left, &[run(why, plain(7.5).in_colour(WARN))]);
        }
        (None, None) => {}
    }
    let histogram = phase_section::histogram(&function.phases, language);
    drawn::draw(canvas, &histogram, [x(2), top], side, 5.8, Looks::Chart);
    let mut below = drawn::height(&histogram, side) + drawn::TITLE_BELOW + 2.0;
    let keys: Vec<_> = phase_section::histogram_legend(&function.phases, language)
        .into_iter()
        .map(|(class, text)| {
            let (colour, dashed) = drawn::key(class);
            (colour, dashed, text.to_owned())
        })
        .collect();
    below += framed::legend(canvas, [x(2), top + below], side, &keys) + 1.0;
    let bins = language.bins(BIN_DEGREES);
    below += framed::caption(canvas, [x(2), top + below], side, language.phase_histogram(), &bins);
    height = height.max(below);
    match &function.sectors {
        Outcome::Value(found) => height = height.max(sectors_picture(canvas, content, found, [x(3), top], side)),
        Outcome::Refused(refusal) => {
            let why = language.sectors_not_given(&language.refusal(refusal));
            canvas.paragraph([x(3), top], side, Align::Left, &[run(why, plain(7.5).in_colour(WARN))]);
        }
    }
    canvas.y = top + height + 4.0;
}

/// The ring of sectors with its colour bar; its height.
fn sectors_picture(
    canvas: &mut Canvas<'_>,
    content: &Content<'_>,
    found: &SectorResults,
    at: [f32; 2],
    side: f32,
) -> f32 {
    let language = content.language;
    let picture = sector_section::picture(found, language);
    drawn::draw(canvas, &picture, at, side, 5.8, Looks::Chart);
    let mut height = drawn::height(&picture, side) + 2.0;
    height += framed::bar(canvas, [at[0], at[1] + height], side, &REGIONAL_EF) + 1.0;
    height + framed::caption(canvas, [at[0], at[1] + height], side, language.ef_by_sector(), "%")
}

/// Numbers of the phases.
pub(super) fn phases(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let language = content.language;
    let Some(function) = content.function else { return };
    let (head, style) = (plain(6.8).soft(), plain(7.5));
    let first = 140.0;
    let width = (WIDTH - first) / 6.0;
    let mut table = Table::new(MARGIN, std::iter::once(left(first)).chain([right(width); 6]).collect());
    table.head = Some(phase_section::columns(language).map(|text| cell(text, head)).to_vec());
    for (name, cells) in phase_section::rows(&function.phases, language) {
        let mut row = vec![cell(name, style.bold())];
        match cells {
            Ok(cells) => row.extend(cells.into_iter().map(|text| cell(text, style))),
            Err(reason) => row.push(cell(reason, plain(7.0).in_colour(WARN)).over(6)),
        }
        table.row(row);
    }
    let height = table.height(canvas);
    canvas.heading(language.amplitude_and_phase(), language.first_harmonic(), height);
    table.flow(canvas);
    canvas.y += 2.0;
    canvas.flow_paragraph(&[run(language.phase_note(AMPLITUDE_FRACTION * 100.0), plain(6.5).soft())], 8.0);
}

/// Regional function: pictures, and numbers by sector.
pub(super) fn regional(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let language = content.language;
    let Some(function) = content.function else { return };
    let gap = 9.0;
    let side = (WIDTH - 3.0 * gap) / 4.0;
    canvas.heading(
        language.regional_function(),
        language.sectors_meaning(),
        framed::height(content.scale, side) + 34.0,
    );
    let top = canvas.y;
    let x = |at: usize| MARGIN + at as f32 * (side + gap);
    let analysis = content.report.analysis;
    let contour = |frame: bloodpool_core::FrameIndex| analysis.contours.get(frame.index());
    let (ed, es) = (contour(analysis.end_diastole.frame), contour(analysis.end_systole.frame));
    let overlay = framed::still(canvas, content, analysis.end_systole.frame, [x(0), top], side);
    if let (Some(found), Some(ed)) = (function.sectors.value(), ed) {
        overlay.edges(canvas, &borders(&found.sectors, ed, content.scale), [215; 3], 0.5);
    }
    overlay.contour(canvas, es, END_SYSTOLE, 1.0);
    overlay.contour(canvas, ed, LV, 1.0);
    let keys = [(LV, false, language.ed_contour().to_owned()), (END_SYSTOLE, false, language.es_contour().to_owned())];
    let mut height = overlay.height + 3.0;
    height += framed::legend(canvas, [x(0), top + height], side, &keys) + 1.0;
    height += framed::caption(canvas, [x(0), top + height], side, language.ed_on_es(), language.on_es_frame());
    if let Some(maps) = &content.maps {
        let mut map = |at: usize, image: &image::RgbImage, title, colours| {
            framed::map(canvas, [x(at), top], side, content.scale, image.clone(), ed, title, (colours, language))
        };
        height = height.max(map(1, &maps.regional_ef, language.ef_by_pixel(), &REGIONAL_EF));
        height = height.max(map(2, &maps.stroke, language.stroke_image(), &CHANGE));
        match &maps.paradox {
            Some(paradox) => height = height.max(map(3, paradox, language.paradox_image(), &CHANGE)),
            None => {
                canvas.paragraph([x(3), top], side, Align::Left, &[run(language.no_paradox(), plain(7.5))]);
            }
        }
    }
    canvas.y = top + height + 6.0;
    match &function.sectors {
        Outcome::Value(found) => sectors(canvas, content, found),
        Outcome::Refused(refusal) => {
            let why = language.sectors_not_given(&language.refusal(refusal));
            canvas.flow_paragraph(&[run(why, plain(7.5).in_colour(WARN))], 6.0);
        }
    }
}

fn sectors(canvas: &mut Canvas<'_>, content: &Content<'_>, found: &SectorResults) {
    let language = content.language;
    let (head, style) = (plain(6.8).soft(), plain(7.5));
    let heads = sector_section::columns(found, language);
    let first = 136.0;
    let width = (WIDTH - first) / heads.len().max(1) as f32;
    let mut table =
        Table::new(MARGIN, std::iter::once(left(first)).chain(heads.iter().map(|_| right(width))).collect());
    let name = |(number, wall): (String, &str)| cell(format!("{number} {wall}"), head);
    table.head = Some(std::iter::once(cell(language.sector(), head)).chain(heads.into_iter().map(name)).collect());
    for (label, cells) in sector_section::rows(found, language) {
        let numbers = cells.into_iter().map(|text| cell(text, style));
        table.row(std::iter::once(cell(label, style.bold())).chain(numbers).collect());
    }
    let height = table.height(canvas);
    canvas.make_room(height);
    table.flow(canvas);
    canvas.y += 2.0;
    canvas.flow_paragraph(&[run(language.sectors_note(), plain(6.5).soft())], 1.0);
    for refusal in sector_section::refusals(found, language) {
        canvas.flow_paragraph(&[run(refusal, plain(6.8).in_colour(WARN))], 0.0);
    }
    canvas.y += 7.0;
}

/// The right ventricle.
pub(super) fn right_ventricle(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let language = content.language;
    let Some(function) = content.function else { return };
    let found = match &function.right_ventricle {
        Outcome::Value(found) => found,
        Outcome::Refused(refusal) => {
            canvas.heading(language.right_ventricle(), language.experimental(), 12.0);
            canvas.flow_paragraph(&[run(language.not_given(refusal), plain(7.5).in_colour(WARN))], 6.0);
            return;
        }
    };
    let words = RightVentricle::of(found, language);
    let (head, style, small) = (plain(6.8).soft(), plain(7.5), plain(6.5).soft());
    let mut table = Table::new(MARGIN, vec![left(172.0), right(122.0), left(98.0), left(WIDTH - 392.0)]);
    let heads = [language.quantity(), language.value(), language.value_in_range(), language.published_range_other()];
    table.head = Some(heads.map(|text| cell(text, head)).to_vec());
    let estimate = Estimate { value: found.rvef_percent, low: found.rvef_percent, high: found.rvef_percent };
    let mut published = ranges(&published_ranges(Quantity::Rvef, &[], language), content);
    published.extend(range_sources(Quantity::Rvef).into_iter().map(|source| run(format!("  {source}"), small)));
    table.row(vec![
        rich(vec![run(format!("{}  ", language.rvef()), style.bold()), run(words.definition, small)]),
        rich(vec![
            run(words.rvef, style.bold()),
            run(format!("{} \u{b1} {} ", words.unit, words.noise), style),
            run(language.counting_noise_se(), small),
        ]),
        Cell { drawing: range_plot(Quantity::Rvef, &estimate, false), ..rich(Vec::new()) },
        rich(published),
    ]);
    let ratio = match words.ratio {
        Ok(ratio) => cell(ratio, style.bold()),
        Err(reason) => cell(reason, plain(6.8).in_colour(WARN)),
    };
    let title =
        [run(format!("{}  ", language.stroke_ratio()), style.bold()), run(language.stroke_ratio_meaning(), small)];
    table.row(vec![rich(title.to_vec()), ratio, cell("", style), cell(language.none_shown(), style.soft())]);
    table.row(vec![cell(language.net_counts_ed_es(), style.bold()), cell(words.net_counts, style)]);
    let height = table.height(canvas);
    canvas.heading(language.right_ventricle(), language.experimental(), height);
    table.flow(canvas);
    canvas.y += 2.0;
    canvas.flow_paragraph(&[run(language.rv_note(), small)], 8.0);
}
