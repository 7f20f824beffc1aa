//! Whether two weights that are made of the same tensors of the file hold the same numbers, or are two forms of them.

use std::collections::HashSet;

use super::draft::{Stored, View};
use super::messages::{Attribute, AttributeValue, Data, Node, Tensor};
use super::stored::{Origin, Table};
use super::value::Fixed;

/// So many values are followed to what they are made of, and not more: what goes beyond is taken for another form.
const MOST_FOLLOWED: usize = 100;

impl Table {
    /// Whether two weights have the same numbers: `Some(true)` with their two dimensions exchanged.
    pub(super) fn same(&self, one: &Stored, other: &Stored) -> Option<bool> {
        let ((one_view, one_turns), (other_view, other_turns)) = (straight(&one.view), straight(&other.view));
        let (one, one_turned) = self.straight(one.value);
        let (other, other_turned) = self.straight(other.value);
        let is_turned = one_turns ^ other_turns ^ one_turned ^ other_turned;
        (one_view == other_view && self.is_same(one, other)).then_some(is_turned)
    }

    /// What a value is but for sizes of 1 and the order of its two dimensions, and whether these are exchanged.
    fn straight(&self, mut value: Fixed) -> (Fixed, bool) {
        let mut is_turned = false;
        for _ in 0..MOST_FOLLOWED {
            let Origin::Made { node, inputs, .. } = &self.get(value).source else { break };
            let Some(&Some(from)) = inputs.first() else { break };
            let [here, there] = [value, from].map(|value| &self.array(value).dims);
            let not_one = |dims: &[u64]| dims.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
            match &*node.operator {
                "Identity" => {}
                "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" if not_one(here) == not_one(there) => {}
                "Transpose" if here.len() == 2 => {
                    is_turned ^= !here.contains(&1) && node.ints("perm") != Some(&[0, 1]);
                }
                _ => break,
            }
            value = from;
        }
        (value, is_turned)
    }

    /// Whether two values are made by the same operators of the same tensors.
    fn is_same(&self, one: Fixed, other: Fixed) -> bool {
        let (mut open, mut seen) = (vec![(one, other)], HashSet::new());
        while let Some((one, other)) = open.pop() {
            if one == other || !seen.insert((one, other)) {
                continue;
            }
            let (one, other) = (self.get(one), self.get(other));
            let is_same = seen.len() <= MOST_FOLLOWED
                && match (&one.source, &other.source) {
                    (Origin::Known, Origin::Known) => one.array.numbers.is_some() && one.array == other.array,
                    (Origin::Given(one), Origin::Given(other)) => are_equal(one, other),
                    (
                        Origin::Made {
                            node: one, opset: one_set, inputs: of_one, output: one_output, ..
                        },
                        Origin::Made { node: other, opset, inputs: of_other, output, .. },
                    ) => {
                        for pair in of_one.iter().zip(of_other) {
                            match pair {
                                (Some(one), Some(other)) => open.push((*one, *other)),
                                (None, None) => {}
                                (Some(_), None) | (None, Some(_)) => return false,
                            }
                        }
                        (one_set, one_output, of_one.len()) == (opset, output, of_other.len())
                            && do_the_same(one, other)
                    }
                    _ => false,
                };
            if !is_same {
                return false;
            }
        }
        true
    }
}

/// A view without the order of its two dimensions, and whether that is exchanged.
fn straight(view: &View) -> (View, bool) {
    match view {
        View::Transposed => (View::Whole, true),
        View::Times(factor, inner) => {
            let (inner, is_turned) = straight(inner);
            (View::Times(*factor, Box::new(inner)), is_turned)
        }
        View::Whole | View::Gates { .. } => (view.clone(), false),
    }
}

/// Whether two tensors of the file are one, or the same numbers as far as has been read.
fn are_equal(one: &Tensor, other: &Tensor) -> bool {
    let is_told = !matches!(one.data, Data::Sparse);
    is_told && (one.kind, &one.dims, &one.data) == (other.kind, &other.dims, &other.data)
}

fn do_the_same(one: &Node, other: &Node) -> bool {
    let equal = |(one, other): (&Attribute, &Attribute)| {
        one.name == other.name
            && match (&one.value, &other.value) {
                (AttributeValue::Float(one), AttributeValue::Float(other)) => {
                    one.to_bits() == other.to_bits()
                }
                (AttributeValue::Int(one), AttributeValue::Int(other)) => one == other,
                (AttributeValue::Text(one), AttributeValue::Text(other)) => one == other,
                (AttributeValue::Floats(one), AttributeValue::Floats(other)) => one == other,
                (AttributeValue::Ints(one), AttributeValue::Ints(other)) => one == other,
                (AttributeValue::Texts(one), AttributeValue::Texts(other)) => one == other,
                (AttributeValue::Tensor(one), AttributeValue::Tensor(other)) => are_equal(one, other),
                _ => false,
            }
    };
    (&one.operator, &one.domain, one.attributes.len())
        == (&other.operator, &other.domain, other.attributes.len())
        && one.attributes.iter().zip(&other.attributes).all(equal)
}
