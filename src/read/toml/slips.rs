//! What is written where TOML stops making sense, where that is a habit from another language or a slip that is often made.

use crate::error::Span;
use crate::text;
use crate::text::Text;

/// A slip that is known.
pub(super) struct Slip {
    /// What is wrong.
    pub(super) what: Text,
    /// What to write instead.
    pub(super) help: Text,
    /// Whether the mistakes behind it only follow from it.
    pub(super) is_last: bool,
}

impl Slip {
    fn new(what: Text, help: Text) -> Self {
        Self { what, help, is_last: false }
    }

    /// The same, with nothing behind it that is a mistake of its own.
    fn last(self) -> Self {
        Self { is_last: true, ..self }
    }
}

/// Marks of a Chinese keyboard or of a word processor, and those of TOML.
const FULL_WIDTH: [(char, char); 14] = [
    ('\u{ff0c}', ','),
    ('、', ','),
    ('\u{ff1a}', '='),
    ('\u{ff1d}', '='),
    ('“', '"'),
    ('”', '"'),
    ('‘', '\''),
    ('’', '\''),
    ('\u{ff3b}', '['),
    ('\u{ff3d}', ']'),
    ('【', '['),
    ('】', ']'),
    ('\u{ff5b}', '{'),
    ('\u{ff5d}', '}'),
];

/// Bytes of a line that are looked at on either side: what is longer is no slip.
const REACH: usize = 500;

/// The slip at `span`, where toml has found a mistake; `None` if it is none of those that are known.
pub(super) fn slip(text: &str, span: &Span) -> Option<Slip> {
    let (before, from) = (text.get(..span.start)?, text.get(span.start..)?);
    let line_before = last_line(before)?;
    let line = from.get(..from.bytes().take(REACH).position(|byte| byte == b'\n').unwrap_or(from.len()))?;
    let word = text.get(span.clone()).filter(|word| !word.is_empty()).unwrap_or(line).trim();
    if line.len() > REACH || word.len() > REACH {
        return None;
    }
    if let Some(quote) = open_quote(line_before) {
        // Inside a string, everything may be written.
        return line.trim().is_empty().then(|| {
            Slip::new(
                text!("a quote is not closed in this line", "此行有引号没有闭合"),
                text!("close it with `{quote}`", "请用 `{quote}` 闭合"),
            )
            .last()
        });
    }
    json(text)
        .or_else(|| python(text))
        .or_else(|| comment(line_before, line))
        .or_else(|| full_width(line_before, word))
        .or_else(|| colon(line_before, line))
        .or_else(|| parentheses(line_before, word))
        .or_else(|| punctuation(line, word))
        .or_else(|| value(line_before, word))
}

/// What stands before a place in its line, unless that is longer than [`REACH`].
fn last_line(before: &str) -> Option<&str> {
    let near = before.len().saturating_sub(REACH);
    match before.as_bytes()[near..].iter().rposition(|&byte| byte == b'\n') {
        Some(newline) => before.get(near + newline + 1..),
        None => (near == 0).then_some(before),
    }
}

/// The quote that is open at the end of `line`.
fn open_quote(line: &str) -> Option<char> {
    let (mut open, mut is_escaped) = (None, false);
    for c in line.chars() {
        match open {
            _ if is_escaped => is_escaped = false,
            Some('"') if c == '\\' => is_escaped = true,
            Some(quote) if c == quote => open = None,
            None if c == '#' => return None,
            None if c == '"' || c == '\'' => open = Some(c),
            Some(_) | None => {}
        }
    }
    open
}

fn json(text: &str) -> Option<Slip> {
    let is_json = text.trim_start().starts_with('{');
    is_json.then(|| {
        Slip::new(
            text!("a description is TOML, and this looks like JSON", "描述文件是 TOML,而这看起来是 JSON"),
            text!(
                "begin with `input = [3, 224, 224]` and `layers = […]`",
                "以 `input = [3, 224, 224]` 和 `layers = […]` 开头"
            ),
        )
    })
}

fn python(text: &str) -> Option<Slip> {
    let mut lines =
        text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    let is_python =
        ["import ", "from ", "class ", "def ", "\"\"\""].iter().any(|word| first.starts_with(word));
    is_python.then(|| {
        Slip::new(
            text!("a description is TOML, and this looks like Python", "描述文件是 TOML,而这看起来是 Python"),
            text!(
                "begin with `input = [3, 224, 224]` and `layers = […]`",
                "以 `input = [3, 224, 224]` 和 `layers = […]` 开头"
            ),
        )
        .last()
    })
}

fn comment(line_before: &str, line: &str) -> Option<Slip> {
    let start = format!("{line_before}{line}");
    let begins = |text: &str, marks: &[&'static str]| {
        marks.iter().copied().find(|mark| text.trim_start().starts_with(mark))
    };
    let whole = begins(&start, &["//", "--", "/*", "%"]);
    // Behind values, the mistake shows at the mark or behind its first character.
    let mark = whole.or_else(|| begins(line, &["//", "/*"]))?;
    let slip = Slip::new(
        text!("`{mark}` begins no comment", "`{mark}` 不能开始注释"),
        text!("comments begin with `#`", "注释以 `#` 开头"),
    );
    Some(if whole.is_some() { slip } else { slip.last() })
}

fn full_width(line_before: &str, word: &str) -> Option<Slip> {
    // The mistake shows at the mark, or behind it.
    let last = line_before.trim_end().chars().next_back();
    let is_quoted = word.starts_with(['"', '\'']);
    let (found, instead) = last
        .into_iter()
        .chain(word.chars().take(if is_quoted { 0 } else { REACH }))
        .find_map(|c| FULL_WIDTH.into_iter().find(|&(mark, _)| mark == c))?;
    Some(Slip::new(
        text!("`{found}` has no meaning in TOML", "`{found}` 在 TOML 中没有意义"),
        text!("write `{instead}`", "请写成 `{instead}`"),
    ))
}

fn colon(line_before: &str, line: &str) -> Option<Slip> {
    // The mistake shows at the colon, or behind it.
    let before = line_before.trim_end();
    let key = if line.starts_with(':') { before } else { before.strip_suffix(':')? };
    let key = key.rsplit(['{', ',', '[']).next().unwrap_or(key).trim();
    Some(Slip::new(
        text!("a key and its value are joined by `=`, not by `:`", "键和值之间是 `=`,不是 `:`"),
        text!("write `{key} = …`", "请写成 `{key} = …`"),
    ))
}

fn parentheses(line_before: &str, word: &str) -> Option<Slip> {
    let opened = line_before.rsplit('=').next()?.trim_start();
    let is_list = opened.starts_with('(') || (opened.is_empty() && word.starts_with('('));
    is_list.then(|| {
        Slip::new(
            text!("a list does not stand in parentheses", "列表不用圆括号"),
            text!("write it in brackets: `[3, 224, 224]`", "请用方括号:`[3, 224, 224]`"),
        )
    })
}

/// Another mark than a comma between values, or none before a key.
fn punctuation(line: &str, word: &str) -> Option<Slip> {
    if line.starts_with(';') {
        let what = text!("`;` has no meaning in TOML", "`;` 在 TOML 中没有意义");
        return Some(Slip::new(what, text!("write `,`", "请写成 `,`")).last());
    }
    let (_, key) = word.rsplit_once(' ')?;
    let is_key = line.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with('='));
    is_key.then(|| {
        Slip::new(
            text!("a comma is missing before `{key}`", "`{key}` 之前缺少逗号"),
            text!("write `, {key} = …`", "请写成 `, {key} = …`"),
        )
        .last()
    })
}

/// A word behind `=`, or in a list.
fn value(line_before: &str, word: &str) -> Option<Slip> {
    if !line_before.trim_end().ends_with(['=', '[', ',']) && !line_before.trim().is_empty() {
        return None;
    }
    constant(word).or_else(|| call(word)).or_else(|| numbers(word)).or_else(|| unquoted(word))
}

/// `True` or `None`, as in Python.
fn constant(word: &str) -> Option<Slip> {
    let lower = word.to_lowercase();
    let help = match &*lower {
        "true" | "false" => text!("write `{lower}`", "请写成 `{lower}`"),
        "none" | "null" | "nil" => text!("leave the key out", "请去掉这个键"),
        _ => return None,
    };
    Some(Slip::new(text!("`{word}` is no value", "`{word}` 不是值"), help))
}

/// A parenthesis of a call: `conv2d(8, 3)`.
fn call(word: &str) -> Option<Slip> {
    if let Some(value) = word.strip_suffix(')').filter(|value| !value.contains('(')) {
        let value = value.trim_end();
        let help = text!(
            "a table is closed by `}}`, a list by `]`: `{value} }}`",
            "表用 `}}` 闭合,列表用 `]`:`{value} }}`"
        );
        return Some(Slip::new(text!("`)` closes nothing", "`)` 没有对应的开括号"), help).last());
    }
    let (name, _) = word.split_once('(').filter(|(name, _)| !name.is_empty())?;
    let help =
        text!("an operator is a table: `{{ op = \"conv2d\", … }}`", "算子是表:`{{ op = \"conv2d\", … }}`");
    Some(Slip::new(text!("`{name}(` is no value", "`{name}(` 不是值"), help).last())
}

/// `3 32` or `3x32x32` for a list.
fn numbers(word: &str) -> Option<Slip> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = word.split_whitespace().collect();
    if let [first, second, ..] = parts[..]
        && parts.iter().all(is_number)
    {
        return Some(Slip::new(
            text!("a comma is missing between {first} and {second}", "{first} 与 {second} 之间缺少逗号"),
            text!("write `{first}, {second}`", "请写成 `{first}, {second}`"),
        ));
    }
    let sizes: Vec<&str> = word.split(['x', 'X', '×']).collect();
    let list = sizes.join(", ");
    (sizes.len() > 1 && sizes.iter().all(is_number)).then(|| {
        Slip::new(text!("sizes are a list", "尺寸是一个列表"), text!("write `[{list}]`", "请写成 `[{list}]`"))
    })
}

/// A name or an expression that is not written as text.
fn unquoted(word: &str) -> Option<Slip> {
    let is_part = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
    let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_') && word.chars().all(is_part);
    let is_expression =
        word.contains(['*', '/', '+', '^', '%']) && !word.contains(['"', '\'', '(', ')', '[', ']', '{', '}']);
    let help = if is_name {
        text!("write `\"{word}\"`", "请写成 `\"{word}\"`")
    } else if is_expression {
        text!("an expression is text: `\"{word}\"`", "表达式要写成文本:`\"{word}\"`")
    } else {
        return None;
    };
    Some(Slip::new(text!("`{word}` stands without quotes", "`{word}` 没有加引号"), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip_in(text: &str, at: &str) -> Option<(String, String)> {
        let start = text.find(at).unwrap();
        slip(text, &(start..start + at.len())).map(|slip| (slip.what.english, slip.help.english))
    }

    fn says(text: &str, at: &str, what: &str, help: &str) {
        assert_eq!(slip_in(text, at), Some((what.to_owned(), help.to_owned())), "{text}");
    }

    #[test]
    fn habits_from_elsewhere_are_known() {
        says("bias = False", "False", "`False` is no value", "write `false`");
        says("a = { op = relu }", "relu", "`relu` stands without quotes", "write `\"relu\"`");
        says("a = [3 32, 8]", "3 32", "a comma is missing between 3 and 32", "write `3, 32`");
        assert_eq!(slip_in("a = { op: \"relu\" }", "\"relu\"").unwrap().1, "write `op = …`");
        assert_eq!(slip_in("input = (3, 8, 8)", ", 8, 8").unwrap().0, "a list does not stand in parentheses");
        assert_eq!(slip_in("// mine", "mine").unwrap().1, "comments begin with `#`");
        says("a = [3，8]", "3，8", "`，` has no meaning in TOML", "write `,`");
        assert!(slip_in("{ \"input\": [3] }", "\"input\"").unwrap().0.contains("JSON"));
        says(
            "about = \"to be:\nlayers = 1",
            "\nlayers",
            "a quote is not closed in this line",
            "close it with `\"`",
        );
        says(
            "name = My Network",
            "My Network",
            "`My Network` stands without quotes",
            "write `\"My Network\"`",
        );
        says("input = 3x32x32", "3x32x32", "sizes are a list", "write `[3, 32, 32]`");
        says("a = { c = 2*8 }", "2*8", "`2*8` stands without quotes", "an expression is text: `\"2*8\"`");
        says(
            "a = { k = (3, 3) }",
            "(3",
            "a list does not stand in parentheses",
            "write it in brackets: `[3, 224, 224]`",
        );
        says("a = { k = 3 bias = true }", "3 bias", "a comma is missing before `bias`", "write `, bias = …`");
        says("a = [{}; {}]", ";", "`;` has no meaning in TOML", "write `,`");
        assert!(
            slip_in("layers = [conv2d(8, 3)]", "conv2d(8").unwrap().1.starts_with("an operator is a table")
        );
        assert_eq!(slip_in("pad = None", "None").unwrap().1, "leave the key out");
    }

    #[test]
    fn other_mistakes_are_left_to_toml() {
        assert_eq!(slip_in("about = \"to be: \\q, \u{ff0c}\"", "\\q"), None);
        let long = format!("a = {} False", " ".repeat(REACH));
        assert_eq!(slip_in(&long, "False"), None);
        assert_eq!(slip_in("a = 1 2", "2"), None);
        assert_eq!(slip_in("a = 0x", "0x"), None);
    }
}
