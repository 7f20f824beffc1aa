//! How wide text is, before whoever shows it has a font: by DejaVu Sans, which is wider than what pages are usually set in, so
//! that what fits here fits there.

use unicode_width::UnicodeWidthChar;

/// Thousandths of the size that the characters from the space to the tilde are wide.
const LATIN: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
    295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
    500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
    392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// What other letters and signs take, most of which are narrower.
const OTHER: f64 = 0.84;

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
        let latin = u32::from(c).checked_sub(32).and_then(|index| LATIN.get(index as usize));
        let em = match (latin, c, c.width()) {
            (Some(width), ..) => f64::from(*width) / 1000.0,
            (_, '·', _) => 0.32,
            // Emoji are wider than letters that are set two columns wide.
            (_, _, Some(2)) => {
                if u32::from(c) >= 0x1f000 {
                    1.4
                } else {
                    1.0
                }
            }
            (_, _, Some(0)) => 0.0,
            (_, '…', _) => 1.0,
            (..) => OTHER,
        };
        em * self.size * if self.is_bold { BOLD } else { 1.0 }
    }

    /// As much of the end of a text as fits `room`, which tells more than the beginning.
    pub(super) fn shortened(self, text: &str, room: f64) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let (mut used, mut start) = (self.of('…'), text.len());
        for (at, c) in text.char_indices().rev() {
            used += self.of(c);
            if used > room {
                break;
            }
            start = at;
        }
        format!("…{}", &text[start..])
    }

    /// A text in lines of at most `room`, which end between words where they can.
    pub(super) fn lines(self, text: &str, room: f64) -> Vec<String> {
        let (mut lines, mut start, mut used) = (vec![], 0, 0.0);
        // Where the line may end, and what stands before that.
        let mut end = None;
        for (at, c) in text.char_indices() {
            used += self.of(c);
            if used > room && at > start {
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
        assert_eq!(Letters::PLAIN.shortened("layer1/0/conv1", 50.0), "…/conv1");
        assert_eq!(Letters::PLAIN.lines("one two three", 50.0), ["one two", "three"]);
    }

    proptest! {
        #[test]
        fn what_is_made_to_fit_fits(text in "\\PC{0,80}", room in 30.0..300.0f64) {
            for letters in [Letters::PLAIN, Letters::TITLE] {
                prop_assert!(letters.width(&letters.shortened(&text, room)) <= room + 1e-6);
                let lines = letters.lines(&text, room);
                prop_assert!(lines.iter().all(|line| letters.width(line) <= room + 1e-6));
                let letters_of = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
                prop_assert_eq!(letters_of(&lines.concat()), letters_of(&text));
            }
        }
    }
}
