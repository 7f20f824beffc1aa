//! What the words and marks of a TOML text tell before it is parsed: whether it is too much of it, and which bracket is
//! not closed.

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use crate::error::{Code, Diagnostic, Span};
use crate::text;

/// The most words and marks of a description: each takes memory until all are read.
const MOST_TOKENS: usize = 300_000;

/// How deep brackets may stand in one another, and the most parts of a key: what the toml crate takes.
pub(super) const MOST_BRACKETS: usize = 80;

/// The mistake of a text that would take too much memory, or too much of the stack.
pub(in crate::read) fn too_much(text: &str) -> Option<Diagnostic> {
    count(text, 0).err()
}

/// How many words and marks there are with those of a text, behind `before` of others; the mistake if it is too much.
pub(super) fn count(text: &str, before: usize) -> Result<usize, Diagnostic> {
    let (mut open, mut parts, mut count) = (0_usize, 1, before);
    for token in Source::new(text).lex() {
        let span = span(&token);
        if count == MOST_TOKENS {
            let message = text!(
                "a description has at most {MOST_TOKENS} words and marks, which are reached here",
                "描述文件最多有 {MOST_TOKENS} 个词和符号,到此已满"
            );
            let help = text!("write what is repeated once, as a block", "把重复的部分写成块");
            return Err(Diagnostic::new(Code::TooLarge, message, span).help(help));
        }
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => (open, parts) = (open + 1, 1),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                (open, parts) = (open.saturating_sub(1), 1);
            }
            TokenKind::Dot => parts += 1,
            TokenKind::Equals | TokenKind::Comma | TokenKind::Newline | TokenKind::Comment => parts = 1,
            TokenKind::Whitespace
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom
            | TokenKind::Eof => {}
        }
        count += 1;
        if open > MOST_BRACKETS {
            let message = text!(
                "brackets stand more than {MOST_BRACKETS} deep in one another",
                "括号嵌套超过 {MOST_BRACKETS} 层"
            );
            let help = text!(
                "write the inner part as a block: `[blocks.NAME]`",
                "把里面的部分写成块:`[blocks.NAME]`"
            );
            return Err(Diagnostic::new(Code::TooLarge, message, span).help(help));
        }
        if parts > MOST_BRACKETS {
            let message =
                text!("a key has more than {MOST_BRACKETS} parts", "一个键超过 {MOST_BRACKETS} 个部分");
            return Err(Diagnostic::new(Code::TooLarge, message, span));
        }
    }
    Ok(count)
}

/// The first bracket that is not closed, or closed by one of another kind, and where that shows; of a text that is no TOML.
pub(super) fn unclosed(text: &str) -> Option<(Diagnostic, usize)> {
    let tokens: Vec<Token> = Source::new(text).lex().filter(|token| !is_blank(token.kind())).collect();
    let mut open: Vec<Token> = vec![];
    for (at, token) in tokens.iter().enumerate() {
        let starts_line = at == 0 || tokens[at - 1].kind() == TokenKind::Newline;
        // A table in a table stands behind its key.
        let has_no_key = |innermost: &Token| {
            let braces = [innermost.kind(), token.kind()] == [TokenKind::LeftCurlyBracket; 2];
            let before = tokens[..at].iter().rfind(|token| token.kind() != TokenKind::Newline);
            braces && before.is_none_or(|before| before.kind() != TokenKind::Equals)
        };
        let ends = |innermost: &&Token| {
            has_no_key(innermost) || (starts_line && is_statement(text, &tokens[at..], innermost.kind()))
        };
        if let Some(innermost) = open.last().filter(ends) {
            let next = tokens[at..].iter().take_while(|token| token.kind() != TokenKind::Newline).last();
            let line = token.span().start()..next.unwrap_or(token).span().end();
            let start = line.start;
            return Some((never_closed(innermost, text).also(line, text!("before this", "在此之前")), start));
        }
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open.push(*token),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                let Some(opened) = open.pop() else {
                    let closer = written(text, token);
                    let message = text!("this `{closer}` closes nothing", "此 `{closer}` 没有对应的开括号");
                    return Some((Diagnostic::new(Code::Syntax, message, span(token)), span(token).start));
                };
                let is_list = opened.kind() == TokenKind::LeftSquareBracket;
                if is_list != (token.kind() == TokenKind::RightSquareBracket) {
                    let closer = written(text, token);
                    let label = text!("before this `{closer}`", "在此 `{closer}` 之前");
                    let mistake = never_closed(&opened, text).also(span(token), label);
                    return Some((mistake, span(token).start));
                }
            }
            TokenKind::Dot
            | TokenKind::Equals
            | TokenKind::Comma
            | TokenKind::Newline
            | TokenKind::Comment
            | TokenKind::Whitespace
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom
            | TokenKind::Eof => {}
        }
    }
    open.last().map(|opened| (never_closed(opened, text), text.len()))
}

fn never_closed(opened: &Token, text: &str) -> Diagnostic {
    let bracket = written(text, opened);
    Diagnostic::new(
        Code::Syntax,
        text!("this `{bracket}` is not closed", "此 `{bracket}` 没有闭合"),
        span(opened),
    )
}

/// Whether a line inside brackets is none of theirs: `[blocks.b]`, or `key = ` in a list.
fn is_statement(text: &str, line: &[Token], innermost: TokenKind) -> bool {
    let kind = |at: usize| line.get(at).map(Token::kind);
    let opens = line.iter().take_while(|token| token.kind() == TokenKind::LeftSquareBracket).count();
    if !(1..=2).contains(&opens) {
        let in_list = innermost == TokenKind::LeftSquareBracket;
        return in_list && kind(0) == Some(TokenKind::Atom) && kind(1) == Some(TokenKind::Equals);
    }
    let header = line[opens..].iter().take_while(|token| token.kind() != TokenKind::RightSquareBracket);
    let length = header.clone().count();
    let is_key = |token: &Token| {
        token.kind() == TokenKind::Dot
            || token.kind() == TokenKind::BasicString
            || (token.kind() == TokenKind::Atom && !["true", "false"].contains(&written(text, token)))
    };
    let first = line.get(opens).map_or("", |token| written(text, token));
    let ends = kind(2 * opens + length);
    length > 0
        && first.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && header.clone().all(is_key)
        && matches!(ends, None | Some(TokenKind::Newline | TokenKind::Eof))
}

fn is_blank(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::Comment)
}

fn written<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(span(token)).unwrap_or_default()
}

fn span(token: &Token) -> Span {
    token.span().start()..token.span().end()
}
