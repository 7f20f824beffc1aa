//! Sentences below a table, in lines of the terminal's width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A sentence in lines of at most `width` columns, each set off by a space; those after the first by two more.
pub(super) fn wrapped(sentence: &str, width: usize) -> String {
    let (mut text, mut line) = (String::new(), " ".to_owned());
    for word in words(sentence) {
        if (line.width() + word.trim_end().width()) > width && !line.trim().is_empty() {
            text.push_str(line.trim_end());
            text.push('\n');
            "   ".clone_into(&mut line);
        }
        line.push_str(word);
    }
    text + line.trim_end() + "\n"
}

/// Pieces between which a line may end: behind a space, and behind what is set two columns wide, as Chinese is, unless
/// punctuation follows.
fn words(sentence: &str) -> Vec<&str> {
    let mut words = vec![];
    let mut start = 0;
    let mut letters = sentence.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_wide = letter.width() == Some(2);
        let goes_on = letters.peek().is_some_and(|(_, next)| ",、;:。)".contains(*next));
        if letter == ' ' || (is_wide && !goes_on) {
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
        assert_eq!(wrapped("one two three", 9), " one two\n   three\n");
        assert_eq!(wrapped("乘加,计一", 9), " 乘加,\n   计一\n");
        assert_eq!(wrapped("unbreakable", 4), " unbreakable\n");
        assert_eq!(wrapped("", 4), "\n");
    }
}
