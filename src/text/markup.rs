//! Text in markup.

use super::printable;

/// Text that XML and HTML show as it is, in an element as in an attribute, whatever it holds: nothing in it is taken for markup,
/// and what is hidden is written out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(
            escaped("</text><script>\"'&\u{202e}\u{0}\n\u{ffff}"),
            "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;\\u{202e}\\u{0}\\n\\u{ffff}"
        );
    }
}
