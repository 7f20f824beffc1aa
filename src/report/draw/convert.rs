//! Pictures as PNG and PDF. Text is set in the program's own fonts, so that it looks alike everywhere; others are asked only for
//! letters that these do not have.

use std::collections::BTreeSet;
use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{self, FontResolver, Options, Tree, fontdb};

use crate::text;
use crate::text::Text;

/// The most pixels along a side, and in all; what is larger is drawn smaller.
const PIXELS: (f32, f32) = (16_000.0, 64e6);

/// The longest side of a page in points: readers show no longer ones.
const PAGE: f32 = 14_400.0;

/// The most letters that are looked for in other fonts.
const LETTERS: usize = 2000;

/// A picture that can be written in other forms.
#[derive(Debug)]
pub struct Picture {
    /// Letters that no font has: nothing or an empty box stands for them.
    pub missing: BTreeSet<char>,
    tree: Tree,
}

impl Picture {
    /// Reads an SVG. `fonts` are asked, one after another, for letters that the program's own do not have, until all are found.
    ///
    /// # Errors
    /// If it is no SVG that can be drawn.
    pub fn new(svg: &str, fonts: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, Text> {
        let mut known = own_fonts();
        let missing = find_letters(svg, &mut known, fonts);
        let options = Options {
            font_resolver: FontResolver {
                select_font: Box::new(|font, known| own_face(font, known)),
                select_fallback: FontResolver::default_fallback_selector(),
            },
            fontdb: Arc::new(known),
            ..Options::default()
        };
        let tree = Tree::from_str(svg, &options).map_err(|error| undrawn(&error.to_string()))?;
        Ok(Self { missing, tree })
    }

    /// As PNG, `scale` pixels for one of the picture's, on white; with how many pixels these became, fewer where it would be too
    /// large.
    ///
    /// # Errors
    /// If there is nothing in it to draw.
    pub fn png(&self, scale: f32) -> Result<(Vec<u8>, f32), Text> {
        let (width, height) = (self.tree.size().width(), self.tree.size().height());
        let (side, all) = PIXELS;
        let scale = scale.min(side / width.max(height)).min((all / (width * height)).sqrt());
        let mut pixels = pixmap(width * scale, height * scale).ok_or_else(|| undrawn("it has no size"))?;
        pixels.fill(Color::WHITE);
        resvg::render(&self.tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        let png = pixels.encode_png().map_err(|error| undrawn(&error.to_string()))?;
        Ok((png, scale))
    }

    /// As PDF, a page as large as the picture.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn pdf(&self) -> Result<Vec<u8>, Text> {
        let size = self.tree.size();
        let dpi = (72.0 * size.width().max(size.height()) / PAGE).max(72.0);
        let page = svg2pdf::PageOptions { dpi };
        svg2pdf::to_pdf(&self.tree, svg2pdf::ConversionOptions::default(), page)
            .map_err(|error| undrawn(&error.to_string()))
    }
}

fn undrawn(why: &str) -> Text {
    text!("the picture cannot be drawn: {why}", "无法绘制图片:{why}")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides are at most `PIXELS`")]
fn pixmap(width: f32, height: f32) -> Option<Pixmap> {
    Pixmap::new(width.ceil().max(1.0) as u32, height.ceil().max(1.0) as u32)
}

/// DejaVu's, the first the usual one.
fn own_fonts() -> fontdb::Database {
    let mut known = fontdb::Database::new();
    for font in [dejavu::sans::regular(), dejavu::sans::bold(), dejavu::sans_mono::regular()] {
        known.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    known
}

/// Whatever a picture asks for, one of the program's own: text in a font that is not there would vanish.
fn own_face(font: &usvg::Font, known: &fontdb::Database) -> Option<fontdb::ID> {
    let is_code = |family: &usvg::FontFamily| match family {
        usvg::FontFamily::Monospace => true,
        usvg::FontFamily::Named(name) => name.to_lowercase().contains("mono"),
        usvg::FontFamily::Serif
        | usvg::FontFamily::SansSerif
        | usvg::FontFamily::Cursive
        | usvg::FontFamily::Fantasy => false,
    };
    let family = if font.families().iter().any(is_code) { "DejaVu Sans Mono" } else { "DejaVu Sans" };
    known.query(&fontdb::Query {
        families: &[fontdb::Family::Name(family)],
        weight: fontdb::Weight(font.weight()),
        ..fontdb::Query::default()
    })
}

/// Adds fonts to those that are known until they have every letter; gives the letters that none has.
fn find_letters(
    svg: &str,
    known: &mut fontdb::Database,
    fonts: impl IntoIterator<Item = Vec<u8>>,
) -> BTreeSet<char> {
    let letters: BTreeSet<char> = svg.chars().filter(|c| !c.is_ascii() && !c.is_whitespace()).collect();
    let mut missing = without(&letters, known);
    missing = missing.into_iter().take(LETTERS).collect();
    let mut fonts = fonts.into_iter();
    while !missing.is_empty() {
        let Some(font) = fonts.next() else { break };
        let mut other = fontdb::Database::new();
        other.load_font_data(font.clone());
        let rest = without(&missing, &other);
        if rest.len() < missing.len() {
            let faces = known.load_font_source(fontdb::Source::Binary(Arc::new(font)));
            keep_simplified(known, &faces);
            missing = rest;
        }
    }
    missing
}

/// Of faces that draw the same letters as each country does, those for simplified Chinese, if there are any.
fn keep_simplified(known: &mut fontdb::Database, faces: &[fontdb::ID]) {
    let is_simplified = |id: &fontdb::ID| {
        let face = known.face(*id);
        face.is_some_and(|face| face.families.iter().any(|(name, _)| name.ends_with(" SC")))
    };
    let others: Vec<_> = faces.iter().copied().filter(|id| !is_simplified(id)).collect();
    if others.len() < faces.len() {
        for id in others {
            known.remove_face(id);
        }
    }
}

/// Those of `letters` that no face of a database has.
fn without(letters: &BTreeSet<char>, database: &fontdb::Database) -> BTreeSet<char> {
    // What looks for another font than a first one is asked with a first one that is not among them.
    let mut asked = fontdb::Database::new();
    let first = asked.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans_mono::regular())));
    for face in database.faces() {
        asked.push_face_info(face.clone());
    }
    let (mut asked, find) = (Arc::new(asked), FontResolver::default_fallback_selector());
    let has = |asked: &mut Arc<fontdb::Database>, c: char| find(c, &first, asked).is_some();
    letters.iter().copied().filter(|c| !has(&mut asked, *c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(text: &str, family: &str) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='40'>\
             <text x='5' y='25' font-size='20' font-family='{family}'>{text}</text></svg>"
        )
    }

    fn dark(svg: &str) -> usize {
        let (png, _) = Picture::new(svg, []).unwrap().png(1.0).unwrap();
        let pixels = Pixmap::decode_png(&png).unwrap();
        pixels.pixels().iter().filter(|pixel| pixel.red() < 100).count()
    }

    #[test]
    fn text_does_not_vanish_whatever_font_is_asked_for() {
        for family in ["Inter", "Helvetica, Arial, sans-serif", "monospace", "no such font", ""] {
            assert!(dark(&svg("Conv 7×7", family)) > 100, "{family}");
        }
        assert_eq!(dark(&svg("", "Inter")), 0);
    }

    #[test]
    fn letters_that_no_font_has_are_told() {
        let missing = |text: &str| {
            Picture::new(&svg(text, "Inter"), []).unwrap().missing.into_iter().collect::<String>()
        };
        assert_eq!(missing("× − ⊕ é Ω"), "");
        assert_eq!(missing("卷积 Conv"), "卷积");
    }

    #[test]
    fn what_is_too_large_is_drawn_smaller() {
        let large = "<svg xmlns='http://www.w3.org/2000/svg' width='100000' height='2000'><rect width='9' height='9'/></svg>";
        let picture = Picture::new(large, []).unwrap();
        let (png, scale) = picture.png(2.0).unwrap();
        let pixels = Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (16_000, 320));
        assert!((scale - 0.16).abs() < 1e-6);
        let pdf = picture.pdf().unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        let page = String::from_utf8_lossy(&pdf);
        let size = page.split("/MediaBox [0 0 ").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
        let sides: Vec<f32> = size.split(' ').map(|side| side.parse().unwrap()).collect();
        assert!((sides[0] - PAGE).abs() < 0.1 && (sides[1] - 288.0).abs() < 0.1, "{size}");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for wrong in ["", "<svg", "<html/>", "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>"]
        {
            assert!(Picture::new(wrong, []).is_err(), "{wrong}");
        }
    }
}
