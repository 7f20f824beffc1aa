//! Every operator computes what PyTorch computes, of views too, in which samples lie apart: see `reference/README.md`.

mod common;

use std::collections::BTreeSet;

use candle_core::Device;
use cnncost::op::OPERATORS;

use common::cases::Case;

#[test]
fn outputs_are_pytorchs() {
    let failures = Case::failures(&Device::Cpu);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn cases_and_operators_cover_each_other() {
    let cases = Case::all();
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.op.as_str()).collect();
    let known: BTreeSet<&str> = OPERATORS.iter().map(|entry| entry.name).collect();
    assert_eq!(tested, known);
}
