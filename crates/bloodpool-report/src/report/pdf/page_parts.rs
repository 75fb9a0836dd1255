//! Parts that the pages of every report have: head, patient, boxes, conclusion, place for the signature, and feet.

use super::canvas::{
    ACCENT, ALARM, Align, Canvas, INK, LINE, Look, MARGIN, PAGE, Run, SIMULATED, TOP, WARN, WARN_GROUND, WARN_LINE,
    WHITE, WIDTH, plain, run,
};
use super::table::{Table, cell, left, right};
use crate::Language;
use crate::ReviewStatement;
use crate::report::choices::Choice;

/// What the head of the first page says.
pub(super) struct Head {
    pub(super) title: &'static str,
    pub(super) subject: &'static str,
    pub(super) simulated: bool,
}

/// The head of the first page; `missing`: codes of the characters that have no glyph.
pub(super) fn head(canvas: &mut Canvas<'_>, head: &Head, missing: &str, language: Language) {
    let baseline = TOP + 9.0;
    let research = language.research_use_only();
    canvas.text([MARGIN, baseline], Align::Left, head.title, plain(11.0).bold());
    let beside = MARGIN + canvas.width_of(head.title, plain(11.0)) + 9.0;
    canvas.text([beside, baseline], Align::Left, head.subject, plain(9.0).soft());
    let style = plain(8.5).bold().in_colour(ALARM);
    let width = canvas.width_of(research, style) + 14.0;
    let look = Look::stroked(ALARM, 0.9);
    canvas.rect([MARGIN + WIDTH - width, TOP - 3.0], [width, 16.0], look);
    canvas.text([MARGIN + WIDTH - width / 2.0, baseline - 0.8], Align::Centre, research, style);
    canvas.line([MARGIN, TOP + 17.0], [MARGIN + WIDTH, TOP + 17.0], INK, 1.2);
    canvas.y = TOP + 21.0;
    if head.simulated {
        let runs = [
            run(format!("{}  ", language.simulated_study()), plain(8.5).bold().in_colour(WHITE)),
            run(language.simulated_meaning(), plain(8.5).in_colour(WHITE)),
        ];
        band(canvas, &runs, SIMULATED, None);
    }
    if !missing.is_empty() {
        let text = language.missing_glyphs(missing);
        band(canvas, &[run(text, plain(8.0).bold().in_colour(WARN))], WARN_GROUND, Some(WARN_LINE));
    }
}

/// Text on a coloured ground over the whole width.
fn band(canvas: &mut Canvas<'_>, runs: &[Run], ground: [u8; 3], border: Option<[u8; 3]>) {
    let height = canvas.height_of(WIDTH - 16.0, runs) + 6.0;
    let top = canvas.y;
    let look = Look { fill: Some(ground), stroke: border.map(|colour| (colour, 0.8)), ..Look::default() };
    canvas.rect([MARGIN, top], [WIDTH, height], look);
    canvas.paragraph([MARGIN + 8.0, top + 3.0], WIDTH - 16.0, Align::Left, runs);
    canvas.y = top + height + 4.0;
}

/// The patient's name, and fields in four columns below it.
pub(super) fn patient(
    canvas: &mut Canvas<'_>,
    name: &str,
    fields: &[(&'static str, Option<String>)],
    language: Language,
) {
    canvas.flow_paragraph(&[run(name, plain(14.0).bold())], 1.0);
    // The last of four is the widest: the time of the study, or its description.
    let widths = [0.21, 0.21, 0.21, 0.37].map(|share| share * WIDTH);
    for four in fields.chunks(4) {
        let top = canvas.y;
        let mut height = 0.0_f32;
        let mut x = MARGIN;
        // One that is left over is a text that may be long.
        let widths = if four.len() == 1 { [WIDTH; 4] } else { widths };
        for ((label, value), width) in four.iter().zip(widths) {
            canvas.text([x, top + 7.0], Align::Left, label, plain(6.8).soft());
            let value = match value {
                Some(value) => run(value, plain(8.0)),
                None => run(language.not_recorded(), plain(8.0).soft()),
            };
            height = height.max(canvas.paragraph([x, top + 9.0], width - 8.0, Align::Left, &[value]));
            x += width;
        }
        canvas.y = top + 9.0 + height + 1.5;
    }
    canvas.y += 2.0;
}

/// Paragraphs in a box with a coloured edge: its line, ground and border.
pub(super) fn boxed(canvas: &mut Canvas<'_>, paragraphs: &[Vec<Run>], [line, ground, border]: [[u8; 3]; 3]) {
    let inner = WIDTH - 20.0;
    let heights: Vec<f32> = paragraphs.iter().map(|runs| canvas.height_of(inner, runs)).collect();
    let height = heights.iter().sum::<f32>() + 8.0;
    canvas.make_room(height);
    let top = canvas.y;
    let look = Look { fill: Some(ground), stroke: Some((border, 0.7)), ..Look::default() };
    canvas.rect([MARGIN, top], [WIDTH, height], look);
    canvas.rect([MARGIN, top], [3.5, height], Look::filled(line));
    let mut y = top + 4.0;
    for (runs, height) in paragraphs.iter().zip(heights) {
        canvas.paragraph([MARGIN + 12.0, y], inner, Align::Left, runs);
        y += height;
    }
    canvas.y = top + height + 5.0;
}

/// The draft of a conclusion, beside a bar; `between`: what separates its sentences.
pub(super) fn conclusion(
    canvas: &mut Canvas<'_>,
    sentences: &[String],
    (size, between): (f32, &str),
    language: Language,
) {
    let style = plain(size);
    let mut text = vec![run(format!("{}: ", language.conclusion_draft()), style.bold())];
    text.extend(sentences.iter().flat_map(|sentence| [run(sentence.as_str(), style), run(between, style)]));
    text.push(run(language.conclusion_note(), plain(size - 1.4).soft()));
    let inner = WIDTH - 9.0;
    let height = canvas.height_of(inner, &text);
    canvas.make_room(height);
    let top = canvas.y;
    canvas.rect([MARGIN, top], [3.5, height], Look::filled(ACCENT));
    canvas.paragraph([MARGIN + 9.0, top], inner, Align::Left, &text);
    canvas.y = top + height + 4.0;
}

/// Every choice of a protocol, down the first column, then down the second.
pub(super) fn choices(canvas: &mut Canvas<'_>, heading: &str, choices: &[Choice]) {
    canvas.heading(heading, "", 40.0);
    let quarter = WIDTH / 4.0;
    let columns = vec![left(quarter * 1.3), right(quarter * 0.66), left(quarter * 1.38), right(quarter * 0.66)];
    let mut table = Table::new(MARGIN, columns);
    let half = choices.len().div_ceil(2);
    for at in 0..half {
        let both = [choices.get(at), choices.get(at + half)];
        let cells = both
            .into_iter()
            .flatten()
            .flat_map(|(choice, value)| [cell(choice, plain(6.8).soft()), cell(value, plain(6.8))]);
        table.row(cells.collect());
    }
    table.flow(canvas);
}

/// Where the reader signs; or who signed the study electronically, and when.
pub(super) fn signature(canvas: &mut Canvas<'_>, signed: Option<&ReviewStatement>, language: Language) {
    canvas.make_room(22.0);
    let baseline = canvas.y + 17.0;
    let style = plain(8.0);
    let electronic = |made: &ReviewStatement| language.signed_electronically(made.version);
    let places = [
        (language.signed_by(), 0.0, 205.0, signed.map(|made| made.person.clone())),
        (language.signature(), 215.0, 185.0, signed.map(electronic)),
        (language.signed_on(), 410.0, 117.0, signed.map(|made| made.at.clone())),
    ];
    for (label, from, width, written) in places {
        let x = MARGIN + from;
        canvas.text([x, baseline], Align::Left, label, style.soft());
        let begin = x + canvas.width_of(label, style) + 6.0;
        canvas.line([begin, baseline + 2.0], [x + width, baseline + 2.0], INK, 0.6);
        if let Some(written) = written {
            canvas.text([begin, baseline], Align::Left, &written, plain(7.2));
        }
    }
    canvas.y = baseline + 5.0;
}

/// The foot of every page: research use only, what made the report, and the number of the page. `title`: whose page it is, should it come
/// loose.
pub(super) fn feet(canvas: &mut Canvas<'_>, made: &str, title: &str, simulated: bool, language: Language) {
    let pages = std::mem::take(&mut canvas.pages);
    let count = pages.len();
    for (at, marks) in pages.into_iter().enumerate() {
        canvas.pages.push(marks);
        let y = PAGE[1] - 22.0;
        canvas.line([MARGIN, y - 11.0], [MARGIN + WIDTH, y - 11.0], LINE, 0.7);
        let (research, style) = (language.research_use_only(), plain(7.0));
        canvas.text([MARGIN, y], Align::Left, research, style.bold().in_colour(ALARM));
        let left = MARGIN + canvas.width_of(research, style) + 10.0;
        canvas.text([left, y], Align::Left, made, style.soft());
        canvas.text([MARGIN + WIDTH, y], Align::Right, &language.page_number(at + 1, count), style.soft());
        if at > 0 {
            canvas.text([MARGIN, 24.0], Align::Left, title, plain(7.0).soft());
        }
        if simulated && at > 0 {
            let style = plain(7.0).bold().in_colour(SIMULATED);
            canvas.text([MARGIN + WIDTH, 24.0], Align::Right, language.simulated_study(), style);
        }
    }
}
