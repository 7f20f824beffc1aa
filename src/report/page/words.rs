//! What the script of a page says to a person.

use serde::Serialize;

use crate::text;
use crate::text::{Language, Text};

/// Its words, in one language; `%` stands for a number or a name.
#[derive(Debug, Serialize)]
pub(super) struct Words {
    dark: String,
    light: String,
    found: String,
    nothing: String,
    sorted: String,
    in_order: String,
    drawn_in: String,
    no_working: String,
    times: String,
}

/// These words in `language`.
pub(super) fn words(language: Language) -> Words {
    let say = |text: Text| text.get(language).to_owned();
    Words {
        dark: say(text!("dark", "深色")),
        light: say(text!("light", "浅色")),
        found: say(text!("% found", "找到 % 个")),
        nothing: say(text!("nothing found", "没有找到")),
        sorted: say(text!("sorted by %", "按 % 排序")),
        in_order: say(text!("in the order of execution", "按执行顺序")),
        drawn_in: say(text!("drawn as part of %", "画在 % 中")),
        no_working: say(text!(
            "its working is not on this page: cnncost explain shows it",
            "此页不含其算式:cnncost explain 会给出"
        )),
        times: say(text!("figure: %", "图:%")),
    }
}
