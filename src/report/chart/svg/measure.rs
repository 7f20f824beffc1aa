//! How wide text is, before whoever shows it has a font, and what of it has room.

use unicode_width::UnicodeWidthChar;

use crate::report::chart::notes::elided;
use crate::report::draw::size::advance;

/// Bold letters are so much wider.
const BOLD: f64 = 1.1;

/// How large letters are, and whether they are bold.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: f64,
    pub(super) is_bold: bool,
    pub(super) is_faint: bool,
}

impl Letters {
    /// Of the name of a network.
    pub(super) const TITLE: Self = Self { size: 16.0, is_bold: true, is_faint: false };
    /// Of names and figures.
    pub(super) const PLAIN: Self = Self { size: 12.0, is_bold: false, is_faint: false };
    /// Of headings.
    pub(super) const BOLD: Self = Self { is_bold: true, ..Self::PLAIN };
    /// Of axes and remarks.
    pub(super) const FAINT: Self = Self { size: 11.0, is_bold: false, is_faint: true };

    /// How wide a text is.
    pub(super) fn width(self, text: &str) -> f64 {
        text.chars().map(|c| self.of(c)).sum()
    }

    fn of(self, c: char) -> f64 {
        advance(c) * self.size * if self.is_bold { BOLD } else { 1.0 }
    }

    /// As much of a text as fits `room`.
    pub(super) fn shortened(self, text: &str, room: f64) -> String {
        elided(text, room, |c| self.of(c))
    }

    /// A text in lines of at most `room`, which end between words where they can.
    pub(super) fn lines(self, text: &str, room: f64) -> Vec<String> {
        let (mut lines, mut start, mut used) = (vec![], 0, 0.0);
        // Where the line may end, and what stands before that.
        let mut end = None;
        for (at, c) in text.char_indices() {
            used += self.of(c);
            // A space at the end is left out.
            while c != ' ' && used > room && at > start {
                let (cut, before) = end.filter(|(cut, _)| *cut > start).unwrap_or((at, used - self.of(c)));
                lines.push(text[start..cut].trim_end().to_owned());
                (start, used, end) = (cut, used - before, None);
            }
            if c == ' ' || c.width() == Some(2) {
                end = Some((at + c.len_utf8(), used));
            }
        }
        lines.push(text[start..].trim_end().to_owned());
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_as_wide_as_its_letters() {
        assert!((Letters::PLAIN.width("mi") - 12.0 * 1.252).abs() < 1e-9);
        assert!((Letters::PLAIN.width("卷积") - 24.0).abs() < 1e-9);
        assert_eq!(Letters::PLAIN.shortened("layer1/0/conv1", 50.0), "…conv1");
        assert_eq!(Letters::PLAIN.lines("one two three", 50.0), ["one two", "three"]);
    }

    proptest! {
        #[test]
        fn what_is_made_to_fit_fits(text in "\\PC{0,80}", room in 30.0..300.0f64) {
            for letters in [Letters::PLAIN, Letters::TITLE] {
                prop_assert!(letters.width(&letters.shortened(&text, room)) <= room + 1e-6);
                let lines = letters.lines(&text, room);
                prop_assert!(lines.iter().all(|line| letters.width(line) <= room + 1e-6));
                let letters_of = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                prop_assert_eq!(letters_of(&lines.concat()), letters_of(&text));
            }
        }
    }
}
