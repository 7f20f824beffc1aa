//! The list of networks that come with cnncost, as data.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::write_json;
use crate::read::Description;
use crate::read::bundled::Bundled;

/// The name and version of this form.
const SCHEMA: &str = "cnncost/models/1";

/// Every bundled network.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'d> {
    /// The name and version of this form: `cnncost/models/1`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// The networks, by task and year.
    networks: Vec<Model<'d>>,
}

/// A bundled network.
#[derive(Debug, Serialize, JsonSchema)]
struct Model<'d> {
    /// What it is called on the command line.
    name: &'d str,
    /// What it is for: `teaching`, `classification`, `segmentation`, `detection`, `video`, `sequences` or `generation`.
    task: &'d str,
    /// The year of its paper, if it has one.
    year: Option<u16>,
    /// What it calls itself.
    title: Option<&'d str>,
    /// Where it is from.
    about: Option<&'d str>,
    /// Its variants.
    variants: Vec<&'d str>,
}

/// Writes descriptions, each with its name, as one object.
///
/// # Errors
/// If it cannot be written.
pub fn json(descriptions: &[(&Bundled, Description)], to: &mut dyn io::Write) -> io::Result<()> {
    let networks = descriptions.iter().map(|(file, description)| Model {
        name: file.name,
        task: file.task.name(),
        year: file.year,
        title: description.name.as_deref(),
        about: description.about.as_deref(),
        variants: description.variants.iter().map(|variant| &*variant.name.text).collect(),
    });
    let networks = networks.collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document<'_>)
}
