//! What cnncost says to a person, in each language it speaks.
//!
//! A message is written once, where it arises, in all languages side by side, so that none can be forgotten; which one is
//! shown is chosen at the very end.

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

/// Whether a character steers a terminal, or reorders what stands beside it: what is read from a file shows neither.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// `text` on one line, with every hidden character written out: `\u{1b}[31m`.
pub fn printable(text: &str) -> String {
    if !text.chars().any(is_hidden) {
        return text.to_owned();
    }
    let shown = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
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
    }
}
