//! What to do where a table stands for a list, or a list for a table.

use toml::de::DeValue;

use crate::text;
use crate::text::Text;

/// What to do about a `value` of `key` that is no list.
pub(super) fn of_a_list(key: &str, value: &DeValue<'_>) -> Option<Text> {
    let is_table = value.as_table().is_some();
    match key {
        "layers" if is_table => Some(text!(
            "write the items in brackets, `layers = [{{ … }}]`, or each under `[[layers]]`",
            "请把各项写在方括号中:`layers = [{{ … }}]`,或各写在 `[[layers]]` 之下"
        )),
        _ if is_table => {
            Some(text!("write it in brackets: `{key} = [{{ … }}]`", "请加方括号:`{key} = [{{ … }}]`"))
        }
        _ => None,
    }
}

/// What to do about a `value` of `key` that is no table.
pub(super) fn of_a_table(key: &str, value: &DeValue<'_>) -> Option<Text> {
    let (is_list, word) = (value.as_array().is_some(), value.as_str());
    match (key, word) {
        ("an item of `layers`", None) if is_list => Some(text!(
            "a list in the list is a group: `{{ layers = […] }}`",
            "列表中的列表应写成组:`{{ layers = […] }}`"
        )),
        ("claims", Some(word)) => Some(text!(
            "a claim is a table: `{{ expect = \"{word}\" }}`",
            "论断应是表:`{{ expect = \"{word}\" }}`"
        )),
        ("variants", Some(word)) => Some(text!(
            "a variant is a table: `{{ name = \"{word}\" }}`",
            "变体应是表:`{{ name = \"{word}\" }}`"
        )),
        ("params", None) if is_list => Some(text!(
            "write names and values: `params = {{ width = 16 }}`",
            "请写出名称和值:`params = {{ width = 16 }}`"
        )),
        ("inputs", None) if is_list => Some(text!(
            "several inputs have names: `inputs = {{ a = […], b = […] }}`; a single one is `input = […]`",
            "多个输入要有名字:`inputs = {{ a = […], b = […] }}`;单个输入写作 `input = […]`"
        )),
        ("for", _) => Some(text!(
            "name the elements of its list: `for = {{ n = [3, 4, 6, 3] }}`",
            "请为列表的元素取名:`for = {{ n = [3, 4, 6, 3] }}`"
        )),
        ("first", _) => Some(text!("as in `first = {{ stride = 2 }}`", "例如 `first = {{ stride = 2 }}`")),
        ("blocks" | "branches" | "set" | "networks", None) | (_, Some(_)) => None,
        (_, None) if is_list => Some(text!(
            "head it `[blocks.{key}]`, and write the list under it: `layers = […]`",
            "请以 `[blocks.{key}]` 开头,并在其下写列表:`layers = […]`"
        )),
        (_, None) => None,
    }
}

/// What to do about a `value` of `key` that is no list of names.
pub(super) fn of_names(key: &str, value: &DeValue<'_>) -> Option<Text> {
    (key == "params" && value.as_table().is_some()).then(|| {
        text!(
            "what every use has to give is a list of names, `params = [\"c\"]`; what it may give, with its value otherwise, is `defaults = {{ c = 8 }}`",
            "每次使用都要给出的写成名称列表:`params = [\"c\"]`;可以省略的连同默认值写在 `defaults = {{ c = 8 }}` 中"
        )
    })
}

/// What to do about the sizes of `input` that are a table.
pub(super) fn of_an_input(value: &DeValue<'_>) -> Option<Text> {
    value.as_table().map(|_| {
        text!(
            "its sizes are a list: `input = [3, 224, 224]`; several inputs are `inputs = {{ a = […], b = […] }}`",
            "尺寸写成列表:`input = [3, 224, 224]`;多个输入写作 `inputs = {{ a = […], b = […] }}`"
        )
    })
}

/// What to do about a key that no table of this kind has, where it stands for something else.
pub(super) fn of_an_unknown_key(key: &str, what: &str) -> Option<Text> {
    (key == "output" && what == "the file").then(|| {
        text!(
            "what comes out of the last item is the output; `outputs = [\"a\", \"b\"]` names others",
            "最后一项的结果就是输出;用 `outputs = [\"a\", \"b\"]` 可指定其他输出"
        )
    })
}
