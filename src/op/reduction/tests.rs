//! Reductions of shapes and numbers done by hand.

use super::*;
use crate::counts::Ops;
use crate::op::shapes;
use crate::working::Notation;

fn mean(dims: &[i64], keepdim: bool) -> Mean {
    Mean { dim: dims.iter().map(|&dim| Dim(dim)).collect(), keepdim }
}

fn output(dims: &[i64], keepdim: bool, input: &[u64]) -> Result<Vec<u64>, Reason> {
    mean(dims, keepdim).output(&[Shape::new(input.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
}

#[test]
fn the_end_of_shufflenet() {
    let inputs = [Shape::new(vec![1024, 7, 7]).unwrap()];
    let mean: Mean = toml::from_str("dim = [2, 3]").unwrap();
    let output = mean.output(&inputs).unwrap();
    assert_eq!(output.dims(), [1024]);
    let cost = mean.cost(&inputs, &output).unwrap();
    let sums = &cost.terms[0].nominal;
    assert_eq!(sums.formula(Notation::Text), "output elements · (values − 1)");
    assert_eq!(sums.substitution(Notation::Text), "1,024·(7² − 1)");
    assert_eq!(cost.work().unwrap().0.ops, Ops { add: 1024 * 48, div: 1024, ..Ops::default() });
}

#[test]
fn dimensions_may_stay() {
    assert_eq!(output(&[-1, 2], true, &[3, 2, 4]), Ok(vec![3, 1, 1]));
    assert_eq!(output(&[1], false, &[3, 2, 4]), Ok(vec![2, 4]));
    assert_eq!(output(&[3, 1, 2], false, &[3, 2, 4]), Ok(vec![]));
}

#[test]
fn dimensions_are_named_once_and_not_the_batch() {
    let reason = |dims: &[i64]| {
        let reason = output(dims, false, &[3, 2, 4]).unwrap_err();
        assert_eq!(reason.setting, Some("dim"));
        reason.to_string()
    };
    assert_eq!(reason(&[3, -1]), "`dim` names dimension 3 of 3×2×4 more than once");
    assert_eq!(reason(&[0, 1]), "dimension 0 is the batch");
    assert_eq!(reason(&[4]), "there is no dimension 4 in 3×2×4");
    assert_eq!(reason(&[]), "`dim` names no dimension");
}

#[test]
fn the_mean_of_one_value_is_only_divided() {
    let inputs = [Shape::new(vec![3, 1]).unwrap()];
    let (work, _) = mean(&[2], false).cost(&inputs, &Shape::new(vec![3]).unwrap()).unwrap().work().unwrap();
    assert_eq!((work.ops.add, work.ops.div), (0, 3));
}

fn ops(operator: &impl Operator, input: &[u64]) -> Ops {
    let inputs = shapes(&[input]);
    let output = operator.output(&inputs).unwrap();
    operator.cost(&inputs, &output).unwrap().work().unwrap().0.ops
}

/// Of 4 × 30 values.
#[test]
fn reductions_cost_what_they_take() {
    let none = Ops::default();
    let image = [4, 6, 5];
    let sum: Sum = toml::from_str("dim = [2, 3]").unwrap();
    assert_eq!(ops(&sum, &image), Ops { add: 4 * 29, ..none });
    let max: Max = toml::from_str("dim = [2, 3]").unwrap();
    assert_eq!(ops(&max, &image), Ops { cmp: 4 * 29, ..none });
    let norm = |p: &str| ops(&toml::from_str::<Norm>(&format!("dim = [2, 3]\n{p}")).unwrap(), &image);
    assert_eq!(norm(""), Ops { mul: 120, add: 4 * 29, exp: 4, ..none });
    assert_eq!(norm("p = 2"), norm(""));
    assert_eq!(norm("p = 1"), Ops { cmp: 120, add: 4 * 29, ..none });
    assert_eq!(norm("p = 3"), Ops { cmp: 120, add: 4 * 29, exp: 120 + 4, ..none });
}

#[test]
fn a_norm_has_a_finite_power_above_zero() {
    let message =
        |p: &str| toml::from_str::<Norm>(&format!("dim = 1\np = {p}")).unwrap_err().message().to_owned();
    assert_eq!(message("0"), "must be above 0, and is 0");
    assert_eq!(message("inf"), "must be finite, and is inf");
    assert_eq!(message("-2.5"), "must be above 0, and is -2.5");
}

#[test]
fn what_is_wrong_names_the_reduction() {
    let sum = Sum { dim: vec![], keepdim: false };
    let help = sum.output(&shapes(&[&[3, 2]])).unwrap_err().help.unwrap();
    assert_eq!(help.english, "`dim = [2, 3]` is height and width");
}
