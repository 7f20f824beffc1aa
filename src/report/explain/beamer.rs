//! An explanation as slides: a whole document for beamer, with a slide for each layer and each box, or as many as it takes.

use super::latex::{Room, breadth_of_words, leftmost, legend_of, prose, rows};
use super::piece::{Heading, Piece, label_of};
use super::tabular;
use crate::text::Language;

/// What fits on a slide of 16:9 in small type.
const SLIDE: Room = Room { line: 780, rows: 10, has_alerts: true };

/// What is below the heading of a slide, in tenths of a millimeter.
const HEIGHT: usize = 660;

/// A line of words.
const LINE: usize = 45;

/// A row of formulas, and one with a fraction.
const ROWS: [usize; 2] = [54, 96];

/// What is left free above and below formulas that stand together.
const SKIP: usize = 40;

/// The document.
pub(super) fn write(networks: &[&[Piece]], language: Language) -> String {
    let mut text = String::from("\\documentclass[aspectratio=169, 11pt]{beamer}\n");
    if language == Language::Chinese {
        text.push_str("% XeLaTeX or LuaLaTeX\n\\usepackage[UTF8, scheme=plain]{ctex}\n");
    }
    text.push_str(
        "\\usepackage{amsmath}\n\\usepackage{booktabs}\n\\setbeamertemplate{navigation symbols}{}\n\
         \\setbeamertemplate{footline}[frame number]\n\\usefonttheme[onlymath]{serif}\n\\setbeamerfont{frametitle}{size=\\large}\n\
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
    let shapes = pieces
        .iter()
        .find_map(|piece| if let Piece::Shapes(shapes) = piece { Some(shapes.as_str()) } else { None });
    let has_place = |piece: &&Piece| !matches!(piece, Piece::Letters(_) | Piece::Shapes(_));
    let pieces: Vec<&Piece> = pieces.iter().filter(has_place).collect();
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
    let left = leftmost(pieces.iter().copied());
    let slides = dealt(pieces.iter().flat_map(|piece| blocks(piece, left, language)).collect(), heading);
    let count = slides.len();
    let slide = |(index, blocks): (usize, Vec<Block>)| {
        let part = if count > 1 { format!(" ({}/{count})", index + 1) } else { String::new() };
        frame(heading, &part, shapes, &blocks, language)
    };
    slides.into_iter().enumerate().map(slide).collect()
}

/// What stays together on a slide.
struct Block<'p> {
    piece: &'p Piece,
    /// Rows of `align*`, or what stands by itself.
    rows: Vec<String>,
    /// In tenths of a millimeter.
    height: usize,
}

/// A piece as blocks: a long table is several.
fn blocks(piece: &Piece, left: usize, language: Language) -> Vec<Block<'_>> {
    let block = |rows: Vec<String>, height| Block { piece, rows, height };
    match piece {
        Piece::Equation(..) | Piece::Written(..) => {
            let rows = rows(piece, left, &SLIDE, language);
            let height = rows.iter().map(|row| ROWS[usize::from(row.contains("\\frac"))]).sum();
            vec![block(rows, height)]
        }
        Piece::Sentence(sentence) => vec![block(vec![prose(sentence)], lines(sentence) * LINE)],
        Piece::Table(table) => {
            let part = |part: String| {
                let height = LINE * (part.matches("\\\\\n").count() + 2);
                block(vec![part], height)
            };
            tabular::write(table, &SLIDE, language).into_iter().map(part).collect()
        }
        Piece::Heading(_) | Piece::Shapes(_) | Piece::Letters(_) => vec![],
    }
}

/// How many lines words take.
fn lines(words: &str) -> usize {
    breadth_of_words(words).div_ceil(SLIDE.line).max(1)
}

/// Blocks on as few slides as hold them in their order.
fn dealt<'p>(blocks: Vec<Block<'p>>, heading: &Heading) -> Vec<Vec<Block<'p>>> {
    // A long heading takes more of a slide, and so does what letters are.
    const LETTERS: usize = 2 * LINE;
    let more = lines(&heading.name) + lines(&heading.about) - 2;
    let room = HEIGHT.saturating_sub(LETTERS + SKIP + LINE * more);
    let slides = counted(&blocks, room).len();
    // As many slides, but none of them with a last line alone.
    let even = (0..room).step_by(ROWS[0]).find(|&room| counted(&blocks, room).len() <= slides);
    let mut blocks = blocks.into_iter();
    let lengths = counted(blocks.as_slice(), even.unwrap_or(room));
    lengths.into_iter().map(|length| blocks.by_ref().take(length).collect()).collect()
}

/// How many blocks each slide holds where it has so much room.
fn counted(blocks: &[Block], room: usize) -> Vec<usize> {
    let (mut lengths, mut used) = (vec![0], 0);
    for block in blocks {
        if used > 0 && used + block.height > room {
            lengths.push(0);
            used = 0;
        }
        used += block.height;
        if let Some(length) = lengths.last_mut() {
            *length += 1;
        }
    }
    lengths
}

fn frame(
    heading: &Heading,
    part: &str,
    shapes: Option<&str>,
    blocks: &[Block],
    language: Language,
) -> String {
    let mut text = format!("\n\\begin{{frame}}[t]{{{}{part}}}", prose(&heading.name));
    let shapes =
        shapes.map(|shapes| format!("\\hskip 0pt plus 1filll{{}} {}", prose(shapes))).unwrap_or_default();
    if !heading.about.is_empty() || !shapes.is_empty() {
        text.push_str(&format!("{{{}{shapes}}}", prose(&heading.about)));
    }
    text.push_str(
        "\n  \\small\\setlength{\\abovedisplayskip}{6pt}\\setlength{\\abovedisplayshortskip}{6pt}\n",
    );
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
        text.push_str(&format!(
            "  \\vskip 0pt plus 9filll\n  {{\\footnotesize\\color{{gray}}{letters}\\par}}\n"
        ));
    }
    text + "\\end{frame}\n"
}
