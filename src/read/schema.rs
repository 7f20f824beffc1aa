//! The JSON Schema of descriptions, made from the tables of keys and the list of operators, so that editors complete and
//! check what the reader reads.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind};
use crate::op::{Entry, OPERATORS};
use crate::text::Language;

/// The schema of a description file, and of a file of blocks that others include.
pub fn description() -> Schema {
    let operators: Vec<_> = OPERATORS.iter().map(operator).collect();
    let others = [
        // Arguments may be called like keys that an operator has besides.
        object(
            &[keys::ITEM],
            &["use"],
            &[("use", of(Kind::Name)), ("first", json!({})), ("tied", json!({}))],
            true,
        ),
        object(&[keys::ITEM], &["layers"], &[("layers", of(Kind::Items))], false),
        object(&[keys::ITEM], &["side"], &[("side", of(Kind::Items))], false),
        object(
            &[keys::ITEM, keys::MERGING, keys::MERGE_SETTINGS],
            &["branches", "merge"],
            &[("branches", of(Kind::Branches))],
            false,
        ),
        json!({ "type": "string", "description": "An operator without settings, or a block without arguments." }),
    ];
    let merged = keys::MERGED.iter().map(|merge| {
        object(&[keys::ITEM, keys::MERGE_SETTINGS, std::slice::from_ref(merge)], &[merge.name], &[], false)
    });
    let items = [operators, others.to_vec(), merged.collect()].concat();
    let file = object(&[keys::FILE], &[], &[], false);
    let mut root = file.as_object().cloned().unwrap_or_default();
    root.remove("required");
    let of_included = keys::INCLUDED.iter().map(|key| key.name).collect::<Vec<_>>();
    root.insert(
        "anyOf".to_owned(),
        json!([{ "required": ["layers"] }, { "required": ["blocks"], "propertyNames": { "enum": of_included } }]),
    );
    root.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    root.insert("title".to_owned(), "cnncost network description".into());
    root.insert(
        "$defs".to_owned(),
        json!({
            "item": { "anyOf": items },
            "branch": { "anyOf": [of(Kind::Items), object(&[keys::BRANCH], &[], &[], false)] },
            "block": object(&[keys::BLOCK, keys::MERGED], &[], &[], false),
            "variant": object(&[keys::VARIANT], &["name"], &[], false),
            "claim": object(&[keys::CLAIM], &["expect"], &[], false),
            "expression": { "type": "string", "description": "An expression over parameters, `i`, `in`, `h`, `w` and `dim(k)`, or of a named tensor `h(name)`." },
        }),
    );
    root.into()
}

/// An item with this operator.
fn operator(entry: &Entry) -> Value {
    let settings = entry.described(Language::English);
    let mut properties = settings["properties"].as_object().cloned().unwrap_or_default();
    properties.values_mut().for_each(allow_expressions);
    let mut all = properties_of(keys::ITEM);
    let about = settings["description"].clone();
    all.insert("op".to_owned(), json!({ "const": entry.name, "description": about }));
    all.append(&mut properties);
    let mut required = settings["required"].as_array().cloned().unwrap_or_default();
    required.insert(0, "op".into());
    json!({ "type": "object", "properties": all, "required": required, "additionalProperties": false })
}

/// Wherever a number or a boolean may stand, an expression may.
fn allow_expressions(schema: &mut Value) {
    for inner in ["items", "additionalProperties"] {
        schema.get_mut(inner).into_iter().filter(|inner| inner.is_object()).for_each(allow_expressions);
    }
    let inner = schema.get_mut("properties").and_then(Value::as_object_mut);
    inner.into_iter().flat_map(Map::values_mut).for_each(allow_expressions);
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.iter_mut().for_each(allow_expressions);
        return;
    }
    let of_type = |kind: &Value| kind == "integer" || kind == "number" || kind == "boolean";
    let kind = &schema["type"];
    let is_value = kind.as_array().map_or_else(|| of_type(kind), |kinds| kinds.iter().any(of_type));
    if is_value && let Some(object) = schema.as_object_mut() {
        let about = object.remove("description");
        let default = object.remove("default");
        let plain = Value::Object(std::mem::take(object));
        object.insert("anyOf".to_owned(), json!([plain, { "$ref": "#/$defs/expression" }]));
        object.extend(about.map(|about| ("description".to_owned(), about)));
        object.extend(default.map(|default| ("default".to_owned(), default)));
    }
}

fn object(tables: &[&[Key]], required: &[&str], more: &[(&str, Value)], open: bool) -> Value {
    let mut properties = Map::new();
    for table in tables {
        properties.append(&mut properties_of(table));
    }
    properties.extend(more.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": open })
}

fn properties_of(table: &[Key]) -> Map<String, Value> {
    let property = |key: &Key| {
        let mut schema = of(key.kind);
        schema["description"] = key.about.into();
        (key.name.to_owned(), schema)
    };
    table.iter().map(property).collect()
}

fn of(kind: Kind) -> Value {
    let expression = json!({ "$ref": "#/$defs/expression" });
    let size = json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, expression] });
    match kind {
        Kind::Text | Kind::Name => json!({ "type": "string" }),
        Kind::Names => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Condition => json!({ "anyOf": [{ "type": "boolean" }, expression] }),
        Kind::Count => json!({ "anyOf": [{ "type": "integer" }, expression] }),
        Kind::Sizes => json!({ "type": "array", "items": size }),
        Kind::Lists => json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": { "anyOf": [{ "type": "array" }, expression] },
        }),
        Kind::Merged => {
            let branches = of(Kind::Branches);
            json!({ "anyOf": [of(Kind::Items), branches] })
        }
        Kind::Merge => json!({ "enum": keys::MERGES }),
        Kind::Values => json!({ "type": "object" }),
        Kind::Choices => {
            let words = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
            json!({ "type": "object", "additionalProperties": words })
        }
        Kind::Inputs => {
            json!({ "type": "object", "additionalProperties": { "type": "array", "items": size } })
        }
        Kind::Items => json!({ "type": "array", "items": { "$ref": "#/$defs/item" } }),
        Kind::Branches => json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/branch" } }),
        Kind::Blocks => json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/block" } }),
        Kind::Variants => json!({ "type": "array", "items": { "$ref": "#/$defs/variant" } }),
        Kind::Claims => json!({ "type": "array", "items": { "$ref": "#/$defs/claim" } }),
    }
}
