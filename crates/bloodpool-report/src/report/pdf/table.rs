//! `Table`: rows of wrapped cells in columns of fixed width, broken between pages, with its head repeated.

use super::canvas::{Align, Canvas, FAINT, LINE, Look, Run, run};
use super::drawn::{self, Looks};
use crate::report::drawing::Drawing;

/// Space left and right of the text of a cell, and above and below it.
const SIDE: f32 = 3.0;
const ABOVE: f32 = 1.2;
/// Largest width of a drawing in a cell, so that it is no higher than a line of text.
const DRAWN: f32 = 64.0;

/// A column: its width in points, and where its text lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) width: f32,
    pub(super) align: Align,
}

/// A column of text.
pub(super) const fn left(width: f32) -> Column {
    Column { width, align: Align::Left }
}

/// A column of numbers.
pub(super) const fn right(width: f32) -> Column {
    Column { width, align: Align::Right }
}

/// A cell over one or more columns.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) runs: Vec<Run>,
    pub(super) span: usize,
    /// In place of text.
    pub(super) drawing: Option<Drawing>,
    /// Where its text lies; `None`: as its column says, and to the left over several.
    pub(super) align: Option<Align>,
}

/// A cell of text in one style.
pub(super) fn cell(text: impl Into<String>, style: super::canvas::Style) -> Cell {
    Cell { runs: vec![run(text, style)], span: 1, drawing: None, align: None }
}

/// A cell of several styles.
pub(super) fn rich(runs: Vec<Run>) -> Cell {
    Cell { runs, span: 1, drawing: None, align: None }
}

impl Cell {
    /// Over several columns.
    pub(super) fn over(self, span: usize) -> Self {
        Self { span, ..self }
    }

    /// To the right, as a number.
    pub(super) fn right_aligned(self) -> Self {
        Self { align: Some(Align::Right), ..self }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) shaded: bool,
}

/// A table at the left end `x` of the canvas.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) x: f32,
    pub(super) columns: Vec<Column>,
    pub(super) head: Option<Vec<Cell>>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    pub(super) fn new(x: f32, columns: Vec<Column>) -> Self {
        Self { x, columns, head: None, rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, shaded: false });
    }

    /// Draws it at the place of the next block, on as many pages as it needs, and moves on.
    pub(super) fn flow(&self, canvas: &mut Canvas<'_>) {
        self.draw_head(canvas);
        for row in &self.rows {
            let height = self.row_height(canvas, &row.cells);
            if canvas.make_room(height) {
                self.draw_head(canvas);
            }
            self.draw_row(canvas, row, height);
        }
    }

    /// Height on one page.
    pub(super) fn height(&self, canvas: &mut Canvas<'_>) -> f32 {
        let head: f32 = self.head.as_ref().map_or(0.0, |head| self.row_height(canvas, head));
        head + self.rows.iter().map(|row| self.row_height(canvas, &row.cells)).sum::<f32>()
    }

    fn draw_head(&self, canvas: &mut Canvas<'_>) {
        if let Some(head) = &self.head {
            let height = self.row_height(canvas, head);
            let row = Row { cells: head.clone(), shaded: false };
            self.draw_row(canvas, &row, height);
        }
    }

    /// Cells with their left end, width and alignment.
    fn placed<'c>(&'c self, cells: &'c [Cell]) -> impl Iterator<Item = (f32, f32, Align, &'c Cell)> {
        let mut column = 0;
        let mut x = self.x;
        cells.iter().map(move |cell| {
            let columns = self.columns.get(column..(column + cell.span).min(self.columns.len())).unwrap_or_default();
            let width: f32 = columns.iter().map(|column| column.width).sum();
            // Text over several columns is a sentence.
            let align = cell.align.unwrap_or(match columns {
                [only] => only.align,
                _ => Align::Left,
            });
            let place = (x, width, align, cell);
            column += cell.span;
            x += width;
            place
        })
    }

    fn row_height(&self, canvas: &mut Canvas<'_>, cells: &[Cell]) -> f32 {
        let placed: Vec<_> = self.placed(cells).collect();
        let mut height = 0.0_f32;
        for (_, width, _, cell) in placed {
            let inner = width - 2.0 * SIDE;
            let drawn = cell.drawing.as_ref().map_or(0.0, |drawing| drawn::height(drawing, inner.min(DRAWN)));
            height = height.max(canvas.height_of(inner, &cell.runs)).max(drawn);
        }
        height + 2.0 * ABOVE
    }

    fn draw_row(&self, canvas: &mut Canvas<'_>, row: &Row, height: f32) {
        let top = canvas.y;
        let whole: f32 = self.columns.iter().map(|column| column.width).sum();
        if row.shaded {
            canvas.rect([self.x, top], [whole, height], Look::filled(FAINT));
        }
        let placed: Vec<_> = self.placed(&row.cells).collect();
        for (x, width, align, cell) in placed {
            let inner = width - 2.0 * SIDE;
            if let Some(drawing) = &cell.drawing {
                let wide = inner.min(DRAWN);
                let at = [x + SIDE, top + (height - drawn::height(drawing, wide)) / 2.0];
                drawn::draw(canvas, drawing, at, wide, 6.0, Looks::Plain);
            } else {
                canvas.paragraph([x + SIDE, top + ABOVE], inner, align, &cell.runs);
            }
        }
        canvas.line([self.x, top + height], [self.x + whole, top + height], LINE, 0.5);
        canvas.y = top + height;
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{MARGIN, Mark, plain};
    use super::super::typeface::Typeface;
    use super::*;

    #[test]
    fn the_head_is_repeated_on_every_page() {
        let typeface = Typeface::new().unwrap();
        let mut canvas = Canvas::new(&typeface);
        let mut table = Table::new(MARGIN, vec![left(80.0), right(60.0)]);
        table.head = Some(vec![cell("Head", plain(8.0)), cell("n", plain(8.0))]);
        for number in 0..120 {
            table.row(vec![cell("row", plain(8.0)), cell(number.to_string(), plain(8.0))]);
        }
        table.flow(&mut canvas);
        assert!(canvas.pages.len() > 1);
        for page in &canvas.pages {
            assert!(matches!(&page[0], Mark::Text { text, .. } if text == "Head"));
        }
        let mut wide = Table::new(MARGIN, vec![left(80.0), right(60.0)]);
        wide.row(vec![cell("one long sentence over both of the columns", plain(8.0)).over(2)]);
        let mut narrow = Table::new(MARGIN, vec![left(80.0), right(60.0)]);
        narrow.row(vec![cell("one long sentence over both of the columns", plain(8.0))]);
        assert!(wide.height(&mut canvas) < narrow.height(&mut canvas));
    }
}
