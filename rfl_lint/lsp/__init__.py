"""The language server: a shell around the engine that speaks LSP over stdio. It judges nothing by itself."""
