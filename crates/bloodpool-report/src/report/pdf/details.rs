//! The pages after the one that is signed: checks, numbers, quality, all of ventricular function, all frames, provenance.

use bloodpool_core::FrameIndex;
use bloodpool_core::validity::Rank;

use super::canvas::{ALARM, Align, BREAK, Canvas, Colour, INK, MARGIN, WARN, WIDTH, plain, run};
use super::content::Content;
use super::table::{Row, Table, cell, left, rich, right};
use super::{framed, function_pages, page_parts, serial_pages};
use crate::report::images::{LV, Scale, display_window, enlarged};
use crate::report::numbers::phase_rows;
use crate::report::result::protocol_rows;
use crate::report::{provenance, quality, review, validity};

/// All of them.
pub(super) fn draw(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    // After a signed page that did not suffice, the details go on where it ends.
    if canvas.pages.len() == 1 {
        canvas.new_page();
    } else {
        canvas.y += 14.0;
    }
    if let Some(serial) = content.report.serial {
        serial_pages::sections(canvas, serial, Some(content.report.source), content.language);
    }
    review(canvas, content);
    checks(canvas, content);
    numbers(canvas, content);
    function_pages::quantities(canvas, content, true);
    function_pages::phases(canvas, content);
    function_pages::regional(canvas, content);
    function_pages::right_ventricle(canvas, content);
    background_images(canvas, content);
    frames(canvas, content);
    record(canvas, content);
}

/// Who reviewed and signed, and what people changed.
fn review(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (report, language) = (content.report, content.language);
    let Some(made) = report.review else { return };
    let style = plain(7.5);
    canvas.heading(language.review_and_signature(), "", 60.0);
    if made.statements.is_empty() {
        canvas.flow_paragraph(&[run(language.not_reviewed(), style)], 4.0);
    }
    let mut table = Table::new(MARGIN, vec![left(150.0), left(WIDTH - 150.0)]);
    for statement in &made.statements {
        for (at, (label, value)) in review::statement_rows(statement, language).into_iter().enumerate() {
            let style = if at == 0 { style.bold() } else { style };
            table.rows.push(Row { cells: vec![cell(label, style), cell(value, style)], shaded: at == 0 });
        }
    }
    for (label, value) in review::rows(made, report.analysis.usable_lvef_percent(), language) {
        table.row(vec![cell(label, style), cell(value, style)]);
    }
    table.flow(canvas);
    canvas.y += 4.0;
    for (number, edit) in (1..).zip(&made.edits) {
        canvas.flow_paragraph(&[run(format!("{number}. {}", review::edit_line(edit, language)), plain(7.0))], 1.0);
    }
    canvas.y += 8.0;
}

/// How a rank is written.
fn ink(rank: Option<Rank>) -> Colour {
    match rank {
        None | Some(Rank::Note) => INK,
        Some(Rank::Look) => WARN,
        Some(Rank::DoNotUse | Rank::Refused) => ALARM,
    }
}

fn checks(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let language = content.language;
    canvas.heading(language.what_was_checked(), "", 60.0);
    let style = plain(7.5);
    let mut table = Table::new(MARGIN, vec![left(64.0), left(66.0), left(WIDTH - 130.0)]);
    for topic in validity::checked_topics(content.report, language) {
        let mut runs = Vec::new();
        for finding in &topic.findings {
            runs.push(run(format!("{} ", finding.rank_in_words), style.bold().in_colour(ink(Some(finding.rank)))));
            runs.push(run(format!("{} ", finding.message), style));
            runs.push(run(finding.code, plain(6.5).soft()));
            runs.push(run(BREAK, style));
        }
        runs.push(run(topic.looked_at, plain(7.0).soft()));
        let rank = style.in_colour(ink(topic.rank));
        let rank = if topic.rank >= Some(Rank::Look) { rank.bold() } else { rank };
        table.row(vec![cell(topic.topic, style.bold()), cell(topic.rank_in_words, rank), rich(runs)]);
    }
    table.flow(canvas);
    canvas.y += 8.0;
}

/// ED and ES beside the quality of the acquisition, and what each protocol does.
fn numbers(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (report, language) = (content.report, content.language);
    let (head, style) = (plain(6.8).soft(), plain(7.5));
    let wide = 272.0;
    let mut phases = Table::new(MARGIN, vec![left(132.0), right(70.0), right(70.0)]);
    let heads = [
        language.measured_by(&report.analysis.protocol.name),
        language.end_diastole().to_owned(),
        language.end_systole().to_owned(),
    ];
    phases.head = Some(heads.map(|text| cell(text, head)).to_vec());
    for row in phase_rows(report, language) {
        let mut cells = vec![cell(row.label, style)];
        match row.values.as_slice() {
            [both] => cells.push(cell(both, style).over(2).right_aligned()),
            each => cells.extend(each.iter().map(|value| cell(value, style))),
        }
        phases.row(cells);
    }
    let x = MARGIN + wide + 14.0;
    let beside = MARGIN + WIDTH - x;
    let mut acquired = Table::new(x, vec![left(104.0), right(beside - 104.0)]);
    acquired.head = Some(vec![cell(language.quality(), head).over(2)]);
    for (label, value) in quality::rows(report, language) {
        acquired.row(vec![cell(label, style), cell(value, style)]);
    }
    let height = phases.height(canvas).max(acquired.height(canvas));
    canvas.heading(language.numbers(), "", height);
    let top = canvas.y;
    phases.flow(canvas);
    let bottom = canvas.y;
    canvas.y = top;
    acquired.flow(canvas);
    canvas.y = canvas.y.max(bottom) + 8.0;
    let mut protocols = Table::new(MARGIN, vec![left(158.0), left(WIDTH - 218.0), right(60.0)]);
    for row in protocol_rows(report, language) {
        let style = if row.named { style.bold() } else { style };
        let lvef = row.lvef.unwrap_or_else(|| language.not_computed().to_owned());
        let number = if report.analysis.validity.withholds() { style.soft().struck() } else { style };
        let cells = vec![cell(row.name, style), cell(row.description, plain(7.0).soft()), cell(lvef, number)];
        protocols.rows.push(Row { cells, shaded: row.named });
    }
    let height = protocols.height(canvas);
    canvas.heading(language.by_every_protocol(), "", height);
    protocols.flow(canvas);
    canvas.y += 8.0;
}

/// The background images of ED and ES, where the protocol subtracts one.
fn background_images(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (analysis, language, study) = (content.report.analysis, content.language, content.report.study);
    let Some(images) = &analysis.background_image else { return };
    let side = 118.0;
    canvas.heading(language.background_images(), "", framed::height(content.scale, side) + 14.0);
    let top = canvas.y;
    let mut height = 0.0_f32;
    let phases = [(language.end_diastole(), &analysis.end_diastole), (language.end_systole(), &analysis.end_systole)];
    for (at, (name, phase)) in phases.into_iter().enumerate() {
        let frame = phase.frame.index();
        if frame >= images.len_of(ndarray::Axis(0)) {
            continue;
        }
        let image = images.index_axis(ndarray::Axis(0), frame);
        let picture = framed::grey(enlarged(image, display_window(study, content.crop), content.scale));
        let x = MARGIN + at as f32 * (side + 10.0);
        let framed = framed::place(canvas, [x, top], side, content.scale, picture);
        framed.contour(canvas, analysis.contours.get(frame), LV, 0.9);
        let below = framed.height + 1.5;
        let name = language.phase_frame(name, phase.frame);
        height = height.max(below + framed::caption(canvas, [x, top + below], side, &name, ""));
    }
    canvas.y = top + height + 8.0;
}

/// Every frame with its contour.
fn frames(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    /// Length of the longer side of a small picture, pixels.
    const SMALL: f64 = 110.0;
    let (study, analysis) = (content.report.study, content.report.analysis);
    let columns = if study.frames() > 8 && study.frames().is_multiple_of(8) { 8 } else { 6 };
    let gap = 3.0;
    let side = (WIDTH - gap * (columns - 1) as f32) / columns as f32;
    let scale = Scale::to_side(study, content.crop, SMALL);
    let height = framed::height(scale, side) + gap;
    let window = display_window(study, content.crop);
    canvas.heading(&content.language.all_frames(study.frames()), "", height);
    let all: Vec<FrameIndex> = FrameIndex::all(study.frames()).collect();
    for row in all.chunks(columns) {
        canvas.make_room(height);
        let top = canvas.y;
        for (at, &frame) in row.iter().enumerate() {
            let x = MARGIN + at as f32 * (side + gap);
            let picture = framed::grey(enlarged(study.frame(frame), window, scale));
            let framed = framed::place(canvas, [x, top], side, scale, picture);
            framed.contour(canvas, analysis.contours.get(frame.index()), LV, 0.7);
            let named = [(&analysis.end_diastole, " ED"), (&analysis.end_systole, " ES")];
            let tags: String = named.iter().filter(|(phase, _)| phase.frame == frame).map(|(_, tag)| *tag).collect();
            let style = plain(6.5).in_colour(if tags.is_empty() { [170; 3] } else { [255; 3] });
            canvas.text([x + 3.0, top + 8.0], Align::Left, &format!("{frame}{tags}"), style);
        }
        canvas.y = top + height;
    }
    canvas.y += 8.0;
}

/// Model, protocol and file.
fn record(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (report, language) = (content.report, content.language);
    let style = plain(7.2);
    canvas.heading(language.provenance(), "", 60.0);
    let mut table = Table::new(MARGIN, vec![left(120.0), left(WIDTH - 120.0)]);
    for (label, value) in provenance::rows(report, language) {
        let value = match value {
            Some(value) => cell(value, style),
            None => cell(language.not_recorded(), style.soft()),
        };
        table.row(vec![cell(label, style.soft()), value]);
    }
    table.flow(canvas);
    canvas.y += 4.0;
    canvas.flow_paragraph(&[run(language.json_attached(), style)], 8.0);
    if !report.set_aside.is_empty() {
        canvas.heading(language.set_aside(), "", 14.0);
        for line in provenance::set_aside(report) {
            canvas.flow_paragraph(&[run(line, style)], 1.0);
        }
        canvas.y += 8.0;
    }
    page_parts::choices(canvas, &language.every_choice(&report.analysis.protocol.name), &content.choices);
}
