//! A field of signs between two logarithmic axes.

use unicode_width::UnicodeWidthStr;

use super::painted;
use crate::report::Style;
use crate::report::chart::scale::Scale;

/// A field of signs, its first line at the top.
pub(super) struct Plot {
    across: Scale,
    up: Scale,
    columns: usize,
    lines: Vec<Vec<(char, Option<u8>)>>,
}

impl Plot {
    pub(super) fn new(across: Scale, up: Scale, columns: usize, lines: usize) -> Self {
        Self { across, up, columns, lines: vec![vec![(' ', None); columns]; lines] }
    }

    /// Puts a sign where it belongs; outside the field, nowhere.
    pub(super) fn put(&mut self, x: f64, y: f64, sign: char, color: Option<u8>) {
        let column = index(self.across.place(x), self.columns);
        let line = index(1.0 - self.up.place(y), self.lines.len());
        if let (Some(column), Some(line)) = (column, line) {
            self.lines[line][column] = (sign, color);
        }
    }

    /// Draws a curve with dots, of which there are two by four in each place.
    pub(super) fn curve(&mut self, of: impl Fn(f64) -> f64, color: Option<u8>) {
        // In a place, from the top of its left half down and then of its right half.
        const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        const EMPTY: u32 = 0x2800;
        let (across, down) = (self.columns * 2, self.lines.len() * 4);
        for step in 0..across {
            let part = (as_float(step) + 0.5) / as_float(across);
            let x = self.across.least * (self.across.most / self.across.least).powf(part);
            let Some(dot) = index(1.0 - self.up.place(of(x)), down) else { continue };
            let sign = &mut self.lines[dot / 4][step / 2];
            let before = if sign.0 == ' ' { EMPTY } else { u32::from(sign.0) };
            let after = before | DOTS[step % 2][dot % 4];
            *sign = (char::from_u32(after).unwrap_or(' '), color);
        }
    }

    /// The field with its axes, whose numbers are written by `write`.
    pub(super) fn draw(
        &self,
        across: impl Fn(f64) -> String,
        up: impl Fn(f64) -> String,
        style: Style,
    ) -> String {
        let count = self.lines.len();
        let mut labels = vec![String::new(); count];
        for mark in self.up.marks(count.div_ceil(3)) {
            if let Some(line) = index(1.0 - self.up.place(mark), count) {
                labels[line] = up(mark);
            }
        }
        let margin = labels.iter().map(|label| label.width()).max().unwrap_or(0);
        let mut text = String::new();
        for (line, label) in self.lines.iter().zip(&labels) {
            let (pad, edge) = (margin - label.width(), if label.is_empty() { '│' } else { '┤' });
            text.push_str(&format!(" {:pad$}{label} {edge}{}\n", "", painted(line, style)));
        }
        let (rule, numbers) = self.below(across);
        text.push_str(&format!(" {:margin$} └{rule}\n {:margin$}  {numbers}\n", "", ""));
        text
    }

    /// The lower axis, and its numbers below it, as far as there is room.
    fn below(&self, write: impl Fn(f64) -> String) -> (String, String) {
        let mut rule = vec!['─'; self.columns];
        let mut numbers = String::new();
        for mark in self.across.marks(self.columns / 8) {
            let Some(column) = index(self.across.place(mark), self.columns) else { continue };
            let words = write(mark);
            let start = column.saturating_sub(words.width() / 2);
            let is_free = numbers.is_empty() || numbers.width() < start;
            if is_free && start + words.width() <= self.columns + 2 {
                rule[column] = '┬';
                numbers.push_str(&" ".repeat(start - numbers.width()));
                numbers.push_str(&words);
            }
        }
        (rule.into_iter().collect(), numbers)
    }
}

/// Which of so many a place from 0 to 1 lies in.
fn index(place: f64, count: usize) -> Option<usize> {
    if !(-1e-9..=1.0 + 1e-9).contains(&place) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1")]
    let index = (place.max(0.0) * as_float(count)) as usize;
    Some(index.min(count.checked_sub(1)?))
}

#[expect(clippy::cast_precision_loss, reason = "columns of a terminal are few")]
fn as_float(columns: usize) -> f64 {
    columns as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[test]
    fn signs_lie_where_they_belong() {
        let scale = Scale { least: 1.0, most: 100.0 };
        let mut plot = Plot::new(scale, scale, 24, 6);
        plot.curve(|x| f64::min(x, 10.0), None);
        plot.put(1.0, 100.0, 'A', None);
        plot.put(1000.0, 1.0, 'B', None);
        let style = Style { language: Language::English, width: 30, color: false };
        let drawn = plot.draw(|x| x.to_string(), |y| y.to_string(), style);
        let expected = [
            " 100 ┤A",
            "     │",
            "     │",
            "     │        ⣀⠤⠒⠉⠉⠉⠉",
            "     │    ⣀⠤⠒⠉",
            "   1 ┤⣀⠤⠒⠉",
            "     └┬───────────┬──────────┬",
        ];
        for (line, expected) in drawn.lines().zip(expected) {
            assert!(line.starts_with(expected), "{drawn}");
        }
        assert!(!drawn.contains('B'), "{drawn}");
    }
}
