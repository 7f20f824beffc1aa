//! What several tests need.

use cnncost::op::settings::Padding;
use cnncost::op::{OPERATORS, Op};
use serde_json::Value;

/// Whether there is an operator called `op`.
pub(crate) fn is_known(op: &str) -> bool {
    OPERATORS.iter().any(|entry| entry.name == op)
}

/// The operator called `op` with these settings.
pub(crate) fn operator(op: &str, settings: &Value) -> Op {
    let mut settings = settings.clone();
    // `Padding` is read as an enum, which for serde_json is never a number or a list.
    let padding =
        settings.as_object_mut().filter(|_| op == "conv2d").and_then(|settings| settings.remove("padding"));
    let mut operator = Op::read(op, &settings)
        .unwrap_or_else(|| panic!("{op} is an operator"))
        .unwrap_or_else(|error| panic!("{op} {settings}: {error}"));
    if let (Op::Conv2d(conv2d), Some(padding)) = (&mut operator, padding) {
        conv2d.padding = match padding.as_str() {
            Some(_) => serde_json::from_value(padding).unwrap(),
            None => Padding::Of(serde_json::from_value(padding).unwrap()),
        };
    }
    operator
}
