//! What cnncost says to a person, in each language it speaks.
//!
//! A message is written once, where it arises, in all languages side by side, so that none can be forgotten; which one is
//! shown is chosen at the very end.

mod links;
pub mod markup;

pub use links::{Links, link};

/// A language of headings, notes and errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

/// Whether a character is not shown, and yet changes what is: it steers a terminal, ends a line, reorders or joins what stands
/// beside it, is as wide as nothing, or is no character at all. What is read from a file shows none of them.
pub fn is_hidden(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    // What Unicode lets a program leave out, but for variation selectors, which are part of the letter before them.
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}');
    let ends_line = matches!(c, '\u{2028}' | '\u{2029}');
    let is_none = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    c.is_control() || is_ignorable || ends_line || is_none
}

/// `text` on one line, with every hidden character written out: `\u{1b}[31m`.
pub fn printable(text: &str) -> String {
    written_out(text, is_hidden)
}

/// `text` on one line: its lines one behind the other, and every other hidden character written out.
pub fn one_line(text: &str) -> String {
    printable(
        &text
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// `text` in its lines, as it may go to a terminal whatever is in it: all that steers one is written out, but for colors if
/// there are to be some. What writes it has its names on one line already; this is behind all of them.
pub fn harmless(text: &str, color: bool) -> String {
    harmless_but(text, color, None)
}

/// The same, with links to these files left in it.
pub fn harmless_but(text: &str, color: bool, links: Option<&Links>) -> String {
    let plain = |text: &str| written_out(text, |c| c != '\n' && is_hidden(c));
    if !color && links.is_none() {
        return plain(text);
    }
    let mut rest = text.split('\u{1b}').peekable();
    let mut shown = plain(rest.next().unwrap_or_default());
    let (mut is_open, mut is_target) = (false, false);
    while let Some(piece) = rest.next() {
        let is_color = piece.strip_prefix('[').is_some_and(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
        });
        // A target, or none where a link ends, has a mark behind it.
        let target =
            piece
                .strip_prefix(links::BEGIN)
                .filter(|_| rest.peek().is_some_and(|next| next.starts_with('\\')))
                .filter(|target| {
                    if target.is_empty() { is_open } else { links.is_some_and(|links| links.leads(target)) }
                });
        let is_in = is_color && color || target.is_some() || is_target && piece.starts_with('\\');
        is_open = target.map_or(is_open, |target| !target.is_empty());
        is_target = target.is_some();
        shown.push_str(if is_in { "\u{1b}" } else { "\\u{1b}" });
        shown.push_str(&plain(piece));
    }
    shown
}

/// `text` with some of its characters written out.
fn written_out(text: &str, is_out: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_out(c)) {
        written.push_str(&rest[..at]);
        written.extend(c.escape_default());
        rest = &rest[at + c.len_utf8()..];
    }
    written + rest
}

/// A message in every language. Made with [`text!`](crate::text!).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// In English: lower-case, no full stop.
    pub english: String,
    /// In simplified Chinese.
    pub chinese: String,
}

impl Text {
    /// The message in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }

    /// The message with something done to it in every language.
    #[must_use]
    pub(crate) fn map(self, change: impl Fn(&str) -> String) -> Self {
        Self { english: change(&self.english), chinese: change(&self.chinese) }
    }

    /// All of `texts` as one list of things of a kind: with commas in English, with 、 in Chinese.
    pub fn list(texts: &[Self]) -> Self {
        Self::joined(texts, "、")
    }

    /// All of `texts` as parts of one description: with commas in both.
    pub fn phrase(texts: &[Self]) -> Self {
        Self::joined(texts, ",")
    }

    fn joined(texts: &[Self], chinese: &str) -> Self {
        let joined = |language, separator| {
            texts.iter().map(|text| text.get(language)).collect::<Vec<_>>().join(separator)
        };
        Self { english: joined(Language::English, ", "), chinese: joined(Language::Chinese, chinese) }
    }
}

/// Words that stand in the program as they are, in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub english: &'static str,
    /// In simplified Chinese.
    pub chinese: &'static str,
}

impl Words {
    /// The words in `language`.
    pub fn get(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }
}

/// Words in English and in Chinese.
pub(crate) const fn words(english: &'static str, chinese: &'static str) -> Words {
    Words { english, chinese }
}

impl From<Words> for Text {
    fn from(Words { english, chinese }: Words) -> Self {
        Self { english: english.to_owned(), chinese: chinese.to_owned() }
    }
}

impl std::fmt::Display for Text {
    /// In English with `{}`, in Chinese with `{:#}`: so both come through a generic error that keeps what is displayed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if f.alternate() { &self.chinese } else { &self.english })
    }
}

/// So that what reads a value of the command line can say what is wrong with it in each language.
impl std::error::Error for Text {}

/// A [`Text`]: one format string for each language, English first; both may name variables in braces.
///
/// ```
/// let channels = 3;
/// let text = cnncost::text!("{channels} channels", "{channels} 个通道");
/// assert_eq!(text.to_string(), "3 channels");
/// assert_eq!(text.get(cnncost::text::Language::Chinese), "3 个通道");
/// ```
#[macro_export]
macro_rules! text {
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::text::Text { english: format!($english), chinese: format!($chinese) }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        assert_eq!(printable("输入 3×8\u{1b}[31m\n\u{202e}"), "输入 3×8\\u{1b}[31m\\n\\u{202e}");
        for hidden in [
            '\0',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{200d}',
            '\u{feff}',
            '\u{ffff}',
            '\u{10fffe}',
            '\u{e0041}',
        ] {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        // A variation selector, a letter of a private plane, what stands for what is no text.
        assert!(!['\u{fe0f}', '\u{e000}', '\u{fffd}', ' ', '、', '🧠'].into_iter().any(is_hidden));
        assert_eq!(one_line(" a\r\n\n  b\u{8} "), "a b\\u{8}");
    }

    #[test]
    fn only_colors_and_lines_get_through() {
        let text = "\u{1b}[1mbold\u{1b}[0m\n\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}";
        assert_eq!(harmless(text, true), "\u{1b}[1mbold\u{1b}[0m\n\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{1b}");
        assert_eq!(harmless(text, false).matches('\u{1b}').count(), 0);
    }
}
