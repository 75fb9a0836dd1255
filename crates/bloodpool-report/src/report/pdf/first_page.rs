//! The page that is signed: patient, validity, LVEF, ED and ES, curve, ventricular function, amplitude and phase.

use bloodpool_core::validity::Rank;

use super::canvas::{
    ACCENT, ALARM, ALARM_GROUND, Align, Canvas, INK, LINE, MARGIN, WARN, WARN_GROUND, WARN_LINE, WHITE, WIDTH, plain,
    run,
};
use super::content::Content;
use super::page_parts::{self, Head};
use super::table::{Row, Table, cell, left, right};
use super::{drawn, framed, function_pages};
use crate::report::identity::Patient;
use crate::report::images::{BACKGROUND, LV, background_edges};
use crate::report::result::{Headline, protocol_rows};
use crate::report::{conclusion, curve, validity};

/// Sizes of the last row of pictures that are tried until place and signature fit on the page, as a share of the largest.
const SHARES: [f32; 3] = [1.0, 0.86, 0.72];

/// All of it on one page where smaller pictures suffice for that; else the row of pictures follows the signature, on the next page.
pub(super) fn draw(canvas: &mut Canvas<'_>, content: &Content<'_>, missing: &str) {
    for share in SHARES.map(Some).into_iter().chain([None]) {
        let mut tried = Canvas::new(canvas.typeface);
        draw_with(&mut tried, content, missing, share);
        let fits = tried.pages.len() == 1;
        *canvas = tried;
        if fits {
            return;
        }
    }
}

/// `share`: the size of the last row of pictures before the signature; `None`: at full size after it.
fn draw_with(canvas: &mut Canvas<'_>, content: &Content<'_>, missing: &str, share: Option<f32>) {
    let language = content.language;
    let head = Head {
        title: language.gated_blood_pool_study(),
        subject: language.left_ventricular_function(),
        simulated: content.report.study.identity.simulated,
    };
    page_parts::head(canvas, &head, missing, language);
    let patient = Patient::of(content.report.study, language);
    page_parts::patient(canvas, &patient.name, &patient.fields, language);
    findings(canvas, content);
    result(canvas, content);
    page_parts::conclusion(canvas, &conclusion::sentences(content.report, language), (7.8, " "), language);
    pictures(canvas, content);
    function_pages::quantities(canvas, content, false);
    if let Some(share) = share {
        function_pages::overview(canvas, content, share);
    }
    let signed = content.report.review.and_then(|review| review.signature());
    page_parts::signature(canvas, signed, language);
    if share.is_none() {
        function_pages::overview(canvas, content, 1.0);
    }
}

/// Every finding, in a box whose colour says how much it weighs.
pub(super) fn findings(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (report, language) = (content.report, content.language);
    let rank = report.analysis.validity.rank();
    let (line, ground, ink) = match rank {
        None | Some(Rank::Note) => (ACCENT, WHITE, INK),
        Some(Rank::Look) => (WARN_LINE, WARN_GROUND, WARN),
        Some(Rank::DoNotUse | Rank::Refused) => (ALARM, ALARM_GROUND, ALARM),
    };
    let style = plain(7.8);
    let mut paragraphs = vec![
        vec![run(validity::headline(rank, language), plain(9.5).bold().in_colour(ink))],
        vec![
            run(format!("{} ", language.acquisition()), style.bold()),
            run(validity::acquisition(report, language), style),
        ],
    ];
    let topics = validity::checked_topics(report, language);
    let mut findings: Vec<_> = topics.iter().flat_map(|topic| &topic.findings).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.rank));
    for finding in findings {
        let colour = match finding.rank {
            Rank::Note => INK,
            Rank::Look => WARN,
            Rank::DoNotUse | Rank::Refused => ALARM,
        };
        paragraphs.push(vec![
            run(format!("{} ", finding.rank_in_words), style.bold().in_colour(colour)),
            run(format!("{} ", finding.message), style),
            run(finding.code, plain(6.5).soft()),
        ]);
    }
    let summary: Vec<String> = topics.iter().map(|topic| format!("{}: {}", topic.topic, topic.rank_in_words)).collect();
    paragraphs.push(vec![run(summary.join("  \u{b7}  "), plain(7.2).soft())]);
    let border = if rank.is_none() { LINE } else { line };
    page_parts::boxed(canvas, &paragraphs, [line, ground, border]);
}

/// The LVEF, large, and every protocol beside it.
pub(super) fn result(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (report, language) = (content.report, content.language);
    let headline = Headline::of(report, language);
    let wide = 214.0;
    let x = MARGIN + wide + 16.0;
    let protocols = protocols(content, x);
    let height = protocols.height(canvas).max(98.0);
    canvas.make_room(height);
    let top = canvas.y;
    canvas.text([MARGIN, top + 8.0], Align::Left, language.lv_ejection_fraction(), plain(8.5).soft());
    let large = plain(if headline.withheld { 24.0 } else { 34.0 }).bold();
    let baseline = top + 39.0;
    let large = if headline.withheld { large.in_colour(ALARM) } else { large };
    canvas.text([MARGIN, baseline], Align::Left, &headline.value, large);
    if !headline.withheld {
        let interval = headline.interval.as_deref().unwrap_or_default();
        let beside = MARGIN + canvas.width_of(&headline.value, large) + 5.0;
        canvas.text([beside, baseline], Align::Left, &format!("% {interval}"), plain(17.0).soft());
    }
    let mut y = baseline + 6.0;
    for note in &headline.notes {
        y += canvas.paragraph([MARGIN, y], wide, Align::Left, &[run(note, plain(7.5))]);
    }
    let by = [
        run(&headline.by[0], plain(7.5)),
        run(&report.analysis.protocol.name, plain(7.5).bold()),
        run(&headline.by[1], plain(7.5)),
    ];
    y += canvas.paragraph([MARGIN, y], wide, Align::Left, &by);
    y += canvas.paragraph([MARGIN, y], wide, Align::Left, &[run(&headline.known, plain(6.8).soft())]);
    canvas.y = top;
    protocols.flow(canvas);
    canvas.y = canvas.y.max(y) + 5.0;
}

fn protocols(content: &Content<'_>, x: f32) -> Table {
    let (report, language) = (content.report, content.language);
    let width = MARGIN + WIDTH - x;
    let (head, style) = (plain(6.8).soft(), plain(7.5));
    let known = report.known_bias.is_some();
    let columns = if known {
        vec![left(width - 158.0), right(48.0), right(66.0), right(44.0)]
    } else {
        vec![left(width - 70.0), right(70.0)]
    };
    let mut table = Table::new(x, columns);
    let mut heads = vec![cell(language.protocol(), head), cell(language.lvef(), head)];
    if known {
        heads.push(cell(format!("{} {}", language.bias(), language.sd_in_brackets()), head));
        heads.push(cell(language.within_5(), head));
    }
    table.head = Some(heads);
    for row in protocol_rows(report, language) {
        let style = if row.named { style.bold() } else { style };
        let missing = || cell("\u{2013}", style.soft());
        let withheld = report.analysis.validity.withholds();
        let number = if withheld { style.soft().struck() } else { style };
        let lvef = row.lvef.map_or_else(|| cell(language.not_computed(), plain(7.0).soft()), |lvef| cell(lvef, number));
        let mut cells = vec![cell(row.name, style), lvef];
        if known {
            let [bias, within] =
                row.bias.map_or_else(|| [missing(), missing()], |bias| bias.map(|text| cell(text, style)));
            cells.extend([bias, within]);
        }
        table.rows.push(Row { cells, shaded: row.named });
    }
    if let Some(known) = report.known_bias {
        let span = table.columns.len();
        table.row(vec![cell(language.bias_note(&known.data), plain(6.5).soft()).over(span)]);
    }
    table
}

/// ED and ES with their contours, and the curve beside them.
pub(super) fn pictures(canvas: &mut Canvas<'_>, content: &Content<'_>) {
    let (analysis, language) = (content.report.analysis, content.language);
    let (gap, side) = (6.0, 112.0);
    let x = MARGIN + 2.0 * (side + gap) + 6.0;
    let curve_width = MARGIN + WIDTH - x;
    let drawing = curve::drawing(analysis, content.function, language);
    let height = framed::height(content.scale, side).max(drawn::height(&drawing, curve_width) + 12.0);
    canvas.make_room(height + 34.0);
    let top = canvas.y;
    let mut bottom = top;
    let phases = [(language.end_diastole(), &analysis.end_diastole), (language.end_systole(), &analysis.end_systole)];
    for (at, (name, phase)) in phases.into_iter().enumerate() {
        let left = MARGIN + at as f32 * (side + gap);
        let framed = framed::still(canvas, content, phase.frame, [left, top], side);
        // Background lies round the ES outline: on ED it would lie inside the LV.
        if let Some(background) = analysis.background.as_ref().filter(|_| at == 1) {
            let edges = background_edges(content.report.study, background, content.scale);
            framed.edges(canvas, &edges, BACKGROUND, 0.8);
        }
        framed.contour(canvas, analysis.contours.get(phase.frame.index()), LV, 1.0);
        let name = language.phase_frame(name, phase.frame);
        let below = top + framed.height + 1.5;
        bottom = bottom.max(below + framed::caption(canvas, [left, below], side, &name, ""));
    }
    let mut contours = vec![(LV, false, language.contour_meaning(&analysis.protocol.estimator))];
    if let Some(background) = &analysis.background {
        contours.push((BACKGROUND, false, language.background_legend(background.frame, &analysis.protocol.estimator)));
    }
    canvas.text([x, top + 7.0], Align::Left, language.time_activity_curve(), plain(8.5).bold());
    let beside = x + canvas.width_of(language.time_activity_curve(), plain(8.5)) + 7.0;
    canvas.text([beside, top + 7.0], Align::Left, language.net_counts_per_frame(), plain(7.0).soft());
    drawn::draw(canvas, &drawing, [x, top + 12.0], curve_width, 6.4, drawn::Looks::Chart);
    let below = top + 12.0 + drawn::TITLE_BELOW + drawn::height(&drawing, curve_width);
    let keys: Vec<_> = curve::legend(analysis, content.function, language)
        .into_iter()
        .map(|(class, text)| {
            let (colour, dashed) = drawn::key(class);
            (colour, dashed, text)
        })
        .collect();
    let legend = framed::legend(canvas, [x, below], curve_width, &keys);
    let bottom = bottom.max(below + legend) + 2.0;
    canvas.y = bottom + framed::legend(canvas, [MARGIN, bottom], WIDTH, &contours) + 3.0;
}
