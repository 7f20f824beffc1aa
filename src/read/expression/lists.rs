//! Lists in expressions: an element, how many there are, their sum, and the numbers from 0.

use num_traits::{CheckedAdd, Zero};

use super::functions::Call;
use super::{Failure, Kind, Outcome, Rational, Value, fail, too_large};
use crate::text;

/// The most elements of a list.
pub(in crate::read) const MOST_ELEMENTS: usize = 10_000;

/// Element `k`, from 0; a negative one counts from the end.
pub(super) fn element(call: &Call) -> Outcome {
    let list = match call.value(0)? {
        Value::List(list) => list,
        other @ (Value::Number(_) | Value::Boolean(_) | Value::Word(_)) => {
            let ((kind, kind_zh), span) = (other.kind(), &call.arguments[0].span);
            let message = text!("this is no list but the {kind} {other}", "这不是列表,而是{kind_zh} {other}");
            return fail(span, message);
        }
    };
    let (index, count) = (call.whole(1)?, list.len());
    let at = if index < 0 { index.checked_add_unsigned(count as u128) } else { Some(index) };
    let element = at.and_then(|at| list.get(usize::try_from(at).ok()?));
    element.cloned().map_or_else(
        || {
            let end = count.saturating_sub(1);
            let failure = Failure::from(text!(
                "the list has {count} elements and none at {index}",
                "列表有 {count} 个元素,没有序号 {index}"
            ));
            let help = text!("they are counted from 0 to {end}", "序号从 0 到 {end}");
            fail(&call.arguments[1].span, if count > 0 { failure.with_help(help) } else { failure })
        },
        Ok,
    )
}

/// How many elements a list has, or how many tensors go by a name.
pub(super) fn len(call: &Call) -> Outcome {
    let tensors = match &call.arguments[0].kind {
        Kind::Name(name) => call.scope.count(name),
        Kind::Constant(_) | Kind::Call(..) => None,
    };
    let count = match tensors {
        Some(count) => count,
        None => list(call)?.len(),
    };
    Ok(whole(count))
}

/// All elements together; 0 for none.
pub(super) fn sum(call: &Call) -> Outcome {
    let list = list(call)?;
    call.scope.looks_at(list.len());
    let mut sum = Rational::zero();
    for element in &*list {
        let Value::Number(number) = element else {
            return call.mismatch(0, ("list of numbers", "数的列表"), element);
        };
        match sum.checked_add(number) {
            Some(more) => sum = more,
            None => return fail(call.span, too_large(format!("{sum} + {number}"))),
        }
    }
    Ok(Value::Number(sum))
}

/// The numbers from 0 to n − 1.
pub(super) fn range(call: &Call) -> Outcome {
    let wanted = call.whole(0)?;
    let Some(count) = usize::try_from(wanted).ok().filter(|&count| count <= MOST_ELEMENTS) else {
        let message = text!(
            "a list has from 0 to {MOST_ELEMENTS} elements, and this would have {wanted}",
            "列表的元素数从 0 到 {MOST_ELEMENTS},这里是 {wanted}"
        );
        return fail(&call.arguments[0].span, message);
    };
    call.scope.looks_at(count);
    Ok(Value::List((0..count).map(whole).collect()))
}

fn list(call: &Call) -> Outcome<std::sync::Arc<[Value]>> {
    match call.value(0)? {
        Value::List(list) => Ok(list),
        other @ (Value::Number(_) | Value::Boolean(_) | Value::Word(_)) => {
            call.mismatch(0, ("list", "列表"), &other)
        }
    }
}

fn whole(count: usize) -> Value {
    Value::Number(Rational::from_integer(i128::try_from(count).unwrap_or(i128::MAX)))
}
