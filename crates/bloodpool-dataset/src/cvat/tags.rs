//! The tags of an XML document with their attributes, which is all that CVAT stores shapes in.

/// One tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// Whether it ends an element: `</name>`. `<name/>` counts as a beginning alone.
    pub(super) closes: bool,
}

impl Tag {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All tags in their order. Text, comments and processing instructions are stepped over; entities that a document defines by itself
/// are refused.
pub(super) fn tags(text: &str) -> Result<Vec<Tag>, String> {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let stepped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((begin, end)) = stepped.into_iter().find(|(begin, _)| rest.starts_with(begin)) {
            let after = rest[begin.len()..].split_once(end).ok_or_else(|| format!("`{begin}` does not end"))?;
            rest = after.1;
        } else if rest.starts_with("<!") {
            return Err("it defines a document type, which is not read".into());
        } else {
            let (tag, after) = tag(&rest[1..])?;
            tags.push(tag);
            rest = after;
        }
    }
    Ok(tags)
}

/// A tag from behind its `<`, and what follows it.
fn tag(text: &str) -> Result<(Tag, &str), String> {
    let (closes, text) = text.strip_prefix('/').map_or((false, text), |text| (true, text));
    let end = text.find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/')).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err("a tag without a name".into());
    }
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start().trim_start_matches('/').trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((Tag { name: name.into(), attributes, closes }, after));
        }
        let wrong = || format!("the tag `{name}` does not end");
        let (key, value) = rest.split_once('=').ok_or_else(wrong)?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or_else(wrong)?;
        let (value, after) = value[1..].split_once(quote).ok_or_else(wrong)?;
        attributes.push((key.trim().into(), unescaped(value)?));
        rest = after;
    }
}

/// Text with the five entities of XML and numbered characters replaced.
fn unescaped(text: &str) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        whole.push_str(before);
        let (entity, after) = after.split_once(';').ok_or("an `&` that begins no entity")?;
        whole.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => numbered(other).ok_or_else(|| format!("the entity `&{other};`, which is not known"))?,
        });
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// `#65` or `#x41`.
fn numbered(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_their_attributes_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <x> --><a k = \"1 &lt; 2\" l='it&#39;s'>text<b/></a>";
        let found = tags(text).unwrap();
        let names: Vec<_> = found.iter().map(|tag| (tag.name.as_str(), tag.closes)).collect();
        assert_eq!(names, [("a", false), ("b", false), ("a", true)]);
        assert_eq!((found[0].attribute("k"), found[0].attribute("l")), (Some("1 < 2"), Some("it's")));
        assert_eq!(found[0].attribute("m"), None);
    }

    #[test]
    fn what_is_cut_off_or_defines_entities_is_refused() {
        for (text, expected) in [
            ("<a", "does not end"),
            ("<a b=\"c", "does not end"),
            ("<!-- a", "does not end"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]>", "document type"),
            ("<a b=\"&c;\"/>", "`&c;`"),
            ("<>", "without a name"),
        ] {
            assert!(tags(text).unwrap_err().contains(expected), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_tags_or_an_error(text in "[<>/=\"'& a-c;#!?-]{0,40}") {
            let _ = tags(&text);
        }
    }
}
