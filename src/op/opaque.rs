//! `opaque`: an operator of one's own, of which nothing is known but what its item says: what comes out of it, its weights,
//! and what it computes.
//!
//! In an item, `weights` and `ops` are tables. Here their entries are settings of their own, as TOML's dotted keys have them:
//! `ops.mul`, `weights.offset.bias`.

use std::collections::BTreeMap;
use std::fmt;

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::{Extent, Size};
use super::{Arity, Class, Cost, Definition, Initializer, Operator, Reach, Reason, Term, Weight, shape};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// An operator of one's own: what comes out of it, its weights, and what it computes are what is said here. Without `macs` and
/// `ops` it is not counted, and totals are partial; it is never executed.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "自定义算子:输出、权重和运算量均以此处所写为准。既无 `macs` 也无 `ops` 时不计数,合计为不完整;它不能执行"))]
pub struct Opaque {
    /// What it is called in words; without it, opaque.
    #[serde(default)]
    #[schemars(with = "String")]
    #[schemars(extend("x-zh" = "它的名称;不设则为 opaque"))]
    pub kind: Option<String>,
    /// Sizes of what comes out, without the batch.
    #[schemars(extend("x-zh" = "输出的各维大小,不含批次维"))]
    pub shape: Vec<Size>,
    /// Sizes of each of its learned tensors, by name. To use an earlier item's, it stands in a group whose `weights` names that.
    #[serde(default)]
    #[schemars(schema_with = "weights_schema")]
    #[schemars(extend("x-zh" = "各可学习张量的大小,以名称为键。若要沿用前面某一项的权重,请放进一个组,由该组的 `weights` 指明"))]
    pub weights: BTreeMap<String, Vec<Size>>,
    /// Multiply–accumulates for one sample; 0 says that it computes none.
    #[serde(default)]
    #[schemars(with = "Extent")]
    #[schemars(extend("x-zh" = "每个样本的乘加数;写 0 表示没有"))]
    pub macs: Option<Extent>,
    /// What its multiply–accumulates count as.
    #[serde(default)]
    #[schemars(extend("x-zh" = "它的乘加计入哪一类"))]
    pub counts_as: CountsAs,
    /// Other operations for one sample, by kind: mul, add, div, cmp, exp.
    #[serde(default)]
    #[schemars(schema_with = "ops_schema")]
    #[schemars(extend("x-zh" = "每个样本的其他运算,按种类:mul、add、div、cmp、exp"))]
    pub ops: BTreeMap<&'static str, Extent>,
    /// Whether nothing is known of the sizes, as of some operators of an ONNX file; no description says so.
    #[serde(skip)]
    pub is_unsized: bool,
}

/// What the multiply–accumulates of an operator of one's own count as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum CountsAs {
    /// Those of a convolution.
    #[default]
    Convolution,
    /// Those of a linear layer.
    Linear,
    /// Those of a product of two activations.
    Attention,
}

/// The most dimensions of what comes out and of a weight, as of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// The longest name of a weight and the longest kind: they stand in lines and paths.
const LONGEST_NAME: usize = 100;

impl Opaque {
    /// What it is called in words.
    pub fn called(&self) -> &str {
        self.kind.as_deref().unwrap_or("opaque")
    }
}

impl Definition for Opaque {
    const EXAMPLE: &'static str = r#"{ op = "opaque", kind = "my_op", shape = [64, 28, 28], weights = { weight = [64, 64, 3, 3] }, macs = "9*64*64*28*28" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 28, 28]];
}

impl Operator for Opaque {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        if inputs.is_empty() {
            return Err(self.arity().mismatch(0));
        }
        let most = MOST_DIMENSIONS;
        for (name, sizes) in &self.weights {
            let wrong = if sizes.len() > most {
                Some(text!("has {most} dimensions at most", "最多 {most} 维"))
            } else {
                dims(sizes).err().map(|reason| reason.message)
            };
            if let Some(Text { english, chinese }) = wrong {
                let reason = text!("the weight `{name}`: {english}", "权重 `{name}`:{chinese}");
                return Err(Reason::new(reason).at("weights"));
            }
        }
        if self.is_unsized {
            return Ok(Shape::unknown());
        }
        let count = self.shape.len();
        if count > MOST_DIMENSIONS {
            return Err(Reason::new(text!(
                "`shape` has {most} dimensions at most, and lists {count}",
                "`shape` 最多 {most} 维,这里列出了 {count} 维"
            ))
            .at("shape"));
        }
        dims(&self.shape).map_err(|reason| reason.at("shape"))
    }

    /// PyTorch does not say how a fresh one is filled; it is as a linear layer's here.
    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        let weight = |(name, sizes): (&String, &Vec<Size>)| {
            let sizes: Vec<u64> = sizes.iter().map(|size| size.get()).collect();
            let fan_in = sizes.iter().skip(1).fold(1u64, |product, &size| product.saturating_mul(size));
            let axes = super::numbered(&sizes);
            Weight::learned(name.clone(), axes, Initializer::Uniform { fan_in })
        };
        self.weights.iter().map(weight).collect()
    }

    fn cost(&self, _inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let contraction = match self.counts_as {
            CountsAs::Convolution => Contraction::Convolution,
            CountsAs::Linear => Contraction::Linear,
            CountsAs::Attention => Contraction::Attention,
        };
        let number = |count: Extent| Working::named(Factor::AsSaid, count.get());
        let macs = self.macs.map(|macs| Term::macs(contraction, number(macs)));
        let ops =
            Kind::ALL.iter().filter_map(|&kind| Some(Term::ops(kind, number(*self.ops.get(kind.name())?))));
        Ok(Cost { terms: macs.into_iter().chain(ops).collect() })
    }

    fn is_counted(&self) -> bool {
        self.macs.is_some() || !self.ops.is_empty()
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let kind = self.called();
        // What takes a tensor of sizes that are not known may be an operator like any other.
        if inputs.iter().any(|input| !input.is_known()) {
            return Some(text!("{kind}", "{kind}"));
        }
        Some(text!("{kind}, an operator of one's own", "{kind},自定义算子"))
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Rearranged
    }

    fn arity(&self) -> Arity {
        Arity { least: 1, most: usize::MAX }
    }

    fn class(&self) -> Class {
        Class::Opaque
    }
}

#[cfg(feature = "run")]
impl Reference for Opaque {
    /// Always an error, which [`executable`](crate::run::executable) tells before.
    fn forward(&self, _inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let kind = self.called();
        Err(candle_core::Error::Msg(format!("how {kind} is computed is not known")))
    }
}

fn dims(sizes: &[Size]) -> Result<Shape, Reason> {
    shape(sizes.iter().map(|size| size.get()).collect())
}

impl<'de> Deserialize<'de> for Opaque {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Opaque", SETTINGS, OpaqueVisitor)
    }
}

/// The names of the settings.
const SETTINGS: &[&str] = &["kind", "shape", "weights", "macs", "counts_as", "ops"];

/// The names of the entries of `ops`, with that in front.
const OPS: &[&str] = &["ops.mul", "ops.add", "ops.div", "ops.cmp", "ops.exp"];

struct OpaqueVisitor;

impl<'de> Visitor<'de> for OpaqueVisitor {
    type Value = Opaque;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&text!("settings", "设置"), f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Opaque, A::Error> {
        let (mut kind, mut sizes, mut macs, mut counts_as) = (None, None, None, None);
        let (mut weights, mut ops) = (BTreeMap::new(), BTreeMap::new());
        while let Some(key) = map.next_key()? {
            match key {
                Key::Kind => kind = Some(map.next_value::<Word>()?.0),
                Key::Shape => sizes = Some(map.next_value()?),
                Key::Macs => macs = Some(map.next_value()?),
                Key::CountsAs => counts_as = Some(map.next_value()?),
                Key::Op(kind) => {
                    ops.insert(kind, map.next_value()?);
                }
                Key::Weight(name) => {
                    if weights.insert(name.clone(), map.next_value()?).is_some() {
                        return Err(A::Error::custom(text!(
                            "has two weights called `{name}`",
                            "有两个名为 `{name}` 的权重"
                        )));
                    }
                }
            }
        }
        let shape = sizes.ok_or_else(|| A::Error::missing_field("shape"))?;
        Ok(Opaque {
            kind,
            shape,
            weights,
            macs,
            counts_as: counts_as.unwrap_or_default(),
            ops,
            is_unsized: false,
        })
    }
}

/// The name of a setting; that of the entry of a table has the table's in front.
enum Key {
    Kind,
    Shape,
    Macs,
    CountsAs,
    Weight(String),
    Op(&'static str),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        match (&*key, key.split_once('.')) {
            ("kind", _) => Ok(Self::Kind),
            ("shape", _) => Ok(Self::Shape),
            ("macs", _) => Ok(Self::Macs),
            ("counts_as", _) => Ok(Self::CountsAs),
            ("ops" | "weights", _) => Err(D::Error::custom(text!("must be a table", "应是表"))),
            (_, Some(("weights", name))) => {
                checked(name).map(|name| Self::Weight(name.to_owned())).map_err(D::Error::custom)
            }
            (_, Some(("ops", name))) => {
                let kind = Kind::ALL.iter().map(|kind| kind.name()).find(|kind| *kind == name);
                kind.map(Self::Op).ok_or_else(|| D::Error::unknown_field(&key, OPS))
            }
            _ => Err(D::Error::unknown_field(&key, SETTINGS)),
        }
    }
}

/// A name, which is no expression.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        checked(&word).map(|name| Self(name.to_owned())).map_err(D::Error::custom)
    }
}

/// A name that can stand in a path and in a line.
fn checked(name: &str) -> Result<&str, Text> {
    let is_allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(is_allowed) {
        return Ok(name);
    }
    Err(text!(
        "cannot be a name: letters, digits, `_`, `-` and `.`, at most {LONGEST_NAME}",
        "不能作名称:可用字母、数字、`_`、`-` 和 `.`,最多 {LONGEST_NAME} 个"
    ))
}

impl Serialize for Opaque {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &self.kind {
            map.serialize_entry("kind", kind)?;
        }
        map.serialize_entry("shape", &self.shape)?;
        for (name, sizes) in &self.weights {
            map.serialize_entry(&format!("weights.{name}"), sizes)?;
        }
        if let Some(macs) = &self.macs {
            map.serialize_entry("macs", macs)?;
        }
        map.serialize_entry("counts_as", &self.counts_as)?;
        for (kind, count) in &self.ops {
            map.serialize_entry(&format!("ops.{kind}"), count)?;
        }
        map.end()
    }
}

fn weights_schema(_: &mut SchemaGenerator) -> Schema {
    let sizes = json_schema!({ "type": "array", "items": { "type": "integer", "minimum": 1 } });
    json_schema!({ "type": "object", "additionalProperties": sizes })
}

fn ops_schema(_: &mut SchemaGenerator) -> Schema {
    let count = || serde_json::json!({ "type": "integer", "minimum": 0 });
    let kinds: serde_json::Map<_, _> =
        Kind::ALL.iter().map(|kind| (kind.name().to_owned(), count())).collect();
    json_schema!({ "type": "object", "properties": kinds, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::{Macs, Ops};
    use crate::op::shapes;

    /// With the entries of tables under dotted keys.
    fn opaque(settings: &str) -> Opaque {
        toml::from_str(settings).unwrap_or_else(|error| panic!("{settings}: {error}"))
    }

    fn reason(settings: &str) -> String {
        opaque(settings).output(&shapes(&[&[3, 4]])).unwrap_err().to_string()
    }

    #[test]
    fn it_is_what_its_item_says() {
        let op = opaque(
            "shape = [8, 4]\n'weights.offset.bias' = [18]\n'weights.weight' = [8, 3, 3, 3]\nmacs = 100\n\
             counts_as = 'linear'\n'ops.mul' = 7\n'ops.exp' = 5",
        );
        let inputs = shapes(&[&[3, 4], &[5]]);
        let output = op.output(&inputs).unwrap();
        assert_eq!(output.dims(), [8, 4]);
        let weights: Vec<_> = op
            .weights(&inputs)
            .iter()
            .map(|weight| (weight.name.clone().into_owned(), weight.dims()))
            .collect();
        assert_eq!(weights, [("offset.bias".to_owned(), vec![18]), ("weight".to_owned(), vec![8, 3, 3, 3])]);
        let (work, _) = op.cost(&inputs, &output).unwrap().work().unwrap();
        assert_eq!(work.macs, Macs { linear: 100, ..Macs::default() });
        assert_eq!(work.ops, Ops { mul: 107, add: 100, exp: 5, ..Ops::default() });
        assert!(op.is_counted());
    }

    #[test]
    fn it_is_counted_if_anything_says_what_it_computes() {
        assert!(!opaque("shape = [8]").is_counted());
        assert!(!opaque("shape = [8]\ncounts_as = 'linear'").is_counted());
        assert!(opaque("shape = [8]\nmacs = 0").is_counted());
        assert!(opaque("shape = [8]\n'ops.cmp' = 0").is_counted());
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert_eq!(
            opaque("shape = [8]").output(&[]).unwrap_err().to_string(),
            "takes 1 or more inputs, and gets 0"
        );
        assert!(reason("shape = [1, 1, 1, 1, 1, 1, 1, 1, 1]").contains("8 dimensions at most, and lists 9"));
        for (line, name) in
            [("kind = 'a b'", "a b"), ("'weights.a b' = [1]", "a b"), ("'weights.' = [1]", "")]
        {
            let wrong = toml::from_str::<Opaque>(&format!("shape = [1]\n{line}")).unwrap_err();
            assert!(wrong.message().starts_with("cannot be a name"), "{name}: {wrong}");
        }
        let large = "[9007199254740992, 9007199254740992, 9007199254740992]";
        assert!(reason(&format!("shape = [1]\n'weights.w' = {large}")).starts_with("the weight `w`: "));
        assert_eq!(opaque("shape = []").output(&shapes(&[&[3]])).unwrap().dims(), [0u64; 0]);
    }

    /// As data, entries of tables stand under dotted keys, and make the same operator again.
    #[test]
    fn it_is_read_from_what_it_writes() {
        let op = crate::op::Op::from(opaque(
            "kind = 'deform'\nshape = [8, 4]\n'weights.weight' = [8, 3]\n'weights.bias' = [8]\n'ops.mul' = 7",
        ));
        let again = crate::op::Op::from_settings("opaque", &op.all_settings()).unwrap().unwrap();
        assert_eq!(again, op);
        assert!(!op.settings().contains_key("counts_as"));
        let wrong = toml::from_str::<Opaque>("shape = [8]\n'ops.mull' = 7").unwrap_err();
        assert!(wrong.message().contains("ops.mull"), "{wrong}");
    }
}
