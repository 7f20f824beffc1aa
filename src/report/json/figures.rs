//! The figures of a place in JSON: one key for each of the list of figures, and its schema from the same list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Subject;
use crate::graph::{Place, ScopeId};
use crate::metric::{Group, Json, METRICS, Measure, Metric, Missing, Sums, Unit};

/// The figures of a node, a box or a network.
pub type Figures = Of<false>;

/// Those that only a whole network has.
pub type WholeFigures = Of<true>;

/// Figures in the order of their list; those of a whole network alone or all others.
#[derive(Debug)]
pub struct Of<const WHOLE: bool>(Vec<Figure>);

/// A figure, and what it comes to; nothing where there is no such thing.
type Figure = (&'static Metric, Option<Measure>);

/// Figures that stand in one object.
struct Object<'f>(&'f [Figure]);

/// A figure as JSON has it.
struct Value<'f>(&'f Option<Measure>);

impl<const WHOLE: bool> Of<WHOLE> {
    /// Those of a place, without what is not known of its operator.
    pub(in crate::report) fn at(subject: &Subject, place: Place) -> Self {
        Self(listed::<WHOLE>().filter_map(|metric| figure(metric, subject, place)).collect())
    }

    /// Those of a whole network.
    pub(super) fn total(subject: &Subject) -> Self {
        Self::at(subject, Place::Box(ScopeId::ROOT))
    }

    /// Whether there is any.
    pub(in crate::report) fn any(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }
}

/// The figures of the list that stand in JSON by themselves.
fn listed<const WHOLE: bool>() -> impl Iterator<Item = &'static Metric> {
    METRICS
        .iter()
        .filter(|metric| (metric.sums == Sums::Whole) == WHOLE && !matches!(metric.json, Json::Apart))
}

/// A figure of a place; `None` of what has no key there.
fn figure(metric: &'static Metric, subject: &Subject, place: Place) -> Option<Figure> {
    match metric.of(subject, place) {
        Ok(measure) => Some((metric, Some(measure))),
        Err(Missing::Nothing(_) | Missing::Untold(_)) => Some((metric, None)),
        Err(Missing::Operator | Missing::Part | Missing::Device) => None,
    }
}

/// The object that it stands in, if that holds several.
fn group(metric: &Metric) -> Option<&'static Group> {
    match metric.json {
        Json::In(group, _) => Some(group),
        Json::Own | Json::Apart => None,
    }
}

/// Its key in the object that it stands in.
fn key(metric: &Metric) -> &'static str {
    match metric.json {
        Json::In(_, key) => key,
        Json::Own | Json::Apart => metric.name,
    }
}

/// Whether two stand in one object.
fn are_together(a: &Metric, b: &Metric) -> bool {
    group(a).is_some_and(|a| group(b).is_some_and(|b| a.key == b.key))
}

impl<const WHOLE: bool> Serialize for Of<WHOLE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for figures in self.0.chunk_by(|(a, _), (b, _)| are_together(a, b)) {
            let (metric, measure) = &figures[0];
            match group(metric) {
                Some(group) => map.serialize_entry(group.key, &Object(figures))?,
                None => map.serialize_entry(key(metric), &Value(measure))?,
            }
        }
        map.end()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(metric, measure)| (key(metric), Value(measure))))
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(Measure::Count(count)) => serializer.serialize_u128(*count),
            Some(number @ (Measure::Ratio(..) | Measure::Real(_))) => number.number().serialize(serializer),
            Some(Measure::Sizes(sizes)) => serializer.collect_str(sizes),
            Some(Measure::Truth(truth)) => serializer.serialize_bool(*truth),
            Some(Measure::Word(word, _)) => serializer.serialize_str(word),
        }
    }
}

impl<const WHOLE: bool> JsonSchema for Of<WHOLE> {
    fn schema_name() -> Cow<'static, str> {
        if WHOLE { "WholeFigures".into() } else { "Figures".into() }
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let metrics: Vec<_> = listed::<WHOLE>().collect();
        let mut object = Properties::default();
        for metrics in metrics.chunk_by(|a, b| are_together(a, b)) {
            let Some(group) = group(metrics[0]) else {
                object.add(key(metrics[0]), schema_of(metrics[0], generator), is_always_there(metrics[0]));
                continue;
            };
            let mut inner = Properties::default();
            for metric in metrics {
                inner.add(key(metric), schema_of(metric, generator), true);
            }
            let mut inner = inner.schema();
            inner.insert("description".to_owned(), group.about.into());
            object.add(group.key, inner, metrics.iter().all(|metric| is_always_there(metric)));
        }
        object.schema()
    }
}

/// Whether it has a key wherever the operator is known.
fn is_always_there(metric: &Metric) -> bool {
    !metric.is_of_device()
}

/// The schema of an object while its keys are added.
#[derive(Default)]
struct Properties {
    properties: serde_json::Map<String, serde_json::Value>,
    required: Vec<&'static str>,
}

impl Properties {
    fn add(&mut self, key: &'static str, schema: Schema, is_required: bool) {
        self.properties.insert(key.to_owned(), schema.to_value());
        self.required.extend(is_required.then_some(key));
    }

    fn schema(self) -> Schema {
        let Self { properties, required } = self;
        json_schema!({ "type": "object", "properties": properties, "required": required })
    }
}

fn schema_of(metric: &Metric, generator: &mut SchemaGenerator) -> Schema {
    let mut schema = match metric.unit {
        Unit::Count | Unit::Params | Unit::Macs | Unit::Flops | Unit::Bytes => {
            generator.subschema_for::<u128>()
        }
        Unit::Seconds => generator.subschema_for::<f64>(),
        Unit::Ratio => generator.subschema_for::<Option<f64>>(),
        Unit::Shape | Unit::Positions | Unit::Word => generator.subschema_for::<Option<String>>(),
        Unit::Truth => generator.subschema_for::<bool>(),
    };
    schema.insert("description".to_owned(), sentence(metric.about.english).into());
    schema
}

/// What it is, as a sentence.
fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
