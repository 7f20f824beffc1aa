//! What cannot be, what is not known, and what is too large.

use super::super::rule::{axis, broadcast};
use super::*;

#[test]
fn sizes_go_together_as_in_numpy() {
    assert_eq!(broadcast(&[&[3, 1], &[4], &[]]), Ok(vec![3, 4]));
    assert_eq!(broadcast(&[&[0, 1], &[1, 5]]), Ok(vec![0, 5]));
    assert_eq!(broadcast(&[&[3, 2], &[3]]).unwrap_err().english, "sizes do not go together: [3, 2], [3]");
    assert_eq!((axis(-1, 3), axis(2, 3)), (Ok(2), Ok(2)));
    assert_eq!(axis(3, 3).unwrap_err().english, "3 dimensions have no axis 3");
    assert!(axis(i64::MIN, 3).is_err() && axis(0, 0).is_err());
}

#[test]
fn what_cannot_be_says_why() {
    let data = shaped(&list(&[1, 2, 3, 4, 5, 6]), &[2, 3]);
    for (operator, other, why) in [
        ("Reshape", list(&[4, -1]), "[2, 3] cannot become [4, -1]: 4 does not divide 6"),
        ("Reshape", list(&[-1, -1]), "[2, 3] cannot become [-1, -1]: two sizes are left open"),
        ("Reshape", list(&[2, 2]), "[2, 3] cannot become [2, 2]: 6 elements are not 4"),
        ("Reshape", list(&[6, 1, 0]), "[2, 3] cannot become [6, 1, 0]: there is no dimension 3 to keep"),
        ("Reshape", list(&[-2, 3]), "[2, 3] cannot become [-2, 3]: a size is -2"),
        ("Gather", list(&[2]), "index 2 is not among 2"),
        ("Squeeze", list(&[1]), "axis 1 has size 3 and is to go"),
        ("Unsqueeze", list(&[0, -4]), "axis -4 is named twice"),
        ("Expand", list(&[2, 2]), "sizes do not go together: [2, 3], [2, 2]"),
        ("Tile", list(&[2]), "[2, 3] is not repeated [2] times"),
        ("MatMul", list(&[1, 2]), "[2, 3] and [2] are not multiplied"),
        ("Add", floats(&[1.0]), "inputs are of different types"),
        ("Split", list(&[1]), "2 is not split into [1]"),
        ("Pad", list(&[-3, 0, 0, 0]), "a padded size is -1"),
    ] {
        assert_eq!(refused(operator, &[&data, &other], &[]), why);
    }
    assert_eq!(refused("Concat", &[&data, &data], &[("axis", int(2))]), "2 dimensions have no axis 2");
    assert_eq!(
        refused("Concat", &[&data, &list(&[1])], &[("axis", int(0))]),
        "[1] cannot be joined to [2, 3] along axis 0"
    );
    assert_eq!(refused("Reshape", &[], &[]), "Reshape has no input 1");
}

/// Reshape keeps a size where 0 is asked for, unless it is to be 0.
#[test]
fn a_zero_may_keep_a_size() {
    let data = bare(&[2, 3, 4], Kind::FLOAT);
    assert_eq!(made("Reshape", &[&data, &list(&[0, -1])], &[]).dims, [2, 12]);
    let empty = bare(&[2, 0, 4], Kind::FLOAT);
    assert_eq!(made("Reshape", &[&empty, &list(&[0, 9])], &[("allowzero", int(1))]).dims, [0, 9]);
    assert_eq!(
        refused("Reshape", &[&data, &list(&[0, 9])], &[("allowzero", int(1))]),
        "[2, 3, 4] cannot become [0, 9]: 24 elements are not 0"
    );
}

/// Where numbers are unknown, sizes are told as far as they do not follow from them.
#[test]
fn sizes_are_told_without_numbers() {
    let weight = bare(&[64, 3, 7, 7], Kind::FLOAT);
    assert_eq!(
        made("Transpose", &[&weight], &[("perm", ints(&[1, 0, 2, 3]))]),
        bare(&[3, 64, 7, 7], Kind::FLOAT)
    );
    let deviation = made("ReduceMean", &[&weight], &[("axes", ints(&[1, 2, 3]))]);
    assert_eq!(made("Sub", &[&weight, &deviation], &[]), weight);
    let unknown = bare(&[2], Kind::INT64);
    for operator in ["Reshape", "Expand", "Squeeze", "Unsqueeze", "ReduceSum"] {
        let inputs = [Some(&weight), Some(&unknown)];
        assert_eq!(evaluate(&node(operator, 2, 1, &[]), 21, &inputs, 4096), Ok(None), "{operator}");
    }
    // A node whose input nobody knows, one that makes more than is known here, and one with a setting of a function's user.
    let shape = node("Shape", 1, 1, &[]);
    assert_eq!(evaluate(&shape, 21, &[None], 4096), Ok(None));
    assert_eq!(evaluate(&node("Shape", 1, 2, &[]), 21, &[Some(&weight)], 4096), Ok(None));
    let open = node("Shape", 1, 1, &[("start", AttributeValue::Reference("start".into()))]);
    assert_eq!(evaluate(&open, 21, &[Some(&weight)], 4096), Ok(None));
    let other = Node { domain: "acme".into(), ..shape };
    assert_eq!(evaluate(&other, 21, &[Some(&weight)], 4096), Ok(None));
}

#[test]
fn nothing_large_is_made() {
    let large = |array: Array, dims: &[u64]| {
        assert_eq!((&*array.dims, array.numbers), (dims, None));
    };
    large(made("ConstantOfShape", &[&list(&[1 << 40, 3])], &[]), &[1 << 40, 3]);
    large(made("Expand", &[&Array::scalar(1), &list(&[5000])], &[]), &[5000]);
    large(made("Tile", &[&list(&[1, 2]), &list(&[1 << 50])], &[]), &[1 << 51]);
    large(made("Pad", &[&list(&[1]), &list(&[1 << 50, 0])], &[]), &[(1 << 50) + 1]);
    let (zero, one, most) = (Array::scalar(0), Array::scalar(1), Array::scalar(i64::MAX));
    large(made("Range", &[&zero, &most, &one], &[]), &[i64::MAX.unsigned_abs()]);
    large(made("OneHot", &[&zero, &most, &floats(&[0.0, 1.0])], &[]), &[i64::MAX.unsigned_abs()]);
    assert_eq!(
        refused("ConstantOfShape", &[&list(&[1 << 40, 1 << 40])], &[]),
        "[1099511627776, 1099511627776] has more than 2^64 elements"
    );
    // Nothing is made of what is empty, however large its other sizes are.
    assert_eq!(made("ConstantOfShape", &[&list(&[1 << 62, 0])], &[]).numbers, floats(&[]).numbers);
    let empty = bare(&[0, 1 << 40, 1 << 40], Kind::FLOAT);
    assert_eq!(made("Transpose", &[&empty], &[]).dims, [1 << 40, 1 << 40, 0]);
    let (input, limit) = (list(&[1, 2, 3]), 2);
    let beyond = evaluate(&node("Neg", 1, 1, &[]), 21, &[Some(&input)], limit).unwrap().unwrap();
    assert_eq!(beyond, [bare(&[3], Kind::INT64)]);
}
