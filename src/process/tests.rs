use super::*;

fn line(input: &[u8], limit: usize) -> Line {
    let process = Process::sandboxed(
        ["rw2fa"],
        Timestamp::from_unix(0),
        input.to_vec(),
        Box::new(io::sink()),
        Box::new(io::sink()),
    );
    process.read_line(limit, Duration::from_secs(1)).unwrap()
}

#[test]
fn a_line_ends_at_its_newline_and_never_exceeds_its_limit() {
    let text = |text: &str| Line::Text(Zeroizing::new(text.to_owned()));
    assert_eq!(line(b"123456\nmore\n", 256), text("123456"));
    assert_eq!(line(b"123456\r\n", 256), text("123456"));
    assert_eq!(line(b"123456", 256), text("123456"));
    assert_eq!(line(b"\xef\xbb\xbf123456\r\n", 256), text("123456"));
    assert_eq!(line(b"", 256), text(""));
    assert_eq!(line(&[b'1'; 256], 256), text(&"1".repeat(256)));
    for (input, problem) in [
        (vec![b'1'; 257], Unreadable::TooLong),
        (vec![b'1'; 1_000_000], Unreadable::TooLong),
        (vec![b'1', 0xff, b'\n'], Unreadable::NotUtf8),
        (b"\xff\xfe\n".to_vec(), Unreadable::Utf16),
    ] {
        assert_eq!(line(&input, 256), Line::Unreadable(problem));
    }
}

/// Guards what may follow a code: what PAM and other programs write after it, and nothing else.
#[test]
fn a_line_may_end_with_nul() {
    for (input, expected) in [
        (&b"123456\0"[..], "123456"),
        (b"123456\0\n", "123456"),
        (b"123456\n\0", "123456"),
        (b"123456\0\r\n", "123456"),
        (b"123456\r\0", "123456"),
        (b"123456\r\n\0", "123456"),
        (b"\0", ""),
        (b"1\0", "1"),
        (b"123456\0\0", "123456\0"),
        (b"123\x00456\0", "123\x00456"),
    ] {
        let text = Line::Text(Zeroizing::new(expected.to_owned()));
        assert_eq!(line(input, 256), text, "{input:?}");
    }
}

/// Guards that UTF-16 is recognised in both orders, with and without its mark, with any end of line.
#[test]
fn utf16_is_recognised() {
    for text in ["123456", "123456\n", "123456\r\n", "12", "\u{661}\u{662}\n"] {
        for big in [false, true] {
            let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let bytes = |text: &str| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
            let utf16 = Line::Unreadable(Unreadable::Utf16);
            assert_eq!(line(&bytes(&format!("\u{feff}{text}")), 256), utf16, "{text:?}, {big}");
            if text.is_ascii() {
                assert_eq!(line(&bytes(text), 256), utf16, "{text:?}, {big}");
            }
        }
    }
}

#[test]
fn the_clock_is_read_once() {
    let mut process = Process::sandboxed(
        ["rw2fa"],
        Timestamp::from_unix(0),
        Vec::new(),
        Box::new(io::sink()),
        Box::new(io::sink()),
    );
    let ticks = Cell::new(0);
    process.clock = Box::new(move || {
        ticks.set(ticks.get() + 1);
        Timestamp::from_unix(ticks.get())
    });
    assert_eq!(process.now(), process.now());
}
