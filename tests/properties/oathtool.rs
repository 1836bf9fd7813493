//! `oathtool` as a second implementation: each accepts the codes of the other.

use std::process::Command;

use crate::sandbox::{Sandbox, Secret, T0, has};

/// Runs `oathtool` in TOTP mode. Returns its output without the line ending, if it succeeded.
fn oathtool(digits: usize, time: i64, more: &[&str]) -> Option<String> {
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--digits", &digits.to_string(), "--now", &format!("@{time}")])
        .args(more)
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Spreads numbers over a range without a random generator, so that each run tests the same values.
fn spread(number: i64, range: i64) -> i64 {
    (number.wrapping_mul(2_654_435_761)).rem_euclid(range)
}

/// Guards the secrets of rw2fa: codes that oathtool computes from them are accepted.
#[test]
fn rw2fa_accepts_the_codes_of_oathtool() {
    if !has("oathtool", "apt-get install oathtool") {
        return;
    }
    let names: Vec<String> = (0..99).map(|number| format!("user{number}")).collect();
    let sandbox = Sandbox::with_users(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (number, user) in (0..).zip(&names) {
        let digits = 6 + usize::try_from(number % 3).unwrap();
        sandbox.admin_ok(&["advanced", "set", "digits", &digits.to_string()]);
        let shown = sandbox.at(spread(number, 40 * 365 * 86_400)).verify(&["--", user], None);
        let secret = Secret::of(&shown.json()).to_base32();
        let code = oathtool(digits, sandbox.now(), &[&secret]).unwrap();
        assert_eq!(code.len(), digits);
        let run = sandbox.verify(&["--", user], Some(&code));
        assert_eq!(run.end(), (0, "activated".to_owned()), "{user} at {}", sandbox.now());
        let later = sandbox.pass(spread(number, 4 * 3600) + 30).now();
        let code = oathtool(digits, later, &[&secret]).unwrap();
        let run = sandbox.verify(&["--", user], Some(&code));
        assert_eq!(run.end(), (0, "code-accepted".to_owned()), "{user} at {later}");
    }
}

/// Guards the codes of the library: oathtool finds each at the step that the library names.
#[test]
fn oathtool_accepts_the_codes_of_rw2fa() {
    use rw2fa::otp::{CodeGenerator, Digits, Secret, Step};
    if !has("oathtool", "apt-get install oathtool") {
        return;
    }
    for number in 0..102 {
        let digits = Digits::new(6 + u8::try_from(number % 3).unwrap()).unwrap();
        let bytes = [(); 20].map(|()| 0_u8);
        let bytes: Vec<u8> = (0..).zip(bytes).map(|(at, _)| spread_byte(number, at)).collect();
        let secret = Secret::from_slice(&bytes).unwrap();
        let time = spread(number, 2 * T0);
        let code = CodeGenerator::new(&secret).code(Step::at(time), digits);
        // The number of steps from here to the step of the code.
        let found =
            oathtool(usize::from(digits.get()), time, &[&secret.to_base32(), code.as_str()]);
        assert_eq!(found.as_deref(), Some("0"), "secret {number} at {time}");
    }
}

fn spread_byte(number: i64, at: i64) -> u8 {
    u8::try_from(spread(number * 20 + at + 1, 1 << 40) >> 32).unwrap()
}
