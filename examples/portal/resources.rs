//! What users can open. A STAND-IN: a real portal asks its broker what this account may use.

use crate::verifier::Kind;

/// A desktop or a program.
pub(crate) struct Resource {
    /// Its name in addresses and forms.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) kind: Kind,
}

/// Every resource.
pub(crate) const ALL: &[Resource] = &[
    Resource {
        id: "desktop",
        title: "Windows desktop",
        text: "Your whole desktop, in this browser.",
        kind: Kind::Html5,
    },
    Resource {
        id: "accounting",
        title: "Accounting",
        text: "A server program in its own window.",
        kind: Kind::RemoteApp,
    },
    Resource {
        id: "writer",
        title: "Text processor",
        text: "A server program in its own window.",
        kind: Kind::RemoteApp,
    },
];

/// The application behind nginx. Its requests ask at `/auth`; the page of things to open does not show it.
pub(crate) const APPLICATION: Resource = Resource {
    id: "application",
    title: "Application",
    text: "An application behind this portal.",
    kind: Kind::Html5,
};

/// Returns the resource with this id.
pub(crate) fn find(id: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.id == id)
}
