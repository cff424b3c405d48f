//! The press from outside: its command line, its server, the pages it builds.

mod bad_input;
mod edits;
mod figures;
mod pages;
mod protocol;
mod scratch;
mod server;
