//! Items: what stands in a list of layers, and the branches and blocks in it.

use std::collections::HashMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::description::{Body, Branch, Branches, Item, Name, Setting};
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
        self.read_item(value).unwrap_or_else(|| Item {
            name: "".into(),
            is_named: false,
            span: value.span(),
            from: vec![],
            when: None,
            repeat: None,
            weights: None,
            frozen: false,
            body: Body::Layers(vec![]),
        })
    }

    fn read_item(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Item> {
        if let Some(name) = value.get_ref().as_str() {
            let message = text!("an item of `layers` is a table, not a name", "`layers` 的项应是表,不是名称");
            let help = text!("write `{{ op = \"{name}\" }}`", "请写成 `{{ op = \"{name}\" }}`");
            self.mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()).help(help));
            return None;
        }
        let (table, span) = self.table(value, "an item of `layers`")?;
        let kinds: Vec<_> = keys::BODY.iter().filter(|key| table.contains_key(key.name)).collect();
        let body = if let [kind] = kinds[..] {
            self.body(kind.name, table, &span).unwrap_or(Body::Layers(vec![]))
        } else {
            self.mistakes.push(wrong_kinds(&kinds, table, span.clone()));
            Body::Layers(vec![])
        };
        let name = self.item_name(table);
        Some(Item {
            is_named: !name.is_empty(),
            name,
            span,
            from: self.names(table, "from"),
            when: table.get("when").map(|value| self.datum(value)),
            repeat: table.get("repeat").map(|value| self.datum(value)),
            weights: if has_own_weights(table) { None } else { self.name_at(table, "weights") },
            frozen: self.boolean(table, "frozen"),
            body,
        })
    }

    /// The name, whatever is wrong with it: so that others can name it.
    fn item_name(&mut self, table: &DeTable<'_>) -> Arc<str> {
        let Some(value) = table.get("name") else { return "".into() };
        match self.name_at(table, "name") {
            Some(name) => {
                self.check_name(&name);
                name.text
            }
            None => self.source.text.get(value.span()).unwrap_or_default().into(),
        }
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
                Some(Body::Use { block, arguments: self.settings(table, &[keys::ITEM, keys::BODY]) })
            }
            "branches" => {
                let known = [keys::ITEM, keys::BODY, keys::MERGING];
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

    pub(super) fn branches(
        &mut self,
        table: &DeTable<'_>,
        value: &Spanned<DeValue<'_>>,
        span: &Span,
    ) -> Option<Branches> {
        if value.get_ref().is_array() {
            let message = text!("branches have names", "分支要有名字");
            let help = text!(
                "write `branches = {{ a = […], b = […] }}`",
                "请写成 `branches = {{ a = […], b = […] }}`"
            );
            self.mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()).help(help));
            return None;
        }
        let branches = self.table(value, "branches")?;
        let branches: Vec<_> = branches.0.iter().map(|entry| self.branch(entry)).collect();
        if !table.contains_key("merge") {
            let message = text!("`merge` is missing", "缺少 `merge`");
            let help = text!(
                "say how the branches meet: `merge = \"concat\"`, `\"add\"` or `\"mul\"`",
                "请写明分支如何合并:`merge = \"concat\"`、`\"add\"` 或 `\"mul\"`"
            );
            self.mistakes.push(Diagnostic::new(Code::MissingKey, message, span.clone()).help(help));
        }
        let merge = self.name_at(table, "merge")?;
        if !keys::MERGES.contains(&&*merge.text) {
            let name = &merge.text;
            let message = text!("branches cannot be merged with `{name}`", "不能用 `{name}` 合并分支");
            let help = text!("`concat`, `add` or `mul`", "可用 `concat`、`add` 或 `mul`");
            self.mistakes.push(Diagnostic::new(Code::WrongValue, message, merge.span.clone()).help(help));
            return None;
        }
        if let Some(clash) = branches.iter().find(|branch| branch.name.text == merge.text) {
            let name = &merge.text;
            let message = text!(
                "a branch cannot be called `{name}`: that is the path of the merge",
                "分支不能叫 `{name}`:这是合并节点的路径"
            );
            self.mistakes.push(Diagnostic::new(Code::BadName, message, clash.name.span.clone()));
        }
        let dim = table.get_key_value("dim").map(|entry| self.setting(entry));
        Some(Branches { merge, settings: dim.into_iter().collect(), branches })
    }

    pub(super) fn branch(&mut self, (key, value): Entry<'_, '_>) -> Branch {
        let branch_name = name(key);
        self.check_name(&branch_name);
        let span = key.span().start..value.span().end;
        let (when, layers) = match value.get_ref() {
            DeValue::Table(table) if is_item(table) => {
                let message = text!("a branch is a list of items", "分支是由项组成的列表");
                let help = text!("write it in brackets: `[{{ … }}]`", "请加方括号:`[{{ … }}]`");
                self.mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()).help(help));
                (None, vec![])
            }
            DeValue::Table(table) => {
                let table = self.refuse_unknown(table, &[keys::BRANCH], ("a branch", "分支"));
                let when = table.get("when").map(|value| self.datum(value));
                (when, table.get("layers").map_or(vec![], |value| self.items(value)))
            }
            DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => (None, self.items(value)),
        };
        Branch { name: branch_name, span, when, layers }
    }

    /// Every key that is not one of `known`, as settings.
    pub(super) fn settings(&mut self, table: &DeTable<'_>, known: &[&[Key]]) -> Vec<Setting> {
        let is_known = |name: &str| known.iter().any(|keys| keys.iter().any(|key| key.name == name));
        let rest = table.iter().filter(|(key, _)| !is_known(key.get_ref()));
        rest.map(|entry| self.setting(entry)).collect()
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

/// Whether the table is an item rather than a branch with a condition.
fn is_item(table: &DeTable<'_>) -> bool {
    !table.contains_key("layers") && keys::BODY.iter().any(|key| table.contains_key(key.name))
}

fn wrong_kinds(kinds: &[&Key], table: &DeTable<'_>, span: Span) -> Diagnostic {
    let all = keys::BODY.iter().map(|key| key.name).collect::<Vec<_>>().join("`, `");
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
