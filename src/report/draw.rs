//! A network as a picture: what is drawn of it ([`Scene`]), where it lies ([`layout`]), and a writer for each form.
//!
//! The forms that others lay out (Graphviz, Mermaid, a tree for the terminal) are written from the scene; SVG is laid out here.

use crate::text::Language;

#[cfg(feature = "pictures")]
pub mod convert;
pub mod dot;
mod fold;
mod heat;
mod kind;
mod label;
pub mod layout;
mod legend;
pub mod mermaid;
pub mod scene;
mod shape;
pub(super) mod size;
pub mod svg;
pub mod tree;

pub use heat::Heat;
pub use kind::Kind;
pub use scene::Scene;

use super::rows::Depth;

/// What is drawn of a network, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// How deep boxes are opened.
    pub depth: Depth,
    /// Whether boxes that repeat are drawn once, with how often.
    pub folds_repeats: bool,
    /// The figure that nodes are shaded by.
    pub heat: Option<Heat>,
    /// What each node took, by its index, if that was measured: time is this then, and no device's.
    pub times: Option<Vec<f64>>,
    /// Where the network goes.
    pub direction: Direction,
    /// How many columns (rows, of one that goes to the right) the picture is folded into.
    pub columns: Columns,
    /// The language of the legend.
    pub language: Language,
    /// Whether it becomes part of a page that has colors for it and a legend of its own.
    pub embedded: bool,
}

/// Where a network goes from its input on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the top to the bottom.
    #[default]
    Down,
    /// From left to right.
    Right,
}

/// Into how many columns a long network is folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// As many as make the picture about as wide as a slide.
    #[default]
    Fitting,
    /// So many, or as many as there are places to fold it at.
    To(usize),
}

impl Options {
    /// What is drawn where nothing else is asked for.
    pub fn new(language: Language) -> Self {
        Self {
            depth: Depth::Fitting,
            folds_repeats: true,
            heat: None,
            times: None,
            direction: Direction::Down,
            columns: Columns::Fitting,
            language,
            embedded: false,
        }
    }
}

/// The key of a place in a picture and on a page: `N12` of a node, `S3` of a box.
pub fn key(place: crate::graph::Place) -> String {
    match place {
        crate::graph::Place::Node(id) => format!("N{}", id.index()),
        crate::graph::Place::Box(id) => format!("S{}", id.index()),
    }
}

/// The name of a thing in source of other programs; an output is no node, and has one of its own.
fn id(scene: &Scene, thing: usize) -> String {
    if scene.things[thing].is_output { format!("O{thing}") } else { key(scene.things[thing].place) }
}
