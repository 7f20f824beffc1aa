//! `cnncost schema`: JSON Schemas, made from the code that reads and writes.

use clap::{Args, ValueEnum};

use super::{Outcome, Output};
use crate::read::schema::description;
#[cfg(feature = "run")]
use crate::report::{bench, run};
use crate::report::{check, compare, explain, json, models, operators, plan, raw, reconcile};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Which schema
    #[arg(value_enum)]
    schema: Schema,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Schema {
    /// Of a network description
    Description,
    /// Of what `analyze --format json` prints
    Analysis,
    /// Of what `compare --format json` prints
    Comparison,
    /// Of what `bench --format json` prints
    #[cfg(feature = "run")]
    Bench,
    /// Of what `check --format json` prints
    Check,
    /// Of what `reconcile --format json` prints
    Reconcile,
    /// Of what `explain --format json` prints
    Explanation,
    /// Of what `run --format json` prints
    #[cfg(feature = "run")]
    Run,
    /// Of what `models --format json` prints
    Models,
    /// Of what `ops --format json` prints
    Ops,
    /// Of what `analyze --raw --format json` prints
    Raw,
    /// Of what `analyze --show-plan --format json` prints
    Plan,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let schema = match arguments.schema {
        Schema::Description => description(),
        Schema::Analysis => json::schema(),
        Schema::Comparison => compare::json::schema(),
        #[cfg(feature = "run")]
        Schema::Bench => bench::json::schema(),
        Schema::Check => check::schema(),
        Schema::Reconcile => reconcile::schema(),
        Schema::Explanation => explain::schema(),
        #[cfg(feature = "run")]
        Schema::Run => run::schema(),
        Schema::Models => models::schema(),
        Schema::Ops => operators::json_schema(),
        Schema::Raw => raw::schema(),
        Schema::Plan => plan::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    arguments.output.write(&(text + "\n"))
}
