//! What follows from constants, shapes and weights alone: kept as a formula, of which only what sizes depend on is evaluated.

use std::collections::HashSet;
use std::sync::Arc;

use super::array::Array;
use super::draft::SourceId;
use super::messages::{Kind, Node, Tensor};
use super::value::Fixed;

/// Every such value of a file, each after those that it follows from.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    /// How many numbers are held.
    numbers: u64,
}

/// A value that follows from others.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its sizes, and its numbers where these are known.
    pub(super) array: Array,
    /// What it follows from.
    pub(super) source: Origin,
    /// The weights that it follows from.
    pub(super) roots: Roots,
    /// Whether it may be a part of these alone.
    is_part: bool,
    /// Whether it is a product of them, or is made of one.
    pub(super) is_product: bool,
}

/// What a value follows from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// Its numbers are all that there is.
    Known,
    /// A tensor of the file.
    Given(Arc<Tensor>),
    /// An operator on others.
    Made {
        /// The operator.
        node: Arc<Node>,
        /// The version of the standard's operators that it is one of.
        opset: i64,
        /// What it takes.
        inputs: Vec<Option<Fixed>>,
        /// Which of its outputs this is.
        output: usize,
        /// Where it stands.
        place: SourceId,
    },
}

/// The weights that a value follows from: floats or quantized numbers that the file gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// None.
    None,
    /// This one: an entry that is a tensor of the file.
    One(Fixed),
    /// Several.
    Several,
}

impl Roots {
    /// What is left of them in what an operator makes, of this type: truths, places and what is made anew are no weights.
    pub(super) fn left_in(self, kind: Kind, operator: &str) -> Self {
        let is_new =
            matches!(operator, "Shape" | "Size" | "ConstantOfShape" | "Range" | "EyeLike" | "OneHot");
        if is_new || !(kind.is_float() || kind.is_quantized()) { Self::None } else { self }
    }
}

impl Table {
    pub(super) fn add(&mut self, array: Array, source: Origin, roots: Roots) -> Fixed {
        let index = Fixed(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        let held = array.numbers.as_ref().map_or(0, |numbers| numbers.len() as u64);
        self.numbers = self.numbers.saturating_add(held);
        let (mut is_part, mut is_product) = (false, false);
        if let (Origin::Made { node, inputs, .. }, true) = (&source, roots != Roots::None) {
            is_part = ["Slice", "Split", "Gather", "GatherElements", "GatherND"].contains(&&*node.operator);
            is_product = ["MatMul", "Gemm"].contains(&&*node.operator);
            for &input in inputs.iter().flatten() {
                let Entry { is_part: of_part, is_product: of_product, .. } = self.get(input);
                (is_part, is_product) = (is_part || *of_part, is_product || *of_product);
            }
        }
        self.entries.push(Entry { array, source, roots, is_part, is_product });
        index
    }

    /// A tensor of the file, which may be a weight of the network.
    pub(super) fn give(&mut self, tensor: Arc<Tensor>, is_weight: bool, array: Array) -> Fixed {
        let index = self.add(array, Origin::Given(tensor), Roots::None);
        if is_weight && let Some(entry) = self.entries.get_mut(index.0 as usize) {
            entry.roots = Roots::One(index);
        }
        index
    }

    pub(super) fn know(&mut self, array: Array) -> Fixed {
        self.add(array, Origin::Known, Roots::None)
    }

    pub(super) fn get(&self, fixed: Fixed) -> &Entry {
        &self.entries[fixed.0 as usize]
    }

    pub(super) fn array(&self, fixed: Fixed) -> &Array {
        &self.get(fixed).array
    }

    /// The weights that what is made of `inputs` follows from.
    pub(super) fn roots(&self, inputs: impl Iterator<Item = Fixed>) -> Roots {
        inputs.fold(Roots::None, |roots, input| match (roots, self.get(input).roots) {
            (Roots::None, of_input) => of_input,
            (roots, Roots::None) => roots,
            (Roots::One(one), Roots::One(other)) if one == other => roots,
            (_, _) => Roots::Several,
        })
    }

    /// The weights that what an operator makes of `inputs` follows from. Scales are none: of what is quantized only the levels are,
    /// those of 32 bits too, as biases have them.
    pub(super) fn roots_through(&mut self, node: &Node, inputs: &[Option<Fixed>]) -> Roots {
        if !matches!(&*node.operator, "DequantizeLinear" | "QuantizeLinear") {
            return self.roots(inputs.iter().flatten().copied());
        }
        let Some(&Some(levels)) = inputs.first() else { return Roots::None };
        let Some(entry) = self.entries.get_mut(levels.0 as usize) else { return Roots::None };
        if let (Roots::None, Origin::Given(tensor)) = (entry.roots, &entry.source)
            && tensor.kind == Kind::INT32
            && !tensor.dims.is_empty()
        {
            entry.roots = Roots::One(levels);
        }
        entry.roots
    }

    /// The weights that a value follows from, each once.
    pub(super) fn roots_of(&self, value: Fixed) -> Vec<Fixed> {
        match self.get(value).roots {
            Roots::None => return vec![],
            Roots::One(root) => return vec![root],
            Roots::Several => {}
        }
        let (mut roots, mut seen, mut open) = (vec![], HashSet::new(), vec![value]);
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            let entry = self.get(value);
            match (entry.roots, &entry.source) {
                (Roots::One(root), _) if root != value => open.push(root),
                (Roots::One(root), _) => roots.push(root),
                (Roots::Several, Origin::Made { inputs, .. }) => open.extend(inputs.iter().flatten()),
                (Roots::None | Roots::Several, _) => {}
            }
        }
        roots.sort_unstable();
        roots
    }

    /// Whether a value is a part of the weights that it follows from: rows, slices.
    pub(super) fn is_part(&self, value: Fixed) -> bool {
        self.get(value).is_part
    }

    /// How many numbers all entries have that are known.
    pub(super) fn numbers(&self) -> u64 {
        self.numbers
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Whether a tensor may be a weight; a number without dimensions is a setting.
pub(super) fn may_be_weight(tensor: &Tensor) -> bool {
    (tensor.kind.is_float() || tensor.kind.is_quantized()) && !tensor.dims.is_empty()
}
