//! Sizes as large as they come: every operator counts them or says why not, and never panics.

use cnncost::counts::Counts;
use cnncost::op::OPERATORS;
use cnncost::shape::{LARGEST_SIZE, Shape};
use serde_json::Value;

/// In place of every whole number of an example, and of every size of its inputs.
const SIZES: [u64; 7] = [1, 2, 1 << 26, 1 << 42, LARGEST_SIZE / 2, LARGEST_SIZE - 1, LARGEST_SIZE];

#[test]
fn no_operator_panics_on_any_size() {
    for entry in OPERATORS {
        let example: toml::Table = toml::from_str(&format!("item = {}", entry.example)).unwrap();
        let mut example = serde_json::to_value(&example["item"]).unwrap();
        let settings = example.as_object_mut().unwrap();
        settings.retain(|key, _| !["op", "from", "name"].contains(&key.as_str()));
        for setting in SIZES {
            for size in SIZES {
                let mut settings = example.clone();
                enlarge(&mut settings, setting);
                // One dimension of each input at a time, then all, then none, for what takes any number of them.
                let ranks = entry.example_inputs.iter().map(|dims| dims.len()).max().unwrap_or(0);
                for large in 0..=ranks {
                    check(
                        entry.name,
                        &settings,
                        entry.example_inputs,
                        |index| index == large || large == ranks,
                        size,
                    );
                }
                let none: Vec<&[u64]> = entry.example_inputs.iter().map(|_| &[][..]).collect();
                check(entry.name, &settings, &none, |_| false, size);
            }
        }
    }
}

/// Everything that is asked of an operator before it runs.
fn check(name: &str, settings: &Value, inputs: &[&[u64]], is_large: impl Fn(usize) -> bool, size: u64) {
    let enlarged = |dims: &&[u64]| {
        let dims = dims.iter().enumerate().map(|(index, &dim)| if is_large(index) { size } else { dim });
        Shape::new(dims.collect())
    };
    let Ok(inputs) = inputs.iter().map(enlarged).collect::<Result<Vec<_>, _>>() else { return };
    let settings =
        settings.as_object().unwrap().iter().map(|(key, value)| format!(", {key} = {}", written(value)));
    let item = format!("{{ op = \"{name}\"{} }}", settings.collect::<String>());
    let operator = cnncost::read::operator(&item).unwrap_or_else(|_| panic!("{item} is read"));
    let Ok(output) = operator.output(&inputs) else { return };
    for weight in operator.weights(&inputs) {
        let _ = weight.count().evaluate();
    }
    for input in &inputs {
        let _ = operator.window(input);
    }
    for (what, working) in operator.output_workings(&inputs, &output) {
        assert!(working.evaluate().is_ok(), "{name}: {what} of {output}");
    }
    if let Ok((work, padding_exact)) = operator.cost(&inputs, &output).and_then(|cost| cost.work()) {
        let counts = Counts { work, padding_exact, ..Counts::default() };
        assert!(padding_exact.macs.total() <= work.macs.total(), "{name}: {counts:?}");
        if counts.check().is_ok() {
            assert!(padding_exact.ops.flops() <= work.ops.flops(), "{name}: {counts:?}");
            assert!(2 * work.macs.total() <= work.ops.flops(), "{name}: {counts:?}");
        }
    }
}

/// As TOML has it.
fn written(value: &Value) -> String {
    let Value::Object(table) = value else { return value.to_string() };
    let entries = table.iter().map(|(key, value)| format!("{key} = {}", written(value)));
    format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
}

/// Puts `size` in place of every whole number.
fn enlarge(value: &mut Value, size: u64) {
    match value {
        Value::Number(number) if number.is_u64() => *value = size.into(),
        Value::Array(list) => list.iter_mut().for_each(|value| enlarge(value, size)),
        Value::Object(table) => table.values_mut().for_each(|value| enlarge(value, size)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
