//! Settings as they are written: from an operator to data, and back.

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Serialize, Serializer};
use serde_json::{Error, Map, Value};

use super::PerAxis;
use crate::op::Op;

impl Op {
    /// Every setting that has a value, by its name.
    ///
    /// # Panics
    /// Never: settings are finite numbers, words, and lists of them.
    pub fn all_settings(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(settings)) => settings,
            Ok(_) | Err(_) => unreachable!("an operator is a struct of numbers, words and lists"),
        }
    }

    /// The settings that have to be given: without those whose value is what it is unless it is given.
    pub fn settings(&self) -> Map<String, Value> {
        if let Self::Copies(copies) = self {
            return copies.with_sizes(copies.op().settings());
        }
        let all = self.all_settings();
        let mut settings = all.clone();
        for (name, value) in all {
            settings.remove(&name);
            let is_default =
                Self::from_settings(self.name(), &settings).is_some_and(|op| op.ok().as_ref() == Some(self));
            if !is_default {
                settings.insert(name, value);
            }
        }
        settings
    }

    /// The operator called `name` with these settings; `None` if there is none of that name.
    pub fn from_settings(name: &str, settings: &Map<String, Value>) -> Option<Result<Self, Error>> {
        let settings = settings.iter().map(|(name, value)| (name.as_str(), Datum(value)));
        Self::read(name, MapDeserializer::new(settings))
    }
}

/// The value of a setting as it is read: where there may be a word or numbers, what stands there decides.
#[derive(Clone, Copy)]
struct Datum<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, Error> for Datum<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Datum<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_string() {
            self.0.deserialize_enum(name, variants, visitor)
        } else {
            self.0.deserialize_any(visitor)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// As one number where all axes have the same.
impl<T: Serialize + PartialEq, const N: usize> Serialize for PerAxis<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        one_for_all(&self.0, serializer)
    }
}

/// One value for all axes, if it is the same; else a list.
fn one_for_all<T: Serialize + PartialEq, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match values {
        [first, others @ ..] if others.iter().all(|other| other == first) => first.serialize(serializer),
        values => values.serialize(serializer),
    }
}

/// The settings that `text` has as TOML, for tests: a word or numbers are what the toml crate does not read.
#[cfg(test)]
pub(in crate::op) fn of_toml<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let Ok(Value::Object(settings)) = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap())
    else {
        unreachable!("a table of TOML is an object")
    };
    let settings = settings.iter().map(|(name, value)| (name.as_str(), Datum(value)));
    T::deserialize(MapDeserializer::new(settings)).unwrap()
}
