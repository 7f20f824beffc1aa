//! Sentences below a table, in lines of the terminal's width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A sentence in lines of at most `width` columns, each set off by a space; those after the first by two more.
pub(super) fn wrapped(sentence: &str, width: usize) -> String {
    let lines = lines(sentence, width.saturating_sub(3));
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{}{line}\n", if at == 0 { " " } else { "   " }))
        .collect()
}

/// A sentence that begins behind `indent` columns, in lines up to `width` that all begin there.
pub(crate) fn hanging(sentence: &str, indent: usize, width: usize) -> String {
    // In a very narrow terminal long lines read better than columns of single words.
    const NARROWEST: usize = 20;
    let room = width.saturating_sub(indent).max(NARROWEST);
    lines(sentence, room).join(&format!("\n{:indent$}", ""))
}

/// A text in lines of at most `width` columns, in which words that are longer are broken.
pub(super) fn folded(text: &str, width: usize) -> String {
    let mut folded = String::new();
    for line in lines(text, width) {
        let mut used = 0;
        folded.push_str(if folded.is_empty() { "" } else { "\n" });
        for letter in line.chars() {
            let wide = letter.width().unwrap_or(0);
            if used > 0 && used + wide > width {
                folded.push('\n');
                used = 0;
            }
            folded.push(letter);
            used += wide;
        }
    }
    folded
}

/// A sentence in lines of at most `width` columns.
pub(super) fn lines(sentence: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(sentence).into_iter().flat_map(|word| broken(word, width)) {
        let line = lines.last_mut().expect("there is a line from the start");
        if !line.is_empty() && line.width() + word.trim_end().width() > width {
            line.truncate(line.trim_end().len());
            lines.push(word.to_owned());
        } else {
            line.push_str(word);
        }
    }
    if let Some(line) = lines.last_mut() {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// A word that fits a line, or else its pieces: a path may be longer than a line, which may end behind a slash then.
fn broken(word: &str, width: usize) -> Vec<&str> {
    if word.trim_end().width() <= width { vec![word] } else { word.split_inclusive('/').collect() }
}

/// Pieces between which a line may end: behind a space, unless a percent sign follows, and behind what is set two columns
/// wide, as Chinese is, with the punctuation that follows it.
fn words(sentence: &str) -> Vec<&str> {
    let is_punctuation = |letter: char| ",、;:。)".contains(letter);
    let (mut words, mut start, mut is_wide) = (vec![], 0, false);
    let mut letters = sentence.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        is_wide = letter.width() == Some(2) || (is_wide && is_punctuation(letter));
        let next = letters.peek().map(|&(_, next)| next);
        let may_end =
            if letter == ' ' { next != Some('%') } else { is_wide && !next.is_some_and(is_punctuation) };
        if may_end {
            let end = at + letter.len_utf8();
            words.push(&sentence[start..end]);
            start = end;
        }
    }
    words.push(&sentence[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width() {
        assert_eq!(wrapped("one two three", 10), " one two\n   three\n");
        assert_eq!(lines("乘加,计一", 6), ["乘加,", "计一"]);
        assert_eq!(lines("unbreakable", 4), ["unbreakable"]);
        assert_eq!(lines("at encoder/layer/0 a/b", 11), ["at encoder/", "layer/0 a/b"]);
        assert_eq!(lines("sure to ±2.0 %", 13), ["sure to", "±2.0 %"]);
        assert_eq!(lines("", 4), [""]);
        assert_eq!(folded("one unbreakable 乘加", 5), "one\nunbre\nakabl\ne\n乘加");
        assert_eq!(
            hanging("every line begins at the same column", 6, 28),
            "every line begins at\n      the same column"
        );
    }
}
