//! "Did you mean": words that look like the one that was typed.

/// The one of `words` that looks most like `wanted`, if any does: the same but for case and
/// separators, or a few letters off in proportion to its length.
pub(crate) fn find<'a>(wanted: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain_wanted = plain(wanted);
    words
        .filter(|word| *word != wanted && !word.is_empty())
        .filter_map(|word| {
            let other = plain(word);
            if other == plain_wanted {
                return Some((0, word));
            }
            let distance = strsim::levenshtein(&plain_wanted, &other);
            let allowed = (plain_wanted.chars().count() / 4).min(3);
            (distance <= allowed && !differ_on_purpose(wanted, word)).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| word)
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric() || *c == '/').flat_map(char::to_lowercase).collect()
}

/// Numbers and short parts count things: `m5.large` is no misspelt `m6.large`, and neither is
/// `zone-a` a misspelt `zone-b`.
fn differ_on_purpose(a: &str, b: &str) -> bool {
    let parts =
        |word: &str| -> Vec<String> { word.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect() };
    let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let (parts_a, parts_b) = (parts(a), parts(b));
    has_digit(a)
        || has_digit(b)
        || (parts_a.len() == parts_b.len()
            && parts_a.iter().zip(&parts_b).any(|(a, b)| a != b && a.len().min(b.len()) <= 2))
}

/// Up to three of `words` that a person who typed `wanted` may have meant, the closest first: a typing
/// error in them, or the beginning of a longer name (a node's short name). None when nothing is near.
pub(crate) fn near<'a>(wanted: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    // The dashes of a flag are no letters of its name.
    let letters = wanted.trim_start_matches('-').chars().count();
    // One letter of a short word is another word.
    let allowed = if letters < 3 { 0 } else { 1 + letters / 5 };
    let mut near: Vec<(usize, &str)> = words
        .filter(|word| *word != wanted)
        .filter_map(|word| {
            if letters >= 3 && word.starts_with(wanted) {
                return Some((0, word));
            }
            let distance = strsim::osa_distance(wanted, word);
            (distance <= allowed && 2 * distance < letters).then_some((distance, word))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, word)| word).collect()
}

/// `did you mean a or b?`; none when nothing is near.
pub(crate) fn question<'a>(wanted: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = near(wanted, words);
    let (last, others) = near.split_last()?;
    let others = others.join(", ");
    Some(if others.is_empty() { format!("did you mean {last}?") } else { format!("did you mean {others} or {last}?") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(wanted: &str, words: &[&str], expected: Option<&str>) {
        assert_eq!(find(wanted, words.iter().copied()), expected, "{wanted}");
    }

    #[test]
    fn typing_errors() {
        case("SSD", &["hdd", "ssd"], Some("ssd"));
        case("disk-type", &["diskType", "zone"], Some("diskType"));
        case("general", &["genral", "gpu"], Some("genral"));
        case("topology.kubernetes.io/zonr", &["topology.kubernetes.io/zone"], Some("topology.kubernetes.io/zone"));
        case("M5.Large", &["m5.large"], Some("m5.large"));
    }

    #[test]
    fn other_things() {
        case("m5.large", &["m5.xlarge", "m6.large"], None);
        case("europe-west-b", &["europe-west-c"], None);
        case("gpu", &["cpu"], None);
        case("ssd", &["ssd"], None);
    }

    #[track_caller]
    fn near_case(wanted: &str, words: &[&str], expected: &[&str]) {
        assert_eq!(near(wanted, words.iter().copied()), expected, "{wanted}");
    }

    #[test]
    fn names() {
        near_case("web-8", &["web-7", "api-1"], &["web-7"]);
        near_case(
            "ip-10-0-1-7",
            &["ip-10-0-1-7.ec2.internal", "ip-10-9-9-9.ec2.internal"],
            &["ip-10-0-1-7.ec2.internal"],
        );
        near_case("explian", &["explain", "simulate"], &["explain"]);
        near_case("--set", &["--user", "--seed"], &[]);
        near_case("a", &["b", "abc"], &[]);
        near_case("web", &["db", "job"], &[]);
    }
}
