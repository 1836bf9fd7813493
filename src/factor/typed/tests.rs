use super::*;

fn digits(width: u8) -> Digits {
    Digits::new(width).unwrap()
}

/// The result of [`Typed::parse`] in one word.
fn kind(text: &str, width: u8) -> String {
    match Typed::parse(text, digits(width)) {
        Typed::Code(code) => code.as_str().to_owned(),
        Typed::Recovery(code) => code.display().to_string(),
        Typed::Malformed => "malformed".to_owned(),
    }
}

/// Guards which texts are codes and which are recovery codes.
#[test]
fn typed_text() {
    let recovery = "0123-4567-89AB-CDEF";
    for (text, width, expected) in [
        ("123456", 6, "123456"),
        ("000000", 6, "000000"),
        ("012345", 6, "012345"),
        ("123 456", 6, "123456"),
        ("123-456", 6, "123456"),
        (" \t123456\r\n", 6, "123456"),
        ("\u{2003}123456\u{a0}", 6, "123456"),
        ("- 1-2 3-4 5-6 -", 6, "123456"),
        ("123\t456", 6, "123456"),
        ("123\n456", 6, "123456"),
        ("123\u{a0}456", 6, "123456"),
        ("123\u{2009}456", 6, "123456"),
        ("123\u{2011}456", 6, "123456"),
        ("123\u{2013}456", 6, "123456"),
        ("\u{200f}123456\u{200e}", 6, "123456"),
        ("\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}", 6, "123456"),
        ("\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}", 6, "123456"),
        ("\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}", 6, "123456"),
        ("1\u{662}\u{ff13}\u{96a}56", 6, "123456"),
        ("0123", 4, "0123"),
        ("012345678901", 12, "012345678901"),
        // Wrong lengths.
        ("", 6, "malformed"),
        ("   ", 6, "malformed"),
        ("---", 6, "malformed"),
        ("12345", 6, "malformed"),
        ("1234567", 6, "malformed"),
        ("0123456", 6, "malformed"),
        ("123456", 8, "malformed"),
        // Other characters.
        ("12345a", 6, "malformed"),
        ("+12345", 6, "malformed"),
        ("1234.5", 6, "malformed"),
        ("12345\u{b2}", 6, "malformed"),
        ("12345\u{2465}", 6, "malformed"),
        ("123\x00456", 6, "malformed"),
        // The right number of bytes, but other characters.
        ("\u{661}\u{662}\u{663}", 6, "malformed"),
        // Recovery codes.
        ("0123456789ABCDEF", 6, recovery),
        ("0123456789abcdef", 12, recovery),
        (" 0123-4567 89ab-cdef\n", 6, recovery),
        ("oI23456789abcdef", 6, recovery),
        ("\u{ff10}\u{ff11}234567\u{2013}89\u{ff41}\u{ff22}CDEF", 6, recovery),
        ("0123\u{a0}4567\u{200b}89AB\u{2011}CDEF", 6, recovery),
        ("OL23456789ABCDEF", 6, recovery),
        ("0i23456789ABCDEF", 6, recovery),
        ("1234567890123456", 6, "1234-5678-9012-3456"),
        ("0123456789ABCDE", 6, "malformed"),
        ("0123456789ABCDEFG", 6, "malformed"),
        ("0123456789ABCDEU", 6, "malformed"),
        ("0123456789ABCD\u{c9}", 6, "malformed"),
        ("0123456789ABCDE*", 6, "malformed"),
    ] {
        assert_eq!(kind(text, width), expected, "{text:?} with {width} digits");
    }
}

/// Guards the cost of huge input: nothing beyond the limit is parsed.
#[test]
fn huge_input_is_malformed() {
    for text in ["1".repeat(1 << 20), " ".repeat(1 << 20), "-".repeat(1 << 20) + "123456"] {
        assert_eq!(Typed::parse(&text, Digits::DEFAULT), Typed::Malformed);
    }
    assert_eq!(kind(&(" ".repeat(250) + "123456"), 6), "123456");
    assert_eq!(kind(&(" ".repeat(251) + "123456"), 6), "malformed");
}

/// Guards that a log or an assertion never prints a code.
#[test]
fn debug_is_redacted() {
    let code = Typed::parse("271828", Digits::DEFAULT);
    assert_eq!(format!("{code:?}"), "Code(Code(REDACTED))");
    let recovery = Typed::parse("0123456789ABCDEF", Digits::DEFAULT);
    assert_eq!(format!("{recovery:?}"), "Recovery(RecoveryCode(REDACTED))");
}
