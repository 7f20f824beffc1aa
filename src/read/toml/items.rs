//! Items: what stands in a list of layers, and the branches and blocks in it.

use std::collections::HashMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::description::{Body, First, Item, Name, Setting, Template};
use super::super::keys::{self, Key};
use super::tokens::MOST_BRACKETS;
use super::{Entry, Reader, name};
use crate::error::{Code, Diagnostic, Span};
use crate::text;

/// How deep items may stand in one another, however they are written: as many as the brackets of `{ layers = [` allow.
const NESTING: usize = MOST_BRACKETS / 2;

impl Reader<'_> {
    pub(super) fn items(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Item> {
        let Some(list) = self.list(value, "layers") else { return vec![] };
        if self.depth == NESTING {
            let message =
                text!("items stand more than {NESTING} deep in one another", "嵌套超过 {NESTING} 层");
            let help = text!(
                "write the inner part as a block: `[blocks.NAME]`",
                "把里面的部分写成块:`[blocks.NAME]`"
            );
            self.mistakes.push(Diagnostic::new(Code::TooLarge, message, value.span()).help(help));
            return vec![];
        }
        self.depth += 1;
        let mut items: Vec<_> = list.iter().map(|value| self.item(value)).collect();
        self.depth -= 1;
        self.number(&mut items);
        items
    }

    /// Gives unnamed items the name of what they are with their number among those, and refuses a name given twice.
    pub(super) fn number(&mut self, items: &mut [Item]) {
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
                self.mistakes.push(
                    Diagnostic::new(Code::RepeatedName, message, item.span.clone())
                        .also(first.clone(), label),
                );
            }
        }
    }

    /// An item; after a mistake it is an empty group, so that others can name it.
    pub(super) fn item(&mut self, value: &Spanned<DeValue<'_>>) -> Item {
        self.read_item(value).unwrap_or_else(|| Item::of(Body::Layers(vec![]), value.span()))
    }

    fn read_item(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Item> {
        if let Some(word) = value.get_ref().as_str() {
            let op = Name { text: word.into(), span: value.span() };
            let body = Body::Operator { op, settings: vec![] };
            return Some(Item { is_word: true, ..Item::of(body, value.span()) });
        }
        let (table, span) = self.table(value, "an item of `layers`")?;
        let find = |keys: &'static [Key], name: &str| keys.iter().find(|key| key.name == name);
        let has = |keys| table.keys().filter_map(move |name| find(keys, name.get_ref()));
        let kinds: Vec<_> = has(keys::BODY).collect();
        let merges: Vec<_> = has(keys::MERGED).collect();
        let body = match (&kinds[..], &merges[..]) {
            ([kind], _) => self.body(kind.name, table, &span),
            ([], [merge]) => self.merged(merge.name, table, &[keys::ITEM]).map(Body::Branches),
            ([], _) => {
                self.mistakes.push(wrong_kinds(&merges, table, span.clone()));
                None
            }
            _ => {
                self.mistakes.push(wrong_kinds(&kinds, table, span.clone()));
                None
            }
        };
        let body = body.unwrap_or(Body::Layers(vec![]));
        let (name, template) = self.item_name(table);
        let repeat = table.get("repeat").map(|value| self.datum(value));
        Some(Item {
            is_named: !name.is_empty(),
            name,
            template,
            from: self.templates(table, "from"),
            each: self.table_beside(table, "for", &body).and_then(|(key, lists)| self.each(key, lists)),
            when: table.get("when").map(|value| self.datum(value)),
            first: self.first(table, &body, repeat.is_some()),
            tied: table.get_key_value("tied").map(|entry| self.setting(entry)),
            repeat,
            weights: if has_own_weights(table) { None } else { self.weights(table) },
            frozen: self.boolean(table, "frozen"),
            ..Item::of(body, span)
        })
    }

    /// The name, whatever is wrong with it: so that others can name it.
    fn item_name(&mut self, table: &DeTable<'_>) -> (Arc<str>, Option<Box<Template>>) {
        let Some(value) = table.get("name") else { return ("".into(), None) };
        match self.name_at(table, "name") {
            Some(name) => {
                let template = self.template(name);
                self.check_name(&template);
                let text = template.name.text.clone();
                (text, (!template.parts.is_empty()).then(|| Box::new(template)))
            }
            None => (self.source.text.get(value.span()).unwrap_or_default().into(), None),
        }
    }

    /// What is otherwise in the first of several copies.
    fn first(&mut self, table: &DeTable<'_>, body: &Body, is_repeated: bool) -> Option<First> {
        let (key, own) = self.table_beside(table, "first", body)?;
        let (Body::Operator { settings, .. } | Body::Use { arguments: settings, .. }) = body else {
            let message = text!(
                "`first` gives settings of an operator or arguments of a block, and this is neither",
                "`first` 用于算子的设置或块的参数,此项两者都不是"
            );
            return self.refuse(Code::ConflictingKeys, key, message);
        };
        if !is_repeated {
            let message = text!("`first` stands beside a `repeat`", "`first` 应与 `repeat` 同用");
            return self.refuse(Code::MissingKey, key, message);
        }
        let own = self.settings(own, &[]);
        let is_own = |setting: &&Setting| own.iter().any(|other| other.name.text == setting.name.text);
        let all = settings.iter().filter(|setting| !is_own(setting)).chain(&own).cloned().collect();
        Some(First { own, all })
    }

    /// The item whose weights are used.
    fn weights(&mut self, table: &DeTable<'_>) -> Option<Template> {
        self.name_at(table, "weights").map(|name| self.template(name))
    }

    pub(super) fn body(&mut self, kind: &str, table: &DeTable<'_>, span: &Span) -> Option<Body> {
        match kind {
            "op" => {
                let op = self.required(table, span, "op")?;
                let settings = if &*op.text == OPAQUE {
                    self.opened(table)
                } else {
                    self.settings(table, &[keys::ITEM, keys::BODY])
                };
                Some(Body::Operator { op, settings })
            }
            "use" => {
                let block = self.required(table, span, "use")?;
                Some(Body::Use { block, arguments: self.arguments(table) })
            }
            "branches" => {
                let known = [keys::ITEM, keys::BODY, keys::MERGING, keys::MERGE_SETTINGS];
                let table = self.refuse_unknown(table, &known, ("this item", "此项"));
                self.branches(&table, &table["branches"], span).map(Body::Branches)
            }
            list => {
                self.refuse_unknown(table, &[keys::ITEM, keys::BODY], ("this item", "此项"));
                let items = self.items(&table[list]);
                Some(if list == "side" { Body::Side(items) } else { Body::Layers(items) })
            }
        }
    }

    /// Every key that is not one of `known`, as settings.
    pub(super) fn settings(&mut self, table: &DeTable<'_>, known: &[&[Key]]) -> Vec<Setting> {
        let is_known = |name: &str| known.iter().any(|keys| keys.iter().any(|key| key.name == name));
        let rest = table.iter().filter(|(key, _)| !is_known(key.get_ref()));
        rest.map(|entry| self.setting(entry)).collect()
    }

    /// The table behind `key`, with the place of that. Beside `use` what is no table is an argument.
    fn table_beside<'t>(
        &mut self,
        table: &'t DeTable<'t>,
        key: &'static str,
        body: &Body,
    ) -> Option<(Span, &'t DeTable<'t>)> {
        let (written, value) = table.get_key_value(key)?;
        if matches!(body, Body::Use { .. }) && !value.get_ref().is_table() {
            return None;
        }
        self.table(value, key).map(|(inside, _)| (written.span(), inside))
    }

    /// Arguments of a block: what is no key of the item.
    fn arguments(&mut self, table: &DeTable<'_>) -> Vec<Setting> {
        let mut arguments = self.settings(table, &[keys::ITEM, keys::BODY]);
        for key in ["first", "for"] {
            let entry = table.get_key_value(key).filter(|(_, value)| !value.get_ref().is_table());
            arguments.extend(entry.map(|entry| self.setting(entry)));
        }
        arguments
    }

    pub(super) fn setting(&mut self, (key, value): Entry<'_, '_>) -> Setting {
        Setting { name: name(key), value: self.datum(value) }
    }

    /// The settings of an operator of one's own, `weights` of its own among them. The entries of a table are settings that have its
    /// name in front, as TOML's dotted keys have it: `ops.mul`.
    fn opened(&mut self, table: &DeTable<'_>) -> Vec<Setting> {
        let is_own = has_own_weights(table);
        let keys = || [keys::ITEM, keys::BODY].into_iter().flatten();
        let mut settings = vec![];
        for (key, value) in table {
            let (name, is_weights) = (key.get_ref(), key.get_ref() == "weights");
            if (is_weights && is_own) || keys().all(|known| known.name != name) {
                self.open("", (key, value), &mut settings);
            }
        }
        settings
    }

    fn open(&mut self, before: &str, (key, value): Entry<'_, '_>, settings: &mut Vec<Setting>) {
        let text = format!("{before}{}", key.get_ref());
        if let Some(table) = value.get_ref().as_table() {
            let before = text + ".";
            return table.iter().for_each(|entry| self.open(&before, entry, settings));
        }
        settings
            .push(Setting { name: Name { text: text.into(), span: key.span() }, value: self.datum(value) });
    }
}

/// The operator whose settings may be tables.
const OPAQUE: &str = "opaque";

/// Whether `weights` are those of an operator of one's own rather than whose it uses.
fn has_own_weights(table: &DeTable<'_>) -> bool {
    let op = table.get("op").and_then(|op| op.get_ref().as_str());
    op == Some(OPAQUE) && table.get("weights").is_some_and(|weights| weights.get_ref().is_table())
}

fn wrong_kinds(kinds: &[&Key], table: &DeTable<'_>, span: Span) -> Diagnostic {
    let all = keys::BODY.iter().chain(keys::MERGED).map(|key| key.name).collect::<Vec<_>>().join("`, `");
    if !kinds.is_empty() {
        let has = kinds.iter().map(|key| key.name).collect::<Vec<_>>().join("`, `");
        let message = text!("this item has several of `{all}`: `{has}`", "此项有 `{all}` 中的多个:`{has}`");
        return Diagnostic::new(Code::ConflictingKeys, message, span);
    }
    let message = text!("this item has none of `{all}`", "此项没有 `{all}` 中的任何一个");
    let word = |keys: &[&str]| keys.iter().find_map(|key| table.get(*key)?.get_ref().as_str());
    let help = match (word(&["type", "operator", "layer", "kind", "module"]), word(&["block", "ref"])) {
        _ if table.contains_key("merge") => text!(
            "branches stand together: `branches = {{ a = […], b = […] }}`",
            "各分支应写在一起:`branches = {{ a = […], b = […] }}`"
        ),
        (Some(op), _) => text!("write `op = \"{op}\"`", "请写成 `op = \"{op}\"`"),
        (None, Some(block)) => text!("write `use = \"{block}\"`", "请写成 `use = \"{block}\"`"),
        (None, None) => {
            text!("an operator is as in `{{ op = \"relu\" }}`", "算子写法如 `{{ op = \"relu\" }}`")
        }
    };
    Diagnostic::new(Code::MissingKey, message, span).help(help)
}

impl Item {
    /// An item without a name that is nothing but its body.
    pub(super) fn of(body: Body, span: Span) -> Self {
        Self {
            name: "".into(),
            template: None,
            is_named: false,
            is_word: false,
            span,
            from: vec![],
            each: None,
            when: None,
            repeat: None,
            first: None,
            tied: None,
            weights: None,
            frozen: false,
            body,
        }
    }

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
