//! The value behind a key: of the right type, or a mistake.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::super::description::{Datum, DatumKind, Name, Part, Template};
use super::super::expression::{Expression, Rational, number};
use super::super::keys::Key;
use super::{Reader, Table, shapes};
use crate::error::{self, Code, Diagnostic, Span, nearest};
use crate::read::synonyms;
use crate::text;
use crate::text::{Text, is_hidden};

/// The longest name: it stands in the path of all that is in it.
const LONGEST_NAME: usize = 100;

/// How deep in one another tables are in which a misspelled key is read as what is meant: each is copied.
const SHALLOW: usize = 2;

/// What is wrong with a text of a file, if a character of it is not shown and ends no line.
pub(in crate::read) fn hidden(text: &str, span: Span) -> Option<Diagnostic> {
    let hidden = text.chars().find(|&c| is_hidden(c) && !"\t\r\n".contains(c))?;
    let code = u32::from(hidden);
    let message = text!(
        "this has the character U+{code:04X} in it, which is not shown and changes what is",
        "其中有字符 U+{code:04X},它不显示,却会改变显示的内容"
    );
    Some(Diagnostic::new(Code::HiddenCharacter, message, span))
}

impl Reader<'_> {
    /// The value as it is written; [`DatumKind::Unread`] after a mistake.
    pub(super) fn datum(&mut self, value: &Spanned<DeValue<'_>>) -> Datum {
        let span = value.span();
        let kind = match value.get_ref() {
            DeValue::String(text) => DatumKind::Text(text.as_ref().into(), Box::new(Expression::parse(text))),
            DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => DatumKind::Number(Rational::from_integer(integer)),
                Err(_) => self.unread(&span, text!("this number is too large", "这个数太大")),
            },
            DeValue::Float(float) => match number(float.as_str()) {
                Some(number) => DatumKind::Number(number),
                None => self.unread(&span, text!("this is no number to count with", "这个数无法用于计算")),
            },
            DeValue::Boolean(boolean) => DatumKind::Boolean(*boolean),
            DeValue::Array(list) => DatumKind::List(list.iter().map(|value| self.datum(value)).collect()),
            DeValue::Table(_) => self.unread(&span, text!("a table has no meaning here", "此处不能用表")),
            DeValue::Datetime(_) => self.unread(&span, text!("a date has no meaning here", "此处不能用日期")),
        };
        Datum { span, kind }
    }

    fn unread(&mut self, span: &Span, message: Text) -> DatumKind {
        self.mistakes.push(Diagnostic::new(Code::WrongType, message, span.clone()));
        DatumKind::Unread
    }

    /// Text with characters in it that would steer a terminal or reorder a line: whoever wrote that means no good.
    pub(super) fn refuse_hidden(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            self.hidden(key.get_ref(), key.span());
            self.refuse_hidden_in(value);
        }
    }

    fn refuse_hidden_in(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(text) => self.hidden(text, value.span()),
            DeValue::Array(list) => list.iter().for_each(|value| self.refuse_hidden_in(value)),
            DeValue::Table(table) => self.refuse_hidden(table),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn hidden(&mut self, text: &str, span: Span) {
        self.mistakes.extend(hidden(text, span));
    }

    pub(super) fn refuse<T>(&mut self, code: Code, span: Span, message: Text) -> Option<T> {
        self.mistakes.push(Diagnostic::new(code, message, span));
        None
    }

    /// The table, in which a key that is misspelled stands under the name that is meant: what follows from its being unknown
    /// is no mistake of its own.
    pub(super) fn refuse_unknown<'t>(
        &mut self,
        table: &'t DeTable<'t>,
        known: &[&[Key]],
        what: (&str, &str),
    ) -> Cow<'t, DeTable<'t>> {
        let names = || known.iter().flat_map(|keys| keys.iter().map(|key| key.name));
        let mut meant = Cow::Borrowed(table);
        for (key, value) in table.iter().filter(|(key, _)| names().all(|name| name != key.get_ref())) {
            let key_name = key.get_ref();
            let (what, what_zh) = what;
            let message = text!("`{key_name}` is no key of {what}", "{what_zh}没有键 `{key_name}`");
            let elsewhere = synonyms::key(key_name).filter(|ours| names().any(|name| name == *ours));
            let near = elsewhere.or_else(|| nearest(key_name, names()));
            let other = shapes::of_an_unknown_key(key_name, what);
            let near = if other.is_some() { None } else { near };
            let help = other.or_else(|| near.map(error::meant)).unwrap_or_else(|| {
                let list = names().collect::<Vec<_>>().join("`, `");
                text!("known are `{list}`", "可用的有 `{list}`")
            });
            self.mistakes.push(Diagnostic::new(Code::UnknownKey, message, key.span()).help(help));
            let is_shallow = self.depth <= SHALLOW;
            if let Some(near) = near.filter(|near| is_shallow && !meant.contains_key(*near)) {
                meant.to_mut().insert(Spanned::new(key.span(), near.to_owned().into()), value.clone());
            }
        }
        meant
    }

    pub(super) fn table<'t>(&mut self, value: &'t Spanned<DeValue<'t>>, key: &str) -> Option<Table<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, &text!("a table", "表"), value);
            self.advise(shapes::of_a_table(key, value.get_ref()));
        }
        table.map(|table| (table, value.span()))
    }

    pub(super) fn list<'t>(&mut self, value: &'t Spanned<DeValue<'t>>, key: &str) -> Option<&'t DeArray<'t>> {
        let list = value.get_ref().as_array();
        if list.is_none() {
            self.wrong_type(key, &text!("a list", "列表"), value);
            self.advise(shapes::of_a_list(key, value.get_ref()));
        }
        list
    }

    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        self.name_at(table, key).map(|name| name.text.as_ref().to_owned())
    }

    pub(super) fn name_at(&mut self, table: &DeTable<'_>, key: &str) -> Option<Name> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, &text!("text", "文本"), value);
        }
        text.map(|text| Name { text: text.into(), span: value.span() })
    }

    /// Refuses what cannot be a name. The item has it all the same, so that others can name it.
    pub(super) fn check_name(&mut self, Template { name, parts }: &Template) {
        let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        let is_allowed = |part: &Part| match part {
            Part::Text(text) => text.chars().all(allowed),
            Part::Value(..) => true,
        };
        let length = name.text.chars().count();
        if length > LONGEST_NAME {
            let message = text!(
                "a name has at most {LONGEST_NAME} characters, and this has {length}",
                "名称最多 {LONGEST_NAME} 个字符,这里有 {length} 个"
            );
            self.mistakes.push(Diagnostic::new(Code::BadName, message, name.span.clone()));
            return;
        }
        let is_plain = !name.text.is_empty() && name.text.chars().all(allowed);
        // Braces that make no template have been reported.
        let is_braced = parts.is_empty() && name.text.contains(['{', '}']);
        let is_template = is_braced || (!parts.is_empty() && parts.iter().all(is_allowed));
        if (is_plain || is_template) && &*name.text != "input" {
            return;
        }
        let shown = &name.text;
        let message = if shown.is_empty() {
            text!("a name cannot be empty", "名称不能为空")
        } else {
            text!("`{shown}` cannot be a name", "`{shown}` 不能作名称")
        };
        let help = if &*name.text == "input" {
            text!("`input` is what comes into the list", "`input` 指进入此列表的张量")
        } else {
            text!("letters, digits, `_`, `-` and `.`", "可用字母、数字、`_`、`-` 和 `.`")
        };
        self.mistakes.push(Diagnostic::new(Code::BadName, message, name.span.clone()).help(help));
    }

    pub(super) fn required(&mut self, table: &DeTable<'_>, span: &Span, key: &str) -> Option<Name> {
        if !table.contains_key(key) {
            let message = text!("`{key}` is missing", "缺少 `{key}`");
            self.mistakes.push(Diagnostic::new(Code::MissingKey, message, span.clone()));
        }
        self.name_at(table, key)
    }

    pub(super) fn names(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Name> {
        let Some(value) = table.get(key) else { return vec![] };
        let one = |value: &Spanned<DeValue<'_>>| {
            value.get_ref().as_str().map(|text| Name { text: text.into(), span: value.span() })
        };
        let names = match value.get_ref().as_array() {
            Some(list) => list.iter().map(one).collect(),
            None => one(value).map(|name| vec![name]),
        };
        names.unwrap_or_else(|| {
            self.wrong_type(key, &text!("a name or a list of names", "名称或名称列表"), value);
            self.advise(shapes::of_names(key, value.get_ref()));
            vec![]
        })
    }

    pub(super) fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, &text!("`true` or `false`", "`true` 或 `false`"), value);
            false
        })
    }

    /// Gives the last mistake a help.
    pub(super) fn advise(&mut self, help: Option<Text>) {
        if let Some(mistake) = self.mistakes.last_mut() {
            mistake.help = help;
        }
    }

    pub(super) fn wrong_type(&mut self, key: &str, wanted: &Text, value: &Spanned<DeValue<'_>>) {
        let (found, found_zh) = match value.get_ref() {
            DeValue::String(_) => ("text", "文本"),
            DeValue::Integer(_) | DeValue::Float(_) => ("a number", "数"),
            DeValue::Boolean(_) => ("`true` or `false`", "布尔值"),
            DeValue::Datetime(_) => ("a date", "日期"),
            DeValue::Array(_) => ("a list", "列表"),
            DeValue::Table(_) => ("a table", "表"),
        };
        let (english, chinese) = (&wanted.english, &wanted.chinese);
        let subject = match key {
            "an item of `layers`" => text!("an item of `layers`", "`layers` 的项"),
            _ => text!("`{key}`", "`{key}`"),
        };
        let message = text!(
            "{subject} must be {english}, and is {found}",
            "{subject:#} 应是{chinese},这里是{found_zh}"
        );
        self.mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()));
    }

    /// Where to point when something is missing altogether: the first line that says something.
    pub(super) fn start(&self, span: &Span) -> Span {
        let text = &self.source.text;
        let blank =
            text[span.start.min(text.len())..].len() - text[span.start.min(text.len())..].trim_start().len();
        let start = span.start + blank;
        let line = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        start..start + line
    }
}
