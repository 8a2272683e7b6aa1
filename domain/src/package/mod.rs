//! The package of one version (`.oap`): its manifest and its archive.
