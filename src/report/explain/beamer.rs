//! An explanation as slides: a whole document for beamer, with a slide for each layer and each box, or as many as it takes.

use unicode_width::UnicodeWidthStr;

use super::latex::{Room, legend_of, prose, rows, tables};
use super::piece::{Heading, Piece, label_of};
use crate::text::Language;

/// What fits on a slide of 16:9 in small type.
const SLIDE: Room = Room { line: 78, rows: 9, names: "0.36\\linewidth", has_alerts: true };

/// Rows of a slide, fractions taken for more than one.
const HEIGHT: usize = 105;

/// A row of a slide, in tenths.
const ROW: usize = 10;

/// The document.
pub(super) fn write(networks: &[&[Piece]], language: Language) -> String {
    let mut text = String::from("\\documentclass[aspectratio=169, 10pt]{beamer}\n");
    if language == Language::Chinese {
        text.push_str("% XeLaTeX or LuaLaTeX\n\\usepackage[UTF8, scheme=plain]{ctex}\n");
    }
    text.push_str(
        "\\usepackage{amsmath}\n\\usepackage{booktabs}\n\\setbeamertemplate{navigation symbols}{}\n\
         \\setbeamertemplate{footline}[frame number]\n\\setbeamerfont{frametitle}{size=\\large}\n\
         \\setbeamerfont{framesubtitle}{size=\\small}\n\\setbeamersize{text margin left=8mm, text margin right=8mm}\n\
         \\begin{document}\n",
    );
    for pieces in networks {
        let is_heading = |piece: &Piece| matches!(piece, Piece::Heading(_));
        for section in pieces.chunk_by(|_, next| !is_heading(next)) {
            if let [Piece::Heading(heading), rest @ ..] = section {
                text.push_str(&self::section(heading, rest, language));
            }
        }
    }
    text + "\\end{document}\n"
}

/// The slides below a heading: of the network a title, of what has nothing to say none.
fn section(heading: &Heading, pieces: &[Piece], language: Language) -> String {
    let pieces: Vec<&Piece> = pieces.iter().filter(|piece| !matches!(piece, Piece::Letters(_))).collect();
    if pieces.is_empty() {
        if heading.level > 1 {
            return String::new();
        }
        let (name, about) = (prose(&heading.name), prose(&heading.about));
        return format!(
            "\n\\begin{{frame}}[plain]\n  \\centering\n  {{\\usebeamerfont{{title}}\\usebeamercolor[fg]{{title}}{name}\\par}}\n  \
             \\bigskip\n  {{\\usebeamerfont{{subtitle}}{about}\\par}}\n\\end{{frame}}\n"
        );
    }
    let slides = dealt(pieces.iter().flat_map(|piece| blocks(piece, language)).collect(), heading);
    let count = slides.len();
    let slide = |(index, blocks): (usize, Vec<Block>)| {
        let part = if count > 1 { format!(" ({}/{count})", index + 1) } else { String::new() };
        frame(heading, &part, &blocks, language)
    };
    slides.into_iter().enumerate().map(slide).collect()
}

/// What stays together on a slide.
struct Block<'p> {
    piece: &'p Piece,
    /// Rows of `align*`, or what stands by itself.
    rows: Vec<String>,
    /// Tenths of a row.
    height: usize,
}

/// A piece as blocks: a long table is several.
fn blocks<'p>(piece: &'p Piece, language: Language) -> Vec<Block<'p>> {
    let block = |rows: Vec<String>, height| Block { piece, rows, height };
    match piece {
        Piece::Equation(..) | Piece::Written(..) => {
            let rows = rows(piece, &SLIDE, language);
            let height = rows.iter().map(|row| if row.contains("\\frac") { 2 * ROW } else { ROW + 3 }).sum();
            vec![block(rows, height)]
        }
        Piece::Sentence(sentence) => {
            let lines = sentence.width().div_ceil(2 * SLIDE.line).max(1);
            vec![block(vec![prose(sentence)], ROW * (lines + 1))]
        }
        Piece::Table(table) => {
            let height = |part: &String| ROW * (part.matches("\\\\\n").count() + 2);
            let parts = tables(table, &SLIDE, language).into_iter();
            parts
                .map(|part| {
                    let height = height(&part);
                    block(vec![part], height)
                })
                .collect()
        }
        Piece::Heading(_) | Piece::Letters(_) => vec![],
    }
}

/// Blocks on as few slides as hold them in their order.
fn dealt<'p>(blocks: Vec<Block<'p>>, heading: &Heading) -> Vec<Vec<Block<'p>>> {
    // A long heading takes more of a slide, and so does what letters are.
    const LETTERS: usize = 2 * ROW;
    let lines = heading.name.width().div_ceil(SLIDE.line) + heading.about.width().div_ceil(SLIDE.line + 20);
    let room = HEIGHT - LETTERS - ROW * lines.saturating_sub(2).min(4);
    let (mut slides, mut used): (Vec<Vec<Block>>, usize) = (vec![vec![]], 0);
    for block in blocks {
        if used > 0 && used + block.height > room {
            slides.push(vec![]);
            used = 0;
        }
        used += block.height;
        if let Some(slide) = slides.last_mut() {
            slide.push(block);
        }
    }
    slides
}

fn frame(heading: &Heading, part: &str, blocks: &[Block], language: Language) -> String {
    let mut text = format!("\n\\begin{{frame}}[t]{{{}{part}}}", prose(&heading.name));
    if !heading.about.is_empty() {
        text.push_str(&format!("{{{}}}", prose(&heading.about)));
    }
    text.push_str("\n  \\small\n");
    let is_equation = |block: &Block| label_of(block.piece).is_some();
    for run in blocks.chunk_by(|a, b| is_equation(a) && is_equation(b)) {
        if is_equation(&run[0]) {
            let rows: Vec<&str> = run.iter().flat_map(|block| &block.rows).map(String::as_str).collect();
            text.push_str(&format!(
                "  \\begin{{align*}}\n    {}\n  \\end{{align*}}\n",
                rows.join(" \\\\\n    ")
            ));
        } else {
            for row in run.iter().flat_map(|block| &block.rows) {
                text.push_str(&format!("  {row}\\par\n"));
            }
        }
    }
    let pieces: Vec<&Piece> = blocks.iter().map(|block| block.piece).collect();
    if let Some(letters) = legend_of(&pieces, language) {
        text.push_str(&format!("  \\vfill\n  {{\\footnotesize\\color{{gray}}{letters}\\par}}\n"));
    }
    text + "\\end{frame}\n"
}
