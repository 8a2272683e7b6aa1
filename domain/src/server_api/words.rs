//! How the smallest words look in the document of Server.API.

use crate::id::{EnvironmentId, ServerId};
use crate::package::{Missed, ModuleKind, VirtualDirectory};
use crate::text::{Key, Name, Sha256, VersionNumber};
use crate::time::Timestamp;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

fn text(pattern: &str, about: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).description(Some(about)).build()
}

const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

macro_rules! schemas {
    ($($type:ty: $schema:expr;)*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }
        impl ToSchema for $type {}
    )*};
}

schemas! {
    Key: text("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "A key: lower-case letters, digits and inner hyphens.");
    Name: ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(80))
        .description(Some("A name for people."))
        .build();
    Sha256: text("^[0-9a-f]{64}$", "A SHA-256 as 64 hexadecimal digits.");
    VersionNumber: text("^[0-9]+\\.[0-9]+\\.[0-9]+$", "A version number of three parts.");
    VirtualDirectory: text("^(/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){1,4}$", "Where a module is served: a slash and a key, up to four times.");
    ServerId: text(UUID, "A front-end server.");
    EnvironmentId: text(UUID, "An environment.");
    ModuleKind: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["static", "process"]))
        .description(Some("How a module is run: files that the front-end serves, or a program that it supervises."))
        .build();
    Missed: ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["once", "skip"]))
        .description(Some("What becomes of times that nobody kept: one run for all of them, or none."))
        .build();
    Timestamp: ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("Microseconds since the Unix epoch, UTC."))
        .build();
}
