//! An item's settings, evaluated where they stand, as serde reads them into an operator's own struct.
//!
//! Where the struct wants a number or a boolean, a string is an expression; where it wants a word, the word comes first.
//! Every mistake keeps its place.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

mod argument;
mod lists;
mod wording;

use super::description::{Datum, DatumKind, Name, Setting};
use super::expression::{ExpressionError, Failure, Rational, Scope, Value};
use crate::error::{Code, Source, Span, did_you_mean};
use crate::text;
use crate::text::Text;
use wording::{expected, or_a_word, unexpected};

/// What is wrong with a setting.
#[derive(Debug)]
pub(super) struct SettingError {
    /// What kind of mistake it is.
    pub(super) code: Code,
    /// Where; `None` for what is missing.
    pub(super) span: Option<Span>,
    /// What.
    pub(super) message: Text,
    /// What to do.
    pub(super) help: Option<Text>,
    /// Whether the message still wants the setting's name before it: "must be at least 1".
    pub(super) is_predicate: bool,
}

/// Where settings are evaluated.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) source: &'a Source,
    pub(super) scope: &'a dyn Scope,
}

impl Context<'_> {
    /// The value of `datum`: what it is, or what its expression comes to.
    pub(super) fn evaluate(self, datum: &Datum) -> Result<Value, SettingError> {
        match &datum.kind {
            DatumKind::Number(number) => Ok(Value::Number(*number)),
            DatumKind::Boolean(boolean) => Ok(Value::Boolean(*boolean)),
            DatumKind::Text(_, expression) => match &**expression {
                Ok(expression) => {
                    let inside = |error| self.inside(datum, Code::Evaluation, error);
                    expression.evaluate(self.scope).map_err(inside)
                }
                Err(error) => Err(self.inside(datum, Code::Expression, error.clone())),
            },
            DatumKind::List(_) => Err(SettingError {
                code: Code::WrongType,
                span: Some(datum.span.clone()),
                ..SettingError::about(text!("must be one value, and is a list", "应是单个值,这里是列表"))
            }),
            DatumKind::Unread => Err(SettingError {
                span: Some(datum.span.clone()),
                ..SettingError::about(text!("is not known", "未知"))
            }),
        }
    }

    /// A number.
    pub(super) fn number(self, datum: &Datum) -> Result<Rational, SettingError> {
        match self.evaluate(datum)? {
            Value::Number(number) => Ok(number),
            other @ (Value::Boolean(_) | Value::Word(_) | Value::List(_)) => {
                let message = text!("must be a number, and is {other}", "应是数,这里是 {other}");
                let list = datum.word().filter(|_| matches!(other, Value::List(_)));
                let help = list.map(|list| {
                    text!(
                        "`{list}[i]` is one of them, `len({list})` how many there are, `for = {{ n = \"{list}\" }}` goes through all",
                        "`{list}[i]` 是其中一个,`len({list})` 是个数,`for = {{ n = \"{list}\" }}` 逐个取用"
                    )
                });
                Err(SettingError { code: Code::WrongType, help, ..SettingError::about(message) })
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(self, datum: &Datum) -> Result<bool, SettingError> {
        match self.evaluate(datum)? {
            Value::Boolean(boolean) => Ok(boolean),
            other @ (Value::Number(_) | Value::Word(_) | Value::List(_)) => {
                let message = text!(
                    "must be `true` or `false`, and is {other}",
                    "应是 `true` 或 `false`,这里是 {other}"
                );
                Err(SettingError { code: Code::WrongType, ..SettingError::about(message) })
            }
        }
    }

    /// A whole number.
    pub(super) fn whole(self, datum: &Datum) -> Result<i128, SettingError> {
        let number = self.number(datum)?;
        if number.is_integer() {
            return Ok(number.to_integer());
        }
        let shown = shown(number);
        let message = text!("must be a whole number, and is {shown}", "应是整数,这里是 {shown}");
        let help = text!(
            "`floor(…)`, `ceil(…)` or `round(…)` makes it whole",
            "可用 `floor(…)`、`ceil(…)` 或 `round(…)` 取整"
        );
        Err(SettingError { help: Some(help), ..SettingError::about(message) })
    }

    /// A size: whole and from 0 to 2^64 − 1; operators check the rest.
    pub(super) fn size(self, datum: &Datum) -> Result<u64, SettingError> {
        let number = self.whole(datum)?;
        u64::try_from(number).map_err(|_| {
            SettingError::about(if number < 0 {
                text!("must not be negative, and is {number}", "不得为负,这里是 {number}")
            } else {
                text!("must be at most 2^53, and is {number}", "不得超过 2^53,这里是 {number}")
            })
        })
    }

    fn inside(self, datum: &Datum, code: Code, error: ExpressionError) -> SettingError {
        let (span, Failure { message, help }) = (datum.place(self.source, error.span), error.failure);
        SettingError { code, span: Some(span), message, help, is_predicate: false }
    }
}

impl SettingError {
    /// A message that wants a subject, and a place.
    fn about(message: Text) -> Self {
        Self { code: Code::WrongValue, span: None, message, help: None, is_predicate: true }
    }

    /// Gives a message without a subject this one, in each language.
    pub(super) fn with_subject(self, subject: &Text) -> Self {
        if !self.is_predicate {
            return self;
        }
        let (subject, message) =
            ((&subject.english, &subject.chinese), (&self.message.english, &self.message.chinese));
        // A name stands apart from Chinese words, and these not from one another.
        let space = if subject.1.is_ascii() { " " } else { "" };
        let (english, chinese) =
            (format!("{} {}", subject.0, message.0), format!("{}{space}{}", subject.1, message.1));
        Self { message: Text { english, chinese }, is_predicate: false, ..self }
    }

    /// Gives a mistake without a place this one.
    fn or_at(self, span: &Span) -> Self {
        Self { span: self.span.or_else(|| Some(span.clone())), ..self }
    }
}

impl std::error::Error for SettingError {}

impl Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message.fmt(f)
    }
}

impl Error for SettingError {
    /// Keeps both languages of a [`Text`]: `{:#}` displays the Chinese.
    fn custom<T: Display>(message: T) -> Self {
        Self::about(Text { english: format!("{message}"), chinese: format!("{message:#}") })
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn serde::de::Expected) -> Self {
        let (wanted, found) = (expected(wanted), unexpected(found));
        let message = text!("wants {wanted}, and is {found}", "需要{wanted:#},这里是{found:#}");
        Self { code: Code::WrongType, ..Self::about(message) }
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn serde::de::Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn invalid_length(length: usize, wanted: &dyn serde::de::Expected) -> Self {
        let wanted = expected(wanted);
        Self::about(text!("wants {wanted}, and has {length} values", "需要{wanted:#},这里有 {length} 个值"))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        let list = known.join("\", \"");
        let message = text!("cannot be \"{word}\"", "不能是 \"{word}\"");
        let help = did_you_mean(word, known.iter().copied())
            .unwrap_or_else(|| text!("it is one of \"{list}\"", "可选 \"{list}\""));
        Self { help: Some(help), ..Self::about(message) }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let list = known.join("`, `");
        let message = text!("there is no setting `{name}`", "没有名为 `{name}` 的设置");
        let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known {
            [] => text!("it has no settings", "它没有任何设置"),
            _ => text!("known are `{list}`", "可用的有 `{list}`"),
        });
        Self { code: Code::UnknownSetting, span: None, message, help: Some(help), is_predicate: false }
    }

    fn missing_field(name: &'static str) -> Self {
        let message = text!("the setting `{name}` is missing", "缺少设置 `{name}`");
        Self { code: Code::MissingSetting, span: None, message, help: None, is_predicate: false }
    }
}

/// All settings of an item, as a map.
pub(super) struct Settings<'a> {
    pub(super) settings: &'a [Setting],
    pub(super) place: Context<'a>,
}

impl<'de> Deserializer<'de> for Settings<'_> {
    type Error = SettingError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_map(Map { settings: self.settings.iter(), current: None, place: self.place })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Map<'a> {
    settings: std::slice::Iter<'a, Setting>,
    current: Option<&'a Setting>,
    place: Context<'a>,
}

impl<'de> MapAccess<'de> for Map<'_> {
    type Error = SettingError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SettingError> {
        self.current = self.settings.next();
        let Some(Setting { name: Name { text, span }, .. }) = self.current else { return Ok(None) };
        let key: StrDeserializer<'_, SettingError> = (**text).into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, SettingError> {
        let setting =
            self.current.take().ok_or_else(|| SettingError::custom("a value is read after its key"))?;
        let (name, datum) = (&setting.name.text, &setting.value);
        let value = seed.deserialize(One { datum, place: self.place });
        value.map_err(|error| error.or_at(&datum.span).with_subject(&text!("`{name}`", "`{name}`")))
    }
}

/// One value.
struct One<'a> {
    datum: &'a Datum,
    place: Context<'a>,
}

impl One<'_> {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        if let DatumKind::List(list) = &self.datum.kind {
            return visitor.visit_seq(Seq { list: list.iter(), place: self.place });
        }
        match self.place.evaluate(self.datum)? {
            Value::Boolean(boolean) => visitor.visit_bool(boolean),
            Value::Word(word) => visitor.visit_str(&word),
            Value::List(values) => {
                let datum = |value: &Value| Datum { span: self.datum.span.clone(), kind: value.into() };
                let list: Vec<_> = values.iter().map(datum).collect();
                visitor.visit_seq(Seq { list: list.iter(), place: self.place })
            }
            Value::Number(_) => {
                let whole = self.place.whole(self.datum)?;
                match (u64::try_from(whole), i64::try_from(whole)) {
                    (Ok(size), _) => visitor.visit_u64(size),
                    (Err(_), Ok(negative)) => visitor.visit_i64(negative),
                    (Err(_), Err(_)) => self.place.size(self.datum).and_then(|size| visitor.visit_u64(size)),
                }
            }
        }
    }
}

impl<'de> Deserializer<'de> for One<'_> {
    type Error = SettingError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        self.visit(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_u64(self.place.size(self.datum)?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_bool(self.place.boolean(self.datum)?)
    }

    /// A text that is read as such is no expression.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        match &self.datum.kind {
            DatumKind::Text(text, _) => visitor.visit_str(text),
            DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::List(_) | DatumKind::Unread => {
                self.visit(visitor)
            }
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        if let DatumKind::List(_) = &self.datum.kind {
            return self.visit(visitor);
        }
        visitor.visit_f64(to_f64(self.place.number(self.datum)?))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        if let DatumKind::Text(text, expression) = &self.datum.kind {
            if words.contains(&&**text) {
                return visitor.visit_enum((**text).into_deserializer());
            }
            let is_bare = text.chars().all(|c| c.is_alphanumeric() || c == '_');
            return match self.place.evaluate(self.datum) {
                Ok(Value::Word(word)) => visitor.visit_enum((*word).into_deserializer()),
                Err(_) if is_bare || expression.is_err() => Err(SettingError::unknown_variant(text, words)),
                Err(error) => Err(error),
                Ok(Value::Number(_) | Value::Boolean(_) | Value::List(_)) => {
                    self.visit(visitor).map_err(|error| or_a_word(error, words))
                }
            };
        }
        self.visit(visitor).map_err(|error| or_a_word(error, words))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 char str bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Seq<'a> {
    list: std::slice::Iter<'a, Datum>,
    place: Context<'a>,
}

impl<'de> SeqAccess<'de> for Seq<'_> {
    type Error = SettingError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SettingError> {
        let Some(datum) = self.list.next() else { return Ok(None) };
        let value = seed.deserialize(One { datum, place: self.place });
        value.map(Some).map_err(|error| error.or_at(&datum.span))
    }
}

/// A fraction as it is, or, if nobody would recognize it, as a decimal.
fn shown(number: Rational) -> String {
    const LONG: i128 = 1_000_000;
    if *number.denom() < LONG { number.to_string() } else { format!("{:.6}…", to_f64(number)) }
}

/// The nearest float: both parts of a decimal of up to 15 digits are exact, so their quotient is rounded once.
#[expect(clippy::cast_precision_loss, reason = "a setting that is a float has a float's precision")]
fn to_f64(number: Rational) -> f64 {
    *number.numer() as f64 / *number.denom() as f64
}
