//! HTML while it is written. Tags and names of attributes are the program's own; whatever else goes in is escaped, so that no name
//! or title of a file can become markup.

use crate::text::printable;

/// HTML while it is written.
#[derive(Debug, Default)]
pub(super) struct Html(String);

/// Attributes by name.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// The most characters of a name: a longer one is cut, for a page is to be read.
const MOST: usize = 240;

impl Html {
    /// An element, and what stands in it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        self.0.push('>');
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element with nothing but text in it.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// An element that never has anything in it.
    pub(super) fn void(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.open(tag, attributes);
        self.0.push_str("/>");
    }

    /// Text as it is to be read.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    /// A sentence: what stands in backquotes is code, where each has another.
    pub(super) fn prose(&mut self, sentence: &str) {
        let parts: Vec<&str> = sentence.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return self.text(sentence);
        }
        for (at, part) in parts.into_iter().enumerate() {
            if at % 2 == 1 { self.leaf("code", &[], part) } else { self.text(part) }
        }
    }

    /// An element with a sentence in it.
    pub(super) fn sentence(&mut self, tag: &'static str, attributes: Attributes<'_>, sentence: &str) {
        self.element(tag, attributes, |html| html.prose(sentence));
    }

    /// What a writer of this program has made, as it is: a picture, a style sheet.
    pub(super) fn written(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// A line break between elements, for those who read the source.
    pub(super) fn line(&mut self) {
        self.0.push('\n');
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
    }
}

/// Text that HTML shows as it is, with what is hidden written out, and not more of it than anybody reads.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len().min(MOST));
    for c in shortened(&printable(text)).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text without a space for so long that it can only be a name is cut in its middle, where names of a kind are alike.
fn shortened(text: &str) -> String {
    const WHOLE: usize = 8 * MOST;
    let is_name = |word: &str| word.len() > MOST && word.chars().count() > MOST;
    let words = |text: &str| {
        let words = text.split(' ').map(|word| if is_name(word) { cut(word, MOST) } else { word.to_owned() });
        words.collect::<Vec<_>>().join(" ")
    };
    if text.len() <= MOST {
        return text.to_owned();
    }
    let text = words(text);
    if text.chars().count() > WHOLE { cut(&text, WHOLE) } else { text }
}

fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    let half = most / 2;
    let (front, back): (String, String) =
        (text.chars().take(half).collect(), text.chars().skip(count - half).collect());
    format!("{front}…{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_markup_does_not_become_any() {
        let mut html = Html::default();
        html.leaf("p", &[("title", "\"><img onerror=x>")], "</script>&amp;\u{202e}");
        html.sentence("p", &[], "of `a<b` and `c");
        html.sentence("p", &[], "of `a<b`");
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&gt;&lt;img onerror=x&gt;\">&lt;/script&gt;&amp;amp;\\u{202e}</p>\
             <p>of `a&lt;b` and `c</p><p>of <code>a&lt;b</code></p>"
        );
    }

    #[test]
    fn what_nobody_reads_is_cut() {
        let name = "x".repeat(100_000);
        assert_eq!(escaped(&name).chars().count(), MOST + 1);
        assert!(escaped(&"a b ".repeat(100_000)).len() < 9 * MOST);
        assert_eq!(escaped("短 名"), "短 名");
    }
}
