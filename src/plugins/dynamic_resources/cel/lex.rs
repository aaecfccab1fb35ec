//! The words of an expression (cel-go parser/gen/CEL.g4, lexer rules; parser/unescape.go).

use std::ops::Range;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Ident(String),
    /// A field's name in backticks, which need be no identifier.
    Quoted(String),
    Int(String),
    Uint(String),
    Double(String),
    String(String),
    True,
    False,
    Null,
    In,
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%", "=",
];

/// The words of `text`.
///
/// # Errors
/// Something in it is no word of CEL; says what.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    Ok(words(text)?.into_iter().map(|(token, _)| token).collect())
}

/// The same, each with its place.
pub(super) fn words(text: &str) -> Result<Vec<(Token, Range<usize>)>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']);
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        if rest.is_empty() {
            return Ok(words);
        }
        let (token, after) = token(rest)?;
        words.push((token, text.len() - rest.len()..text.len() - after.len()));
        rest = after;
    }
}

fn token(text: &str) -> Result<(Token, &str), String> {
    if let Some((string, after)) = string(text)? {
        return Ok((Token::String(string), after));
    }
    if let Some(quoted) = text.strip_prefix('`') {
        let (name, after) = quoted.split_once('`').ok_or("a backtick is not closed")?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c);
        return if name.chars().all(is_allowed) && !name.is_empty() {
            Ok((Token::Quoted(name.to_owned()), after))
        } else {
            Err(format!("`{name}` cannot be a field's name"))
        };
    }
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if is_digit(first) || (first == Some('.') && is_digit(second)) {
        return Ok(number(text));
    }
    if first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        let token = match word {
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            "in" => Token::In,
            word => Token::Ident(word.to_owned()),
        };
        return Ok((token, after));
    }
    let sign = SIGNS.iter().find_map(|sign| Some((*sign, text.strip_prefix(sign)?)));
    match sign {
        Some((sign, after)) if sign != "=" => Ok((Token::Sign(sign), after)),
        _ => Err(format!("unexpected {:?}", first.unwrap_or_default())),
    }
}

/// A number; `text` begins with one.
fn number(text: &str) -> (Token, &str) {
    let digits = |text: &str, from: usize| -> usize {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let hex = text.strip_prefix("0x").map(|rest| rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len()));
    let (mut end, mut is_double) = (digits(text, 0), false);
    if let Some(length) = hex.filter(|length| *length > 0) {
        end = 2 + length;
    } else {
        let fraction = digits(text, end + 1);
        if text.get(end..).is_some_and(|rest| rest.starts_with('.')) && fraction > end + 1 {
            (end, is_double) = (fraction, true);
        }
        if text.get(end..).is_some_and(|rest| rest.starts_with(['e', 'E'])) {
            let signed = text.get(end + 1..).is_some_and(|rest| rest.starts_with(['+', '-']));
            let from = end + 1 + usize::from(signed);
            let exponent = digits(text, from);
            if exponent > from {
                (end, is_double) = (exponent, true);
            }
        }
    }
    let (number, after) = text.split_at(end);
    if is_double {
        return (Token::Double(number.to_owned()), after);
    }
    match after.strip_prefix(['u', 'U']) {
        Some(after) => (Token::Uint(number.to_owned()), after),
        None => (Token::Int(number.to_owned()), after),
    }
}

/// A string and what follows it, if `text` begins with one.
fn string(text: &str) -> Result<Option<(String, &str)>, String> {
    if text.strip_prefix(['b', 'B']).is_some_and(|rest| rest.trim_start_matches(['r', 'R']).starts_with(['"', '\''])) {
        return Err("bytes are not supported".to_owned());
    }
    let raw = text.strip_prefix(['r', 'R']).filter(|rest| rest.starts_with(['"', '\'']));
    let body = raw.unwrap_or(text);
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote)) else {
        return Ok(None);
    };
    let body = body.get(quote.len()..).unwrap_or_default();
    let mut value = String::new();
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            return Ok(Some((value, after)));
        }
        let mut characters = rest.chars();
        match characters.next() {
            None => return Err("a string is not closed".to_owned()),
            Some('\n' | '\r') if quote.len() == 1 => return Err("a string is not closed".to_owned()),
            Some('\\') if raw.is_none() => {
                let (character, after) = escape(characters.as_str()).ok_or("a string has an unknown escape")?;
                value.push(character);
                rest = after;
            }
            Some(character) => {
                value.push(character);
                rest = characters.as_str();
            }
        }
    }
}

/// What follows a backslash: the character that it stands for, and the rest.
fn escape(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    let code = |text: &str, digits: usize, radix: u32| -> Option<char> {
        let digits = text.get(..digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?)
    };
    let (character, digits) = match first {
        'a' => ('\u{7}', 0),
        'b' => ('\u{8}', 0),
        'f' => ('\u{c}', 0),
        'n' => ('\n', 0),
        'r' => ('\r', 0),
        't' => ('\t', 0),
        'v' => ('\u{b}', 0),
        '\\' | '\'' | '"' | '`' | '?' => (first, 0),
        'x' | 'X' => (code(rest, 2, 16)?, 2),
        'u' => (code(rest, 4, 16)?, 4),
        'U' => (code(rest, 8, 16)?, 8),
        '0'..='3' => return Some((code(text, 3, 8)?, text.get(3..)?)),
        _ => return None,
    };
    Some((character, rest.get(digits..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected: &[Token]) {
        assert_eq!(tokens(text).as_deref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn string(text: &str, expected: &str) {
        case(text, &[Token::String(expected.to_owned())]);
    }

    #[test]
    fn numbers() {
        let int = |text: &str| Token::Int(text.to_owned());
        case("1 0x1F", &[int("1"), int("0x1F")]);
        case("1u 0xFFu", &[Token::Uint("1".to_owned()), Token::Uint("0xFF".to_owned())]);
        case("1.5e-3", &[Token::Double("1.5e-3".to_owned())]);
        case(".5", &[Token::Double(".5".to_owned())]);
        case("2e3", &[Token::Double("2e3".to_owned())]);
        case("1.size", &[int("1"), Token::Sign("."), Token::Ident("size".to_owned())]);
        case("1e", &[int("1"), Token::Ident("e".to_owned())]);
        case("0x", &[int("0"), Token::Ident("x".to_owned())]);
    }

    #[test]
    fn strings() {
        string(r#""a\n\x41\u00e4\U0001F600\101\"""#, "a\nAä😀A\"");
        string(r"'it\'s'", "it's");
        string("\"\"\"two\nlines and \"quotes\" \"\"\"", "two\nlines and \"quotes\" ");
        string(r#"r"\d+""#, r"\d+");
        string("''", "");
        for bad in ["\"open", "'a\nb'", r#""\q""#, r#""\u12""#, r#""\ud800""#, "b'x'", "`a", "`a$`", "a = b", "#", "&"]
        {
            assert!(tokens(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn blanks_and_comments_part_words() {
        let ident = |text: &str| Token::Ident(text.to_owned());
        case("a // b\n in\tc", &[ident("a"), Token::In, ident("c")]);
        case("r.`x-y/z`", &[ident("r"), Token::Sign("."), Token::Quoted("x-y/z".to_owned())]);
        case("", &[]);
    }
}
