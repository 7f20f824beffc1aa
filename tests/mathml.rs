//! The fragments of HTML that explain each place: well-formed, with numbers that are those of the analysis, whatever is in
//! them.

use cnncost::graph::{Place, ScopeId};
use cnncost::read::bundled::{self, BUNDLED};
use cnncost::read::{Description, Options};
use cnncost::report::explain::mathml;
use cnncost::subject::Subject;
use cnncost::text::Language;
use roxmltree::{Document, Node};

fn subject(name: &str) -> Subject {
    let (file, variant) = bundled::find(name).unwrap();
    let network = Description::parse(file.name, file.text).unwrap();
    let network = network.expand(&Options { variant, ..Options::default() }).unwrap();
    Subject { label: name.to_owned(), title: name.to_owned(), ..Subject::of(network, 1).unwrap() }
}

fn places(subject: &Subject) -> Vec<Place> {
    let graph = subject.graph();
    let boxes = graph.scopes().filter(|(_, scope)| scope.nodes().len() > 0).map(|(id, _)| Place::Box(id));
    boxes.chain(graph.nodes().map(|(id, _)| Place::Node(id))).collect()
}

/// Elements have as many children as MathML wants of them.
fn check(node: Node, path: &str) {
    let children = node.children().filter(Node::is_element).count();
    let wanted = match node.tag_name().name() {
        "msup" | "msub" | "mfrac" => Some(2),
        "msubsup" => Some(3),
        "mi" | "mn" | "mo" | "mtext" => Some(0),
        _ => None,
    };
    assert!(wanted.is_none_or(|wanted| wanted == children), "{path}: {node:?}");
    node.children().for_each(|child| check(child, path));
}

#[test]
fn fragments_of_every_place_are_well_formed() {
    let mut checked = 0;
    for file in BUNDLED {
        let subject = subject(file.name);
        for place in places(&subject) {
            // Of every other place in Chinese.
            let language = if checked % 2 == 0 { Language::English } else { Language::Chinese };
            let fragment = mathml(&subject, place, language);
            let path = subject.graph().place_path(place);
            let page = format!("<div>{fragment}</div>");
            let document = Document::parse(&page).unwrap_or_else(|error| panic!("{path}: {error}\n{page}"));
            check(document.root_element(), &path);
            checked += 1;
        }
    }
    assert!(checked > 3000, "only {checked} places");
}

#[test]
fn a_layer_is_explained_as_on_the_slide() {
    let subject = subject("bottleneck");
    let node = subject.graph().find("conv").unwrap();
    let fragment = mathml(&subject, node, Language::English);
    let letters = "<dt>MACs</dt><dd><math><mo form=\"infix\">=</mo><mrow><msup><mi>K</mi><mn>2</mn></msup><mo>·</mo>\
                   <mi>H</mi><mo>·</mo><mi>W</mi><mo>·</mo><msub><mi>C</mi><mi>in</mi></msub><mo>·</mo>\
                   <msub><mi>C</mi><mi>out</mi></msub></mrow></math> ";
    assert!(fragment.contains(letters), "{fragment}");
    assert!(fragment.contains("<mn>10,035,200</mn>"), "{fragment}");
    assert!(fragment.contains("<math><mi>K</mi></math> kernel"), "{fragment}");
    // The same layer has the same fragment, wherever it stands.
    assert!(!fragment.contains("<h"), "{fragment}");
    let network = mathml(&subject, Place::Box(ScopeId::ROOT), Language::Chinese);
    assert!(
        network.contains("<dt>乘加数</dt>") && network.contains("<table class=\"working\">"),
        "{network}"
    );
}
