//! How wide text is in a picture: in DejaVu Sans, which pictures are written with where it is known, and close to it elsewhere.

/// The advance of each printable ASCII character, in thousandths of the size of the letters.
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, // space to /
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, // 0 to ?
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, // @ to O
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, // P to _
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, // ` to o
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838, // p to ~
];

/// How wide a line is, with letters of `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// How wide a letter is, as a part of its size.
pub(in crate::report) fn advance(c: char) -> f64 {
    let ascii = (c as usize).checked_sub(0x20).and_then(|at| ASCII.get(at));
    match (ascii, unicode_width::UnicodeWidthChar::width(c)) {
        (Some(advance), _) => f64::from(*advance) / 1000.0,
        (None, Some(2)) => 1.0,
        (None, Some(0)) => 0.0,
        (None, _) => 0.84,
    }
}

/// A line cut to at most so many characters, with an ellipsis for what is left out in the middle.
pub(super) fn cut(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let half = (most - 1) / 2;
    letters[..half].iter().chain(&['…']).chain(&letters[letters.len() - half..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_keeps_both_ends() {
        assert_eq!(cut("stage4", 8), "stage4");
        assert_eq!(cut("a_very_long_name", 7), "a_v…ame");
    }

    #[test]
    fn wide_letters_are_wide() {
        assert!(width("卷积", 10.0) > width("ij", 10.0) * 2.0);
    }
}
