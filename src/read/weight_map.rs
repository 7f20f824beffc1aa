//! A map from a network's weights to the names that a file has for them, as a user writes it.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::{bounded, invalid};
use crate::error::{Code, Diagnostic, ReadError, Span};
use crate::run::map::Map;
use crate::text;
use crate::text::one_line;

/// Reads a map: a table from our paths to the file's names. A path with dots may stand without quotes.
///
/// ```
/// let text = r#"
/// "layer{i}/{j}/sum/shortcut/project/conv" = "layer{i}.{j}.downsample.0"
/// fc = "head"
/// "#;
/// assert!(cnncost::read::weight_map::parse("map.toml", text).is_ok());
/// assert!(cnncost::read::weight_map::parse("map.toml", "fc = 3").is_err());
/// ```
pub fn parse(name: &str, text: &str) -> Result<Map, ReadError> {
    let source = bounded(name, text)?;
    let text = &*source.text;
    let table = DeTable::parse(text).map_err(|error| {
        let message = one_line(error.message());
        let message = text!("this is no map of weights: {message}", "这不是权重映射:{message}");
        invalid(
            source.clone(),
            vec![Diagnostic::new(Code::Syntax, message, error.span().unwrap_or(0..text.len()))],
        )
    })?;
    let (mut entries, mut mistakes) = (vec![], vec![]);
    add(table.get_ref(), "", &mut entries, &mut mistakes);
    if mistakes.is_empty() { Map::new(source, entries) } else { Err(invalid(source, mistakes)) }
}

/// The entries of a table, whose own name stands before theirs.
fn add(
    table: &DeTable<'_>,
    prefix: &str,
    entries: &mut Vec<(String, String, Span)>,
    mistakes: &mut Vec<Diagnostic>,
) {
    // Nesting is limited by what has been read.
    for (key, value) in table {
        let ours = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::String(theirs) => entries.push((ours, theirs.to_string(), span(key, value))),
            DeValue::Table(inner) => add(inner, &format!("{ours}."), entries, mistakes),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => {
                let message = text!("what the file calls it is a text", "文件中的名称应是文本");
                let help = text!("`\"{ours}\" = \"name in the file\"`", "`\"{ours}\" = \"文件中的名称\"`");
                mistakes.push(Diagnostic::new(Code::WrongType, message, value.span()).help(help));
            }
        }
    }
}

fn span<T>(key: &Spanned<T>, value: &Spanned<DeValue<'_>>) -> Span {
    key.span().start.min(value.span().start)..key.span().end.max(value.span().end)
}
