//! Whether two texts say the same, each in its own layout and order of keys, with short forms or without.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::keys;
use super::toml::too_much;
use crate::op::OPERATORS;

/// Whether two descriptions, or two files of claims, have the same values: what `merge` and `branches` say may be said by `add`,
/// `mul` or `concat`, and an item by the name of its operator or block. A text that is no TOML is the same as none.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let [Some(one), Some(other)] = [one, other].map(plain) else { return false };
    one == other
}

/// A value without its place and its way of being written.
#[derive(Debug, PartialEq, Eq)]
enum Plain<'t> {
    Text(Cow<'t, str>),
    /// A number with its radix, a boolean, a date.
    Other(String),
    List(Vec<Self>),
    /// By name; in order where that means something.
    Table(Vec<(Cow<'t, str>, Self)>),
}

/// The key of the first of two branches that is what comes in, which needs no name.
const INCOMING: &str = "";

fn plain(text: &str) -> Option<Plain<'static>> {
    if too_much(text).is_some() {
        return None;
    }
    let table = DeTable::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
    let blocks = table.get_ref().get("blocks").and_then(|blocks| blocks.get_ref().as_table());
    let blocks = blocks.into_iter().flat_map(|blocks| blocks.keys());
    let words = Words { blocks: blocks.map(|name| name.get_ref().to_string()).collect() };
    let Plain::Table(mut file) = words.table(table.get_ref()) else { return None };
    for (key, value) in &mut file {
        if let ("blocks", Plain::Table(blocks)) = (&**key, value) {
            for (_, block) in blocks {
                block.sort();
            }
        }
    }
    let mut file = Plain::Table(file);
    file.sort();
    Some(file)
}

impl Plain<'_> {
    /// Forgets the order of keys.
    fn sort(&mut self) {
        if let Self::Table(entries) = self {
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}

/// What words in lists may stand for.
struct Words {
    blocks: BTreeSet<String>,
}

impl Words {
    fn value(&self, value: &Spanned<DeValue<'_>>) -> Plain<'static> {
        match value.get_ref() {
            DeValue::String(text) => Plain::Text(text.to_string().into()),
            DeValue::Integer(number) => Plain::Other(format!("{number:?}")),
            DeValue::Float(number) => Plain::Other(format!("{number:?}")),
            DeValue::Boolean(value) => Plain::Other(value.to_string()),
            DeValue::Datetime(date) => Plain::Other(date.to_string()),
            DeValue::Array(list) => Plain::List(list.iter().map(|value| self.element(value)).collect()),
            DeValue::Table(table) => self.table(table),
        }
    }

    /// An element of a list: `{ op = "relu" }` is `"relu"` unless that would name a block, and a block likewise.
    fn element(&self, value: &Spanned<DeValue<'_>>) -> Plain<'static> {
        let plain = self.value(value);
        let Plain::Table(entries) = &plain else { return plain };
        let [(key, Plain::Text(word))] = &**entries else { return plain };
        let is_block =
            self.blocks.contains(&**word) || !OPERATORS.iter().any(|operator| operator.name == *word);
        match (&**key, is_block) {
            ("op", false) | ("use", true) => Plain::Text(word.clone()),
            _ => plain,
        }
    }

    fn table(&self, table: &DeTable<'_>) -> Plain<'static> {
        let read = |(key, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            (Cow::Owned(key.get_ref().to_string()), self.value(value))
        };
        let mut entries: Vec<(Cow<'static, str>, Plain<'static>)> = table.iter().map(read).collect();
        let is = |key: &str| entries.iter().any(|(known, _)| known == key);
        if is("op") || is("use") {
            return Plain::Table(entries);
        }
        let is_merge = |(key, value): &(Cow<'_, str>, Plain<'_>)| {
            keys::MERGES.contains(&&**key) && matches!(value, Plain::Table(_) | Plain::List(_))
        };
        if let Some(at) = entries.iter().position(is_merge) {
            let (merge, branches) = entries.remove(at);
            let branches = match branches {
                Plain::List(body) => Plain::Table(vec![
                    (INCOMING.into(), Plain::List(vec![])),
                    ("body".into(), Plain::List(body)),
                ]),
                branches @ (Plain::Text(_) | Plain::Other(_) | Plain::Table(_)) => branches,
            };
            entries.extend([("merge".into(), Plain::Text(merge)), ("branches".into(), branches)]);
        }
        let Some((_, Plain::Table(branches))) = entries.iter_mut().find(|(key, _)| key == "branches") else {
            return Plain::Table(entries);
        };
        if let [(name, Plain::List(identity)), (body, Plain::List(_))] = &mut **branches
            && identity.is_empty()
            && body == "body"
        {
            *name = INCOMING.into();
        }
        let mut item = Plain::Table(entries);
        item.sort();
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_order_and_short_forms_are_of_no_matter() {
        for (one, other) in [
            ("a = 1\nb = 'x'", "b = \"x\"\na=1"),
            ("[blocks.b]\nlayers = []\nparams = []", "blocks = { b = { params = [], layers = [] } }"),
            ("layers = [{ op = 'relu' }]", "layers = ['relu']"),
            ("layers = [{ use = 'stem' }]", "layers = ['stem']"),
            (
                "layers = [{ merge = 'add', branches = { a = [], b = [] } }]",
                "layers = [{ add = { a = [], b = [] } }]",
            ),
            ("layers = [{ merge = 'mul', branches.x = [], branches.body = [] }]", "layers = [{ mul = [] }]"),
            ("blocks.b = { merge = 'add', branches.a = [] }", "[blocks.b.add]\na = []"),
        ] {
            assert!(is_same(one, other), "{one}\n{other}");
        }
    }

    #[test]
    fn what_means_something_is_compared() {
        for (one, other) in [
            ("a = 1", "a = 2"),
            ("a = 1", "a = '1'"),
            ("a = 0x10", "a = 10"),
            ("a = 1.0", "a = 1.00"),
            ("a = 1", "a = 1\nb = 1"),
            ("a = [1, 2]", "a = [2, 1]"),
            ("blocks.relu = {}\nlayers = [{ op = 'relu' }]", "blocks.relu = {}\nlayers = ['relu']"),
            ("layers = [{ use = 'relu' }]", "layers = ['relu']"),
            (
                "layers = [{ merge = 'add', branches = { a = [], b = [] } }]",
                "layers = [{ add = { b = [], a = [] } }]",
            ),
            ("layers = [{ merge = 'add', branches = { a = [], b = [] } }]", "layers = [{ add = [] }]"),
            ("layers = [{ merge = 'add', branches = { body = [], x = [] } }]", "layers = [{ add = [] }]"),
            ("layers = [{ op = 'affine', add = 1 }]", "layers = [{ op = 'affine', add = 2 }]"),
            ("a = ", "a = "),
        ] {
            assert!(!is_same(one, other), "{one}\n{other}");
        }
    }
}
