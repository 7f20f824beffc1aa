//! Claims, in a description and in a file of their own.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::claims::{ClaimsFile, Reference};
use super::super::description::{Claim, DatumKind, Name};
use super::super::keys;
use super::{Entry, Reader, name, syntax, too_much};
use crate::error::{Code, Diagnostic, Source, Span};
use crate::shape::ElementType;
use crate::text;

/// Whether the file speaks of networks by alias, and so is no description.
pub(in super::super) fn has_networks(text: &str) -> bool {
    if too_much(text).is_some() {
        return false;
    }
    let (table, _) = DeTable::parse_recoverable(text.strip_prefix('\u{feff}').unwrap_or(text));
    key_of_claims(table.get_ref()).is_some()
}

/// Where a file begins to speak of networks by alias, if it describes none itself.
pub(super) fn key_of_claims(table: &DeTable<'_>) -> Option<Span> {
    let (key, _) = table.get_key_value("networks")?;
    (!table.contains_key("layers")).then(|| key.span())
}

/// What could be read of a file of claims, and every mistake.
pub(in super::super) fn parse_claims(source: &Arc<Source>) -> (Option<ClaimsFile>, Vec<Diagnostic>) {
    if let Some(mistake) = too_much(&source.text) {
        return (None, vec![mistake]);
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        return (None, syntax::mistakes(&source.text, table.get_ref(), &errors));
    }
    let mut reader = Reader { source, mistakes: vec![], depth: 0, is_too_much: false };
    let table = table.get_ref();
    reader.refuse_hidden(table);
    let table = &*reader.refuse_unknown(table, &[keys::CLAIMS_FILE], ("a file of claims", "论断文件"));
    let networks = match table.get("networks").and_then(|value| reader.table(value, "networks")) {
        Some((networks, _)) => networks.iter().filter_map(|entry| reader.reference(entry)).collect(),
        None => vec![],
    };
    let file = ClaimsFile {
        source: source.clone(),
        name: reader.text(table, "name"),
        about: reader.text(table, "about"),
        networks,
        claims: reader.claims(table),
    };
    (Some(file), reader.mistakes)
}

impl Reader<'_> {
    pub(super) fn claims(&mut self, table: &DeTable<'_>) -> Vec<Claim> {
        let Some(list) = table.get("claims").and_then(|value| self.list(value, "claims")) else {
            return vec![];
        };
        list.iter().filter_map(|value| self.claim(value)).collect()
    }

    fn claim(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Claim> {
        let (table, span) = self.table(value, "claims")?;
        let table = &*self.refuse_unknown(table, &[keys::CLAIM], ("a claim", "论断"));
        Some(Claim {
            expect: self.required(table, &span, "expect")?,
            says: self.name_at(table, "says"),
            working: self.name_at(table, "working"),
            source: self.text(table, "source"),
            erratum: self.text(table, "erratum"),
            within: self.name_at(table, "within"),
        })
    }

    /// `alias = "FILE"`, or a table with more.
    fn reference(&mut self, (key, value): Entry<'_, '_>) -> Option<Reference> {
        let alias = name(key);
        if let Some(file) = value.get_ref().as_str() {
            let file = Name { text: file.into(), span: value.span() };
            let (set, dim) = (vec![], vec![]);
            return Some(Reference { alias, file, set, dim, input: None, batch: None, dtype: None });
        }
        let (table, span) = self.table(value, &alias.text)?;
        let table = &*self.refuse_unknown(table, &[keys::REFERENCE], ("a network", "网络引用"));
        let file = self.required(table, &span, "file")?;
        let set = match table.get("set") {
            Some(value) => {
                self.table(value, "set")?.0.iter().filter_map(|entry| self.assignment(entry)).collect()
            }
            None => vec![],
        };
        let dim = match table.get("dim") {
            Some(value) => self
                .table(value, "dim")?
                .0
                .iter()
                .filter_map(|(key, value)| Some((name(key), self.whole_number(value)?)))
                .collect(),
            None => vec![],
        };
        let input = match table.get("input") {
            Some(value) => Some(self.whole_numbers(value)?),
            None => None,
        };
        let batch = match table.get("batch") {
            Some(value) => Some(self.whole_number(value)?),
            None => None,
        };
        let dtype = match self.name_at(table, "dtype") {
            Some(written) => Some(self.element_type(&written)?),
            None => None,
        };
        Some(Reference { alias, file, set, dim, input, batch, dtype })
    }

    fn element_type(&mut self, written: &Name) -> Option<ElementType> {
        let known = ElementType::OF_NETWORKS.into_iter();
        known.clone().find(|known| known.name() == &*written.text).or_else(|| {
            let (text, list) = (&written.text, known.map(ElementType::name).collect::<Vec<_>>().join("`, `"));
            let message = text!("there is no type `{text}`", "没有类型 `{text}`");
            let help = text!("there are `{list}`", "可用的有 `{list}`");
            self.mistakes.push(Diagnostic::new(Code::WrongValue, message, written.span.clone()).help(help));
            None
        })
    }

    fn whole_number(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u64> {
        match self.whole_numbers(value)?[..] {
            [number] => Some(number),
            _ => self.refuse(Code::WrongValue, value.span(), text!("must be one number", "必须是一个数")),
        }
    }

    /// One whole number above 0, or a list of them.
    fn whole_numbers(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<u64>> {
        let datum = self.datum(value);
        let whole = |kind: &DatumKind| match kind {
            DatumKind::Number(number) if number.is_integer() => {
                u64::try_from(number.to_integer()).ok().filter(|&number| number > 0)
            }
            DatumKind::Number(_)
            | DatumKind::Boolean(_)
            | DatumKind::Text(..)
            | DatumKind::List(_)
            | DatumKind::Unread => None,
        };
        let numbers = match &datum.kind {
            DatumKind::List(list) => list.iter().map(|datum| whole(&datum.kind)).collect(),
            DatumKind::Unread => return None,
            one @ (DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Text(..)) => {
                whole(one).map(|number| vec![number])
            }
        };
        numbers.or_else(|| {
            self.refuse(
                Code::WrongValue,
                datum.span,
                text!("must be above 0 and whole", "必须是大于 0 的整数"),
            )
        })
    }
}
