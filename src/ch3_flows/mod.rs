//! Chapter 3: transport and flows.
