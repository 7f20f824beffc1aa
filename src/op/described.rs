//! What an operator and its settings are said to be, in each language: English is their documentation, and Chinese stands beside
//! it as `x-zh`, an entry of the schema that is made of both.

use schemars::SchemaGenerator;
use serde_json::Value;

use super::Entry;
use crate::text::Language;

/// The entry of a schema with a description in Chinese.
const CHINESE: &str = "x-zh";

impl Entry {
    /// The JSON Schema of its settings, with descriptions in `language`.
    pub fn described(&self, language: Language) -> Value {
        let mut schema = (self.schema)(&mut SchemaGenerator::default()).to_value();
        describe(&mut schema, language);
        schema
    }
}

/// Describes a schema and what is in it in `language`.
fn describe(schema: &mut Value, language: Language) {
    if let Some(object) = schema.as_object_mut()
        && let Some(chinese) = object.remove(CHINESE)
        && language == Language::Chinese
    {
        object.insert("description".to_owned(), chinese);
    }
    match schema {
        Value::Object(object) => object.values_mut().for_each(|value| describe(value, language)),
        Value::Array(list) => list.iter_mut().for_each(|value| describe(value, language)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::OPERATORS;
    use super::*;

    /// Whoever adds an operator or a setting says in Chinese what it is: `#[schemars(extend("x-zh" = "…"))]`.
    #[test]
    fn operators_and_settings_are_described_in_both_languages() {
        let mut missing = vec![];
        for entry in OPERATORS {
            let [english, chinese] = [Language::English, Language::Chinese].map(|l| entry.described(l));
            let mut hold = |name: &str, english: &Value, chinese: &Value| {
                if english["description"] == chinese["description"] || !chinese["description"].is_string() {
                    missing.push(format!("{} {name}", entry.name));
                }
            };
            hold("", &english, &chinese);
            for (name, setting) in english["properties"].as_object().into_iter().flatten() {
                hold(name, setting, &chinese["properties"][name]);
            }
            assert!(!english.to_string().contains(CHINESE) && !chinese.to_string().contains(CHINESE));
        }
        assert!(missing.is_empty(), "not in Chinese: {missing:?}");
    }
}
