pub mod cluster;
pub mod source;
