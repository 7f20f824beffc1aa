//! Nodes and arrays of any kind: nothing panics, nothing is larger than it may be, and numbers are as many as sizes say.

use std::time::{Duration, Instant};

use super::{node, operators};
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::evaluate::evaluate;
use crate::read::onnx::messages::{AttributeValue, Kind, Node};

const LIMIT: u64 = 64;

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    /// One of `0..sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }

    fn int(&mut self) -> i64 {
        let small = i64::try_from(self.roll(7)).unwrap() - 3;
        if self.roll(12) == 0 { self.pick(&[i64::MIN, i64::MAX, 1 << 62, -65_536, 255]) } else { small }
    }

    fn float(&mut self) -> f32 {
        if self.roll(8) == 0 {
            self.pick(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, f32::MAX])
        } else {
            self.pick(&[-2.5, -1.0, 0.0, 0.5, 1.0, 3.0])
        }
    }

    fn ints(&mut self) -> Vec<i64> {
        (0..self.roll(5)).map(|_| self.int()).collect()
    }

    fn array(&mut self) -> Array {
        let kind = self.pick(&[Kind::INT64, Kind::INT64, Kind::FLOAT, Kind::DOUBLE, Kind::BOOL, Kind::UINT8]);
        let huge = self.roll(20) == 0;
        let size = |dice: &mut Self| if huge { dice.pick(&[0, 1, 1 << 40, u64::MAX]) } else { dice.roll(4) };
        let dims: Vec<_> = (0..self.roll(5)).map(|_| size(self)).collect();
        let count =
            dims.iter().try_fold(1u64, |all, &size| all.checked_mul(size)).filter(|&count| count < 200);
        let numbers = count.filter(|_| self.roll(6) != 0).map(|count| match kind {
            Kind::FLOAT => Numbers::Floats((0..count).map(|_| self.float()).collect()),
            Kind::DOUBLE => Numbers::Doubles((0..count).map(|_| self.float().into()).collect()),
            Kind::INT64 => Numbers::Ints((0..count).map(|_| self.int()).collect()),
            _ => Numbers::Ints((0..count).map(|_| self.int() & 1).collect()),
        });
        Array { dims, kind, numbers }
    }

    fn node(&mut self, operator: &str) -> Node {
        const NAMES: [&str; 16] = [
            "axis",
            "axes",
            "pads",
            "keepdims",
            "perm",
            "shape",
            "starts",
            "ends",
            "split",
            "k",
            "to",
            "fmod",
            "batch_dims",
            "block_size",
            "transB",
            "scales",
        ];
        let mode = self.pick(&["reflect", "edge", "wrap", "constant"]);
        let attributes: Vec<_> = (0..self.roll(4))
            .map(|_| {
                let name = self.pick(&NAMES);
                let value = match self.roll(8) {
                    0 => AttributeValue::Other,
                    1 => AttributeValue::Floats((0..self.roll(4)).map(|_| self.float()).collect()),
                    2 => AttributeValue::Text(self.pick(&["edge", "add", "FLOAT"]).into()),
                    3..=5 => AttributeValue::Ints(self.ints()),
                    _ => AttributeValue::Int(self.int()),
                };
                (name, value)
            })
            .chain([("mode", AttributeValue::Text(mode.into()))])
            .collect();
        node(operator, 0, usize::try_from(self.roll(4)).unwrap(), &attributes)
    }
}

#[test]
fn nothing_panics_and_nothing_is_too_large() {
    let mut dice = Dice(7);
    let (mut known, mut refused, mut longest) = (0, 0, Duration::ZERO);
    for round in 0..40_000 {
        let operator = operators()[round % operators().len()];
        let mut node = dice.node(operator);
        let mut arrays: Vec<_> = (0..dice.roll(6)).map(|_| dice.array()).collect();
        if dice.roll(3) == 0
            && let [first, others @ ..] = &mut arrays[..]
        {
            // Most operators take arrays of one type, and small lists behind them.
            for other in others {
                *other = match dice.roll(2) {
                    0 => Array::list(dice.ints()),
                    _ => first.clone(),
                };
            }
        }
        node.inputs = (0..arrays.len()).map(|place| format!("{place}").into()).collect();
        let inputs: Vec<_> = arrays.iter().map(Some).collect();
        let opset = dice.pick(&[1, 6, 9, 10, 11, 13, 18, 21, i64::MAX, -1]);
        let start = Instant::now();
        let answer = evaluate(&node, opset, &inputs, LIMIT);
        longest = longest.max(start.elapsed());
        match answer {
            Ok(Some(made)) => {
                assert_eq!(made.len(), node.outputs.len(), "{node:?}");
                for array in &made {
                    let count = array.elements();
                    let Some(numbers) = &array.numbers else { continue };
                    known += 1;
                    assert_eq!(Some(numbers.len() as u64), count, "{node:?} of {arrays:?}");
                    let is_shared = arrays.iter().any(|input| input.elements() == count);
                    assert!(is_shared || count.is_some_and(|count| count <= LIMIT), "{node:?} of {arrays:?}");
                }
            }
            Ok(None) => {}
            Err(why) => {
                refused += 1;
                assert!(!why.english.is_empty() && !why.chinese.is_ascii(), "{why:?}");
            }
        }
    }
    assert!(known > 2000 && refused > 4000, "{known} were known, {refused} refused");
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}
