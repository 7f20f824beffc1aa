//! Arrays whose numbers may be known: what follows from shapes, constants and weights alone.

use std::sync::Arc;

use super::messages::Kind;

/// An array of known sizes. Unlike a tensor of a network it may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its sizes.
    pub dims: Vec<u64>,
    /// The type of its elements.
    pub kind: Kind,
    /// Its elements in row-major order; `None` where only sizes are known: of weights while counting, and of what is large.
    pub numbers: Option<Numbers>,
}

/// The elements of an [`Array`], whatever their width in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Whole numbers; true and false are 1 and 0.
    Ints(Arc<[i64]>),
    /// Floats: of 32 bits and fewer, as 32 bits hold them.
    Floats(Arc<[f32]>),
    /// Floats of 64 bits.
    Doubles(Arc<[f64]>),
}

impl Array {
    /// A list of whole numbers, of 64 bits.
    pub fn list(ints: impl Into<Arc<[i64]>>) -> Self {
        let ints = ints.into();
        Self { dims: vec![ints.len() as u64], kind: Kind::INT64, numbers: Some(Numbers::Ints(ints)) }
    }

    /// One whole number, of 64 bits.
    pub fn scalar(int: i64) -> Self {
        Self { dims: vec![], kind: Kind::INT64, numbers: Some(Numbers::Ints(Arc::new([int]))) }
    }

    /// Its elements, if they are known and whole numbers.
    pub fn ints(&self) -> Option<&[i64]> {
        self.numbers.as_ref().and_then(Numbers::ints)
    }

    /// How many elements it has, unless no number holds that.
    pub fn elements(&self) -> Option<u64> {
        elements(&self.dims)
    }
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Doubles(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole numbers, if they are.
    pub fn ints(&self) -> Option<&[i64]> {
        match self {
            Self::Ints(values) => Some(values),
            Self::Floats(_) | Self::Doubles(_) => None,
        }
    }

    /// The floats of at most 32 bits, if they are.
    pub fn floats(&self) -> Option<&[f32]> {
        match self {
            Self::Floats(values) => Some(values),
            Self::Ints(_) | Self::Doubles(_) => None,
        }
    }

    /// The floats of 64 bits, if they are.
    pub fn doubles(&self) -> Option<&[f64]> {
        match self {
            Self::Doubles(values) => Some(values),
            Self::Ints(_) | Self::Floats(_) => None,
        }
    }

    /// `count` zeros in the form for `kind`; of text there are none.
    pub fn zeros(kind: Kind, count: usize) -> Option<Self> {
        match kind {
            Kind::UNDEFINED | Kind::STRING => None,
            Kind::DOUBLE => Some(Self::Doubles(vec![0.0; count].into())),
            _ if kind.is_float() => Some(Self::Floats(vec![0.0; count].into())),
            _ => Some(Self::Ints(vec![0; count].into())),
        }
    }
}

/// How many elements an array of these sizes has, unless no number holds that.
pub fn elements(dims: &[u64]) -> Option<u64> {
    // An array with a size of 0 is empty, whatever the others are.
    if dims.contains(&0) {
        return Some(0);
    }
    dims.iter().try_fold(1u64, |product, &size| product.checked_mul(size))
}
