//! Passwords in an LDAP directory, with the policies that the page names for it.

use std::process::Stdio;

use super::machine::Machine;
use crate::ended::Ended;
use crate::sandbox::has;

const ALICE: (&str, &str) = ("alice", "correct horse");
const BOB: (&str, &str) = ("bob", "battery");

/// Fills a directory and lets FreeRADIUS use it.
const SETUP: &str = r#"
mkdir -p /var/lib/slapd/db /run/slapd; cd /var/lib/slapd
cat >slapd.conf <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile /run/slapd/slapd.pid
database mdb
suffix dc=example,dc=org
directory /var/lib/slapd/db
END
{
  printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: example\n\n'
  for user in "alice:$ALICE" "bob:$BOB"; do
    name=${user%%:*}
    printf 'dn: uid=%s,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: x\nmail: %s\nuserPassword: %s\n\n' \
      "$name" "$name" "$name" "mail-of-$name" "${user#*:}"
  done
} | slapadd -q -f slapd.conf
cd /etc/freeradius/3.0
ln -s ../mods-available/ldap mods-enabled/
sed -i "0,/^\tupdate {/s//&\n\t\trequest:Rw2fa-User := 'uid'/" mods-available/ldap
sed -i '/^rw2fa_find_user/,/^}/{s/^\tfiles$/\tldap/; /^\tpap$/d}; /^rw2fa_check_password/,/^}/s/^\tpap$/\tldap/' policy.d/rw2fa
typed='%{%{Stripped-User-Name}:-%{User-Name}}'
sed -i "s/\"(uid=$typed)\"/\"(|(uid=$typed)(mail=$typed))\"/" mods-available/ldap
grep -q '(mail=' mods-available/ldap
rm -f /var/log/freeradius/radius.log
"#;

/// Guards the policies for LDAP: a bind checks the password, and the name is the directory's, however it was typed.
#[test]
fn passwords_can_come_from_a_directory() {
    if !has("/usr/sbin/slapd", "apt-get install slapd")
        || !has("/usr/lib/freeradius/rlm_ldap.so", "apt-get install freeradius-ldap")
    {
        return;
    }
    let Some(machine) = Machine::new(&[]) else { return };
    machine.hide(ALICE.1);
    machine.hide(BOB.1);
    machine.stop();
    machine.sh(&format!("ALICE='{}' BOB='{}'\n{SETUP}", ALICE.1, BOB.1));
    let mut slapd = machine.inside(&["slapd", "-h", "ldap://127.0.0.1/", "-d", "0"]);
    slapd.args(["-f", "/var/lib/slapd/slapd.conf"]);
    slapd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Ended(slapd.spawn().unwrap());
    machine
        .sh("for try in {1..300}; do [ -e /run/slapd/slapd.pid ] && exit; sleep 0.1; done; exit 1");
    machine.start();
    let secret = machine.enrol("alice");
    for password in ["wrong", ""] {
        assert_eq!(machine.ask("alice", password, None).kind, "Reject", "{password:?}");
    }
    assert_eq!(machine.ask("nobody", "x", None).kind, "Reject");
    assert_eq!(machine.ask("bob", BOB.1, None).kind, "Accept", "{}", machine.log());
    // The directory takes all of these for alice. The store does not know the last one.
    for name in ["alice", "ALICE", "\u{ff21}lice", "mail-of-alice"] {
        let answer = machine.ask(name, ALICE.1, None);
        assert_eq!(answer.kind, "Challenge", "{name}: {answer:?}\n{}", machine.log());
        let code = machine.next_code(&secret);
        assert_eq!(machine.ask(name, &code, answer.state.as_deref()).kind, "Accept", "{name}");
        let field = format!("{}{}", ALICE.1, machine.next_code(&secret));
        assert_eq!(machine.ask_exactly("127.0.0.3", name, &field), "Accept", "{name}");
    }
    machine.check_log();
}
