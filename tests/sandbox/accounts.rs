//! A fake operating system with accounts and groups that counts its queries.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rw2fa::error::{Error, ErrorKind, Result};
use rw2fa::process::Accounts;

/// A fake account database.
#[derive(Clone, Default)]
pub(crate) struct FakeAccounts {
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The groups of each account, by the one spelling that the system knows.
    groups: RefCell<BTreeMap<String, Vec<String>>>,
    failure: Cell<Option<ErrorKind>>,
    asked: RefCell<Vec<Vec<String>>>,
    /// A callback that runs during each query.
    meanwhile: RefCell<Option<Box<dyn Fn()>>>,
}

impl FakeAccounts {
    /// Adds this account, under this spelling only.
    pub(crate) fn set(&self, account: &str, groups: &[&str]) {
        let groups = groups.iter().map(ToString::to_string).collect();
        self.inner.groups.borrow_mut().insert(account.to_owned(), groups);
    }

    /// Makes every query for groups fail in this way.
    pub(crate) fn fail(&self, kind: ErrorKind) {
        self.inner.failure.set(Some(kind));
    }

    /// Sets a callback that runs during each query, before the answer.
    pub(crate) fn meanwhile(&self, act: impl Fn() + 'static) {
        *self.inner.meanwhile.borrow_mut() = Some(Box::new(act));
    }

    /// Returns the group queries since the last call: the spellings of each.
    pub(crate) fn questions(&self) -> Vec<Vec<String>> {
        self.inner.asked.take()
    }
}

impl Accounts for FakeAccounts {
    fn groups(&self, spellings: &[String]) -> Result<Vec<String>> {
        self.inner.asked.borrow_mut().push(spellings.to_vec());
        if let Some(act) = &*self.inner.meanwhile.borrow() {
            act();
        }
        if let Some(kind) = self.inner.failure.get() {
            return Err(Error::new(kind, "the fake system failed"));
        }
        let groups = self.inner.groups.borrow();
        let known = spellings.iter().find_map(|spelling| groups.get(spelling));
        known
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::System, "the fake system knows no such account"))
    }
}

thread_local! {
    /// The system that [`lookup`] uses: a test runs the programs on its own thread.
    static LOOKED_INTO: RefCell<Option<FakeAccounts>> = const { RefCell::new(None) };
}

/// Makes [`lookup`] use this system.
pub(super) fn look_into(system: &FakeAccounts) {
    LOOKED_INTO.set(Some(system.clone()));
}

/// Returns whether the fake system knows an account or a group of exactly this name.
pub(super) fn lookup(name: &str, is_group: bool) -> bool {
    LOOKED_INTO.with_borrow(|system| {
        system.as_ref().is_some_and(|system| {
            let groups = system.inner.groups.borrow();
            if is_group {
                groups.values().flatten().any(|group| group == name)
            } else {
                groups.contains_key(name)
            }
        })
    })
}
