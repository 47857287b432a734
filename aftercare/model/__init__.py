"""The words of the project as data: frozen msgspec Structs and enums, no I/O, no framework, no clock."""
