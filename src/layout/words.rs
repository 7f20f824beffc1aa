//! Keys and strings in their plainest form.

use toml_parser::decoder::Encoding;

/// A part of a key: bare where it may be, else in quotes that need no escape, else as it is written.
pub(super) fn key(written: &str, encoding: Option<Encoding>) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match plain(written, encoding) {
        Some(word) if !word.is_empty() && word.chars().all(is_bare) => word.to_owned(),
        Some(word) => format!("\"{word}\""),
        None => written.to_owned(),
    }
}

/// A value: a string in double quotes where these need no escape, anything else as it is written.
pub(super) fn scalar(written: &str, encoding: Option<Encoding>) -> String {
    plain(written, encoding).map_or_else(|| written.to_owned(), |word| format!("\"{word}\""))
}

/// What is in the quotes, if it may stand in double ones as it is.
fn plain(written: &str, encoding: Option<Encoding>) -> Option<&str> {
    let word = match encoding {
        Some(Encoding::LiteralString) => written.strip_prefix('\'')?.strip_suffix('\'')?,
        Some(Encoding::BasicString) => written.strip_prefix('"')?.strip_suffix('"')?,
        Some(Encoding::MlLiteralString | Encoding::MlBasicString) | None => return None,
    };
    let needs_escape = |c: char| c == '"' || c == '\\' || (c.is_control() && c != '\t');
    (!word.contains(needs_escape)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_double_and_keys_bare_where_they_can_be() {
        let (literal, basic) = (Some(Encoding::LiteralString), Some(Encoding::BasicString));
        for (written, encoding, expected) in [
            ("'relu'", literal, "\"relu\""),
            (r#"'say "hi"'"#, literal, r#"'say "hi"'"#),
            (r"'a\b'", literal, r"'a\b'"),
            (r#""a\tb""#, basic, r#""a\tb""#),
            ("''", literal, "\"\""),
            ("1_000", None, "1_000"),
            ("'''a'''", Some(Encoding::MlLiteralString), "'''a'''"),
        ] {
            assert_eq!(scalar(written, encoding), expected);
        }
        for (written, encoding, expected) in [
            ("\"1x1\"", basic, "1x1"),
            ("'3-a_b'", literal, "3-a_b"),
            ("'a b'", literal, "\"a b\""),
            ("\"a.b\"", basic, "\"a.b\""),
            ("\"ü\"", basic, "\"ü\""),
            ("\"\"", basic, "\"\""),
            (r#""\u0061""#, basic, r#""\u0061""#),
            ("stem", None, "stem"),
        ] {
            assert_eq!(key(written, encoding), expected);
        }
    }
}
