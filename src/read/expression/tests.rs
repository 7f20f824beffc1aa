//! The language by example and by mistake.

use super::*;

mod random;

/// A block's insides: i = 2, width = 3/2, a choice, a flag, and a tensor of 192 × 28 × 28.
struct Example;

impl Scope for Example {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        Ok(match name {
            "i" => Value::Number(2.into()),
            "width" => Value::Number(Rational::new(3, 2)),
            "least" => Value::Number(i128::MIN.into()),
            "kind" => Value::Word("conv".into()),
            "down" => Value::Boolean(true),
            "in" => Value::Number(192.into()),
            "depths" => Value::List([3, 4, 6, 3].map(|n: i128| Value::Number(n.into())).into()),
            "names" => Value::List([Value::Word("a".into())].into()),
            _ => return Err(text!("no parameter `{name}`", "没有参数 `{name}`").into()),
        })
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        match k {
            1 | -3 => Ok(192),
            2 | 3 | -1 | -2 => Ok(28),
            _ => Err(text!("no dimension {k}", "没有第 {k} 维").into()),
        }
    }

    fn size_of(&self, name: &str, size: SizeOf) -> Result<u64, Failure> {
        match (name, size) {
            ("low" | "stage.y1", SizeOf::Channels) => Ok(64),
            ("low" | "stage.y1", SizeOf::Height) => Ok(7),
            ("low" | "stage.y1", SizeOf::Width | SizeOf::Dimension(-1)) => Ok(9),
            _ => Err(text!("no tensor `{name}`", "没有张量 `{name}`").into()),
        }
    }

    fn count(&self, name: &str) -> Option<usize> {
        (name == "skip").then_some(3)
    }
}

fn evaluate(source: &str) -> Result<Value, ExpressionError> {
    Expression::parse(source)?.evaluate(&Example)
}

#[test]
fn values() {
    let cases = [
        ("5²·28²·192·32", "120422400"),
        ("28×28 − 4", "780"),
        ("10¹²", "1000000000000"),
        ("-2^2", "-4"),
        ("-2²", "-4"),
        ("2^3^2", "512"),
        ("2²^3", "64"), // a superscript belongs to what it touches
        ("2^-2", "1/4"),
        ("(-2/3)^-3", "-27/8"),
        ("(-1)^(10^30 + 1)", "-1"),
        ("0^0", "1"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("7/2 % 1", "1/2"),
        ("1.1 + 1e-1", "6/5"),
        ("1 - 2 - 3", "-4"),
        ("12 / 2 / 3 * 2", "4"),
        ("2 * -3 - -1", "-5"),
        ("not 1 == 2 and true", "true"),
        ("false and 1/0 == 1", "false"),
        ("true or 1/0 == 1", "true"),
        ("if(i == 2, 'yes', 1/0)", "'yes'"),
        ("kind == 'conv' and kind != 'identity'", "true"),
        ("(1 < 2) == (2 <= 2)", "true"),
        ("min(3, width, 2)", "3/2"),
        ("max(3, in, 2)", "192"),
        ("floor(-5/2) + 10*ceil(-5/2)", "-23"),
        ("round(5/2)", "3"),
        ("round(-5/2)", "-2"),
        ("make_divisible(16*width, 8)", "24"),
        ("make_divisible(3, 8)", "8"),
        ("make_divisible(11, 8)", "16"), // 8 would be below 9.9
        ("make_divisible(960/4, 8)", "240"),
        ("4*dim(-1) + dim(1)", "304"),
        ("max (1, 2,)", "2"),
        ("2**3**2", "512"),
        ("depths[1]", "4"),
        ("depths[-1] * depths[i]", "18"),
        ("depths[i - 1]²", "16"),
        ("len(depths) + len(skip) + len(range(0))", "7"),
        ("sum(depths) + sum(range(4))", "22"),
        ("depths", "[3, 4, 6, 3]"),
        ("range(3)[2]", "2"),
        ("if(down, depths, range(2))[3]", "3"),
        ("depths == range(4) or depths != depths", "false"),
        ("names[0] == 'a'", "true"),
        ("range(25)", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …]"),
        ("h(low) * w(low) + in(low) + dim(low, -1)", "136"),
        ("h('stage.y1')", "7"),
        ("h('stage.y{i - 1}')", "7"),
        ("sqrt(in/3) + log2(64)", "14"),
    ];
    for (source, expected) in cases {
        assert_eq!(evaluate(source).map(|value| value.to_string()), Ok(expected.to_owned()), "{source}");
    }
}

#[test]
fn mistakes() {
    let most = "170141183460469231731687303715884105727";
    let (deep, long) = ("(".repeat(65) + "1", "1".repeat(1001));
    let many_not = "not ".repeat(65) + "true";
    let (sum, literal) = (format!("{most} + 1"), format!("{most}0"));
    let cases: [(&str, Range<usize>, &str, &str); 58] = [
        ("", 0..0, "the expression is empty", ""),
        ("  ", 0..2, "the expression is empty", ""),
        (&long, 0..1001, "the expression is too long: 1001 bytes of at most 1000", ""),
        (&deep, 64..65, "the expression is nested too deep: more than 64 levels", ""),
        (&many_not, 256..259, "the expression is nested too deep: more than 64 levels", ""),
        ("1 +", 3..3, "expected a value, but the expression ends here", ""),
        ("1 + * 2", 4..5, "expected a value, not `*`", ""),
        ("1 + not true", 4..7, "expected a value, not `not`", ""),
        ("²", 0..2, "expected a value, not `²`", ""),
        (
            "2x",
            1..2,
            "expected an operator, not `x`",
            "products are written out, `2*width`, and numbers have no unit",
        ),
        ("3x3", 1..3, "expected an operator, not `x3`", "a size for each axis is a list: `[3, 3]`"),
        ("8 if down else 9", 2..4, "expected an operator, not `if`", "write `if(condition, a, b)`"),
        ("(1 2)", 3..4, "expected an operator, not `2`", ""),
        ("1, 2", 1..2, "expected an operator, not `,`", ""),
        ("2*(1 + 2", 2..3, "this parenthesis is not closed", ""),
        ("max(1, 2", 3..4, "this parenthesis is not closed", ""),
        ("1 + 2)", 5..6, "this parenthesis was never opened", ""),
        ("kind == 'conv", 8..9, "this quote is not closed", ""),
        (
            "kind == \"conv\"",
            8..9,
            "`\"` is not part of the language",
            "words stand in single quotes: 'identity'",
        ),
        ("i = 2", 2..3, "`=` is not part of the language", "write `==`"),
        ("down && down", 5..7, "`&&` is not part of the language", "write `and`"),
        ("down || down", 5..7, "`||` is not part of the language", "write `or`"),
        ("!down", 0..1, "`!` is not part of the language", "write `not`"),
        ("7//2", 1..3, "`//` is not part of the language", "write `floor(a / b)`"),
        ("（1)", 0..3, "`（` is not part of the language", "write `(`"),
        ("i ? 1", 2..3, "`?` is not part of the language", "write `if(condition, a, b)`"),
        ("$i", 0..1, "`$` is not part of the language", "names stand alone, as in `2*width`"),
        ("True", 0..4, "`True` is not part of the language", "write `true`"),
        ("1 < i < 3", 0..9, "comparisons cannot be chained", "write `1 < i and i < 3`"),
        ("i == (2) != 2+1", 0..15, "comparisons cannot be chained", "write `i == (2) and (2) != 2+1`"),
        ("mx(1, 2)", 0..2, "there is no function `mx`", "did you mean `max`?"),
        (
            "cube(4)",
            0..4,
            "there is no function `cube`",
            "the functions are if, min, max, floor, ceil, round, make_divisible, dim, sqrt, log2, len, sum, range",
        ),
        ("1 + max(1)", 4..10, "wrong number of arguments for `max`: 1", "write `max(a, b, …)`"),
        ("if(down, 1)", 0..11, "wrong number of arguments for `if`: 2", "write `if(condition, a, b)`"),
        ("floor()", 0..7, "wrong number of arguments for `floor`: 0", "write `floor(x)`"),
        ("2*dim", 2..5, "wrong number of arguments for `dim`: 0", "write `dim(k)`"),
        (&literal, 0..40, &format!("the number is too large: {literal}"), LIMIT),
        ("1e99", 0..4, "the number is too large: 1e99", LIMIT),
        (&sum, 0..43, &format!("the number is too large: {sum}"), LIMIT),
        ("1 + 2^127", 4..9, "the number is too large: 2 ^ 127", LIMIT),
        ("1 + (-2)^127", 4..12, "the number is too large: -2 ^ 127", LIMIT),
        ("2^(0-10^30)", 0..11, "the number is too large: 2 ^ -1000000000000000000000000000000", LIMIT),
        ("1e-38/1e38", 0..10, &format!("the number is too large: 1/1{0} / 1{0}", "0".repeat(38)), LIMIT),
        ("-least", 1..6, "the number is too large: -170141183460469231731687303715884105728", LIMIT),
        (
            "make_divisible(1.6e38, 1e38)",
            0..28,
            &format!("the number is too large: make_divisible(16{}, 1{})", "0".repeat(37), "0".repeat(38)),
            LIMIT,
        ),
        ("1 + 28/(2-2)", 7..12, "division by zero: 28 / 0", ""),
        ("28 % 0", 5..6, "division by zero: 28 % 0", ""),
        ("1 + 0^-1", 4..8, "division by zero: 0 ^ -1", ""),
        ("2^0.5", 2..5, "`^` wants a whole number here, not the number 1/2", ""),
        ("dim(3/2)", 4..7, "`dim` wants a whole number here, not the number 3/2", ""),
        ("1 + down", 4..8, "`+` wants a number here, not the boolean true", ""),
        ("down and i", 9..10, "`and` wants a boolean here, not the number 2", ""),
        ("-'conv'", 1..7, "`-` wants a number here, not the word 'conv'", ""),
        ("i < kind", 4..8, "`<` wants a number here, not the word 'conv'", ""),
        ("1 == down", 0..9, "cannot compare the number 1 with the boolean true", ""),
        ("make_divisible(3, 0)", 18..19, "`make_divisible` wants at least 1 here, not 0", ""),
        ("1 + heigth", 4..10, "no parameter `heigth`", ""),
        ("1 + dim(4)", 4..10, "no dimension 4", ""),
    ];
    are_refused(&cases);
}

#[test]
fn mistakes_in_lists_and_sizes() {
    are_refused(&[
        ("depths[4]", 7..8, "the list has 4 elements and none at 4", "they are counted from 0 to 3"),
        ("depths[-5]", 7..9, "the list has 4 elements and none at -5", "they are counted from 0 to 3"),
        ("range(0)[0]", 9..10, "the list has 0 elements and none at 0", ""),
        ("depths[1/2]", 7..10, "`[…]` wants a whole number here, not the number 1/2", ""),
        ("in[0]", 0..2, "this is no list but the number 192", ""),
        ("depths[0", 6..7, "this bracket is not closed", ""),
        ("len(in)", 4..6, "`len` wants a list here, not the number 192", ""),
        ("sum(names)", 4..9, "`sum` wants a list of numbers here, not the word 'a'", ""),
        ("range(10^9)", 6..10, "a list has from 0 to 10000 elements, and this would have 1000000000", ""),
        ("range(-1)", 6..8, "a list has from 0 to 10000 elements, and this would have -1", ""),
        ("depths + 1", 0..6, "`+` wants a number here, not the list [3, 4, 6, 3]", ""),
        (
            "h(3)",
            2..3,
            "this names no tensor",
            "a name that `from` could have: `h(low)`, or in quotes: `h('stage3.y1')`",
        ),
        ("h(low, 2)", 0..9, "wrong number of arguments for `h`: 2", "write `h(name)`"),
        ("dim(high, 1)", 4..8, "no tensor `high`", ""),
        ("range", 0..5, "no parameter `range`", ""),
    ]);
}

fn are_refused(cases: &[(&str, Range<usize>, &str, &str)]) {
    for &(source, ref span, message, help) in cases {
        let error = evaluate(source).expect_err(source);
        let Failure { message: found, help: advice } = &error.failure;
        let advice = advice.as_ref().map(Text::to_string).unwrap_or_default();
        assert_eq!((&error.span, &*found.english, &*advice), (span, message, help), "{source}");
    }
}

const LIMIT: &str = "numbers are exact fractions whose two parts have at most 127 bits";

#[test]
fn literals() {
    for (literal, numer, denom) in [
        ("1.1", 11, 10),
        ("1e-5", 1, 100_000),
        ("1_000", 1000, 1),
        ("-0.50", -1, 2),
        ("+1.5e+1", 15, 1),
        ("0e999", 0, 1),
    ] {
        assert_eq!(number(literal), Some(Rational::new(numer, denom)), "{literal}");
    }
    for literal in [
        "",
        "-",
        "1.",
        ".5",
        "1__0",
        "_1",
        "1_",
        "1e",
        "0x10",
        "nan",
        "1 ",
        "--1",
        "1e39",
        "1e-39",
        "1e9999999999",
    ] {
        assert_eq!(number(literal), None, "{literal}");
    }
}

#[test]
fn names_without_functions_but_with_dim() {
    let expression = Expression::parse("if(down, max(in, dim(i)), 'w') + in").unwrap();
    assert_eq!(expression.names().collect::<Vec<_>>(), ["down", "in", "dim", "i", "in"]);
}

#[test]
fn words_that_are_compared() {
    let expression =
        Expression::parse("if(kind == 'a', 1, 2) + if('b' != kind or 'c' == 'd', 3, 'e')").unwrap();
    let found: Vec<_> =
        expression.compared_words().map(|(name, word, span)| (name, word, span.clone())).collect();
    assert_eq!(found, [("kind", "a", 11..14), ("kind", "b", 27..30)]);
}

#[test]
fn reserved_words() {
    let mut reserved = RESERVED.to_vec();
    reserved.sort_unstable();
    let expected =
        "False True and ceil dim false floor h i if in input make_divisible max min not or round true w";
    assert_eq!(reserved.join(" "), expected);
}

#[test]
fn long_and_deep_sources_need_little_stack() {
    let sum = vec!["1"; 500].join("+");
    let deep = format!("{}1{}", "1 or 1 and 1<1+1*(".repeat(50), ")".repeat(50));
    let powers = format!("1{}", " ²".repeat(333));
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            assert_eq!(evaluate(&sum), Ok(Value::Number(500.into())));
            assert_eq!(evaluate(&powers), Ok(Value::Number(1.into())));
            Expression::parse(&deep).unwrap();
            assert_eq!(
                evaluate(&format!("{}1{}", "(".repeat(64), ")".repeat(64))),
                Ok(Value::Number(1.into()))
            );
        })
        .unwrap()
        .join()
        .unwrap();
}
