//! What is chosen where a model leaves a choice.

use super::notation::assigned;
use crate::read::claims::Reference;
use crate::read::description::Name;
use crate::read::expression::Value;
use crate::shape::ElementType;

/// How a network is made of a model. What is left open is as the model has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The variant, in place of the one that the model was named with.
    pub variant: Option<String>,
    /// Parameters to set after that, as they are written: `("reduce", "16")`. Of what is set twice, the last holds.
    pub set: Vec<(String, String)>,
    /// Sizes that an ONNX file leaves open, by its names for them: `("height", 640)`. Of what is set twice, the last holds.
    pub dims: Vec<(String, u64)>,
    /// Sizes of the only input, without the batch, in place of the model's.
    pub input: Option<Vec<u64>>,
    /// The type of the numbers, f32 unless it is chosen.
    pub element: Option<ElementType>,
    /// Samples of one forward pass, 1 unless it is chosen.
    pub batch: Option<u64>,
    /// Whether it is counted as it is deployed, rather than its graph.
    pub is_deployed: bool,
}

impl Choice {
    /// Samples of one forward pass.
    pub fn batch(&self) -> u64 {
        self.batch.unwrap_or(1)
    }

    /// Whether it has a word on this parameter.
    pub fn sets(&self, param: &str) -> bool {
        self.set.iter().any(|(name, _)| name == param)
    }

    /// The same for this variant, or for the defaults.
    #[must_use]
    pub fn of(&self, variant: Option<&str>) -> Self {
        Self { variant: variant.map(str::to_owned), ..self.clone() }
    }

    /// The same, and what it leaves open as `other` has it.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            variant: self.variant.clone().or_else(|| other.variant.clone()),
            set: [&other.set[..], &self.set].concat(),
            dims: [&other.dims[..], &self.dims].concat(),
            input: self.input.clone().or_else(|| other.input.clone()),
            element: self.element.or(other.element),
            batch: self.batch.or(other.batch),
            is_deployed: self.is_deployed || other.is_deployed,
        }
    }
}

/// What a file of claims chooses for a network; the variant stands behind the name of its file.
impl From<&Reference> for Choice {
    fn from(reference: &Reference) -> Self {
        let written = |(name, value): &(Name, Value)| (name.text.to_string(), assigned(value));
        Self {
            variant: None,
            set: reference.set.iter().map(written).collect(),
            dims: reference.dim.iter().map(|(name, size)| (name.text.to_string(), *size)).collect(),
            input: reference.input.clone(),
            element: reference.dtype,
            batch: reference.batch,
            is_deployed: false,
        }
    }
}
