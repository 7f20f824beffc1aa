//! Branches and their merge: `branches` beside `merge`, or behind the key of the merge itself.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::description::{Branch, Branches, Name, Setting, Template};
use super::super::keys::{self, Key};
use super::{Entry, Reader, name};
use crate::error::{Code, Diagnostic, Span};
use crate::text;

impl Reader<'_> {
    /// Branches beside `merge`.
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
        let branches = self.named_branches(value, "branches")?;
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
        Some(self.merging(table, merge, branches))
    }

    /// Branches behind the key of their merge: a table of them, or the list that is merged with what comes in.
    pub(super) fn merged(&mut self, key: &str, table: &DeTable<'_>, around: &[&[Key]]) -> Option<Branches> {
        let known = [around, &[keys::MERGED, keys::MERGE_SETTINGS]].concat();
        let table = self.refuse_unknown(table, &known, ("this item", "此项"));
        let (written, value) = table.get_key_value(key)?;
        let merge = Name { text: key.into(), span: written.span() };
        let branches = if value.get_ref().is_array() {
            let branch = |text: &str, span: Span, layers| Branch {
                name: Template::plain(Name { text: text.into(), span: written.span() }),
                span,
                each: None,
                when: None,
                layers,
            };
            vec![branch("input", written.span(), vec![]), branch("body", value.span(), self.items(value))]
        } else if value.get_ref().is_table() {
            self.named_branches(value, key)?
        } else {
            let wanted = text!("a list of items, or a table of branches", "项的列表或分支的表");
            self.wrong_type(key, &wanted, value);
            return None;
        };
        Some(self.merging(&table, merge, branches))
    }

    fn named_branches(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Vec<Branch>> {
        let branches = self.table(value, key)?;
        Some(branches.0.iter().map(|entry| self.branch(entry)).collect())
    }

    fn merging(&mut self, table: &DeTable<'_>, merge: Name, branches: Vec<Branch>) -> Branches {
        if let Some(clash) = branches.iter().find(|branch| branch.name.name.text == merge.text) {
            let name = &merge.text;
            let message = text!(
                "a branch cannot be called `{name}`: that is the path of the merge",
                "分支不能叫 `{name}`:这是合并节点的路径"
            );
            self.mistakes.push(Diagnostic::new(Code::BadName, message, clash.name.name.span.clone()));
        }
        let settings = keys::MERGE_SETTINGS.iter().filter_map(|key| table.get_key_value(key.name));
        let settings: Vec<Setting> = settings.map(|entry| self.setting(entry)).collect();
        Branches { merge, settings, branches }
    }

    fn branch(&mut self, (key, value): Entry<'_, '_>) -> Branch {
        let name = self.template(name(key));
        self.check_name(&name);
        let span = key.span().start..value.span().end;
        let (each, when, layers) = match value.get_ref() {
            DeValue::Table(table) if is_item(table) => {
                let message = text!("a branch is a list of items", "分支是由项组成的列表");
                let help = text!("write it in brackets: `[{{ … }}]`", "请加方括号:`[{{ … }}]`");
                self.mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()).help(help));
                (None, None, vec![])
            }
            DeValue::Table(table) => {
                let table = self.refuse_unknown(table, &[keys::BRANCH], ("a branch", "分支"));
                let when = table.get("when").map(|value| self.datum(value));
                let each = table.get_key_value("for").and_then(|(key, value)| {
                    let (lists, _) = self.table(value, "for")?;
                    self.each(key.span(), lists)
                });
                (each, when, table.get("layers").map_or(vec![], |value| self.items(value)))
            }
            DeValue::Array(_) => (None, None, self.items(value)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                self.wrong_type(&name.name.text, &text!("a list of items", "项的列表"), value);
                (None, None, vec![])
            }
        };
        Branch { name, span, each, when, layers }
    }
}

/// Whether the table is an item rather than a branch with a condition.
fn is_item(table: &DeTable<'_>) -> bool {
    let mut kinds = keys::BODY.iter().chain(keys::MERGED);
    !table.contains_key("layers") && kinds.any(|key| table.contains_key(key.name))
}
