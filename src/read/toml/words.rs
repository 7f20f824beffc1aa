//! What the toml crate says of a mistake, in our words and in each language.

use crate::text;
use crate::text::Text;

/// The crate's message as ours: "key with no value, expected `=`" is "a key without a value; `=` would fit".
pub(super) fn in_words(message: &str) -> Text {
    let (what, wanted) =
        message.split_once(", expected ").map_or((message, None), |(what, wanted)| (what, Some(wanted)));
    // What would fit says no more than this does, or nothing.
    let says_all = what == "string values must be quoted" || wanted == Some("nothing");
    let what = problem(what);
    let Some(wanted) = wanted.filter(|_| !says_all) else { return what };
    let (english, chinese): (Vec<_>, Vec<_>) =
        wanted.split(", ").map(token).map(|text| (text.english, text.chinese)).unzip();
    let (english, chinese) = (english.join(" or "), chinese.join("或"));
    text!("{what}; {english} would fit", "{what:#};此处应是{chinese}")
}

fn problem(what: &str) -> Text {
    match what {
        "unexpected key or value" => text!("something stands behind the value", "值的后面还有内容"),
        "unexpected content" => text!("this has no meaning here", "此处的内容没有意义"),
        "unexpected content between comment and newline" => {
            text!("something stands behind the comment", "注释的后面还有内容")
        }
        "key with no value" => text!("a key without a value", "键没有值"),
        "missing value" | "missing value for key" => text!("a value is missing", "缺少值"),
        "invalid value" => text!("this is no value", "这不是值"),
        "string values must be quoted" => {
            text!("a value is missing, or stands without quotes", "缺少值,或值没有加引号")
        }
        "missing comma between array elements" => text!("a comma is missing in a list", "列表中缺少逗号"),
        "missing comma between key-value pairs" => text!("a comma is missing in a table", "表中缺少逗号"),
        "missing assignment between key-value pairs" => {
            text!("an `=` is missing between a key and its value", "键与值之间缺少 `=`")
        }
        "missing key for inline table element" => {
            text!("a key is missing before this value", "此值之前缺少键")
        }
        "invalid inline table element" | "invalid key-value pair" => {
            text!("this is no key with its value", "这不是键和值")
        }
        "extra comma in array" | "extra comma in inline table" => text!("one comma too many", "多了一个逗号"),
        "extra `=`" | "extra assignment between key-value pairs" => text!("one `=` too many", "多了一个 `=`"),
        "unexpected `=` in array" => {
            text!(
                "a key stands in a list; keys are in a table, `{{ … }}`",
                "列表中出现了键;键应在表 `{{ … }}` 中"
            )
        }
        "unclosed array" => text!("a list is not closed", "列表没有闭合"),
        "unclosed inline table" | "unclosed table" | "unclosed array table" => {
            text!("a table is not closed", "表没有闭合")
        }
        "invalid unquoted key" => {
            text!("a key has a character in it that wants quotes", "键中有需要加引号的字符")
        }
        "unquoted keys cannot be empty" => text!("a key is missing", "缺少键"),
        "unexpected leading zero" => text!("a number begins with a 0", "数以 0 开头"),
        "`_` may only go between digits" => text!("`_` stands only between digits", "`_` 只能在数字之间"),
        "missing opening quote" => text!("a quote is missing", "缺少引号"),
        "missing escaped value" | "too few unicode value digits" => {
            text!(
                "a `\\` begins an escape that is none; in '…' it is a `\\`",
                "`\\` 开始的转义无效;在 '…' 中它就是 `\\`"
            )
        }
        "cannot recurse further; max recursion depth met" | "recursion limit" => {
            text!("brackets stand too deep in one another", "括号嵌套过深")
        }
        other => text!("{other}", "{other}"),
    }
}

fn token(wanted: &str) -> Text {
    match wanted {
        "newline" => text!("a line break", "换行"),
        "`#`" => text!("a comment (`#`)", "注释(`#`)"),
        "key" => text!("a key", "键"),
        "value" => text!("a value", "值"),
        "letters" => text!("letters", "字母"),
        "numbers" | "digits" => text!("digits", "数字"),
        "basic string" | "literal string" | "multi-line basic string" => {
            text!("text in quotes", "带引号的文本")
        }
        other => text!("{other}", " {other} "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_crate_expects_is_named_in_each_language() {
        let text = in_words("unexpected key or value, expected newline, `#`");
        assert_eq!(
            text.english,
            "something stands behind the value; a line break or a comment (`#`) would fit"
        );
        assert_eq!(text.chinese, "值的后面还有内容;此处应是换行或注释(`#`)");
        assert_eq!(in_words("new words").english, "new words");
    }
}
