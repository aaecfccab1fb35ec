//! What no message may repeat: tokens, passwords and keys that a server, a proxy or a login plugin echoes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::AuthInfo;
use secrecy::ExposeSecret;

/// What stands in a secret's place.
const HIDDEN: &str = "***";
/// Shorter ones would be found in words that have nothing to do with them.
const SHORTEST: usize = 6;

/// The secrets of a connection.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= SHORTEST {
            self.0.push(secret.to_owned());
            // What holds another one goes first.
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// Those that a kubeconfig has of a user.
    pub(super) fn add_all_of(&mut self, auth: &AuthInfo) {
        for secret in [&auth.token, &auth.password, &auth.client_key_data].into_iter().flatten() {
            self.add(secret.expose_secret());
        }
        if let (Some(user), Some(password)) = (&auth.username, &auth.password) {
            self.add(&STANDARD.encode(format!("{user}:{}", password.expose_secret())));
        }
        for (name, value) in auth.auth_provider.iter().flat_map(|provider| &provider.config) {
            if ["token", "secret"].iter().any(|word| name.contains(word)) {
                self.add(value);
            }
        }
    }

    /// The password in an address.
    pub(super) fn add_password_of(&mut self, address: &http::Uri) {
        let user = address.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        if let Some((user, _)) = user {
            self.add(user.split_once(':').map_or(user, |(_, password)| password));
            self.add(&STANDARD.encode(user));
        }
    }

    /// The text without them.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

/// An address without user and password.
pub(super) fn without_user(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    match (address.get(..start), address.get(start..).and_then(|rest| rest.rsplit_once('@'))) {
        (Some(scheme), Some((_, host))) => format!("{scheme}{HIDDEN}@{host}"),
        _ => address.to_owned(),
    }
}

/// An error of a reader without the value that it quotes.
pub(super) fn without_value(error: &str) -> String {
    for (before, after) in
        [("unknown variant `", '`'), ("invalid type: string \"", '"'), ("invalid value: string \"", '"')]
    {
        if let Some((said, rest)) = error.split_once(before) {
            let rest = rest.split_once(after).map_or("", |(_, rest)| rest);
            return format!("{said}{before}{HIDDEN}{after}{rest}");
        }
    }
    error.to_owned()
}

/// A line of a login plugin without what looks like a token: which one it is, is not known.
pub(super) fn without_tokens(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/".contains(c);
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (word, next) = rest.split_at_checked(end).unwrap_or((rest, ""));
        shown.push_str(if is_token(word) { HIDDEN } else { word });
        rest = next;
    }
    shown
}

/// Long, of letters of both cases and digits between other letters: no word, path or address is like that for long.
fn is_token(word: &str) -> bool {
    let longest = word.split(['/', '.']).max_by_key(|part| part.len()).unwrap_or_default();
    let has = |is: fn(&u8) -> bool| longest.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_hex = longest.bytes().all(|byte| byte.is_ascii_hexdigit()) && has(u8::is_ascii_digit);
    longest.len() >= 20 && (is_mixed || is_hex) || word.starts_with("eyJ") && word.len() >= 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_hidden_the_longest_first() {
        let mut secrets = Secrets::default();
        for secret in ["abcdef", "abcdef123", "short", " padded-one\n"] {
            secrets.add(secret);
        }
        assert_eq!(secrets.hide("abcdef123 abcdefg short padded-one"), "*** ***g short ***");
    }

    #[test]
    fn users_and_values_are_left_out() {
        assert_eq!(without_user("https://me:pass@host:1/"), "https://***@host:1/");
        assert_eq!(without_user("https://me:p@ss@["), "https://***@[");
        assert_eq!(without_user("host:6443"), "host:6443");
        assert_eq!(
            without_value("line 1: unknown variant `x`, expected one of"),
            "line 1: unknown variant `***`, expected one of"
        );
        assert_eq!(without_value("line 3 column 9: expected mapping start"), "line 3 column 9: expected mapping start");
    }

    #[test]
    fn what_looks_like_a_token_is_hidden_and_what_people_need_is_not() {
        for (line, shown) in [
            ("token: eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.x", "token: ***"),
            ("cannot refresh Kx9QmZ7TzW4pLr2sVb6NcXd8: expired", "cannot refresh ***: expired"),
            ("session=0123456789abcdef0123456789abcdef", "session=***"),
            ("AccessDenied: User: arn:aws:iam::123456789012:user/jane is not authorized", ""),
            ("dial tcp: lookup sts.eu-west-1.amazonaws.com: no such host", ""),
            ("open /home/jane/.config/gcloud/application_default_credentials.json: no such file", ""),
            ("interactive login required, run `az login --tenant contoso.onmicrosoft.com`", ""),
        ] {
            assert_eq!(without_tokens(line), if shown.is_empty() { line } else { shown });
        }
    }
}
