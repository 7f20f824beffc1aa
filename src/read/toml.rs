//! TOML text into a [`Description`]: the shape of the file, every key and every type, each mistake at its place.

use std::collections::HashMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::description::{
    Block, BlockBody, Body, Branch, Branches, Claim, Datum, DatumKind, Description, Input, Item, Name, Param,
    Setting, Variant,
};
use super::expression::{Expression, Rational, Value, number};
use super::keys::{self, Key};
use crate::error::{Diagnostic, Source, Span, did_you_mean};
use crate::text;
use crate::text::Text;

/// After a broken array, toml finds a mistake at every element: the first few tell.
const SYNTAX_MISTAKES: usize = 3;

/// How deep items may stand in one another.
const NESTING: usize = 64;

/// What could be read, and every mistake. A file that is no TOML gives no description.
pub(super) fn parse(source: &Arc<Source>) -> (Option<Description>, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        let mut reader = Reader { source, mistakes: vec![], depth: 0 };
        let description = reader.file(table.get_ref(), table.span());
        return (Some(description), reader.mistakes);
    }
    (None, syntax_mistakes(&source.text, &errors))
}

/// One mistake of each line, since after the first toml often finds more that are none; of those at one place the last,
/// which is the innermost.
fn syntax_mistakes(text: &str, errors: &[toml::de::Error]) -> Vec<Diagnostic> {
    let mut last: Option<Span> = None;
    let mut mistakes: Vec<Diagnostic> = vec![];
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        match &last {
            Some(last) if last.start == span.start => {
                mistakes.pop();
            }
            Some(last) if !text.get(last.start..span.start).unwrap_or("\n").contains('\n') => continue,
            Some(_) | None => {}
        }
        if mistakes.len() == SYNTAX_MISTAKES {
            break;
        }
        let message = error.message();
        let help = message.contains("missing comma").then(|| {
            text!(
                "a comma is missing before this, or a `[` above is not closed",
                "此处之前缺少逗号,或上面的 `[` 没有闭合"
            )
        });
        let message = text!("this is not TOML: {message}", "不是合法的 TOML:{message}");
        mistakes.push(Diagnostic::new(message, span.clone()).help(help));
        last = Some(span);
    }
    mistakes
}

/// A table while it is read.
type Table<'t> = (&'t DeTable<'t>, Span);

struct Reader<'s> {
    source: &'s Arc<Source>,
    mistakes: Vec<Diagnostic>,
    depth: usize,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>, span: Span) -> Description {
        self.refuse_unknown(table, &[keys::FILE], ("the file", "文件"));
        let blocks = self.blocks(table);
        let block_index =
            blocks.iter().enumerate().map(|(index, block)| (block.name.text.clone(), index)).collect();
        let params = self.params(table);
        let variants = self.variants(table);
        let inputs = self.inputs(table);
        let layers = if let Some(value) = table.get("layers") {
            if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
                self.refuse::<()>(value.span(), text!("the network has no layers", "网络没有任何层"));
            }
            self.items(value)
        } else {
            let message = text!("there are no `layers`", "缺少 `layers`");
            let help =
                text!("the network is a list of items: `layers = […]`", "网络是一个列表:`layers = […]`");
            self.mistakes.push(Diagnostic::new(message, self.start(&span)).help(help));
            vec![]
        };
        Description {
            source: self.source.clone(),
            name: self.text(table, "name"),
            about: self.text(table, "about"),
            inputs,
            params,
            variants,
            layers,
            blocks,
            block_index,
            claims: self.claims(table),
            warnings: vec![],
        }
    }

    fn inputs(&mut self, table: &DeTable<'_>) -> Vec<Input> {
        match (table.get_key_value("input"), table.get_key_value("inputs")) {
            (Some((key, value)), None) => {
                let name = Name { text: "input".into(), span: key.span() };
                self.datum(value).map(|sizes| Input { name, sizes }).into_iter().collect()
            }
            (None, Some((_, value))) => {
                let Some(inputs) = self.table(value, "inputs") else { return vec![] };
                if inputs.0.is_empty() {
                    self.refuse::<()>(value.span(), text!("the network has no input", "网络没有输入"));
                }
                let read = |(key, value)| Some(Input { name: name(key), sizes: self.datum(value)? });
                inputs.0.iter().filter_map(read).collect()
            }
            (Some((one, _)), Some((several, _))) => {
                let message = text!("both `input` and `inputs`", "同时给出了 `input` 和 `inputs`");
                let label = text!("the other one", "另一个在此");
                self.mistakes.push(Diagnostic::new(message, several.span()).also(one.span(), label));
                vec![]
            }
            (None, None) => {
                let message = text!("the network has no `input`", "网络没有 `input`");
                let help = text!(
                    "give its sizes without the batch: `input = [3, 224, 224]`",
                    "请给出不含批量的尺寸:`input = [3, 224, 224]`"
                );
                self.mistakes.push(Diagnostic::new(message, self.start(&(0..0))).help(help));
                vec![]
            }
        }
    }

    fn params(&mut self, table: &DeTable<'_>) -> Vec<Param> {
        let Some(params) = table.get("params").and_then(|value| self.table(value, "params")) else {
            return vec![];
        };
        params.0.iter().filter_map(|(key, value)| self.param(name(key), value)).collect()
    }

    fn param(&mut self, name: Name, value: &Spanned<DeValue<'_>>) -> Option<Param> {
        let datum = self.datum(value)?;
        match datum.kind {
            DatumKind::Number(default) => {
                Some(Param { name, default: Value::Number(default), choices: vec![] })
            }
            DatumKind::Boolean(default) => {
                Some(Param { name, default: Value::Boolean(default), choices: vec![] })
            }
            DatumKind::List(words) => {
                let choices: Option<Vec<Arc<str>>> = words
                    .into_iter()
                    .map(|word| if let DatumKind::Text(word, _) = word.kind { Some(word) } else { None })
                    .collect();
                let choices = choices.filter(|choices| !choices.is_empty());
                if choices.is_none() {
                    self.mistakes.push(Diagnostic::new(
                        text!(
                            "a choice is a list of words, the default first",
                            "选项应是单词列表,默认值在最前"
                        ),
                        datum.span,
                    ));
                }
                choices.map(|choices| Param { name, default: Value::Word(choices[0].clone()), choices })
            }
            DatumKind::Text(word, _) => {
                let message = text!(
                    "a parameter of the network is a number, a boolean or a list of words",
                    "网络的参数应是数、布尔值或单词列表"
                );
                let help = text!("a choice is a list: `[\"{word}\", …]`", "选项写成列表:`[\"{word}\", …]`");
                self.mistakes.push(Diagnostic::new(message, datum.span).help(help));
                None
            }
        }
    }

    fn variants(&mut self, table: &DeTable<'_>) -> Vec<Variant> {
        let Some(list) = table.get("variants").and_then(|value| self.list(value, "variants")) else {
            return vec![];
        };
        list.iter().filter_map(|value| self.variant(value)).collect()
    }

    fn variant(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Variant> {
        let (table, span) = self.table(value, "variants")?;
        self.refuse_unknown(table, &[keys::VARIANT], ("a variant", "变体"));
        let name = self.required(table, &span, "name")?;
        let set = match table.get("set") {
            Some(value) => {
                self.table(value, "set")?.0.iter().filter_map(|entry| self.assignment(entry)).collect()
            }
            None => vec![],
        };
        Some(Variant { name, about: self.text(table, "about"), set })
    }

    fn assignment(&mut self, (key, value): Entry<'_, '_>) -> Option<(Name, Value)> {
        let datum = self.datum(value)?;
        let value = match datum.kind {
            DatumKind::Number(number) => Value::Number(number),
            DatumKind::Boolean(boolean) => Value::Boolean(boolean),
            DatumKind::Text(word, _) => Value::Word(word),
            DatumKind::List(_) => {
                let wanted = text!("a number, a boolean or a word", "数、布尔值或单词");
                self.wrong_type(key.get_ref(), &wanted, value);
                return None;
            }
        };
        Some((name(key), value))
    }

    fn claims(&mut self, table: &DeTable<'_>) -> Vec<Claim> {
        let Some(list) = table.get("claims").and_then(|value| self.list(value, "claims")) else {
            return vec![];
        };
        list.iter().filter_map(|value| self.claim(value)).collect()
    }

    fn claim(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Claim> {
        let (table, span) = self.table(value, "claims")?;
        self.refuse_unknown(table, &[keys::CLAIM], ("a claim", "论断"));
        Some(Claim {
            expect: self.required(table, &span, "expect")?,
            says: self.name_at(table, "says"),
            working: self.name_at(table, "working"),
            source: self.text(table, "source"),
            erratum: self.text(table, "erratum"),
            within: self.name_at(table, "within"),
        })
    }

    fn blocks(&mut self, table: &DeTable<'_>) -> Vec<Block> {
        let Some(blocks) = table.get("blocks").and_then(|value| self.table(value, "blocks")) else {
            return vec![];
        };
        blocks.0.iter().filter_map(|(key, value)| self.block(name(key), value)).collect()
    }

    fn block(&mut self, name: Name, value: &Spanned<DeValue<'_>>) -> Option<Block> {
        let (table, _) = self.table(value, &name.text)?;
        self.refuse_unknown(table, &[keys::BLOCK], ("a block", "块"));
        let defaults = table.get("defaults").and_then(|value| self.table(value, "defaults"));
        let defaults = defaults.map_or(vec![], |table| self.settings(table.0, &[]));
        let body = match (table.get("layers"), table.get("branches")) {
            (Some(layers), None) => BlockBody::Layers(self.items(layers)),
            (None, Some(branches)) => {
                let branches = self.branches(table, branches, &name.span);
                branches.map_or(BlockBody::Layers(vec![]), BlockBody::Branches)
            }
            (None, None) | (Some(_), Some(_)) => {
                let block = &name.text;
                let message = text!(
                    "block `{block}` wants either `layers` or `branches`",
                    "块 `{block}` 需要 `layers` 或 `branches` 之一"
                );
                self.mistakes.push(Diagnostic::new(message, name.span.clone()));
                BlockBody::Layers(vec![])
            }
        };
        let (params, inputs) = (self.names(table, "params"), self.names(table, "inputs"));
        Some(Block { name, params, defaults, inputs, body })
    }

    fn items(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Item> {
        let Some(list) = self.list(value, "layers") else { return vec![] };
        if self.depth == NESTING {
            let message =
                text!("items stand more than {NESTING} deep in one another", "嵌套超过 {NESTING} 层");
            self.mistakes.push(Diagnostic::new(message, value.span()));
            return vec![];
        }
        self.depth += 1;
        let mut items: Vec<_> = list.iter().filter_map(|value| self.item(value)).collect();
        self.depth -= 1;
        self.number(&mut items);
        items
    }

    /// Gives unnamed items the name of what they are with their number among those, and refuses a name given twice.
    fn number(&mut self, items: &mut [Item]) {
        let mut counts: HashMap<Arc<str>, u64> = HashMap::new();
        for item in items.iter_mut().filter(|item| item.name.is_empty()) {
            let kind = item.kind();
            let count = counts.entry(kind.clone()).or_default();
            *count += 1;
            item.name = format!("{kind}_{count}").into();
        }
        let mut seen: HashMap<&str, &Span> = HashMap::with_capacity(items.len());
        for item in items.iter() {
            if let Some(first) = seen.insert(&item.name, &item.span) {
                let name = &item.name;
                let message =
                    text!("two items of this list are called `{name}`", "此列表中有两个名为 `{name}` 的项");
                let label = text!("the first", "第一个");
                self.mistakes.push(Diagnostic::new(message, item.span.clone()).also(first.clone(), label));
            }
        }
    }

    fn item(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Item> {
        let (table, span) = self.table(value, "an item of `layers`")?;
        let kinds: Vec<_> = keys::BODY.iter().filter(|key| table.contains_key(key.name)).collect();
        // After a mistake it is an empty group, so that others can name it.
        let body = if let [kind] = kinds[..] {
            self.body(kind.name, table, &span).unwrap_or(Body::Layers(vec![]))
        } else {
            self.mistakes.push(wrong_kinds(&kinds, span.clone()));
            Body::Layers(vec![])
        };
        let name: Arc<str> = self.item_name(table).map_or("".into(), |name| name.text);
        Some(Item {
            is_named: !name.is_empty(),
            name,
            span,
            from: self.names(table, "from"),
            when: table.get("when").and_then(|value| self.datum(value)),
            repeat: table.get("repeat").and_then(|value| self.datum(value)),
            weights: self.name_at(table, "weights"),
            frozen: self.boolean(table, "frozen"),
            body,
        })
    }

    fn body(&mut self, kind: &str, table: &DeTable<'_>, span: &Span) -> Option<Body> {
        match kind {
            "op" => {
                let op = self.required(table, span, "op")?;
                Some(Body::Operator { op, settings: self.settings(table, &[keys::ITEM, keys::BODY]) })
            }
            "use" => {
                let block = self.required(table, span, "use")?;
                Some(Body::Use { block, arguments: self.settings(table, &[keys::ITEM, keys::BODY]) })
            }
            "branches" => {
                self.refuse_unknown(table, &[keys::ITEM, keys::BODY, keys::MERGING], ("this item", "此项"));
                self.branches(table, &table["branches"], span).map(Body::Branches)
            }
            list => {
                self.refuse_unknown(table, &[keys::ITEM, keys::BODY], ("this item", "此项"));
                let items = self.items(&table[list]);
                Some(if list == "side" { Body::Side(items) } else { Body::Layers(items) })
            }
        }
    }

    fn branches(
        &mut self,
        table: &DeTable<'_>,
        value: &Spanned<DeValue<'_>>,
        span: &Span,
    ) -> Option<Branches> {
        let branches = self.table(value, "branches")?;
        let branches: Vec<_> = branches.0.iter().filter_map(|entry| self.branch(entry)).collect();
        let merge = self.required(table, span, "merge")?;
        if !keys::MERGES.contains(&&*merge.text) {
            let name = &merge.text;
            let message = text!("branches cannot be merged with `{name}`", "不能用 `{name}` 合并分支");
            let help = text!("`concat`, `add` or `mul`", "可用 `concat`、`add` 或 `mul`");
            self.mistakes.push(Diagnostic::new(message, merge.span.clone()).help(help));
            return None;
        }
        if let Some(clash) = branches.iter().find(|branch| branch.name.text == merge.text) {
            let name = &merge.text;
            let message = text!(
                "a branch cannot be called `{name}`: that is the path of the merge",
                "分支不能叫 `{name}`:这是合并节点的路径"
            );
            self.mistakes.push(Diagnostic::new(message, clash.name.span.clone()));
        }
        let dim = table.get_key_value("dim").and_then(|entry| self.setting(entry));
        Some(Branches { merge, settings: dim.into_iter().collect(), branches })
    }

    fn branch(&mut self, (key, value): Entry<'_, '_>) -> Option<Branch> {
        let branch_name = self.valid_name(name(key))?;
        let span = key.span().start..value.span().end;
        let (when, layers) = match value.get_ref() {
            DeValue::Table(table) => {
                self.refuse_unknown(table, &[keys::BRANCH], ("a branch", "分支"));
                let when = table.get("when").and_then(|value| self.datum(value));
                (when, table.get("layers").map_or(vec![], |value| self.items(value)))
            }
            DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => (None, self.items(value)),
        };
        Some(Branch { name: branch_name, span, when, layers })
    }

    /// Every key that is not one of `known`, as settings.
    fn settings(&mut self, table: &DeTable<'_>, known: &[&[Key]]) -> Vec<Setting> {
        let is_known = |name: &str| known.iter().any(|keys| keys.iter().any(|key| key.name == name));
        let rest = table.iter().filter(|(key, _)| !is_known(key.get_ref()));
        rest.filter_map(|entry| self.setting(entry)).collect()
    }

    fn setting(&mut self, (key, value): Entry<'_, '_>) -> Option<Setting> {
        Some(Setting { name: name(key), value: self.datum(value)? })
    }

    fn datum(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Datum> {
        let span = value.span();
        let kind = match value.get_ref() {
            DeValue::String(text) => DatumKind::Text(text.as_ref().into(), Box::new(Expression::parse(text))),
            DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => DatumKind::Number(Rational::from_integer(integer)),
                Err(_) => return self.refuse(span, text!("this number is too large", "这个数太大")),
            },
            DeValue::Float(float) => match number(float.as_str()) {
                Some(number) => DatumKind::Number(number),
                None => {
                    return self.refuse(span, text!("this is no number to count with", "这个数无法用于计算"));
                }
            },
            DeValue::Boolean(boolean) => DatumKind::Boolean(*boolean),
            DeValue::Array(list) => {
                DatumKind::List(list.iter().filter_map(|value| self.datum(value)).collect())
            }
            DeValue::Table(_) => {
                return self.refuse(span, text!("a table has no meaning here", "此处不能用表"));
            }
            DeValue::Datetime(_) => {
                return self.refuse(span, text!("a date has no meaning here", "此处不能用日期"));
            }
        };
        Some(Datum { span, kind })
    }

    fn refuse<T>(&mut self, span: Span, message: Text) -> Option<T> {
        self.mistakes.push(Diagnostic::new(message, span));
        None
    }

    fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &[&[Key]], what: (&str, &str)) {
        let names = || known.iter().flat_map(|keys| keys.iter().map(|key| key.name));
        for (key, _) in table.iter().filter(|(key, _)| names().all(|name| name != key.get_ref())) {
            let key_name = key.get_ref();
            let (what, what_zh) = what;
            let message = text!("`{key_name}` is no key of {what}", "{what_zh}没有键 `{key_name}`");
            let list = names().collect::<Vec<_>>().join("`, `");
            let help = did_you_mean(key_name, names())
                .unwrap_or_else(|| text!("known are `{list}`", "可用的有 `{list}`"));
            self.mistakes.push(Diagnostic::new(message, key.span()).help(help));
        }
    }

    fn table<'t>(&mut self, value: &'t Spanned<DeValue<'t>>, key: &str) -> Option<Table<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, &text!("a table", "表"), value);
        }
        table.map(|table| (table, value.span()))
    }

    fn list<'t>(&mut self, value: &'t Spanned<DeValue<'t>>, key: &str) -> Option<&'t DeArray<'t>> {
        let list = value.get_ref().as_array();
        if list.is_none() {
            self.wrong_type(key, &text!("a list", "列表"), value);
        }
        list
    }

    fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        self.name_at(table, key).map(|name| name.text.as_ref().to_owned())
    }

    fn name_at(&mut self, table: &DeTable<'_>, key: &str) -> Option<Name> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, &text!("text", "文本"), value);
        }
        text.map(|text| Name { text: text.into(), span: value.span() })
    }

    fn item_name(&mut self, table: &DeTable<'_>) -> Option<Name> {
        let name = self.name_at(table, "name")?;
        self.valid_name(name)
    }

    fn valid_name(&mut self, name: Name) -> Option<Name> {
        let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        if !name.text.is_empty() && name.text.chars().all(allowed) && &*name.text != "input" {
            return Some(name);
        }
        let shown = &name.text;
        let message = text!("`{shown}` cannot be a name", "`{shown}` 不能作名称");
        let help = if &*name.text == "input" {
            text!("`input` is what comes into the list", "`input` 指进入此列表的张量")
        } else {
            text!("letters, digits, `_`, `-` and `.`", "可用字母、数字、`_`、`-` 和 `.`")
        };
        self.mistakes.push(Diagnostic::new(message, name.span).help(help));
        None
    }

    fn required(&mut self, table: &DeTable<'_>, span: &Span, key: &str) -> Option<Name> {
        if !table.contains_key(key) {
            let message = text!("`{key}` is missing", "缺少 `{key}`");
            self.mistakes.push(Diagnostic::new(message, span.clone()));
        }
        self.name_at(table, key)
    }

    fn names(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Name> {
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
            vec![]
        })
    }

    fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, &text!("`true` or `false`", "`true` 或 `false`"), value);
            false
        })
    }

    fn wrong_type(&mut self, key: &str, wanted: &Text, value: &Spanned<DeValue<'_>>) {
        let (found, found_zh) = match value.get_ref() {
            DeValue::String(_) => ("text", "文本"),
            DeValue::Integer(_) | DeValue::Float(_) => ("a number", "数"),
            DeValue::Boolean(_) => ("`true` or `false`", "布尔值"),
            DeValue::Datetime(_) => ("a date", "日期"),
            DeValue::Array(_) => ("a list", "列表"),
            DeValue::Table(_) => ("a table", "表"),
        };
        let (english, chinese) = (&wanted.english, &wanted.chinese);
        let subject = if key.contains(' ') { key.to_owned() } else { format!("`{key}`") };
        let message =
            text!("{subject} must be {english}, and is {found}", "{subject} 应是{chinese},这里是{found_zh}");
        self.mistakes.push(Diagnostic::new(message, value.span()));
    }

    /// Where to point when something is missing altogether: the first line that says something.
    fn start(&self, span: &Span) -> Span {
        let text = &self.source.text;
        let blank =
            text[span.start.min(text.len())..].len() - text[span.start.min(text.len())..].trim_start().len();
        let start = span.start + blank;
        let line = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        start..start + line
    }
}

/// A key of a table with its value.
type Entry<'t, 'v> = (&'t Spanned<toml::de::DeString<'v>>, &'t Spanned<DeValue<'v>>);

fn name(key: &Spanned<toml::de::DeString<'_>>) -> Name {
    Name { text: key.get_ref().as_ref().into(), span: key.span() }
}

fn wrong_kinds(kinds: &[&Key], span: Span) -> Diagnostic {
    let all = keys::BODY.iter().map(|key| key.name).collect::<Vec<_>>().join("`, `");
    let has = kinds.iter().map(|key| key.name).collect::<Vec<_>>().join("`, `");
    let message = if kinds.is_empty() {
        text!("this item has none of `{all}`", "此项没有 `{all}` 中的任何一个")
    } else {
        text!("this item has several of `{all}`: `{has}`", "此项有 `{all}` 中的多个:`{has}`")
    };
    Diagnostic::new(message, span)
}

impl Item {
    /// What it is called when it has no name.
    fn kind(&self) -> Arc<str> {
        match &self.body {
            Body::Operator { op, .. } => op.text.clone(),
            Body::Use { block, .. } => block.text.clone(),
            Body::Layers(_) => "layers".into(),
            Body::Branches(branches) => branches.merge.text.clone(),
            Body::Side(_) => "side".into(),
        }
    }
}
