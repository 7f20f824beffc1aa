//! Words and numbers that stand below each other, as programs write every list: on one line, if they fit.

use super::document::{Document, Element, Kind, List, Value};
use super::place::Place;

/// Joins the lines of every list of words or numbers that has but one on each. Items may have a line each.
pub(super) fn join(document: &mut Document) {
    let mut around = Place::File;
    for statement in &mut document.statements {
        match &mut statement.kind {
            Kind::Header { path, .. } => around = Place::File.at(path),
            Kind::Entry(entry) => value(&mut entry.value, around.at(&entry.key)),
        }
    }
}

fn value(of: &mut Value, place: Place) {
    match of {
        Value::Scalar(_) => {}
        Value::List(list) => {
            let is_items = matches!(place, Place::Items | Place::Branches);
            list.is_broken &= is_items || !is_column(list);
            let inner = if is_items { Place::Items } else { Place::Other };
            list.elements.iter_mut().for_each(|element| value(&mut element.value, inner));
        }
        Value::Table(entries) => {
            for entry in entries {
                value(&mut entry.value, place.at(&entry.key));
            }
        }
    }
}

/// Whether each word or number has a line, and nothing else is in between.
fn is_column(list: &List) -> bool {
    let is_word = |element: &Element| element.before.is_empty() && matches!(element.value, Value::Scalar(_));
    let is_column = list.elements.iter().skip(1).all(|element| element.starts_row);
    is_column && list.elements.iter().all(is_word) && !list.has_comments()
}
