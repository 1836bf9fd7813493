use super::*;

fn digits(n: u8) -> Digits {
    Digits::new(n).unwrap()
}

fn rfc() -> CodeGenerator {
    CodeGenerator::new(&Secret::from_bytes(*b"12345678901234567890"))
}

/// Guards HMAC and truncation against RFC 4226 appendix D.
#[test]
fn rfc_4226_appendix_d() {
    let table = [
        (1_284_755_224, "755224"),
        (1_094_287_082, "287082"),
        (137_359_152, "359152"),
        (1_726_969_429, "969429"),
        (1_640_338_314, "338314"),
        (868_254_676, "254676"),
        (1_918_287_922, "287922"),
        (82_162_583, "162583"),
        (673_399_871, "399871"),
        (645_520_489, "520489"),
    ];
    for (number, (truncated, code)) in (0..).zip(table) {
        assert_eq!(rfc().truncated(Step::new(number)), truncated, "count {number}");
        assert_eq!(rfc().code(Step::new(number), Digits::DEFAULT).as_str(), code);
    }
}

/// Guards the code of a time against RFC 6238 appendix B (SHA1, 8 digits).
#[test]
fn rfc_6238_appendix_b() {
    for (seconds, code) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        assert_eq!(rfc().code(Step::at(seconds), digits(8)).as_str(), code, "at {seconds}");
    }
}

/// Guards every width, key length and leading zero against values computed with Python's
/// hmac and hashlib.
#[test]
fn four_to_twelve_digits_as_python_computes_them() {
    #[rustfmt::skip]
        let table = [
            (0, 1, ["9668", "69668", "369668", "5369668", "95369668", "395369668", "0395369668", "00395369668", "000395369668"]),
            (0, 44_211, ["0133", "00133", "000133", "0000133", "00000133", "000000133", "0000000133", "00000000133", "000000000133"]),
            (1, 59_833_840, ["0496", "40496", "140496", "4140496", "14140496", "614140496", "0614140496", "00614140496", "000614140496"]),
            (1, 59_988_066, ["0989", "00989", "000989", "0000989", "00000989", "200000989", "0200000989", "00200000989", "000200000989"]),
            (2, 1_099_511_627_781, ["8151", "08151", "408151", "8408151", "78408151", "078408151", "1078408151", "01078408151", "001078408151"]),
            (2, 1_099_511_792_710, ["0045", "00045", "000045", "0000045", "00000045", "500000045", "1500000045", "01500000045", "001500000045"]),
        ];
    let secrets: [Vec<u8>; 3] = [
        (1..=16).collect(),
        b"12345678901234567890".to_vec(),
        (0u8..64).map(|i| i.wrapping_mul(7).wrapping_add(3)).collect(),
    ];
    for (secret, step, codes) in table {
        let generator = CodeGenerator::new(&Secret::from_slice(&secrets[secret]).unwrap());
        for (width, expected) in (4..=12).zip(codes) {
            let code = generator.code(Step::new(step), digits(width));
            assert_eq!(code.as_str(), expected, "secret {secret}, step {step}");
            assert_eq!(code, Code::parse(expected, digits(width)).unwrap());
            assert_eq!(code.value(), generator.value(Step::new(step), digits(width).modulus()));
        }
    }
}

/// Guards against totp-rs, a second implementation, over many steps and key lengths.
#[test]
fn totp_rs_agrees() {
    for length in [16, 20, 32, 63, 64] {
        let bytes: Vec<u8> = (0..length).map(|i: u8| i.wrapping_mul(91) ^ length).collect();
        let generator = CodeGenerator::new(&Secret::from_slice(&bytes).unwrap());
        let other = totp_rs::Builder::new()
            .with_algorithm(totp_rs::Algorithm::SHA1)
            .with_secret(totp_rs::Secret::from(bytes.as_slice()))
            .with_step_duration(30)
            .build_noncompliant();
        for step in (0..200).map(|n| n * n * n * 1009 + n) {
            let signature = other.sign(step * 30 + 29);
            let hash = signature.as_ref();
            let at = usize::from(hash[19] & 15);
            let word = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap());
            assert_eq!(generator.truncated(Step::new(step)), word & (u32::MAX >> 1));
        }
    }
}

/// Guards the step arithmetic at its edges.
#[test]
fn steps() {
    for (seconds, step) in [
        (i64::MIN, 0),
        (-1, 0),
        (0, 0),
        (29, 0),
        (30, 1),
        (1_795_521_600, 59_850_720),
        (i64::MAX, 307_445_734_561_825_860),
    ] {
        assert_eq!(Step::at(seconds), Step::new(step), "{seconds} s");
    }
    assert_eq!(Step::new(5).offset(-5), Some(Step::new(0)));
    assert_eq!(Step::new(5).offset(-6), None);
    assert_eq!(Step::new(u64::MAX).offset(1), None);
    assert_eq!(Step::new(3).since(Step::new(10)), -7);
    assert_eq!(Step::new(10).since(Step::new(3)), 7);
    assert_eq!(Step::new(u64::MAX).since(Step::new(0)), i64::MAX);
    assert_eq!(Step::new(0).since(Step::new(u64::MAX)), i64::MIN);
}

/// Guards the widths and the rule that at most one guess in 1,000 succeeds.
#[test]
fn widths_and_widest_windows() {
    assert_eq!([0, 3, 13, 255].map(Digits::new), [None; 4]);
    for (width, widest) in [(4, 4), (5, 49), (6, 499), (7, 4999), (8, 49_999), (12, 499_999_999)] {
        assert_eq!(digits(width).widest_discrepancy(), widest, "{width} digits");
    }
    for width in 4..=12 {
        let steps = 2 * u64::from(digits(width).widest_discrepancy()) + 1;
        assert!(steps * 1000 <= digits(width).modulus(), "{width} digits");
    }
}

/// Guards codes made from numbers: cut off and padded with zeros on the left.
#[test]
fn codes_of_numbers() {
    for (number, width, expected) in [
        (0, 6, "000000"),
        (42, 6, "000042"),
        (1_000_042, 6, "000042"),
        (u64::MAX, 4, "1615"),
        (u64::MAX, 12, "073709551615"),
    ] {
        assert_eq!(Code::from_number(number, digits(width)).as_str(), expected);
    }
}

/// Guards equality: a code is a string, so leading zeros count.
#[test]
fn equality_of_codes() {
    let code = |text: &str| Code::parse(text, digits(u8::try_from(text.len()).unwrap())).unwrap();
    assert_eq!(code("0042"), code("0042"));
    assert_ne!(code("0042"), code("0043"));
    assert_ne!(code("0042"), code("00042"));
}
