use super::short::{FORMS as ALL, Forms};
use super::*;
use crate::read::bundled::BUNDLED;

/// No short form, for what else is laid down.
const NONE: Forms = Forms { words: false, merges: false, residuals: false };

/// A text as it is laid out, which is as it is laid out once more, and says the same.
fn shaped(text: &str, forms: Forms) -> String {
    let blocks: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("[blocks.")?.strip_suffix(']'))
        .map(str::to_owned)
        .collect();
    let once = laid_out(text, &blocks, forms).unwrap();
    assert_eq!(laid_out(&once, &blocks, forms).unwrap(), once, "{text}");
    assert!(same::is_same(text, &once), "{text}\n{once}");
    once
}

#[test]
fn spaces_quotes_and_commas_are_of_one_kind() {
    for (text, expected) in [
        ("a=1", "a = 1\n"),
        ("a   =  'b'   # c", "a = \"b\"   # c\n"),
        ("a = 'say \"b\"'", "a = 'say \"b\"'\n"),
        ("\"a\" . 'b c' = 1", "a.\"b c\" = 1\n"),
        ("[ blocks . b ]\nlayers=[]", "[blocks.b]\nlayers = []\n"),
        ("[[ claims ]]   #c", "[[claims]]   #c\n"),
        ("a = [ 1,2 , 3, ]", "a = [1, 2, 3]\n"),
        ("a = {x=1,y = 2,}", "a = { x = 1, y = 2 }\n"),
        ("a = {}\nb = [\n]", "a = {}\nb = []\n"),
        ("a = 0x1F\nb = 1_000.50e-3\nc = inf", "a = 0x1F\nb = 1_000.50e-3\nc = inf\n"),
        ("a = '''\n x\n'''", "a = '''\n x\n'''\n"),
        ("a = 1\r\nb = 2", "a = 1\r\nb = 2\r\n"),
        ("", ""),
        ("\n\n# a\n\n\n", "# a\n"),
    ] {
        assert_eq!(shaped(text, NONE), expected, "{text}");
    }
}

#[test]
fn blank_lines_become_one_and_blocks_stand_apart() {
    let text = "\n\nname = 'n'\n\n\n\nlayers = [\n\n  'a',\n\n\n  'b',\n\n]\n[blocks.x]\n\nmerge = 'add'\n[blocks.x.branches]\na = []\n\
                # of y\n[blocks.y]\nlayers = []\n\n\n";
    let expected = "name = \"n\"\n\nlayers = [\n  \"a\",\n\n  \"b\",\n]\n\n[blocks.x]\nmerge = \"add\"\n[blocks.x.branches]\na = []\n\n\
                    # of y\n[blocks.y]\nlayers = []\n";
    assert_eq!(shaped(text, NONE), expected);
}

#[test]
fn lists_of_tables_have_a_line_for_each() {
    let text = "layers = [{op='a'},{op='b', side=[{op='c'}]}, {merge='add', branches={x=[], body=[\n{op='d'},{op='e', index=[[1,\n2],[3]]}]}}]";
    let expected = r#"layers = [
  { op = "a" },
  { op = "b", side = [{ op = "c" }] },
  { merge = "add", branches = { x = [], body = [
      { op = "d" },
      { op = "e", index = [[1, 2], [3]] },
    ] } },
]
"#;
    assert_eq!(shaped(text, NONE), expected);
    // In a line, a short list may stay, and a long one may not.
    let short = "layers = [\n  \"a\",\n  { add = [\"b\", { op = \"c\", n = 1 }] },\n]\n";
    assert_eq!(shaped(&short.replace(" = ", "="), NONE), short);
    let long = format!("layers = [{{add=[{}]}}]", ["{op='relu', when='x'}"; 5].join(","));
    let lines = "      { op = \"relu\", when = \"x\" },\n".repeat(5);
    assert_eq!(shaped(&long, NONE), format!("layers = [\n  {{ add = [\n{lines}    ] }},\n]\n"));
}

/// Of a list that is too long, as many elements stand on a line as have room; of one that is broken, as many as did.
#[test]
fn lists_of_words_and_numbers_keep_their_rows() {
    let text = format!("a = [{}]", vec!["\"0123456789\""; 20].join(","));
    let laid_out = shaped(&text, NONE);
    assert!(laid_out.lines().all(|line| line.len() <= 121), "{laid_out}");
    assert_eq!(laid_out.lines().count(), 5);
    assert_eq!(shaped("a = [1, 2,\n3,4]", NONE), "a = [\n  1, 2,\n  3, 4,\n]\n");
    // As programs write every list.
    let column =
        "input = [\n    3,\n    8,\n]\nlayers = [\n    'a',\n    'b',\n]\nc = [\n    1,\n\n    2,\n]";
    let joined = "input = [3, 8]\nlayers = [\n  \"a\",\n  \"b\",\n]\nc = [\n  1,\n\n  2,\n]\n";
    assert_eq!(shaped(column, NONE), joined);
    let grid = "a = [\n    1,  -2,\n   30, 400,\n]\n";
    assert_eq!(shaped(grid, NONE), grid);
    assert_eq!(shaped("a = [\n1,  -2,\n  30, 400,\n]", NONE), grid);
}

#[test]
fn comments_stay() {
    let text = "# top\n\n# of a\na = 1 # one\nlayers = [ # open\n# before\n{op='a'}, # behind\n{op='bb'}  # last\n# end\n]  # closed\n\n# bottom";
    let expected = "# top\n\n# of a\na = 1   # one\nlayers = [   # open\n  # before\n  { op = \"a\" },   # behind\n  { op = \"bb\" },   # last\n  \
                    # end\n]   # closed\n\n# bottom\n";
    assert_eq!(shaped(text, NONE), expected);
    // Between braces no line ends in TOML 1.0.
    let text = "params = { # of both\n  a = 1, # of a\n  b = 2,\n}\nlayers = [\n  {\n    op = 'a', # of it\n    # more\n  },\n]";
    let expected = "# of both\n# of a\nparams = { a = 1, b = 2 }\nlayers = [\n  # of it\n  # more\n  { op = \"a\" },\n]\n";
    assert_eq!(shaped(text, NONE), expected);
}

#[test]
fn columns_stay_columns() {
    for (text, expected) in [
        // Of the same keys up to there and behind it, or of the same operator next to it.
        (
            "layers = [\n{a=1},\n{a = 1,  b=2},\n{a = 10, b=20},\n{a = 1,  c=2},\n{op='r', b=2},\n{a = 1,  b=3},\n]",
            "layers = [\n  { a = 1 },\n  { a = 1,  b = 2 },\n  { a = 10, b = 20 },\n  { a = 1,  c = 2 },\n  { op = \"r\", b = 2 },\n  { a = 1,  b = 3 },\n]\n",
        ),
        // What has slipped out of its column goes back.
        (
            "layers = [\n{a=1,   b=2},\n{a=10,  b=2},\n{a=1000, b=2},\n{a=1,     b=2},\n]",
            "layers = [\n  { a = 1,    b = 2 },\n  { a = 10,   b = 2 },\n  { a = 1000, b = 2 },\n  { a = 1,    b = 2 },\n]\n",
        ),
        // Two spaces are no column yet.
        (
            "layers = [\n{a=1, b=2},\n{a=1,  b=2},\n{a=1, b=2},\n{a=100, b=2},\n]",
            "layers = [\n  { a = 1, b = 2 },\n  { a = 1, b = 2 },\n  { a = 1, b = 2 },\n  { a = 100, b = 2 },\n]\n",
        ),
        // A column is as wide as what is in it by now.
        (
            "layers = [\n{a='x',       set={b=1, c=1}},\n{a='xyz',     set={b=1, c=1}},\n]",
            "layers = [\n  { a = \"x\",   set = { b = 1, c = 1 } },\n  { a = \"xyz\", set = { b = 1, c = 1 } },\n]\n",
        ),
        // That numbers end in one column too.
        (
            "layers = [\n{a =   1, b = 2},\n{a = 100, b = 3},\n]",
            "layers = [\n  { a = 1,   b = 2 },\n  { a = 100, b = 3 },\n]\n",
        ),
        // Comments too.
        ("a = 1     # x\nbc = 10   # y\n\nd = 1 # z", "a = 1     # x\nbc = 10   # y\n\nd = 1   # z\n"),
    ] {
        assert_eq!(shaped(text, NONE), expected, "{text}");
    }
}

#[test]
fn keys_come_in_their_order_unless_a_comment_would_lose_its_place() {
    let text = "#:schema s.json\nlayers = []\ninput = [1]\nname = 'n'\n[[claims]]\nexpect = ''\n[blocks.b]\nlayers = []\nparams = []\n[params]\na = 1";
    let expected = "#:schema s.json\nname = \"n\"\ninput = [1]\nlayers = []\n\n[params]\na = 1\n\n[blocks.b]\nparams = []\nlayers = []\n\n[[claims]]\nexpect = \"\"\n";
    assert_eq!(shaped(text, NONE), expected);
    let text = "layers = []\n# of the name\nname = 'n'   # too";
    assert_eq!(shaped(text, NONE), "# of the name\nname = \"n\"   # too\nlayers = []\n");
    for kept in ["layers = []\n# of all\n\nname = \"n\"\n", "layers = []\nname = \"n\"\n# end\n"] {
        assert_eq!(shaped(kept, NONE), kept);
    }
}

#[test]
fn what_can_be_said_in_fewer_words_is() {
    for (text, expected) in [
        ("layers = [{op='relu'}]", "layers = [\"relu\"]\n"),
        ("layers = [{use='flatten'}]", "layers = [{ use = \"flatten\" }]\n"),
        ("layers = [{op='affine', add=1}]", "layers = [{ op = \"affine\", add = 1 }]\n"),
        (
            "layers = [{merge='add', branches={a=[{op='relu'}], b=[]}}]",
            "layers = [{ add = { a = [\"relu\"], b = [] } }]\n",
        ),
        (
            "layers = [{merge='add', branches={x=[], body=[{op='relu'}]}}]",
            "layers = [{ add = [\"relu\"] }]\n",
        ),
        (
            "layers = [{merge='add', branches={body=[{op='relu'}], x=[]}}]",
            "layers = [{ add = { body = [\"relu\"], x = [] } }]\n",
        ),
        (
            "layers = [{name='s', merge='concat', dim=2, branches.a=[], branches.b=[]}]",
            "layers = [{ name = \"s\", dim = 2, concat.a = [], concat.b = [] }]\n",
        ),
        (
            "layers = [{merge='mul', branches={x={layers=[], when='a'}, body=[]}}]",
            "layers = [{ mul = { x = { layers = [], when = \"a\" }, body = [] } }]\n",
        ),
        (
            "layers = []\n[blocks.relu]\nlayers = [{op='relu'}, {use='relu'}]",
            "layers = []\n\n[blocks.relu]\nlayers = [\n  { op = \"relu\" },\n  \"relu\",\n]\n",
        ),
        (
            "# of b\n[blocks.b]\nmerge = 'add'\n[blocks.b.branches]\na = []\nb = [{op='tanh'}]",
            "# of b\n[blocks.b.add]\na = []\nb = [\"tanh\"]\n",
        ),
        (
            "[blocks.b]\nparams = ['n']\nmerge = 'mul'\n[blocks.b.defaults]\nc = 1\n[blocks.b.branches]\nx = []\nbody = [{op='tanh'}]",
            "[blocks.b]\nparams = [\"n\"]\nmul = [\"tanh\"]\n[blocks.b.defaults]\nc = 1\n",
        ),
        (
            "[blocks.b]\nmerge = 'add' # why\n[blocks.b.branches]\nx = []\nbody = []",
            "[blocks.b]\nmerge = \"add\"   # why\n[blocks.b.branches]\nx = []\nbody = []\n",
        ),
        (
            "[blocks.b]\nmerge = 'add'\n[blocks.b.branches]\nx = [] # why\nbody = []",
            "[blocks.b.add]\nx = []   # why\nbody = []\n",
        ),
        (
            "[blocks.b]\nmerge = 'add'\nbranches = {x=[], body=[{op='tanh'}]}",
            "[blocks.b]\nadd = [\"tanh\"]\n",
        ),
    ] {
        assert_eq!(shaped(text, ALL), expected, "{text}");
    }
}

/// Numbers that are broken into lines, wherever they began.
#[test]
fn numbers_in_lines_are_laid_out_once_and_for_all() {
    for (text, expected) in [
        ("a = [32,\n\n64, 128, 256]", "a = [\n  32,\n\n  64, 128, 256,\n]\n"),
        ("a = [3,\n4, 18, # c\n 3]", "a = [\n  3,\n  4, 18,   # c\n  3,\n]\n"),
        ("a = [1,\n20,\n300,4000,\n5,6]", "a = [\n  1,\n  20,\n  300, 4000,\n  5, 6,\n]\n"),
        ("a = [\n  64,  128,\n  32,  128,\n]", "a = [\n  64, 128,\n  32, 128,\n]\n"),
        ("a = [\n   6,  128,\n  32, 1280,\n]", "a = [\n     6,  128,\n    32, 1280,\n]\n"),
    ] {
        assert_eq!(shaped(text, ALL), expected, "{text}");
    }
}

/// Bundled descriptions are in short forms, and written long they would be shortened to what they are.
#[test]
fn bundled_descriptions_say_what_they_say_in_few_words() {
    for file in BUNDLED {
        let description = Description::parse(file.name, file.text).unwrap();
        let blocks: Vec<String> =
            description.blocks.iter().map(|block| block.name.text.to_string()).collect();
        assert_eq!(laid_out(file.text, &blocks, ALL).as_deref(), Some(file.text), "{}", file.name);
        let long = file.text.replace("\n  \"relu\",\n", "\n  { op = \"relu\" },\n");
        assert_eq!(laid_out(&long, &blocks, ALL).as_deref(), Some(file.text), "{}", file.name);
    }
}

/// Numbers that are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Whatever is TOML is laid out once and for all, and says the same: bundled files with spaces, line breaks, comments and
/// commas where they may stand or not, with lines left out, twice, in another order.
#[test]
fn whatever_is_toml_is_laid_out_once_and_for_all() {
    const PIECES: [&str; 18] = [
        "\n",
        "\n\n\n",
        " ",
        "    ",
        "\t",
        "# c\n",
        "   # d\n",
        ",",
        "{",
        "}",
        "[",
        "]",
        "'a'",
        "\"\"\"\nx\"\"\"",
        "[]",
        "{}",
        "=",
        ".",
    ];
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let (mut laid, rounds) = (0, 1500);
    for round in 0..rounds {
        let file = &BUNDLED[numbers.below(BUNDLED.len())];
        let sections: Vec<&str> = file.text.split("\n\n").collect();
        let [first, second] = [0; 2].map(|_| sections[numbers.below(sections.len())]);
        let mut lines: Vec<String> = first.lines().chain(second.lines()).map(str::to_owned).collect();
        for _ in 0..=numbers.below(4) {
            let (at, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
            let line = lines[at].clone();
            let places: Vec<usize> =
                line.char_indices().map(|(place, _)| place).chain([line.len()]).collect();
            let place = places[numbers.below(places.len())];
            match numbers.below(9) {
                0 => lines.swap(at, other),
                1 => lines.insert(other, line),
                2 if lines.len() > 1 => drop(lines.remove(at)),
                3 => lines[at] = line.replacen(", ", ",   ", 1 + numbers.below(3)),
                4 => lines[at] = line.replacen(", ", ",\n", 1 + numbers.below(2)),
                5 => lines[at] = line.replace(" }", " # e\n }"),
                _ => lines[at].insert_str(place, PIECES[numbers.below(PIECES.len())]),
            }
        }
        let text = lines.join(if round % 8 == 0 { "\r\n" } else { "\n" });
        let blocks = ["conv".to_owned(), "relu".to_owned()];
        // Which words name blocks is not the same in what is left of a file.
        for forms in [NONE, ALL, Forms { words: false, ..ALL }] {
            let Some(once) = laid_out(&text, &blocks, forms) else { continue };
            let Some(twice) = laid_out(&once, &blocks, forms) else { panic!("no TOML:\n{text}\n{once}") };
            assert!(twice == once, "{text}\n\nonce:\n{once}\ntwice:\n{twice}");
            if same::is_same(&text, &text) && !forms.words {
                assert!(same::is_same(&text, &once), "{text}\n\nlaid out:\n{once}");
                laid += 1;
            }
        }
    }
    assert!(laid > rounds / 4, "only {laid} of {rounds} are TOML");
}
