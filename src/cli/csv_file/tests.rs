use super::*;

fn names(text: &str) -> Vec<(u64, String)> {
    let list = List::parse(text);
    assert!(list.problems.is_empty(), "{text:?}: {:?}", list.problems);
    list.lines.iter().map(|line| (line.number, line.name.canonical())).collect()
}

fn problems(text: &str) -> Vec<(u64, String)> {
    let list = List::parse(text);
    list.problems.iter().map(|(line, error)| (*line, error.to_string())).collect()
}

/// Guards the formats that spreadsheets and this program write.
#[test]
fn accepted_file_formats() {
    let alice = |line| vec![(line, "alice".to_owned())];
    for (text, expected) in [
        ("name,type,method,phone\nalice,user,app,\n", alice(2)),
        ("name,type,method,phone\r\nalice,user,app,\r\n", alice(2)),
        ("\"name\",\"type\",\"method\",\"phone\"\n\"alice\",\"user\",\"app\",\"\"", alice(2)),
        ("phone, Method,TYPE ,name\n,,, alice \n", alice(2)),
        ("name,type,method,phone\nalice, user,app , \n", alice(2)),
        ("name,type,method,phone\n\n\nalice,,,\n", alice(4)),
        ("name,type,method,phone,notes\nalice,,,,\"x, \"\"y\"\"\"\n", alice(2)),
        ("name,type\n\"Staff, Remote\",group\n", vec![(2, "staff, remote".into())]),
        ("name,type,method,phone\n", vec![]),
        ("name\nalice", alice(2)),
        ("NAME\r\nalice\r\n", alice(2)),
        ("name;type;phone\nalice;user;\n", alice(2)),
        ("type\tname\nuser\talice\n", alice(2)),
        ("\"name\";\"a,b\"\nalice;x\n", alice(2)),
        ("name,a;b\nalice,x\n", alice(2)),
        ("name;type\r\n;\r\nalice;\r\n;\r\n;\r\n", alice(3)),
        ("name,type,method,phone\n,,,\n,,\n , ,\t,\n\"\",,,\nalice,,,\n", alice(6)),
        ("name;listed\nalice;WAHR\n", alice(2)),
        ("name,last_login,\nalice,,\n", alice(2)),
    ] {
        assert_eq!(names(text), expected, "{text:?}");
    }
}

/// Guards the columns that a command reads: each by its name, without the apostrophe that guards
/// spreadsheets; notes keep their blanks.
#[test]
fn cells_are_found_by_column() {
    let text = "notes;until;name;listed\n  a b ; 8h ;'=x;false\n'-x;;''=y;\n";
    let list = List::parse(text);
    let found: Vec<_> = list
        .lines
        .iter()
        .map(|line| {
            let cell = |column| list.cell(line, column);
            (line.name.canonical(), line.is_listed, cell("notes"), cell("until"), cell("phone"))
        })
        .collect();
    let cell = |text: &str| Some(text.to_owned());
    assert_eq!(
        found,
        [
            ("=x".to_owned(), false, cell("  a b "), cell("8h"), None),
            ("'=y".to_owned(), true, cell("-x"), cell(""), None),
        ],
    );
}

/// Guards that every bad line is reported by its number, and that none hides another.
#[test]
fn bad_lines_are_reported_by_number() {
    let head = "name,type,method,phone\n";
    for (text, expected) in [
        ("", vec![(1, "the header has no column 'name'")]),
        ("alice\n", vec![(1, "the header has no column 'name'")]),
        ("name|type\n", vec![(1, "the header has no column 'name'")]),
        (
            "name,type,methode,phone\n",
            vec![(1, "the header has a column 'methode': did you mean 'method'?")],
        ),
        ("Names;type\n", vec![(1, "the header has a column 'names': did you mean 'name'?")]),
        ("name,name,type,method,phone\n", vec![(1, "the column 'name' appears twice")]),
        ("name,notes,Notes\n", vec![(1, "the column 'notes' appears twice")]),
        (
            "alice,user,app\n,user,,\nbob,usr,,\n",
            vec![
                (2, "has 3 fields, but the header has 4"),
                (3, "'': the name is empty"),
                (4, "'usr' is not a valid type: write user or group"),
            ],
        ),
        ("a,,,,\n", vec![(2, "has 5 fields, but the header has 4")]),
        ("a,,,\"x\nb,,,\nc,,,\n", vec![(2, "a field spans several lines")]),
        ("a,,,\"\nb,,,\n", vec![(2, "a field spans several lines")]),
        ("a,,,\"\r\n", vec![(2, "a field spans several lines")]),
    ] {
        let whole = if expected[0].0 == 1 { text.to_owned() } else { format!("{head}{text}") };
        let found = problems(&whole);
        let found: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }
    assert_eq!(
        problems("name,listed\nalice,maybe\n"),
        [(2, "'maybe' is not a valid value of 'listed': write true or false".to_owned())]
    );
    let mut twice = List::parse("name,type\nalice,\nalice,group\nbob,\nALICE,user\n");
    twice.find_duplicates();
    let found: Vec<_> = twice.problems.iter().map(|(line, e)| (*line, e.to_string())).collect();
    assert_eq!(found, [(5, "'alice': already in line 2".to_owned())]);
}

/// Guards that an unclosed quote never swallows users silently: at the end of a line, in an unused
/// column, in the notes, or in the header.
#[test]
fn an_unclosed_quote_swallows_no_lines() {
    let broken = |line| (line, "a field spans several lines".to_owned());
    for (text, expected) in [
        ("name,type,method,phone,notes\nalice,user,app,,\"\nbob,user,app,,\n", 2),
        ("name,type,method,phone,x\nm0,,,,\nm1,user,app,,\"\nm2,user,app,,\nm3,,,,", 3),
        ("name,type,method,phone,x\rm1,user,app,,\"\rm2,user,app,,\r", 1),
        ("notes,name,type,method,phone\n\"\n,eve1,user,app,\n\",eve2,user,app,\n", 2),
        ("name,type,method,phone,\"notes\nalice,user,app,,\nbob,user,app,,\n", 1),
        ("name,type,method,phone,\"\nalice,user,app,,\n", 1),
        ("name,notes,type\nalice,\"oops,user\nbob,\"x,group\n", 2),
        ("name,notes,type\nalice,\"oops,user\nbob\n", 2),
        ("name;notes\nalice;\"oops\nbob;two\"\n", 2),
    ] {
        let list = List::parse(text);
        assert!(list.lines.iter().all(|line| line.written == "m0"), "{text:?}: {list:?}");
        assert_eq!(problems(text), [broken(expected)], "{text:?}");
    }
}

/// Guards notes of several lines, which a list carries as they are.
#[test]
fn notes_may_have_several_lines() {
    for notes in ["one\ntwo", "\n", "a\r\n\r\n\"b\", c\n", "=1\n,"] {
        let quoted = notes.replace('"', "\"\"");
        for text in [
            format!("name,type,state,notes\nalice,,,\"{quoted}\"\nbob,,,\n"),
            format!("notes;name;type;state\r\n\"{quoted}\";alice;;\r\n;bob;;\r\n"),
        ] {
            let list = List::parse(&text);
            assert!(list.problems.is_empty(), "{text:?}: {:?}", list.problems);
            let found: Vec<_> = list.lines.iter().map(|line| list.cell(line, "notes")).collect();
            assert_eq!(found, [Some(notes.to_owned()), Some(String::new())], "{text:?}");
            let breaks = notes.matches('\n').count() as u64;
            assert_eq!(list.lines[1].number, 3 + breaks, "{text:?}");
        }
    }
}

/// Guards encodings: UTF-8 and UTF-16 are read, and others refused by line and column.
#[test]
fn encodings() {
    let utf_16 = |bytes: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    };
    let text = "\u{feff}name\r\nmüller😀\r\n";
    for bytes in [
        text.as_bytes().to_vec(),
        utf_16(u16::to_le_bytes, text),
        utf_16(u16::to_be_bytes, text),
        text.trim_start_matches('\u{feff}').as_bytes().to_vec(),
    ] {
        let decoded = encoding::decode(&bytes, "x").unwrap();
        assert_eq!(decoded.as_str(), "name\r\nmüller😀\r\n", "{bytes:?}");
    }
    for (bytes, place) in [
        (b"name\r\nm\xfcller\r\n".to_vec(), "line 2, column 2"),
        ("é,name\nèè\u{0}".as_bytes().to_vec(), "line 2, column 3"),
        (utf_16(u16::to_le_bytes, "name\n"), "line 1, column 2"),
        (utf_16(u16::to_be_bytes, "name\n"), "line 1, column 1"),
        ([&b"\xff\xfe"[..], b"a\0\n\0b\0\0\xd8c\0"].concat(), "line 2, column 2"),
        ([&b"\xff\xfe"[..], b"a\0\n\0b"].concat(), "line 2, column 1"),
        (b"\xff\xfe\0\0n\0\0\0".to_vec(), "line 1, column 1"),
        (b"\xef\xbb\xbf\xff".to_vec(), "line 1, column 1"),
    ] {
        let error = encoding::decode(&bytes, "x").unwrap_err().to_string();
        assert_eq!(error, format!("x, {place}: the text is not UTF-8 or UTF-16"), "{bytes:?}");
    }
}
