"""One file a noun, one typed function a statement. SQL is in sql/queries; every statement names its clinic."""
