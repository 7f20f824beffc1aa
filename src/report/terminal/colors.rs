//! What is drawn bold and in color, where there is the program, which draws for a terminal.

use comfy_table::{Attribute, Cell as Drawn, Color, Table};

use crate::op::Class;
use crate::report::sheet::{Cell, Kind, Line, Role};

/// Whether a table has colors, whatever it is written to.
pub(super) fn allow(table: &mut Table, colors: bool) {
    if colors {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
}

/// Headings, totals and the names of boxes.
pub(super) fn bold(drawn: Drawn) -> Drawn {
    drawn.add_attribute(Attribute::Bold)
}

/// A cell in the color of what it says.
pub(super) fn tinted(drawn: Drawn, role: Role, line: &Line, cell: &Cell) -> Drawn {
    match (cell, line.kind, role, line.class) {
        (Cell::Change(_, Some(is_better)), ..) => {
            drawn.fg(if *is_better { Color::DarkGreen } else { Color::DarkRed })
        }
        (_, Kind::Total, ..) | (_, Kind::Open | Kind::Folded, Role::Name, _) => bold(drawn),
        (_, _, Role::Name | Role::Kind | Role::Share, Some(class)) => drawn.fg(color(class)),
        (..) => drawn,
    }
}

/// As in the lecture: blue convolutions, red pools, yellow softmax.
fn color(class: Class) -> Color {
    match class {
        Class::Convolution => Color::Blue,
        Class::Linear | Class::Attention => Color::Cyan,
        Class::Normalization => Color::Magenta,
        Class::Pooling => Color::Red,
        Class::Softmax => Color::Yellow,
        Class::Merge => Color::Green,
        Class::Activation | Class::Rearrangement | Class::Source | Class::Opaque => Color::Reset,
    }
}
