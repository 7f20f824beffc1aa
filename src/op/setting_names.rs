//! The names of an operator's settings, taken from the type that reads them: there is no second list.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The names of the settings that `T` reads: what it asks serde for.
pub(super) fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    T::deserialize(Names).err().map_or(&[], |asked| asked.0)
}

/// A deserializer that reads nothing: it keeps the names it is asked for.
struct Names;

/// The names that were asked for; as an error, for that is what ends the reading.
#[derive(Debug)]
struct Asked(&'static [&'static str]);

impl<'de> Deserializer<'de> for Names {
    type Error = Asked;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked(fields))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Asked> {
        Err(Asked(&[]))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl std::error::Error for Asked {}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings are {:?}", self.0)
    }
}

impl Error for Asked {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_fields() {
        assert_eq!(of::<crate::op::linear::Linear>(), ["out_features", "bias"]);
        // A type that is no struct asks for no names.
        assert_eq!(of::<u64>(), [""; 0]);
    }
}
